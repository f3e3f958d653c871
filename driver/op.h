/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One operation: is it right, and doing it. Inline for those who do it most:
 * the straight way of ioctl.c, and the loop of update.c.
 */
#ifndef MTCE_OP_H
#define MTCE_OP_H

#include "mtce.h"
#include "range.h"
#include "table.h"
#include "work.h"

#define MAP_FLAGS	(VFIO_MTCE_READ | VFIO_MTCE_WRITE | VFIO_MTCE_REPLACE)

/*
 * Check
 */

/* READ or WRITE or both, and nothing that is not known. */
static inline bool map_flags_valid(u32 flags)
{
	return !(flags & ~MAP_FLAGS) && flags & MTCE_PERM_MASK;
}

/* All but the range of IOVAs, for which see check_range(). */
static __always_inline bool op_valid(const struct vfio_mtce_op *op)
{
	if (op->op == VFIO_MTCE_OP_MAP)
		return map_flags_valid(op->flags) &&
		       op->vaddr + op->size >= op->vaddr;
	return op->op == VFIO_MTCE_OP_UNMAP && !op->vaddr &&
	       !(op->flags & ~VFIO_MTCE_LAZY);
}

/*
 * Is [@iova, @iova + @size) whole TCE pages of the window, and @vaddr a
 * multiple of them? Returns 0, -ENXIO or -EINVAL.
 */
static __always_inline int check_range(const struct mtce_window *w, u64 iova,
				       u64 size, u64 vaddr)
{
	if (unlikely(!size))
		return -EINVAL;
	if (!mtce_range_inside(iova, size, w->start, w->bytes))
		return mtce_range_valid(iova, size) ? -ENXIO : -EINVAL;
	if (!mtce_range_aligned(iova | vaddr, size, w->shift))
		return -EINVAL;
	return 0;
}

/*
 * Do
 */

static __always_inline unsigned long index_of(const struct mtce_window *w,
					      u64 iova)
{
	return (iova - w->start) >> w->shift;
}

static __always_inline int do_map(struct mtce_work *wk,
				  const struct vfio_mtce_op *op)
{
	struct mtce_region *r = wk->s->hint;
	struct mtce_window *w = wk->w;
	unsigned long index = index_of(w, op->iova);
	u64 *shadow;

	/*
	 * Not all of it in the region that was used last, or large TCE pages. By
	 * value, so that the compiler can keep *op in registers.
	 */
	if (unlikely(!mtce_range_inside(op->vaddr, op->size, r->ua, r->size) ||
		     w->shift > PAGE_SHIFT))
		return mtce_map_pieces(wk, *op);
	if (!w->flat || op->size != BIT_ULL(w->shift))
		return mtce_table_map(wk, index, op->size >> w->shift, r,
				      op->vaddr, op->flags);
	shadow = flat_shadow(w, index);
	if (unlikely(!is_free(wk, *shadow)))
		return mtce_table_map(wk, index, 1, r, op->vaddr, op->flags);
	mtce_stage_end(wk->call, MTCE_STAGE_PIN);
	map_one(wk, index, shadow, flat_tce(w, index), r, op->vaddr, op->flags);
	return 0;
}

static __always_inline int do_unmap(struct mtce_work *wk,
				    const struct vfio_mtce_op *op)
{
	bool lazy = (op->flags | wk->c->ready) & VFIO_MTCE_LAZY;
	unsigned long index = index_of(wk->w, op->iova);

	if (unlikely(lazy != wk->lazy))
		mtce_work_mode(wk, lazy);
	if (likely(wk->w->flat && op->size == BIT_ULL(wk->w->shift)) &&
	    clear_easy(wk, index))
		return 0;
	return mtce_table_clear(wk, index, op->size >> wk->w->shift);
}

static __always_inline int do_op(struct mtce_work *wk,
				 const struct vfio_mtce_op *op)
{
	mtce_call_pages(wk->call, op->size >> wk->w->shift);
	return op->op == VFIO_MTCE_OP_MAP ? do_map(wk, op) : do_unmap(wk, op);
}

/**
 * update_one() - a batch of one
 * @c: container
 * @call: NULL, or the call that this is, which is watched
 * @w: the window that holds op->iova
 * @s: a stripe that is locked
 * @stripes: all that are, and that the operation needs; 0: only @s
 * @op: operation, valid but for its range of IOVAs
 * @pins: NULL, or pages that were pinned for it; or, empty, how to pin them
 *
 * Return: 0, MTCE_PIN_FIRST or an errno of <linux/vfio_mtce.h>.
 */
static __always_inline int update_one(struct mtce_container *c,
				      struct mtce_call *call,
				      struct mtce_window *w,
				      struct mtce_stripe *s,
				      unsigned int stripes,
				      const struct vfio_mtce_op *op,
				      struct mtce_pins *pins)
{
	struct mtce_work wk __uninitialized;
	int ret;

	ret = check_range(w, op->iova, op->size, op->vaddr);
	if (unlikely(ret))
		return ret;
	work_begin(&wk, c, call, w, s, stripes);
	wk.pins = pins;
	s->counts.calls++;
	ret = do_op(&wk, op);
	work_end(&wk, call);
	return ret;
}

#endif /* MTCE_OP_H */
