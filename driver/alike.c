// SPDX-License-Identifier: GPL-2.0
/*
 * Operations of one TCE page each that do the same, many one after the other:
 * most of what a guest's traffic is when it is gathered. They are checked and
 * done in loops of a few instructions; what such a loop does not know how to do
 * it leaves to do_op().
 */
#include "op.h"

/*
 * Check
 */

/* Stripes of single entries in more than one part. */
static noinline unsigned int
stripes_of_many(const struct mtce_window *w, const struct vfio_mtce_op *ops,
		u32 num)
{
	const unsigned int shift = w->part_bytes_shift;
	unsigned int stripes = 0;
	u32 i;

	for (i = 0; i < num; i++) {
		stripes |= BIT(mtce_stripe_of((ops[i].iova - w->start) >>
					      shift));
		/* They are all over the window: no need to look at the rest. */
		if (!(i % 16) && hweight32(stripes) > MTCE_STRIPES / 2)
			return MTCE_ALL_STRIPES;
	}
	return stripes;
}

/*
 * Windows begin at a multiple of their size, which is a power of two: so if one
 * range is inside and aligned, the bits in which IOVAs differ tell whether all
 * are. And no page whose address has a zero as its highest bit wraps.
 */
static __always_inline bool all_valid(const struct mtce_window *w,
				      const struct vfio_mtce_op *first,
				      u64 differ, u64 vaddrs)
{
	if (!op_valid(first) ||
	    check_range(w, first->iova, first->size, vaddrs) ||
	    differ & ~(w->bytes - 1) || differ & (first->size - 1))
		return false;
	return first->op == VFIO_MTCE_OP_MAP ? (s64)vaddrs >= 0 : !vaddrs;
}

/* 0 if @op does what @what says (its op and flags) with @size. */
static __always_inline u64 unlike(const struct vfio_mtce_op *op, u64 what,
				  u64 size)
{
	return (*(const u64 *)op ^ what) | (op->size ^ size);
}

/**
 * mtce_alike_check() - check operations that are alike
 * @w: window, of the first operation
 * @ops: operations of one TCE page, not checked
 * @num: how many, 1 at least
 * @stripes: in and out, stripes that they need
 *
 * Return: how many, from the first on, differ in nothing but where, and are right
 * and in @w: mtce_alike_do() may be asked to do them. 0: not all are, see each.
 */
__aligned(MTCE_LOOP_ALIGN) u32
mtce_alike_check(const struct mtce_window *w, const struct vfio_mtce_op *ops,
		 u32 num, unsigned int *stripes)
{
	const u64 what = *(const u64 *)ops, iova = ops->iova, size = ops->size;
	const struct vfio_mtce_op *op = ops, *end = ops + num;
	u64 differ = 0, vaddrs = 0;
	u32 n;

	/* By twos: one branch for both. */
	for (; op + 1 < end; op += 2) {
		if (unlike(op, what, size) | unlike(op + 1, what, size))
			break;
		differ |= (op[0].iova ^ iova) | (op[1].iova ^ iova);
		vaddrs |= op[0].vaddr | op[1].vaddr;
	}
	for (; op < end && !unlike(op, what, size); op++) {
		differ |= op->iova ^ iova;
		vaddrs |= op->vaddr;
	}
	n = op - ops;
	if (!all_valid(w, ops, differ, vaddrs))
		return 0;
	if (differ >> w->part_bytes_shift)
		*stripes |= stripes_of_many(w, ops, n);
	else
		*stripes |= mtce_stripe_bit(w, iova);
	return n;
}

/*
 * Do
 */

/* Where the entries of IOVA 0 would be, and how far an IOVA is from there. */
struct tables {
	void *shadows;
	void *tces;
	unsigned int to_offset;
};

static __always_inline struct tables tables_of(const struct mtce_window *w)
{
	/* 8 bytes an entry, and IOVAs are multiples of a TCE page. */
	const unsigned int to_offset = w->shift - 3;
	const u64 start = w->start >> to_offset;

	return (struct tables){
		(__force void *)w->tbl->it_userspace - start,
		(void *)w->tbl->it_base - start, to_offset
	};
}

/* Clear entries of the region of @wk, up to the first that is not. */
static __always_inline u32 clear_each(struct mtce_work *wk,
				      const struct vfio_mtce_op *op, u32 num)
{
	const u64 base = wk->base, limit = wk->limit, mark = wk->mark;
	const struct tables t = tables_of(wk->w);
	u32 i;

#pragma GCC unroll 4
	for (i = 0; i < num; i++) {
		u64 offset = op[i].iova >> t.to_offset;
		u64 shadow = *(u64 *)(t.shadows + offset);

		if (unlikely(shadow - base >= limit))
			break;
		*(u64 *)(t.shadows + offset) = mark;
		WRITE_ONCE(*(__be64 *)(t.tces + offset), 0);
	}
	return i;
}

/* Map memory of @r by entries that are empty, up to the first that is not so. */
static __always_inline u32 map_each(struct mtce_work *wk,
				    const struct mtce_region *r,
				    const struct vfio_mtce_op *op, u32 num)
{
	const u64 base = r->ua, limit = r->size, *hpas = r->hpas;
	const u64 perm = mtce_tce_perm(op->flags);
	const u64 mark = MTCE_SHADOW_REGION | perm;
	const struct tables t = tables_of(wk->w);
	struct mtce_window *w = wk->w;
	const unsigned int part_shift = w->part_bytes_shift;
	const u64 start = w->start;
	u64 part, last = ~0ull;
	u32 i;

	for (i = 0; i < num; i++) {
		u64 ua = op[i].vaddr, iova = op[i].iova;
		u64 *shadow = t.shadows + (iova >> t.to_offset);

		if (unlikely(ua - base >= limit) ||
		    unlikely(!is_free(wk, *shadow)))
			break;
		part = (iova - start) >> part_shift;
		if (part != last)
			touch_part(w, part);
		last = part;
		*shadow = ua | mark;
		mtce_store_be(t.tces + (iova >> t.to_offset),
			      (hpas[(ua - base) >> PAGE_SHIFT] & PAGE_MASK) |
			      (ua & ~PAGE_MASK) | perm);
	}
	return i;
}

static noinline void owe_each(struct mtce_work *wk, struct mtce_kill *k,
			      const struct vfio_mtce_op *op, u32 num)
{
	u32 i;

	for (i = 0; i < num; i++)
		mtce_kill_add(wk, k, index_of(wk->w, op[i].iova), 1);
}

/* Where the kill will be of the whole PE it need not be said of which entries. */
static __always_inline void owe(struct mtce_work *wk, struct mtce_kill *k,
				const struct vfio_mtce_op *op, u32 num)
{
	lockdep_assert_held(&wk->s->lock);
	if (!k->many && !mtce_kill_is_pe(wk, num)) {
		owe_each(wk, k, op, num);
		return;
	}
	mtce_kill_add(wk, k, index_of(wk->w, op->iova), 1);
	k->many = 1;
	k->entries += num - 1;
}

static noinline __aligned(MTCE_LOOP_ALIGN) u32
do_maps(struct mtce_work *wk, const struct vfio_mtce_op *ops, u32 num)
{
	struct mtce_region *r = wk->s->hint;
	u32 i, done;

	/* Flat when they were checked, but shared since? */
	if (wk->w->shift > PAGE_SHIFT || !wk->w->flat)
		return 0;
	done = map_each(wk, r, ops, num);
	if (!done)
		return 0;
	mtce_region_use(r, done, mtce_tce_perm(ops->flags));
	wk->s->counts.mapped += done;
	if (trace_mtce_tce_set_enabled())
		for (i = 0; i < done; i++)
			trace_mtce_tce_set(wk->c, wk->w,
					   index_of(wk->w, ops[i].iova), 1);
	owe(wk, &wk->kill, ops, done);
	return done;
}

static noinline __aligned(MTCE_LOOP_ALIGN) u32
do_unmaps(struct mtce_work *wk, const struct vfio_mtce_op *ops, u32 num)
{
	bool lazy = (ops->flags | wk->c->ready) & VFIO_MTCE_LAZY;
	u32 i, done;

	if (unlikely(lazy != wk->lazy))
		mtce_work_mode(wk, lazy);
	if (!wk->w->flat)
		return 0;
	done = clear_each(wk, ops, num);
	if (!done)
		return 0;
	wk->run += done;
	wk->s->counts.unmapped += done;
	if (trace_mtce_tce_clear_enabled())
		for (i = 0; i < done; i++)
			trace_mtce_tce_clear(wk->c, wk->w,
					     index_of(wk->w, ops[i].iova), 1);
	owe(wk, owed_by_clears(wk), ops, done);
	return done;
}

/**
 * mtce_alike_do() - do operations that mtce_alike_check() has found alike
 * @wk: in their window, with the stripes that they need
 * @ops: operations
 * @num: how many, 1 at least
 *
 * Return: how many, from the first on, were done. The next is for do_op().
 */
u32 mtce_alike_do(struct mtce_work *wk, const struct vfio_mtce_op *ops,
		  u32 num)
{
	u32 done;

	if (ops->op == VFIO_MTCE_OP_MAP)
		done = do_maps(wk, ops, num);
	else
		done = do_unmaps(wk, ops, num);
	mtce_call_pages(wk->call, done);
	return done;
}
