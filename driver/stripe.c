// SPDX-License-Identifier: GPL-2.0
/*
 * Locks of tables and of the container; the order is at the top of mtce.h.
 */
#include <linux/bitops.h>

#include "mtce.h"
#include "trace.h"

/*
 * The container's lock. Tried first, so that a wait can be told from none.
 */

static void lock_shared(struct mtce_container *c)
{
	u64 since;

	if (likely(down_read_trylock(&c->sem)))
		return;
	since = get_tb();
	down_read(&c->sem);
	trace_mtce_lock_wait(c, NULL, MTCE_LOCK_CONTAINER, get_tb() - since);
}

static void lock_exclusive(struct mtce_container *c)
{
	u64 since;

	if (down_write_trylock(&c->sem))
		return;
	since = get_tb();
	down_write(&c->sem);
	trace_mtce_lock_wait(c, NULL, MTCE_LOCK_STOP, get_tb() - since);
}

/*
 * Everything stands still
 */

/* Nobody is at work in the container, and nobody can begin. */
void mtce_stop(struct mtce_container *c)
{
	int i;

	lock_exclusive(c);
	for (i = 0; i < MTCE_MAX_WINDOWS; i++)
		if (c->windows[i])
			mtce_stripes_lock(c, c->windows[i], MTCE_ALL_STRIPES);
}

void mtce_go(struct mtce_container *c)
{
	int i;

	for (i = 0; i < MTCE_MAX_WINDOWS; i++)
		if (c->windows[i])
			mtce_stripes_unlock(c->windows[i], MTCE_ALL_STRIPES);
	up_write(&c->sem);
}

/* Do something in every window of a stopped container. */
void mtce_each_window(struct mtce_container *c,
		      void (*work)(struct mtce_work *wk,
				   const struct mtce_region *r),
		      const struct mtce_region *r)
{
	struct mtce_work wk;
	int i;

	lockdep_assert_held_write(&c->sem);
	for (i = 0; i < MTCE_MAX_WINDOWS; i++) {
		if (!c->windows[i])
			continue;
		mtce_work_begin(&wk, c, c->windows[i], MTCE_ALL_STRIPES);
		work(&wk, r);
		mtce_work_end(&wk);
	}
}

/*
 * Some stripes
 */

/* Those of [@iova, @iova + @size), a bit each; what lies outside of @w has none. */
unsigned int mtce_stripes_of(const struct mtce_window *w, u64 iova, u64 size)
{
	u64 offset = iova - w->start;
	unsigned int stripes = 0;
	u64 part, last;

	if (!size || offset >= w->bytes)
		return 0;
	size = min(size, w->bytes - offset);
	part = offset >> w->part_bytes_shift;
	last = (offset + size - 1) >> w->part_bytes_shift;
	do {
		stripes |= BIT(mtce_stripe_of(part));
	} while (part++ != last && stripes != MTCE_ALL_STRIPES);
	return stripes;
}

/* All of them, one at least, or none; without waiting. */
bool mtce_stripes_try(struct mtce_window *w, unsigned int stripes)
{
	unsigned int first = __ffs(stripes);
	struct mtce_stripe *s = &w->stripe[first];
	unsigned long todo;

	for (todo = stripes >> first; todo; todo >>= 1, s++) {
		if (todo & 1 && unlikely(!mutex_trylock(&s->lock))) {
			stripes &= BIT(s - w->stripe) - 1;
			if (stripes)
				mtce_stripes_unlock(w, stripes);
			return false;
		}
	}
	return true;
}

static void lock_stripe(struct mtce_container *c, struct mtce_window *w,
			struct mutex *lock)
{
	u64 since;

	if (!trace_mtce_lock_wait_enabled() || !mutex_is_locked(lock)) {
		mutex_lock_nest_lock(lock, &c->sem);
		return;
	}
	since = get_tb();
	mutex_lock_nest_lock(lock, &c->sem);
	trace_mtce_lock_wait(c, w, MTCE_LOCK_STRIPE, get_tb() - since);
}

/* In ascending order, and with sem held so that nobody comes across it. */
void mtce_stripes_lock(struct mtce_container *c, struct mtce_window *w,
		       unsigned int stripes)
{
	lockdep_assert_held(&c->sem);
	for (; stripes; stripes &= stripes - 1)
		lock_stripe(c, w, &w->stripe[__ffs(stripes)].lock);
}

/* As mtce_stripe_unlock(). */
void mtce_stripes_unlock(struct mtce_window *w, unsigned int stripes)
{
	unsigned int first = __ffs(stripes);
	struct mtce_stripe *s = &w->stripe[first];
	unsigned long todo;

	rcu_read_lock();
	for (todo = stripes >> first; todo; todo >>= 1, s++)
		if (todo & 1)
			mutex_unlock(&s->lock);
	rcu_read_unlock();
}

/*
 * On the way to work
 */

/* Not ready for work on entries: why, or make the default window and be. */
static int make_ready(struct mtce_container *c)
{
	int ret;

	mtce_stop(c);
	ret = mtce_container_usable(c);
	if (ret)
		goto unlock;
	if (!c->may_map)
		ret = -EPERM;
	else if (!c->nr_groups)
		ret = -ENODEV;
	else
		ret = mtce_window_create_default(c);
unlock:
	mtce_go(c);
	return ret;
}

/* Take the container for work on entries. 0: sem is held for reading. */
int mtce_enter(struct mtce_container *c)
{
	int ret;

	for (;;) {
		lock_shared(c);
		if (c->ready && c->mm == current->mm)
			return 0;
		up_read(&c->sem);
		ret = make_ready(c);
		if (ret)
			return ret;
	}
}

static unsigned int stripes_for(const struct mtce_window *w, u64 iova, u64 size,
				u32 entries)
{
	if (entries)
		size = (u64)entries << w->shift;
	/* What is empty, or ends nowhere, is refused under any lock. */
	return mtce_stripes_of(w, iova, size ?: 1);
}

static bool range_try(struct mtce_container *c, struct mtce_hold *h, u64 iova,
		      u64 size, u32 entries)
{
	struct mtce_window *w = mtce_window_find(c, iova);

	h->sem = false;
	h->w = w;
	if (!w)
		return false;
	h->stripes = stripes_for(w, iova, size, entries);
	if (!mtce_stripes_try(w, h->stripes))
		return false;
	h->s = &w->stripe[__ffs(h->stripes)];
	if (likely(!w->gone && c->ready && c->mm == current->mm))
		return true;
	mtce_stripes_unlock(w, h->stripes);
	return false;
}

/* mtce_range_lock() for more than one stripe, or one that is not free. */
int mtce_range_lock_many(struct mtce_container *c, struct mtce_hold *h,
			 u64 iova, u64 size, u32 entries)
{
	bool got;
	int ret;

	rcu_read_lock();
	got = range_try(c, h, iova, size, entries);
	rcu_read_unlock();
	if (likely(got))
		return 0;

	ret = mtce_enter(c);
	if (ret)
		return ret;
	h->w = mtce_window_find(c, iova);
	if (!h->w) {
		up_read(&c->sem);
		return -ENXIO;
	}
	h->sem = true;
	h->stripes = stripes_for(h->w, iova, size, entries);
	h->s = &h->w->stripe[__ffs(h->stripes)];
	mtce_stripes_lock(c, h->w, h->stripes);
	return 0;
}

/* Stripes first: lockdep wants to see sem held for as long as they are. */
void mtce_range_unlock_many(struct mtce_container *c, struct mtce_hold *h)
{
	mtce_stripes_unlock(h->w, h->stripes);
	if (h->sem)
		up_read(&c->sem);
}

/*
 * Entries of a shared window
 */

void mtce_kvm_lock(struct mtce_stripe *s) __acquires(&s->kvm_lock)
{
	spin_lock(&s->kvm_lock);
}

/* One of many: the container is stopped, so nobody else takes more than one. */
void mtce_kvm_lock_too(struct mtce_stripe *s, struct mtce_container *c)
	__acquires(&s->kvm_lock)
{
	spin_lock_nest_lock(&s->kvm_lock, &c->sem);
}

void mtce_kvm_unlock(struct mtce_stripe *s) __releases(&s->kvm_lock)
{
	spin_unlock(&s->kvm_lock);
}
