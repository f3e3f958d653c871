/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Locks that are taken inline. Getting at one stripe by itself saves the container's sem
 * and reference count, half of what a map of one page costs.
 */
#ifndef MTCE_LOCK_H
#define MTCE_LOCK_H

#include <linux/sched.h>

#include "mtce.h"

/*
 * The stripe that a part belongs to. Neighbours differ, and so do parts at the
 * same place in blocks whose size is a power of two, as users like to have them.
 */
static inline unsigned int mtce_stripe_of(unsigned long part)
{
	return (part + part / MTCE_STRIPES * 11) % MTCE_STRIPES;
}

/* The stripe of @iova, which is in @w, as a bit. */
static inline unsigned int mtce_stripe_bit(const struct mtce_window *w,
					   u64 iova)
{
	return BIT(mtce_stripe_of((iova - w->start) >> w->part_bytes_shift));
}

/* The window that holds @iova, or NULL. */
static inline struct mtce_window *mtce_window_find(struct mtce_container *c,
						   u64 iova)
{
	struct mtce_window *w = READ_ONCE(c->windows[0]);

	BUILD_BUG_ON(MTCE_MAX_WINDOWS != 2);
	if (likely(w && iova - w->start < w->bytes))
		return w;
	w = READ_ONCE(c->windows[1]);
	return w && iova - w->start < w->bytes ? w : NULL;
}

/* Lock the stripe of a part, if it is free and its window can be worked in. */
static __always_inline bool mtce_stripe_try(struct mtce_container *c,
					    struct mtce_window *w,
					    struct mtce_stripe *s)
{
	if (unlikely(!mutex_trylock(&s->lock)))
		return false;
	if (likely(!w->gone && c->ready && c->mm == current->mm))
		return true;
	mutex_unlock(&s->lock);
	return false;
}

/*
 * The window that holds @iova, and in *@s the stripe of all of [@iova, @iova +
 * @size), locked. NULL: that takes more than this. Call inside rcu_read_lock():
 * only that keeps @c and the window there until the stripe is locked.
 */
static __always_inline struct mtce_window *
mtce_window_try(struct mtce_container *c, u64 iova, u64 size,
		struct mtce_stripe **s)
{
	struct mtce_window *w = mtce_window_find(c, iova);
	u64 offset, part;

	if (unlikely(!w))
		return NULL;
	offset = iova - w->start;
	part = offset >> w->part_bytes_shift;
	*s = &w->stripe[mtce_stripe_of(part)];
	if (unlikely((offset + size - 1) >> w->part_bytes_shift != part))
		return NULL;
	return mtce_stripe_try(c, w, *s) ? w : NULL;
}

/* RCU keeps the window alive until mutex_unlock() has returned. */
static __always_inline void mtce_stripe_unlock(struct mtce_stripe *s)
{
	rcu_read_lock();
	mutex_unlock(&s->lock);
	rcu_read_unlock();
}

/*
 * Around a change of entries of a window that is shared with KVM. Many callers lock
 * on a condition, which sparse cannot follow: it is told of neither.
 */
static inline void mtce_kvm_lock(struct mtce_stripe *s)
{
	spin_lock(&s->kvm_lock);
	__release(&s->kvm_lock);
}

static inline void mtce_kvm_unlock(struct mtce_stripe *s)
{
	__acquire(&s->kvm_lock);
	spin_unlock(&s->kvm_lock);
}

#endif /* MTCE_LOCK_H */
