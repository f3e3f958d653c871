// SPDX-License-Identifier: GPL-2.0
/*
 * Locks of containers and tables. The lock order is at the top of mtce.h.
 */
#include <linux/bitops.h>

#include "lock.h"
#include "trace.h"

/*
 * Container
 */

/*
 * May the calling process act on the container? Asked under sem, because owner and
 * container may have changed since the call began.
 */
static int usable(struct mtce_container *c)
{
	lockdep_assert_held(&c->sem);
	if (c->dead)
		return -ENODEV;
	return c->mm && c->mm != current->mm ? -EPERM : 0;
}

/* Take sem for reading, if the caller may act: 0, or -EPERM or -ENODEV, unlocked. */
int mtce_lock_shared(struct mtce_container *c)
{
	u64 since;
	int ret;

	/* Tried first, to tell a wait from none. */
	if (!down_read_trylock(&c->sem)) {
		since = get_tb();
		down_read(&c->sem);
		trace_mtce_lock_wait(c, NULL, MTCE_LOCK_CONTAINER,
				     get_tb() - since);
	}
	ret = usable(c);
	if (ret)
		up_read(&c->sem);
	return ret;
}

void mtce_unlock_shared(struct mtce_container *c)
{
	up_read(&c->sem);
}

/* Take sem for writing and every stripe, for VFIO and workers: no call is at work. */
void __mtce_lock_all(struct mtce_container *c)
{
	u64 since;
	int i;

	if (!down_write_trylock(&c->sem)) {
		since = get_tb();
		down_write(&c->sem);
		trace_mtce_lock_wait(c, NULL, MTCE_LOCK_STOP, get_tb() - since);
	}
	for (i = 0; i < MTCE_MAX_WINDOWS; i++)
		if (c->windows[i])
			mtce_stripes_lock(c, c->windows[i], MTCE_ALL_STRIPES);
}

/* The same, if the caller may act: 0, or -EPERM or -ENODEV, unlocked. */
int mtce_lock_all(struct mtce_container *c)
{
	int ret;

	__mtce_lock_all(c);
	ret = usable(c);
	if (ret)
		mtce_unlock_all(c);
	return ret;
}

void mtce_unlock_all(struct mtce_container *c)
{
	int i;

	for (i = 0; i < MTCE_MAX_WINDOWS; i++)
		if (c->windows[i])
			mtce_stripes_unlock(c->windows[i], MTCE_ALL_STRIPES);
	up_write(&c->sem);
}

/*
 * Stripes
 */

/* Stripes of [@iova, @iova + @size), a bit each; what is outside of @w has none. */
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

static void lock_stripe(struct mtce_container *c, struct mtce_window *w,
			struct mutex *lock)
{
	u64 since;

	/* Never tried: lockdep counts every trylock, and 32 are nearly its limit. */
	if (!trace_mtce_lock_wait_enabled() || !mutex_is_locked(lock)) {
		mutex_lock_nest_lock(lock, &c->sem);
		return;
	}
	since = get_tb();
	mutex_lock_nest_lock(lock, &c->sem);
	trace_mtce_lock_wait(c, w, MTCE_LOCK_STRIPE, get_tb() - since);
}

/* In ascending order. The caller holds sem, which lockdep takes for the order. */
void mtce_stripes_lock(struct mtce_container *c, struct mtce_window *w,
		       unsigned int stripes)
{
	lockdep_assert_held(&c->sem);
	for (; stripes; stripes &= stripes - 1)
		lock_stripe(c, w, &w->stripe[__ffs(stripes)].lock);
}

/* Every stripe, if all are free. */
bool mtce_stripes_try_all(struct mtce_window *w)
{
	int i;

	for (i = 0; i < MTCE_STRIPES; i++) {
		if (mutex_trylock(&w->stripe[i].lock))
			continue;
		if (i)
			mtce_stripes_unlock(w, BIT(i) - 1);
		return false;
	}
	return true;
}

/* RCU keeps the window alive until the last mutex_unlock() has returned. */
void mtce_stripes_unlock(struct mtce_window *w, unsigned int stripes)
{
	rcu_read_lock();
	for (; stripes; stripes &= stripes - 1)
		mutex_unlock(&w->stripe[__ffs(stripes)].lock);
	rcu_read_unlock();
}

/*
 * Entries of a window that is shared with KVM
 */

/* One of many. The container is locked, so no other caller takes several. */
static void kvm_lock_nested(struct mtce_stripe *s, struct mtce_container *c)
{
	spin_lock_nest_lock(&s->kvm_lock, &c->sem);
	__release(&s->kvm_lock);
}

/*
 * No hypercall is at any entry until mtce_kvm_thaw(). For changes, in a container
 * that is locked, of what the holder of a kvm_lock relies on: groups, regions.
 * Must not sleep in between.
 */
void mtce_kvm_freeze(struct mtce_container *c)
{
	int i, j;

	lockdep_assert_held_write(&c->sem);
	for (i = 0; i < MTCE_MAX_WINDOWS; i++) {
		struct mtce_window *w = c->windows[i];

		for (j = 0; w && w->shared && j < MTCE_STRIPES; j++)
			kvm_lock_nested(&w->stripe[j], c);
	}
}

void mtce_kvm_thaw(struct mtce_container *c)
{
	int i, j;

	for (i = 0; i < MTCE_MAX_WINDOWS; i++) {
		struct mtce_window *w = c->windows[i];

		for (j = 0; w && w->shared && j < MTCE_STRIPES; j++)
			mtce_kvm_unlock(&w->stripe[j]);
	}
}
