// SPDX-License-Identifier: GPL-2.0
/*
 * The one map and unmap path. Calls of v1 and v2 are a batch of one.
 *
 * A call checks everything, takes the window, and does its operations in
 * order. Each is planned first (memory found, contiguous, entries free, leaves
 * made) and then written; planning is where it may fail, writing is not. The
 * kills that it owes are collected and done once, at the end, before the
 * window's lock is dropped: nobody who could unpin a page or hand out an IOVA
 * gets in between.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "mtce.h"
#include "range.h"
#include "trace.h"

/* Small operations between two looks at the scheduler. */
#define OPS_BETWEEN_BREAKS	64

#define MAP_FLAGS	(VFIO_MTCE_READ | VFIO_MTCE_WRITE | VFIO_MTCE_REPLACE)

/*
 * A call at work
 */

static __always_inline void begin(struct mtce_work *wk,
				  struct mtce_container *c,
				  struct mtce_window *w)
{
	lockdep_assert_held(&w->lock);
	wk->c = c;
	wk->w = w;
	wk->detached = false;
	wk->region = w->hint;
	wk->base = MTCE_SHADOW_REGION;
	wk->limit = 0;
	if (w->hint) {
		wk->base |= w->hint->ua;
		wk->limit = w->hint->size;
	}
	wk->run = 0;
	wk->seen = 0;
	wk->kill.nr = 0;
	wk->kill.many = false;
}

/* For the other rooms: work in @w, which the caller has locked. */
void mtce_work_begin(struct mtce_work *wk, struct mtce_container *c,
		     struct mtce_window *w)
{
	begin(wk, c, w);
	wk->detached = !c->nr_groups;
}

/* Take the run of cleared entries off its region. */
static void end_run(struct mtce_work *wk)
{
	if (!wk->run || unlikely(!wk->region))
		return;
	atomic64_sub(wk->run, &wk->region->mapped);
	if (wk->seen & VFIO_MTCE_WRITE)
		wk->region->dirty = true;
}

/* A cleared entry maps another region than the last one did. */
void mtce_work_switch(struct mtce_work *wk, u64 shadow)
{
	u64 ua = shadow & ~(MTCE_SHADOW_REGION | MTCE_PERM_MASK);
	struct mtce_region *r = mtce_region_find(wk->c, ua);

	end_run(wk);
	wk->run = 0;
	wk->seen = 0;
	wk->region = r;
	wk->w->hint = r;
	/* Counted regions do not go: without one our own books are wrong. */
	if (WARN_ON_ONCE(!r)) {
		wk->limit = 0;
		return;
	}
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
	mtce_table_settle(wk);
	mtce_kill_flush(wk);
	mtce_unpin_gathered(wk->c, wk->w);
}

static __always_inline void end(struct mtce_work *wk)
{
	end_run(wk);
	if (wk->w->unpin_nr)
		mtce_work_release(wk);
	else if (wk->kill.nr)
		mtce_kill_flush(wk);
	trace_mtce_call_done(wk->c, wk->w);
}

void mtce_work_end(struct mtce_work *wk)
{
	end(wk);
}

/*
 * Map
 */

/* The part of [@ua, @ua + @size) from @ua on that one region holds. */
static __always_inline struct mtce_region *
next_piece(struct mtce_work *wk, unsigned long ua, u64 size, unsigned long *n)
{
	struct mtce_region *r = wk->w->hint;
	u64 left;

	if (unlikely(!r || ua - r->ua >= r->size)) {
		r = mtce_region_find(wk->c, ua);
		if (!r)
			return NULL;
		wk->w->hint = r;
	}
	left = r->size - (ua - r->ua);
	*n = min(left, size) >> wk->w->shift;
	return *n ? r : NULL;
}

/* Can @n TCE pages of @r from @ua on be mapped: 0, or -ERANGE. */
static __always_inline int plan_piece(const struct mtce_window *w,
				      struct mtce_region *r, unsigned long ua,
				      unsigned long n)
{
	/* No larger than a system page: contiguous anyway. */
	return w->shift <= PAGE_SHIFT ? 0 : mtce_region_plan(w, r, ua, n);
}

/* Is all of the memory registered, and fit for the window's TCE page? */
static int plan_memory(struct mtce_work *wk, struct vfio_mtce_op op)
{
	u64 ua = op.vaddr, size = op.size;

	while (size) {
		struct mtce_region *r;
		unsigned long n;
		int ret;

		r = next_piece(wk, ua, size, &n);
		if (!r)
			return -ENOENT;
		ret = plan_piece(wk->w, r, ua, n);
		if (ret)
			return ret;
		ua += (u64)n << wk->w->shift;
		size -= (u64)n << wk->w->shift;
	}
	return 0;
}

static int map_registered(struct mtce_work *wk, struct vfio_mtce_op op,
			  unsigned long index, bool live)
{
	u64 ua = op.vaddr, size = op.size;
	int ret = 0;

	while (size) {
		struct mtce_region *r;
		unsigned long n;

		r = next_piece(wk, ua, size, &n);
		ret = mtce_table_put_region(wk, index, n, r, ua, op.flags,
					    live) ?: ret;
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

/* @tces: room for 2 * @n, zeroed. */
static int pin_and_put(struct mtce_work *wk, struct vfio_mtce_op op,
		       unsigned long index, unsigned long n, u64 *tces,
		       bool live)
{
	u64 perm = mtce_tce_perm(op.flags), *shadow = tces + n;
	unsigned long i;
	int ret;

	ret = mtce_pin_pages(op.vaddr, n, wk->w->shift, perm, tces);
	if (ret)
		return ret;
	for (i = 0; i < n; i++) {
		tces[i] |= perm;
		shadow[i] = MTCE_SHADOW_PINNED | tces[i];
	}
	wk->w->pinned += n;
	return mtce_table_put_array(wk, index, n, shadow, tces, live);
}

static int map_pinned(struct mtce_work *wk, struct vfio_mtce_op op,
		      unsigned long index, bool live)
{
	unsigned long n = op.size >> wk->w->shift;
	u64 few[2] = {}, *tces = few;
	int ret;

	if (n > 1)
		tces = kvcalloc(n, 2 * sizeof(u64),
				GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!tces)
		return -ENOMEM;
	ret = pin_and_put(wk, op, index, n, tces, live);
	if (n > 1)
		kvfree(tces);
	return ret;
}

static unsigned long index_of(const struct mtce_window *w, u64 iova)
{
	return (iova - w->start) >> w->shift;
}

/* Memory in several regions, or not registered. */
static noinline int map_pieces(struct mtce_work *wk, struct vfio_mtce_op op,
			       unsigned long index, unsigned long n)
{
	bool pin = false;
	int ret, live;

	ret = plan_memory(wk, op);
	if (ret == -ENOENT && may_pin(wk))
		pin = true;
	else if (ret)
		return ret;
	live = mtce_table_plan(wk->w, index, n, op.flags);
	if (live < 0)
		return live;
	ret = pin ? map_pinned(wk, op, index, live) :
		    map_registered(wk, op, index, live);
	if (ret == -EIO)	/* a hypervisor's refusal, half way */
		mtce_table_clear(wk, index, n);
	return ret;
}

static __always_inline int do_map(struct mtce_work *wk, struct vfio_mtce_op op)
{
	struct mtce_window *w = wk->w;
	unsigned long index = index_of(w, op.iova);
	unsigned long n = op.size >> w->shift, piece;
	struct mtce_region *r;
	int ret;

	r = next_piece(wk, op.vaddr, op.size, &piece);
	if (unlikely(!r || piece != n))
		return map_pieces(wk, op, index, n);
	ret = plan_piece(w, r, op.vaddr, n);
	if (unlikely(ret))
		return ret;
	return mtce_table_map(wk, index, n, r, op.vaddr, op.flags);
}

static __always_inline int do_op(struct mtce_work *wk, struct vfio_mtce_op op)
{
	if (op.op == VFIO_MTCE_OP_MAP)
		return do_map(wk, op);
	return mtce_table_clear(wk, index_of(wk->w, op.iova),
				op.size >> wk->w->shift);
}

/*
 * Check
 */

/* READ or WRITE or both, and nothing that is not known. */
bool mtce_map_flags_valid(u32 flags)
{
	return !(flags & ~MAP_FLAGS) && flags & MTCE_PERM_MASK;
}

/* All but the range of IOVAs, for which see check_range(). */
static __always_inline bool op_valid(struct vfio_mtce_op op)
{
	if (op.op == VFIO_MTCE_OP_MAP)
		return mtce_map_flags_valid(op.flags) &&
		       op.vaddr + op.size >= op.vaddr;
	return op.op == VFIO_MTCE_OP_UNMAP && !op.flags && !op.vaddr;
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

/* Not ready for work on entries: why, or make the default window and be. */
static int make_ready(struct mtce_container *c)
{
	int ret;

	mtce_stop(c);
	if (c->dead)
		ret = -ENODEV;
	else if (!c->may_map)
		ret = -EPERM;
	else if (!c->nr_groups)
		ret = -ENODEV;
	else
		ret = mtce_window_create_default(c);
	mtce_go(c);
	return ret;
}

/* Take the container for work on entries. 0: sem is held for reading. */
static int enter(struct mtce_container *c)
{
	int ret;

	for (;;) {
		down_read(&c->sem);
		if (c->ready)
			return 0;
		up_read(&c->sem);
		ret = make_ready(c);
		if (ret)
			return ret;
	}
}

/*
 * Public
 */

/* All of them, before the first is done. Returns 0 and the window of that. */
static int check_ops(struct mtce_container *c, const struct vfio_mtce_op *ops,
		     u32 num, struct mtce_window **w)
{
	u32 i;

	/* Backwards, so that the window found last is that of the first. */
	for (i = num; i--;) {
		const struct vfio_mtce_op *op = &ops[i];
		int ret;

		*w = mtce_window_find(c, op->iova);
		if (!*w)
			return -ENXIO;
		ret = check_range(*w, op->iova, op->size, op->vaddr);
		if (ret)
			return ret;
		if (i && !(i % MTCE_SPAN_MAX))
			cond_resched();
	}
	return 0;
}

/* On to another operation, perhaps in the other window. */
static __always_inline int next_op(struct mtce_work *wk,
				   const struct vfio_mtce_op *op, u32 i)
{
	struct mtce_window *w = wk->w;

	if (unlikely(op->iova - w->start >= w->bytes)) {
		mtce_work_end(wk);
		mutex_unlock(&w->lock);
		w = mtce_window_find(wk->c, op->iova);
		mutex_lock(&w->lock);
		mtce_work_begin(wk, wk->c, w);
	}
	if (unlikely(fatal_signal_pending(current)))
		return -EINTR;
	if (!(i % OPS_BETWEEN_BREAKS) || op->size >> w->shift > MTCE_SPAN_MAX)
		cond_resched();
	return 0;
}

/* The window that holds @iova, locked, or an ERR_PTR. */
static struct mtce_window *lock_window(struct mtce_container *c, u64 iova)
{
	struct mtce_window *w;
	int ret;

	rcu_read_lock();
	w = mtce_window_try(c, iova);
	rcu_read_unlock();
	if (likely(w))
		return w;

	ret = enter(c);
	if (ret)
		return ERR_PTR(ret);
	w = mtce_window_find(c, iova);
	if (w)
		mutex_lock(&w->lock);
	up_read(&c->sem);
	return w ? w : ERR_PTR(-ENXIO);
}

/* Somebody may be waiting to free the window: nothing else holds it. */
static __always_inline void unlock_window(struct mtce_window *w)
{
	rcu_read_lock();
	mutex_unlock(&w->lock);
	rcu_read_unlock();
}

/**
 * mtce_update_one() - a batch of one, with most of the way to it behind
 * @c: container
 * @w: the window that holds op->iova, from mtce_window_try(); unlocked here
 * @op: operation, not checked
 *
 * Return: 0 or an errno of <linux/vfio_mtce.h>.
 */
long mtce_update_one(struct mtce_container *c, struct mtce_window *w,
		     struct vfio_mtce_op op)
{
	struct mtce_work wk __uninitialized;
	int ret = -EINVAL;

	if (op_valid(op))
		ret = check_range(w, op.iova, op.size, op.vaddr);
	if (likely(!ret)) {
		begin(&wk, c, w);
		w->stats.calls++;
		ret = do_op(&wk, op);
		end(&wk);
	}
	unlock_window(w);
	return ret;
}

/* As mtce_update(), for operations whose shape is right, maybe in two windows. */
static int update_many(struct mtce_container *c, const struct vfio_mtce_op *ops,
		       u32 num, u32 *done)
{
	struct mtce_work wk __uninitialized;
	struct mtce_window *w = NULL;
	int ret;
	u32 i;

	ret = enter(c);
	if (ret)
		return ret;
	ret = check_ops(c, ops, num, &w);
	if (ret)
		goto leave;

	mutex_lock(&w->lock);
	begin(&wk, c, w);
	w->stats.calls++;
	for (i = 0; i < num; i++) {
		ret = i ? next_op(&wk, &ops[i], i) : 0;
		if (!ret)
			ret = do_op(&wk, ops[i]);
		if (ret)
			break;
	}
	*done = i;
	end(&wk);
	mutex_unlock(&wk.w->lock);
leave:
	up_read(&c->sem);
	return ret;
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
	struct mtce_window *w;
	long ret;
	u32 i;

	*done = 0;
	for (i = 0; i < num; i++)
		if (!op_valid(ops[i]) ||
		    !mtce_range_valid(ops[i].iova, ops[i].size))
			return -EINVAL;
	if (num > 1)
		return update_many(c, ops, num, done);

	w = lock_window(c, ops->iova);
	if (IS_ERR(w))
		return PTR_ERR(w);
	ret = mtce_update_one(c, w, *ops);
	*done = !ret;
	return ret;
}

/*
 * Look up each address of the list: its TCE to @tces, its shadow in place of it
 * to @list, and to @only the region, if there is just one.
 */
static noinline __aligned(MTCE_LOOP_ALIGN) int
plan_list(struct mtce_work *wk, u64 *list, u64 *tces, u32 num, u64 perm,
	  struct mtce_region **only)
{
	const unsigned int shift = wk->w->shift;
	const u64 bytes = BIT_ULL(shift), mark = MTCE_SHADOW_REGION | perm;
	const bool large = shift > PAGE_SHIFT;
	struct mtce_region *r = NULL;
	u64 base = 0, limit = 0, seen = 0;
	const u64 *hpas = NULL;
	u32 i, switches = 0;

	for (i = 0; i < num; i++) {
		u64 ua = list[i], at;

		seen |= ua;
		if (unlikely(ua - base >= limit)) {
			unsigned long n;

			r = next_piece(wk, ua, bytes, &n);
			if (!r)
				return -ENOENT;
			switches++;
			hpas = r->hpas;
			base = r->ua;
			/* Where a whole TCE page still fits. */
			limit = r->size - bytes + 1;
		}
		at = hpas[(ua - base) >> PAGE_SHIFT];
		if (large && (at & ~PAGE_MASK) < shift)
			return -ERANGE;
		ua |= mark;
		/* The permissions are the same bits in both. */
		tces[i] = (at & PAGE_MASK) | (ua & ~PAGE_MASK);
		list[i] = ua;
	}
	*only = switches == 1 ? r : NULL;
	return seen & (bytes - 1) ? -EINVAL : 0;
}

/* Count the use of listed pages of many regions, a run of one at a time. */
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
		   u64 *tces, u32 num, u32 flags)
{
	struct mtce_region *only;
	int ret, live;

	ret = plan_list(wk, list, tces, num, mtce_tce_perm(flags), &only);
	if (ret)
		return ret;
	live = mtce_table_plan(wk->w, index, num, flags);
	if (live < 0)
		return live;
	if (likely(only))
		atomic64_add(num, &only->mapped);
	else
		count_list(wk, list, num);
	ret = mtce_table_put_array(wk, index, num, list, tces, live);
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
	struct mtce_work wk __uninitialized;
	struct mtce_window *w;
	int ret;

	w = lock_window(c, iova);
	if (IS_ERR(w))
		return PTR_ERR(w);

	ret = check_range(w, iova, (u64)num << w->shift, 0);
	if (!ret) {
		begin(&wk, c, w);
		w->stats.calls++;
		ret = do_list(&wk, index_of(w, iova), list, list + num, num,
			      flags);
		end(&wk);
	}
	unlock_window(w);
	return ret;
}
