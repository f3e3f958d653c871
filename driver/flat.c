// SPDX-License-Identifier: GPL-2.0
/*
 * One TCE page in a flat window: most of what calls of one operation do.
 *
 * The simple cases of map.c without a gather, for which a call of one page pays 150
 * instructions: an empty entry that is to map the region used last, and an entry
 * that maps it and is unmapped strictly. And v1's: an entry that pins its page
 * itself. Everything else is refused here and left to map.c.
 */
#include <linux/mm.h>

#include "map.h"

/* Kill the entry before its stripe is unlocked, and before memory is let go. */
static __always_inline void kill_flat(struct mtce_container *c,
				      struct mtce_window *w,
				      struct mtce_stripe *s, unsigned long index)
{
	mtce_kill_span(c, w, index, 1, &s->counts);
	trace_mtce_work_done(c, w);
}

static __always_inline void set_flat(struct mtce_container *c,
				     struct mtce_window *w,
				     struct mtce_stripe *s, unsigned long index,
				     u64 shadow, u64 tce)
{
	touch_part(w, index >> w->part_shift);
	s->counts.calls++;
	s->counts.mapped++;
	tce_set(flat_shadow(w, index), shadow, flat_tce(w, index), tce);
	trace_mtce_tce_set(c, w, index, 1);
	kill_flat(c, w, s, index);
}

static __always_inline void clear_flat(struct mtce_container *c,
				       struct mtce_window *w,
				       struct mtce_stripe *s,
				       unsigned long index)
{
	s->counts.calls++;
	s->counts.unmapped++;
	tce_clear(flat_shadow(w, index), 0, flat_tce(w, index));
	trace_mtce_tce_clear(c, w, index, 1);
	kill_flat(c, w, s, index);
}

/*
 * Registered memory
 */

static __always_inline bool map_flat(struct mtce_container *c,
				     struct mtce_window *w,
				     struct mtce_stripe *s,
				     const struct vfio_mtce_op *op)
{
	const u64 perm = mtce_tce_perm(op->flags), ua = op->vaddr;
	unsigned long index = index_of(w, op->iova);
	struct mtce_region *r = s->hint;
	u64 hpa;

	/* Not 0: live, or marked by a lazy unmap. */
	if (unlikely(*flat_shadow(w, index) || w->shift > PAGE_SHIFT ||
		     !mtce_range_inside(ua, op->size, r->ua, r->size)))
		return false;
	mtce_region_use(r, 1, perm);
	hpa = r->hpas[(ua - r->ua) >> PAGE_SHIFT] & PAGE_MASK;
	set_flat(c, w, s, index, MTCE_SHADOW_REGION | ua | perm,
		 hpa | (ua & ~PAGE_MASK) | perm);
	return true;
}

static noinline bool unmap_flat_pinned(struct mtce_container *c,
				       struct mtce_window *w,
				       struct mtce_stripe *s,
				       unsigned long index)
{
	u64 shadow = *flat_shadow(w, index);
	unsigned long page;
	long more;

	if (!mtce_shadow_pinned(shadow))
		return false;
	page = mtce_pin_page_of(shadow);
	more = mtce_pins_more_of_one(w, index, 0);
	clear_flat(c, w, s, index);
	if (more)
		atomic_long_add(more, &c->pinned);
	mtce_unpin(c, &page, 1);
	return true;
}

static __always_inline bool unmap_flat(struct mtce_container *c,
				       struct mtce_window *w,
				       struct mtce_stripe *s,
				       const struct vfio_mtce_op *op)
{
	unsigned long index = index_of(w, op->iova);
	struct mtce_region *r = s->hint;

	if (unlikely(unmap_is_lazy(c, op->flags)))
		return false;
	if (unlikely(*flat_shadow(w, index) - (MTCE_SHADOW_REGION | r->ua) >=
		     r->size))
		return unmap_flat_pinned(c, w, s, index);
	clear_flat(c, w, s, index);
	atomic64_dec(&r->mapped);
	return true;
}

/**
 * mtce_flat_one() - do an operation of one TCE page in a flat window
 * @c: container
 * @w: the window that holds op->iova
 * @s: stripe of op->iova, which is locked
 * @op: operation, valid but for its range of IOVAs
 *
 * Return: false if it is not as simple as that; then nothing has changed.
 */
bool mtce_flat_one(struct mtce_container *c, struct mtce_window *w,
		   struct mtce_stripe *s, const struct vfio_mtce_op *op)
{
	lockdep_assert_held(&s->lock);
	if (unlikely(!w->flat || op->size != BIT_ULL(w->shift) ||
		     (op->iova | op->vaddr) & (op->size - 1)))
		return false;
	return op->op == VFIO_MTCE_OP_MAP ? map_flat(c, w, s, op) :
					    unmap_flat(c, w, s, op);
}

/*
 * Memory that the map pins (v1)
 */

static int map_flat_pinned(struct mtce_container *c, struct mtce_window *w,
			   struct mtce_stripe *s, const struct vfio_mtce_op *op,
			   struct mtce_pins *pins)
{
	unsigned long index = index_of(w, op->iova);
	u64 tce = pins->one[0], shadow = pins->one[1];
	long more;

	if (!w->flat || pins->shift != w->shift || c->registered ||
	    op->iova & (op->size - 1) || !mtce_may_pin(c, w) ||
	    *flat_shadow(w, index))
		return MTCE_PIN_FIRST;
	more = mtce_pins_more_of_one(w, index, shadow);
	if (!mtce_pins_fit(c, more))
		return -ENOMEM;
	set_flat(c, w, s, index, shadow, tce);
	if (more)
		atomic_long_add(more, &c->pinned);
	pins->n = 0;
	return 0;
}

/**
 * mtce_flat_pinned() - pin a page and map it by an empty entry of a flat window
 * @c: container, to which the caller holds a reference
 * @op: a map, valid but for its range of IOVAs
 *
 * Without asking first whether the page must be pinned. No lock is held.
 *
 * Return: 0, -ENOMEM, or MTCE_PIN_FIRST if it is not as simple as that.
 */
int mtce_flat_pinned(struct mtce_container *c, const struct vfio_mtce_op *op)
{
	struct mtce_pins pins __uninitialized;
	int ret = MTCE_PIN_FIRST;
	struct mtce_window *w;
	struct mtce_stripe *s;

	if (mtce_pins_get_one(&pins, op))
		return MTCE_PIN_FIRST;
	rcu_read_lock();
	w = mtce_window_try(c, op->iova, op->size, &s);
	rcu_read_unlock();
	if (w) {
		ret = map_flat_pinned(c, w, s, op, &pins);
		mtce_stripe_unlock(s);
	}
	if (ret)
		mtce_pins_put(&pins);
	return ret;
}
