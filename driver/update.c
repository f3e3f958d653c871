// SPDX-License-Identifier: GPL-2.0
/*
 * The one map and unmap path. Calls of v1 and v2 are a batch of one.
 *
 * A call checks everything, takes the window, and does its operations in
 * order. Each is planned first (memory found, contiguous, entries free, leaves
 * made) and then written; planning is where it may fail, writing is not. The
 * kills that it owes are collected and done once, at the end, before the
 * window's lock and the container's sem are dropped: nobody who could unpin a
 * page or hand out an IOVA gets in between.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "mtce.h"
#include "range.h"

#define MAP_FLAGS	(VFIO_MTCE_READ | VFIO_MTCE_WRITE | VFIO_MTCE_REPLACE)

/*
 * A call at work
 */

void mtce_work_begin(struct mtce_work *wk, struct mtce_container *c,
		     struct mtce_window *w)
{
	lockdep_assert_held(&c->sem);
	mutex_lock(&w->lock);
	wk->c = c;
	wk->w = w;
	wk->detached = !c->nr_groups;
	wk->region = w->hint;
	wk->base = MTCE_SHADOW_REGION;
	wk->limit = 0;
	if (w->hint) {
		wk->base |= w->hint->ua;
		wk->limit = w->hint->size;
	}
	wk->run = 0;
	wk->seen = 0;
	wk->kill.entries = 0;
	wk->kill.nr = 0;
	wk->kill.many = false;
}

/* Take the run of cleared entries off its region. */
static void end_run(struct mtce_work *wk)
{
	if (!wk->run)
		return;
	atomic64_sub(wk->run, &wk->region->mapped);
	if (wk->seen & VFIO_MTCE_WRITE)
		wk->region->dirty = true;
	wk->run = 0;
	wk->seen = 0;
}

/* A cleared entry maps another region than the last one did. */
void mtce_work_switch(struct mtce_work *wk, u64 shadow)
{
	u64 ua = shadow & ~(MTCE_SHADOW_REGION | MTCE_PERM_MASK);
	struct mtce_region *r = mtce_region_find(wk->c, ua);

	end_run(wk);
	/* Counted regions do not go: without one our own books are wrong. */
	if (WARN_ON_ONCE(!r))
		return;
	wk->region = r;
	wk->w->hint = r;
	wk->base = MTCE_SHADOW_REGION | r->ua;
	wk->limit = r->size;
}

/* One entry is no longer there: give back what it stood for. */
void mtce_work_drop(struct mtce_work *wk, u64 shadow)
{
	if (shadow & MTCE_SHADOW_REGION) {
		if (shadow - wk->base >= wk->limit)
			mtce_work_switch(wk, shadow);
		wk->seen |= shadow;
		wk->run++;
	} else if (shadow & MTCE_SHADOW_PINNED) {
		mtce_unpin_later(wk->w, shadow);
	} else {
		mtce_put_foreign(wk->c, shadow, wk->w->shift);
	}
}

/* Do the kills that are owed, then let go of pages that waited for them. */
void mtce_work_release(struct mtce_work *wk)
{
	if (wk->w->unpin_nr)
		mtce_table_settle(wk);
	mtce_kill_flush(wk);
	if (wk->w->unpin_nr)
		mtce_unpin_gathered(wk->w);
}

void mtce_work_end(struct mtce_work *wk)
{
	end_run(wk);
	mtce_work_release(wk);
	mutex_unlock(&wk->w->lock);
}

/*
 * Map
 */

/* Entries of the planned range: -EEXIST, or whether some are to be replaced. */
static int plan_entries(struct mtce_window *w, unsigned long index,
			unsigned long n, u32 flags)
{
	bool live = mtce_table_live(w, index, n);
	int ret;

	if (live && !(flags & VFIO_MTCE_REPLACE))
		return -EEXIST;
	ret = mtce_table_prepare(w, index, n);
	return ret ? ret : live;
}

/* The part of [@ua, @ua + @size) from @ua on that one region holds. */
static struct mtce_region *next_piece(struct mtce_work *wk, unsigned long ua,
				      u64 size, unsigned long *n)
{
	struct mtce_region *r = wk->w->hint;
	u64 left;

	if (!r || ua - r->ua >= r->size) {
		r = mtce_region_find(wk->c, ua);
		if (!r)
			return NULL;
		wk->w->hint = r;
	}
	left = r->size - (ua - r->ua);
	*n = min(left, size) >> wk->w->shift;
	return *n ? r : NULL;
}

/* Is all of the memory registered, and fit for the window's TCE page? */
static int plan_memory(struct mtce_work *wk, const struct vfio_mtce_op *op)
{
	u64 ua = op->vaddr, size = op->size;

	while (size) {
		struct mtce_region *r;
		unsigned long n;
		int ret;

		r = next_piece(wk, ua, size, &n);
		if (!r)
			return -ENOENT;
		ret = mtce_region_plan(wk->w, r, ua, n);
		if (ret)
			return ret;
		ua += (u64)n << wk->w->shift;
		size -= (u64)n << wk->w->shift;
	}
	return 0;
}

static int map_registered(struct mtce_work *wk, const struct vfio_mtce_op *op,
			  unsigned long index, bool live)
{
	u64 perm = op->flags & MTCE_PERM_MASK;
	u64 ua = op->vaddr, size = op->size;
	int ret = 0;

	while (size) {
		struct mtce_region *r;
		unsigned long n;

		r = next_piece(wk, ua, size, &n);
		ret = mtce_table_put_region(wk, index, n, r, ua, perm, live) ?:
		      ret;
		ua += (u64)n << wk->w->shift;
		size -= (u64)n << wk->w->shift;
		index += n;
	}
	return ret;
}

/*
 * VFIO_IOMMU_ENABLE has counted the pages of the 32-bit window, so only there
 * may a map pin memory by itself.
 */
static bool may_pin(struct mtce_work *wk)
{
	struct iommu_table_group *tg = mtce_container_table_group(wk->c);

	return wk->c->enabled && !wk->w->num && tg &&
	       wk->w->bytes <= tg->tce32_size;
}

static int map_pinned(struct mtce_work *wk, const struct vfio_mtce_op *op,
		      unsigned long index, bool live)
{
	unsigned long n = op->size >> wk->w->shift, i;
	u64 perm = op->flags & MTCE_PERM_MASK;
	u64 *hpa, *shadow;
	int ret;

	hpa = kvcalloc(n, 2 * sizeof(u64), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!hpa)
		return -ENOMEM;
	ret = mtce_pin_pages(op->vaddr, n, wk->w->shift, perm, hpa);
	if (ret)
		goto free;
	shadow = hpa + n;
	for (i = 0; i < n; i++)
		shadow[i] = MTCE_SHADOW_PINNED | hpa[i] | perm;
	wk->w->pinned += n;
	ret = mtce_table_put_array(wk, index, n, shadow, hpa, perm, live);
free:
	kvfree(hpa);
	return ret;
}

static unsigned long index_of(const struct mtce_window *w, u64 iova)
{
	return (iova - w->start) >> w->shift;
}

static int do_map(struct mtce_work *wk, const struct vfio_mtce_op *op)
{
	struct mtce_window *w = wk->w;
	unsigned long index = index_of(w, op->iova);
	unsigned long n = op->size >> w->shift;
	bool pin = false;
	int ret, live;

	ret = plan_memory(wk, op);
	if (ret == -ENOENT && may_pin(wk))
		pin = true;
	else if (ret)
		return ret;
	live = plan_entries(w, index, n, op->flags);
	if (live < 0)
		return live;

	if (pin)
		ret = map_pinned(wk, op, index, live);
	else
		ret = map_registered(wk, op, index, live);
	if (ret == -EIO)	/* a hypervisor's refusal, half way */
		mtce_table_clear(wk, index, n);
	return ret;
}

static int do_op(struct mtce_work *wk, const struct vfio_mtce_op *op)
{
	if (op->op == VFIO_MTCE_OP_MAP)
		return do_map(wk, op);
	return mtce_table_clear(wk, index_of(wk->w, op->iova),
				op->size >> wk->w->shift);
}

/*
 * Check
 */

/* READ or WRITE or both, and nothing that is not known. */
bool mtce_map_flags_valid(u32 flags)
{
	return !(flags & ~MAP_FLAGS) && flags & MTCE_PERM_MASK;
}

static bool op_valid(const struct vfio_mtce_op *op)
{
	if (!mtce_range_valid(op->iova, op->size))
		return false;
	if (op->op == VFIO_MTCE_OP_MAP)
		return mtce_map_flags_valid(op->flags) &&
		       mtce_range_valid(op->vaddr, op->size) &&
		       mtce_range_inside(op->vaddr, op->size, 0, TASK_SIZE);
	return op->op == VFIO_MTCE_OP_UNMAP && !op->flags && !op->vaddr;
}

static int check_op(struct mtce_container *c, const struct vfio_mtce_op *op,
		    struct mtce_window **w)
{
	int ret = mtce_window_check(c, op->iova, op->size, w);

	if (!ret && !mtce_range_aligned(op->vaddr, 0, (*w)->shift))
		ret = -EINVAL;
	return ret;
}

/*
 * Take the container for work on entries, with its default window there.
 * 0: sem is held for reading.
 */
static int enter(struct mtce_container *c)
{
	int ret = 0;

	down_read(&c->sem);
	if (unlikely(c->default_pending) && c->may_map && !c->dead) {
		up_read(&c->sem);
		down_write(&c->sem);
		ret = mtce_window_create_default(c);
		downgrade_write(&c->sem);
	}
	if (unlikely(c->dead))
		ret = -ENODEV;
	else if (unlikely(!c->may_map))
		ret = -EPERM;
	if (ret)
		up_read(&c->sem);
	return ret;
}

/*
 * Public
 */

/* Checked one by one before the first is done. With one: it finds the window. */
static int check_ops(struct mtce_container *c, const struct vfio_mtce_op *ops,
		     u32 num, struct mtce_window **w)
{
	u32 i;

	/* Backwards, so that the window found last is that of the first. */
	for (i = num; i--;) {
		int ret = check_op(c, &ops[i], w);

		if (ret)
			return ret;
		if (!(i % MTCE_SPAN_MAX))
			cond_resched();
	}
	return 0;
}

/**
 * mtce_update() - do range operations in order, as one batch
 * @c: container
 * @ops: operations, in kernel memory, not checked
 * @num: how many, 1 at least
 * @done: out, how many were done, also on error
 *
 * Return: 0 or an errno of <linux/vfio_mtce.h>.
 */
long mtce_update(struct mtce_container *c, const struct vfio_mtce_op *ops,
		 u32 num, u32 *done)
{
	struct mtce_window *w = NULL, *next;
	struct mtce_work wk;
	int ret;
	u32 i;

	*done = 0;
	for (i = 0; i < num; i++)
		if (!op_valid(&ops[i]))
			return -EINVAL;

	ret = enter(c);
	if (ret)
		return ret;
	ret = check_ops(c, ops, num, &w);
	if (ret)
		goto leave;

	mtce_work_begin(&wk, c, w);
	w->stats.calls++;
	for (i = 0; i < num; i++) {
		if (i) {
			next = mtce_window_find(c, ops[i].iova);
			if (next != wk.w) {
				mtce_work_end(&wk);
				mtce_work_begin(&wk, c, next);
			}
			if (fatal_signal_pending(current)) {
				ret = -EINTR;
				break;
			}
			cond_resched();
		}
		ret = do_op(&wk, &ops[i]);
		if (ret)
			break;
	}
	*done = i;
	mtce_work_end(&wk);
leave:
	up_read(&c->sem);
	return ret;
}

/*
 * Look up each address of the list: its physical address to @hpa, its shadow
 * in place of it to @list.
 */
static int plan_list(struct mtce_work *wk, u64 *list, u64 *hpa, u32 num,
		     u64 perm)
{
	struct mtce_window *w = wk->w;
	const u64 bytes = BIT_ULL(w->shift), mark = MTCE_SHADOW_REGION | perm;
	struct mtce_region *r = NULL;
	u64 base = 0, limit = 0;
	const u64 *hpas = NULL;
	u32 i;

	for (i = 0; i < num; i++) {
		u64 ua = list[i], at;

		if (ua & (bytes - 1))
			return -EINVAL;
		if (unlikely(ua - base >= limit)) {
			unsigned long n;

			if (ua >= TASK_SIZE)
				return -EINVAL;
			r = next_piece(wk, ua, bytes, &n);
			if (!r)
				return -ENOENT;
			hpas = r->hpas;
			base = r->ua;
			/* Where a whole TCE page still fits. */
			limit = r->size - bytes + 1;
		}
		at = hpas[(ua - base) >> PAGE_SHIFT];
		if (unlikely((at & (PAGE_SIZE - 1)) < w->shift &&
			     w->shift > PAGE_SHIFT))
			return -ERANGE;
		hpa[i] = (at & PAGE_MASK) | (ua & ~PAGE_MASK);
		list[i] = ua | mark;
	}
	return 0;
}

/* Count the use of the listed pages, a run of one region at a time. */
static void count_list(struct mtce_work *wk, const u64 *list, u32 num)
{
	struct mtce_region *r = NULL;
	u64 base = 0, limit = 0;
	u32 i, run = 0;

	for (i = 0; i < num; i++, run++) {
		if (likely(list[i] - base < limit))
			continue;
		if (r)
			atomic64_add(run, &r->mapped);
		run = 0;
		r = mtce_region_find(wk->c, list[i] & ~(MTCE_SHADOW_REGION |
							MTCE_PERM_MASK));
		base = MTCE_SHADOW_REGION | r->ua;
		limit = r->size;
	}
	if (r)
		atomic64_add(run, &r->mapped);
}

static int do_list(struct mtce_work *wk, unsigned long index, u64 *list,
		   u64 *hpa, u32 num, u32 flags)
{
	u64 perm = flags & MTCE_PERM_MASK;
	int ret, live;

	ret = plan_list(wk, list, hpa, num, perm);
	if (ret)
		return ret;
	live = plan_entries(wk->w, index, num, flags);
	if (live < 0)
		return live;
	count_list(wk, list, num);
	ret = mtce_table_put_array(wk, index, num, list, hpa, perm, live);
	if (ret == -EIO)
		mtce_table_clear(wk, index, num);
	return ret;
}

/**
 * mtce_put_list() - map a list of pages at consecutive TCEs
 * @c: container
 * @iova: IOVA of the first
 * @list: user addresses, in kernel memory with room for 2 * @num; overwritten
 * @num: how many, 1 at least
 * @flags: READ, WRITE, REPLACE
 *
 * Return: 0 or an errno of <linux/vfio_mtce.h>.
 */
long mtce_put_list(struct mtce_container *c, u64 iova, u64 *list, u32 num,
		   u32 flags)
{
	struct mtce_window *w;
	struct mtce_work wk;
	int ret;

	ret = enter(c);
	if (ret)
		return ret;
	w = mtce_window_find(c, iova);
	ret = w ? mtce_window_check(c, iova, (u64)num << w->shift, &w) : -ENXIO;
	if (ret)
		goto leave;

	mtce_work_begin(&wk, c, w);
	w->stats.calls++;
	ret = do_list(&wk, index_of(w, iova), list, list + num, num, flags);
	mtce_work_end(&wk);
leave:
	up_read(&c->sem);
	return ret;
}
