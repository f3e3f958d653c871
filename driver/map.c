// SPDX-License-Identifier: GPL-2.0
/*
 * One operation: a range is mapped or unmapped, as a whole or not at all.
 *
 * It is checked, its stripes are locked, and it is planned: memory found, entries
 * free, leaves made. A plan may fail; what is written after it does not. What is to
 * be synced is gathered, and done once, at the end of the call, see gather.c.
 */
#include <linux/mm.h>

#include "map.h"

/*
 * Check and lock
 */

/*
 * Is [@iova, @iova + @size) whole TCE pages of the window, and @vaddr a
 * multiple of them? Returns 0, -ENXIO or -EINVAL.
 */
int mtce_check_range(const struct mtce_window *w, u64 iova, u64 size,
		     u64 vaddr)
{
	if (unlikely(!size))
		return -EINVAL;
	if (!mtce_range_inside(iova, size, w->start, w->bytes))
		return mtce_range_valid(iova, size) ? -ENXIO : -EINVAL;
	if (!mtce_range_aligned(iova | vaddr, size, w->shift))
		return -EINVAL;
	return 0;
}

/* mtce_range_lock() for several stripes, or one that is not free. */
static noinline int range_lock_many(struct mtce_container *c,
				    struct mtce_locked *h, u64 iova, u64 size,
				    u32 entries)
{
	int ret = mtce_container_enter(c);

	if (ret)
		return ret;
	h->w = mtce_window_find(c, iova);
	if (!h->w) {
		mtce_unlock_shared(c);
		return -ENXIO;
	}
	if (entries)
		size = (u64)entries << h->w->shift;
	/* Empty and wrapping ranges are rejected later; any stripe will do. */
	h->stripes = mtce_stripes_of(h->w, iova, size ?: 1);
	h->s = &h->w->stripe[__ffs(h->stripes)];
	mtce_stripes_lock(c, h->w, h->stripes);
	return 0;
}

/**
 * mtce_range_lock() - lock the stripes of a range
 * @c: container
 * @h: out, what is locked
 * @iova: first IOVA
 * @size: bytes, where @entries is 0
 * @entries: TCEs
 *
 * The range is not checked.
 *
 * Return: 0, -ENXIO or what mtce_container_enter() says.
 */
int mtce_range_lock(struct mtce_container *c, struct mtce_locked *h, u64 iova,
		    u64 size, u32 entries)
{
	struct mtce_window *w;

	rcu_read_lock();
	w = mtce_window_find(c, iova);
	if (w)
		w = mtce_window_try(c, iova, entries ? (u64)entries << w->shift :
						       size, &h->s);
	rcu_read_unlock();
	if (!w)
		return range_lock_many(c, h, iova, size, entries);
	h->w = w;
	h->stripes = 0;
	return 0;
}

void mtce_range_unlock(struct mtce_container *c, struct mtce_locked *h)
{
	if (!h->stripes) {
		mtce_stripe_unlock(h->s);
		return;
	}
	mtce_stripes_unlock(h->w, h->stripes);
	mtce_unlock_shared(c);
}

/*
 * Map memory that is in several regions, or in none
 */

/* Is all of the memory registered, and fit for the window's TCE page? */
static int plan_memory(struct mtce_gather *ga, const struct vfio_mtce_op *op)
{
	u64 ua = op->vaddr, size = op->size, bytes;

	for (; size; ua += bytes, size -= bytes) {
		struct mtce_region *r;
		unsigned long n;
		int ret;

		r = mtce_region_piece(ga, ua, size, &n);
		if (!r)
			return -ENOENT;
		ret = mtce_region_plan(ga->w, r, ua, n);
		if (ret)
			return ret;
		bytes = (u64)n << ga->w->shift;
	}
	return 0;
}

static int map_registered(struct mtce_gather *ga, const struct vfio_mtce_op *op,
			  unsigned long index, bool live)
{
	u64 ua = op->vaddr, size = op->size, bytes;
	int ret = 0;

	for (; size; ua += bytes, size -= bytes) {
		struct mtce_region *r;
		unsigned long n;

		r = mtce_region_piece(ga, ua, size, &n);
		ret = mtce_tces_put_region(ga, index, n, r, ua, op->flags,
					   live) ?: ret;
		bytes = (u64)n << ga->w->shift;
		index += n;
	}
	return ret;
}

/* Are the pages pinned? If not, say for which TCE page they must be. */
static bool are_pinned(struct mtce_gather *ga, unsigned long n)
{
	struct mtce_pins *pins = ga->pins;

	if (pins && pins->n == n && pins->shift == ga->w->shift)
		return true;
	if (pins)
		pins->shift = ga->w->shift;
	return false;
}

/* Map pages that are pinned; from here on the entries own them. */
static int map_pinned(struct mtce_gather *ga, unsigned long index,
		      unsigned long n, bool live)
{
	struct mtce_pins *pins = ga->pins;
	const u64 *tces = pins->tces, *shadows = tces + n;
	int ret;

	if (!mtce_pins_fit(ga->c, mtce_pins_more(ga, index, n, shadows)))
		return -ENOMEM;
	ret = mtce_tces_put(ga, index, n, shadows, tces, live);
	mtce_pins_free(pins);
	return ret;
}

static noinline int map_pieces(struct mtce_gather *ga,
			       const struct vfio_mtce_op *op)
{
	unsigned long index = index_of(ga->w, op->iova);
	unsigned long n = op->size >> ga->w->shift;
	bool pin = false;
	int ret, live;

	ret = plan_memory(ga, op);
	if (ret == -ENOENT && mtce_may_pin(ga->c, ga->w))
		pin = true;
	else if (ret)
		return ret;
	if (pin && !are_pinned(ga, n))
		return MTCE_PIN_FIRST;
	live = mtce_table_plan(ga, index, n, op->flags);
	mtce_stage_end(ga->call, MTCE_STAGE_PIN);
	if (live < 0)
		return live;
	ret = pin ? map_pinned(ga, index, n, live) :
		    map_registered(ga, op, index, live);
	if (ret == -EIO)	/* a hypervisor's refusal, half way */
		mtce_tces_clear(ga, index, n);
	return ret;
}

/*
 * Do
 */

static __always_inline int do_map(struct mtce_gather *ga,
				  const struct vfio_mtce_op *op)
{
	struct mtce_region *r = ga->s->hint;
	struct mtce_window *w = ga->w;
	unsigned long index = index_of(w, op->iova);

	if (unlikely(!mtce_range_inside(op->vaddr, op->size, r->ua, r->size) ||
		     w->shift > PAGE_SHIFT))
		return map_pieces(ga, op);
	if (!w->flat || op->size != BIT_ULL(w->shift) ||
	    !make_way(ga, *flat_shadow(w, index), op->flags))
		return mtce_tces_map(ga, index, op->size >> w->shift, r,
				     op->vaddr, op->flags);
	mtce_stage_end(ga->call, MTCE_STAGE_PIN);
	map_one(ga, index, r, op->vaddr, op->flags);
	return 0;
}

static __always_inline int do_unmap(struct mtce_gather *ga,
				    const struct vfio_mtce_op *op)
{
	unsigned long index = index_of(ga->w, op->iova);
	bool lazy = unmap_is_lazy(ga->c, op->flags);

	if (unlikely(lazy != ga->lazy))
		mtce_gather_mode(ga, lazy);
	if (likely(ga->w->flat && op->size == BIT_ULL(ga->w->shift)) &&
	    clear_one(ga, index))
		return 0;
	return mtce_tces_clear(ga, index, op->size >> ga->w->shift);
}

int mtce_do_op(struct mtce_gather *ga, const struct vfio_mtce_op *op)
{
	mtce_call_pages(ga->call, op->size >> ga->w->shift);
	return op->op == VFIO_MTCE_OP_MAP ? do_map(ga, op) : do_unmap(ga, op);
}

/**
 * mtce_update_one() - do one operation in a window that is locked
 * @c: container
 * @call: NULL, or the call that this is, which is traced
 * @w: the window that holds op->iova
 * @s: a stripe that is locked, as are all that the operation needs
 * @op: operation, valid but for its range of IOVAs
 * @pins: NULL, or pages that were pinned for it; or, empty, how to pin them
 *
 * Return: 0, MTCE_PIN_FIRST or an errno of <linux/vfio_mtce.h>.
 */
int mtce_update_one(struct mtce_container *c, struct mtce_call *call,
		    struct mtce_window *w, struct mtce_stripe *s,
		    const struct vfio_mtce_op *op, struct mtce_pins *pins)
{
	struct mtce_gather ga __uninitialized;
	int ret;

	ret = mtce_check_range(w, op->iova, op->size, op->vaddr);
	if (unlikely(ret))
		return ret;
	gather_begin(&ga, c, call, w, s);
	ga.pins = pins;
	s->counts.calls++;
	ret = mtce_do_op(&ga, op);
	gather_end(&ga, call);
	return ret;
}

/*
 * Lock and do
 */

static int update_range(struct mtce_container *c, struct mtce_call *call,
			const struct vfio_mtce_op *op, struct mtce_pins *pins)
{
	struct mtce_locked h;
	int ret;

	ret = mtce_range_lock(c, &h, op->iova, op->size, 0);
	if (ret)
		return ret;
	ret = mtce_update_one(c, call, h.w, h.s, op, pins);
	mtce_range_unlock(c, &h);
	return ret;
}

/*
 * The same with its pages pinned before. They are not counted until the map takes
 * them, and a fault may hold them for long: so all calls together may pin no more
 * than VFIO_IOMMU_ENABLE has counted.
 */
static int update_pinned(struct mtce_container *c, struct mtce_call *call,
			 const struct vfio_mtce_op *op, struct mtce_pins *pins)
{
	const unsigned long pages =
		DIV_ROUND_UP((op->vaddr & ~PAGE_MASK) + op->size, PAGE_SIZE);
	unsigned long limit;
	int ret = -ENOMEM;
	long all;

	/* Fully ordered: a DISABLE that is not seen here sees these pages. */
	all = atomic_long_add_return(pages, &c->pinning);
	limit = READ_ONCE(c->enabled_pages);
	if (!limit) {		/* disabled meanwhile: this says so */
		ret = update_range(c, call, op, pins);
	} else if (all <= limit) {
		ret = mtce_pins_get(pins, op, pins->shift);
		mtce_stage_end(call, MTCE_STAGE_PIN);
		if (!ret)
			ret = update_range(c, call, op, pins);
		mtce_pins_put(pins);
	}
	atomic_long_sub_return(pages, &c->pinning);	/* ordered: mtce_owe() */
	return ret;
}

/*
 * Lock the range and do one operation. If its pages must be pinned, it is done
 * again with them: pinning may fault and sleep, which no lock may wait for.
 */
int mtce_update_alone(struct mtce_container *c, struct mtce_call *call,
		      const struct vfio_mtce_op *op)
{
	struct mtce_pins pins __uninitialized;
	int ret;

	pins.n = 0;
	ret = update_range(c, call, op, &pins);
	while (ret == MTCE_PIN_FIRST)
		ret = update_pinned(c, call, op, &pins);
	return ret;
}
