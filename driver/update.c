// SPDX-License-Identifier: GPL-2.0
/*
 * The one map and unmap path. Calls of v1 and v2 are a batch of one.
 *
 * A call checks everything, takes the stripes that it needs, and does its
 * operations in order. Each is planned first (memory found, contiguous, entries
 * free, leaves made) and then written; planning is where it may fail, writing is
 * not. What it owes is collected and paid once, at the end, see work.c.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "op.h"

/* Small operations between two looks at the scheduler and at signals. */
#define OPS_BETWEEN_BREAKS	64

/* So many operations are checked without giving up the CPU. */
#define OPS_QUICK		512u

/*
 * Map
 */

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

		r = work_piece(wk, ua, size, &n);
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

		r = work_piece(wk, ua, size, &n);
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

/* Are these pages pinned? If not, how they are to be is said. */
static bool are_pinned(struct mtce_work *wk, unsigned long n)
{
	struct mtce_pins *pins = wk->pins;

	if (pins && pins->n == n && pins->shift == wk->w->shift)
		return true;
	if (pins)
		pins->shift = wk->w->shift;
	return false;
}

/* Map pages that are pinned; the entries own them from here on. */
static int map_pinned(struct mtce_work *wk, unsigned long index,
		      unsigned long n, bool live)
{
	struct mtce_pins *pins = wk->pins;
	const u64 *tces = pins->tces, *shadow = tces + n;
	long more = mtce_pins_more(wk, index, n, shadow);
	int ret;

	if (!mtce_pins_fit(wk->c, more))
		return -ENOMEM;
	if (n == 1 && !live && wk->w->flat) {
		set_one(wk, index, flat_shadow(wk->w, index), *shadow,
			flat_tce(wk->w, index), *tces);
		if (more)
			atomic_long_add(more, &wk->c->pinned);
		pins->n = 0;
		return 0;
	}
	ret = mtce_table_put_array(wk, index, n, shadow, tces, live);
	mtce_pins_free(pins);
	return ret;
}

/* As do_map(), for memory anywhere: in several regions, or not registered. */
int mtce_map_pieces(struct mtce_work *wk, struct vfio_mtce_op op)
{
	unsigned long index = index_of(wk->w, op.iova);
	unsigned long n = op.size >> wk->w->shift;
	bool pin = false;
	int ret, live;

	ret = plan_memory(wk, op);
	if (ret == -ENOENT && may_pin(wk))
		pin = true;
	else if (ret)
		return ret;
	if (pin && !are_pinned(wk, n))
		return MTCE_PIN_FIRST;
	live = mtce_table_plan(wk, index, n, op.flags);
	mtce_stage_end(wk->call, MTCE_STAGE_PIN);
	if (live < 0)
		return live;
	ret = pin ? map_pinned(wk, index, n, live) :
		    map_registered(wk, op, index, live);
	if (ret == -EIO)	/* a hypervisor's refusal, half way */
		mtce_table_clear(wk, index, n);
	return ret;
}

/*
 * Many
 */

/*
 * Runs of operations that are alike, as many as are remembered: all of the largest
 * update, if they are long. None is longer than OPS_QUICK; a shorter one is more
 * often in one stripe, which is then seen at once.
 */
#define RUNS	(MTCE_MAX_OPS / OPS_QUICK)

/**
 * struct batch - operations that are about to be done, in one window or two
 * @call: NULL, or the call that they are of, which is watched
 * @ops: the operations
 * @num: how many
 * @w: the window of the first
 * @stripes: what they need, by window
 * @one_window: all are in @w
 * @nr_runs: valid elements of @run
 * @run: numbers of the first operation that is alike, and of the first after it
 */
struct batch {
	struct mtce_call *call;
	const struct vfio_mtce_op *ops;
	u32 num;
	struct mtce_window *w;
	unsigned int stripes[MTCE_MAX_WINDOWS];
	bool one_window;
	unsigned int nr_runs;
	struct {
		u32 first;
		u32 end;
	} run[RUNS];
};

static __always_inline void batch_init(struct batch *b, struct mtce_call *call,
				       const struct vfio_mtce_op *ops, u32 num)
{
	b->call = call;
	b->ops = ops;
	b->num = num;
	b->w = NULL;
	memset(b->stripes, 0, sizeof(b->stripes));
	b->one_window = true;
	b->nr_runs = 0;
}

/* Operations from @i on that are alike and right: how many, or 0. */
static u32 check_run(struct batch *b, struct mtce_window *w, u32 i)
{
	const struct vfio_mtce_op *op = &b->ops[i];
	u32 n;

	if (op->size != BIT_ULL(w->shift) || !w->flat || b->nr_runs == RUNS ||
	    i + 1 == b->num || *(const u64 *)&op[1] != *(const u64 *)op)
		return 0;
	n = mtce_alike_check(w, op, min(b->num - i, OPS_QUICK),
			     &b->stripes[w->num]);
	if (n) {
		b->run[b->nr_runs].first = i;
		b->run[b->nr_runs].end = i + n;
		b->nr_runs++;
	}
	return n;
}

/* Any operation of @w. */
static int check_one(struct batch *b, const struct mtce_window *w,
		     const struct vfio_mtce_op *op)
{
	int ret;

	if (!op_valid(op))
		return -EINVAL;
	ret = check_range(w, op->iova, op->size, op->vaddr);
	if (ret)
		return ret;
	if ((op->iova ^ (op->iova + op->size - 1)) >> w->part_bytes_shift)
		b->stripes[w->num] |= mtce_stripes_of(w, op->iova, op->size);
	else
		b->stripes[w->num] |= mtce_stripe_bit(w, op->iova);
	return 0;
}

/* Check every operation, and find out what to lock. */
static int check_batch(struct mtce_container *c, struct batch *b, bool quick)
{
	struct mtce_window *w = mtce_window_find(c, b->ops->iova);
	u32 i, n;

	b->w = w;
	if (!w)
		return -ENXIO;
	for (i = 0; i < b->num; i += n) {
		const struct vfio_mtce_op *op = &b->ops[i];
		int ret;

		if (unlikely(op->iova - w->start >= w->bytes)) {
			w = mtce_window_find(c, op->iova);
			b->one_window = false;
			if (!w)
				return -ENXIO;
		}
		n = check_run(b, w, i);
		if (!n) {
			ret = check_one(b, w, op);
			if (ret)
				return ret;
			n = 1;
		}
		if (!quick)
			cond_resched();
	}
	return 0;
}

/* Where a batch is in its runs. */
struct progress {
	unsigned int run;
	unsigned int misses;
};

/*
 * If operation @i is in a run, do what is left of it. Returns how many were done.
 * After one that could not be done the rest may be easy (its region is known by
 * then); after two the whole run is not.
 */
static u32 run_alike(struct mtce_work *wk, const struct batch *b,
		     struct progress *p, u32 i)
{
	u32 n;

	while (p->run < b->nr_runs && b->run[p->run].end <= i)
		p->run++;
	if (p->run == b->nr_runs || i < b->run[p->run].first)
		return 0;
	n = mtce_alike_do(wk, &b->ops[i], b->run[p->run].end - i);
	p->misses = n ? 0 : p->misses + 1;
	if (p->misses == 2) {
		p->misses = 0;
		p->run++;
	}
	return n;
}

/* Do what is in the window of operation @i, from there on. */
static int run_window(struct mtce_container *c, const struct batch *b,
		      struct mtce_window *w, u32 *i)
{
	struct mtce_work wk __uninitialized;
	unsigned int stripes = b->stripes[w->num];
	struct progress p = {};
	u32 pause = *i;
	int ret = 0;

	work_begin(&wk, c, b->call, w, &w->stripe[__ffs(stripes)], stripes);
	wk.s->counts.calls += !*i;
	while (*i < b->num) {
		const struct vfio_mtce_op *op = &b->ops[*i];
		u32 n;

		if (unlikely(op->iova - w->start >= w->bytes))
			break;
		if (*i >= pause || op->size >> w->shift > MTCE_SPAN_MAX) {
			cond_resched();
			pause = *i + OPS_BETWEEN_BREAKS;
			if (*i && fatal_signal_pending(current))
				ret = -EINTR;
		}
		if (ret)
			break;
		n = run_alike(&wk, b, &p, *i);
		if (!n) {
			ret = do_op(&wk, op);
			n = !ret;
		}
		mtce_stage_end(b->call, MTCE_STAGE_WRITE);
		*i += n;
		if (ret)
			break;
	}
	work_end(&wk, b->call);
	return ret;
}

/* With sem held; on to the other window and back, as the operations want it. */
static int run_batch(struct mtce_container *c, struct batch *b, u32 *done)
{
	int ret = 0;

	while (!ret && *done < b->num) {
		struct mtce_window *w;

		w = mtce_window_find(c, b->ops[*done].iova);
		mtce_stripes_lock(c, w, b->stripes[w->num]);
		ret = run_window(c, b, w, done);
		mtce_stripes_unlock(w, b->stripes[w->num]);
	}
	return ret;
}

/*
 * A batch that is small, right, and in one window whose stripes are free: done
 * without the container's sem. True if that was so.
 */
static bool quick_batch(struct mtce_container *c, struct batch *b, u32 *done,
			int *ret)
{
	bool got = false;

	if (b->num > OPS_QUICK)
		return false;
	rcu_read_lock();
	if (c->ready && !check_batch(c, b, true) && b->one_window &&
	    mtce_stripes_try(b->w, b->stripes[b->w->num])) {
		got = !b->w->gone && c->ready && c->mm == current->mm;
		if (!got)
			mtce_stripes_unlock(b->w, b->stripes[b->w->num]);
	}
	rcu_read_unlock();
	if (!got)
		return false;
	*ret = run_window(c, b, b->w, done);
	mtce_stripes_unlock(b->w, b->stripes[b->w->num]);
	return true;
}

static int do_batch(struct mtce_container *c, struct mtce_call *call,
		    const struct vfio_mtce_op *ops, u32 num, u32 *done)
{
	struct batch b;
	int ret;
	u32 i;

	batch_init(&b, call, ops, num);
	if (quick_batch(c, &b, done, &ret))
		return ret;
	/* What is malformed is so in every container. */
	for (i = 0; i < num; i++)
		if (!op_valid(&ops[i]) ||
		    !mtce_range_valid(ops[i].iova, ops[i].size))
			return -EINVAL;
	ret = mtce_enter(c);
	if (ret)
		return ret;
	batch_init(&b, call, ops, num);
	ret = check_batch(c, &b, false);
	if (!ret)
		ret = run_batch(c, &b, done);
	up_read(&c->sem);
	return ret;
}

/*
 * Public
 */

/* One operation in any number of stripes. */
static int update_range(struct mtce_container *c, struct mtce_call *call,
			const struct vfio_mtce_op *op, struct mtce_pins *pins)
{
	struct mtce_hold h;
	int ret;

	ret = mtce_range_lock(c, &h, op->iova, op->size, 0);
	if (ret)
		return ret;
	ret = update_one(c, call, h.w, h.s, h.stripes, op, pins);
	mtce_range_unlock(c, &h);
	return ret;
}

/*
 * Will the map need pages that are pinned, for all that can be seen without a lock?
 * It would be asked to pin them first.
 */
static bool pins_surely(struct mtce_container *c, const struct vfio_mtce_op *op,
			struct mtce_pins *pins)
{
	struct mtce_window *w;
	bool pin = false;

	if (op->op != VFIO_MTCE_OP_MAP || !mtce_pins_all(c))
		return false;
	rcu_read_lock();
	w = mtce_window_find(c, op->iova);
	if (w && c->ready &&
	    !check_range(w, op->iova, op->size, op->vaddr)) {
		pins->shift = w->shift;
		pin = true;
	}
	rcu_read_unlock();
	return pin;
}

static noinline int update_pinned(struct mtce_container *c,
				  struct mtce_call *call,
				  const struct vfio_mtce_op *op,
				  struct mtce_pins *pins)
{
	int ret;

	do {
		mtce_pins_put(pins);
		ret = mtce_pins_get(pins, op, pins->shift);
		mtce_stage_end(call, MTCE_STAGE_PIN);
		if (!ret)
			ret = update_range(c, call, op, pins);
	} while (ret == MTCE_PIN_FIRST);
	mtce_pins_put(pins);
	return ret;
}

/*
 * One operation. If its pages are to be pinned by itself, it is tried again with
 * them: pinning may fault and sleep, which is not for where a lock is held.
 */
static int update_alone(struct mtce_container *c, struct mtce_call *call,
			const struct vfio_mtce_op *op)
{
	struct mtce_pins pins __uninitialized;
	int ret;

	pins.n = 0;
	if (likely(!pins_surely(c, op, &pins))) {
		ret = update_range(c, call, op, &pins);
		if (likely(ret != MTCE_PIN_FIRST))
			return ret;
	}
	return update_pinned(c, call, op, &pins);
}

static int update_many(struct mtce_container *c, struct mtce_call *call,
		       const struct vfio_mtce_op *ops, u32 num, u32 *done)
{
	int ret = do_batch(c, call, ops, num, done);

	if (ret != MTCE_PIN_FIRST)
		return ret;
	/* The rest of it one by one; all of it was checked. */
	while (*done < num) {
		ret = update_alone(c, call, ops + *done);
		if (ret)
			return ret;
		++*done;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/**
 * mtce_update() - do range operations in order, as one batch
 * @c: container
 * @call: NULL, or the call that this is, which is watched
 * @ops: operations, in kernel memory, not checked
 * @num: how many, 1 at least
 * @done: out, how many were done, also on error
 *
 * Return: 0 or an errno of <linux/vfio_mtce.h>.
 */
long mtce_update(struct mtce_container *c, struct mtce_call *call,
		 const struct vfio_mtce_op *ops, u32 num, u32 *done)
{
	long ret;

	*done = 0;
	mtce_call_iova(call, ops->iova);
	if (num > 1)
		return update_many(c, call, ops, num, done);

	if (!op_valid(ops) || !mtce_range_valid(ops->iova, ops->size))
		return -EINVAL;
	ret = update_alone(c, call, ops);
	*done = !ret;
	return ret;
}
