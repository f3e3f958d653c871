// SPDX-License-Identifier: GPL-2.0
/*
 * Batches: many operations in one call, in order.
 *
 * All of them are checked before the first is done. Then they are done one window
 * at a time, with every stripe locked that they need there, and synced once.
 *
 * Runs. A guest's traffic, when it is gathered, is mostly operations on one TCE page
 * each that differ only in their addresses. Such runs are checked and done in loops
 * of a few instructions: 55 per map of a run of 512 instead of 207. What a loop
 * cannot do is left to mtce_do_op().
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "map.h"

/* Operations between two looks at the scheduler, at signals and at who waits. */
#define OPS_BETWEEN_BREAKS	64

/* Somebody waits for the container, so the rest is done afterwards. No errno. */
#define MAKE_WAY		2

/*
 * The longest run, and the most runs. A short run is likely to lie in one stripe,
 * which is cheap to find out.
 */
#define RUN_MAX		512u
#define RUNS		(MTCE_MAX_OPS / RUN_MAX)

/**
 * struct batch - operations that are about to be done, in one window or two
 * @call: NULL, or the call that they are of, which is traced
 * @ops: the operations
 * @num: how many
 * @stripes: what they need, by window
 * @nr_runs: valid elements of @run
 * @run: numbers of the first operation of a run, and of the first after it
 */
struct batch {
	struct mtce_call *call;
	const struct vfio_mtce_op *ops;
	u32 num;
	unsigned int stripes[MTCE_MAX_WINDOWS];
	unsigned int nr_runs;
	struct {
		u32 first;
		u32 end;
	} run[RUNS];
};

/*
 * Check
 */

/* Stripes of single entries in more than one part. */
static noinline unsigned int stripes_of_run(const struct mtce_window *w,
					    const struct vfio_mtce_op *ops,
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
 * are. And a page whose address has a clear top bit cannot wrap.
 */
static bool run_valid(const struct mtce_window *w,
		      const struct vfio_mtce_op *first, u64 differ, u64 vaddrs)
{
	if (!op_valid(first) ||
	    mtce_check_range(w, first->iova, first->size, vaddrs) ||
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

/*
 * Operations of one TCE page from the first on that differ in nothing but where:
 * how many, if all of them are valid and in @w, or 0. Adds their stripes.
 */
static noinline u32 check_run(const struct mtce_window *w,
			      const struct vfio_mtce_op *ops, u32 num,
			      unsigned int *stripes)
{
	const u64 what = *(const u64 *)ops, iova = ops->iova, size = ops->size;
	const struct vfio_mtce_op *op = ops;
	u64 differ = 0, vaddrs = 0;
	u32 pairs, n;

	/* By twos, one branch for both; a last odd one is left out. */
	for (pairs = num / 2; pairs; pairs--, op += 2) {
		if (unlike(op, what, size) | unlike(op + 1, what, size))
			break;
		differ |= (op[0].iova ^ iova) | (op[1].iova ^ iova);
		vaddrs |= op[0].vaddr | op[1].vaddr;
	}
	n = op - ops;
	if (n < 2 || !run_valid(w, ops, differ, vaddrs))
		return 0;
	if (differ >> w->part_bytes_shift)
		*stripes |= stripes_of_run(w, ops, n);
	else
		*stripes |= mtce_stripe_bit(w, iova);
	return n;
}

/* Operations from @i on that are a run: how many, or 0. */
static u32 find_run(struct batch *b, const struct mtce_window *w, u32 i)
{
	u32 n;

	if (b->ops[i].size != BIT_ULL(w->shift) || !w->flat ||
	    b->nr_runs == RUNS)
		return 0;
	n = check_run(w, &b->ops[i], min(b->num - i, RUN_MAX),
		      &b->stripes[w->num]);
	if (!n)
		return 0;
	b->run[b->nr_runs].first = i;
	b->run[b->nr_runs].end = i + n;
	b->nr_runs++;
	return n;
}

static int check_op(struct batch *b, const struct mtce_window *w,
		    const struct vfio_mtce_op *op)
{
	int ret;

	if (!op_valid(op))
		return -EINVAL;
	ret = mtce_check_range(w, op->iova, op->size, op->vaddr);
	if (ret)
		return ret;
	b->stripes[w->num] |= mtce_stripes_of(w, op->iova, op->size);
	return 0;
}

/* Check every operation from @i on, and find out what to lock. */
static int check_batch(struct mtce_container *c, struct batch *b, u32 i)
{
	u32 n, pause = i + RUN_MAX;
	int ret;

	for (; i < b->num; i += n) {
		struct mtce_window *w = mtce_window_find(c, b->ops[i].iova);

		if (i >= pause) {
			cond_resched();
			pause = i + RUN_MAX;
		}
		if (!w)
			return -ENXIO;
		n = find_run(b, w, i);
		if (!n) {
			n = 1;
			ret = check_op(b, w, &b->ops[i]);
			if (ret)
				return ret;
		}
	}
	return 0;
}

/* Is an operation malformed, whatever the container is like? */
static bool any_malformed(const struct vfio_mtce_op *ops, u32 num)
{
	u32 i;

	for (i = 0; i < num; i++) {
		if (!op_valid(&ops[i]) ||
		    !mtce_range_valid(ops[i].iova, ops[i].size))
			return true;
		if (!(i % RUN_MAX))
			cond_resched();
	}
	return false;
}

/*
 * Do a run, or what is left of it. Tables are flat, stripes are locked.
 */

/* Where the entries of IOVA 0 would be, and how far an IOVA is from there. */
struct tables {
	void *shadows;
	void *tces;
	unsigned int to_offset;
};

static struct tables tables_of(const struct mtce_window *w)
{
	/* 8 bytes an entry, and IOVAs are multiples of a TCE page. */
	const unsigned int to_offset = w->shift - 3;
	const u64 start = w->start >> to_offset;

	return (struct tables){
		(__force void *)w->tbl->it_userspace - start,
		(void *)w->tbl->it_base - start, to_offset
	};
}

/* Clear entries of the region of @ga, up to the first that is not. */
static noinline u32 clear_each(struct mtce_gather *ga,
			       const struct vfio_mtce_op *op, u32 num)
{
	const u64 base = ga->base, limit = ga->limit, mark = ga->mark;
	const struct tables t = tables_of(ga->w);
	u32 i;

	/* Saves 1.5 of 13 instructions an entry. */
#pragma GCC unroll 4
	for (i = 0; i < num; i++) {
		u64 offset = op[i].iova >> t.to_offset;
		u64 *shadow = t.shadows + offset;

		if (unlikely(*shadow - base >= limit))
			break;
		tce_clear(shadow, mark, t.tces + offset);
	}
	return i;
}

/*
 * Map memory of @r, up to the first entry that is not empty and cannot be replaced
 * at once, or whose memory is not in @r.
 */
static noinline u32 map_each(struct mtce_gather *ga,
			     const struct mtce_region *r,
			     const struct vfio_mtce_op *op, u32 num)
{
	const u64 base = r->ua, limit = r->size, *hpas = r->hpas;
	const u64 perm = mtce_tce_perm(op->flags);
	const u64 bits = MTCE_SHADOW_REGION | perm;
	const unsigned int shift = ga->w->part_bytes_shift;
	const u64 first_part = ga->w->start >> shift;
	const struct tables t = tables_of(ga->w);
	const u32 flags = op->flags;
	u64 part, last = ~0ull;
	u32 i;

	for (i = 0; i < num; i++) {
		u64 ua = op[i].vaddr, iova = op[i].iova;
		u64 offset = iova >> t.to_offset;
		u64 *shadow = t.shadows + offset;

		if (unlikely(ua - base >= limit) ||
		    unlikely(!make_way(ga, *shadow, flags)))
			break;
		part = iova >> shift;
		if (part != last)
			touch_part(ga->w, part - first_part);
		last = part;
		tce_set(shadow, ua | bits, t.tces + offset,
			(hpas[(ua - base) >> PAGE_SHIFT] & PAGE_MASK) |
			(ua & ~PAGE_MASK) | perm);
	}
	return i;
}

/* Where the kill will be of the whole PE, only the number of entries counts. */
static void gather_run(struct mtce_gather *ga, struct mtce_kill *k,
		       const struct vfio_mtce_op *op, u32 num)
{
	u32 i = 0;

	if (k->many || (ga->c->kill_regs &&
			num > READ_ONCE(mtce_kill_threshold))) {
		gather_kill(ga, k, index_of(ga->w, op->iova), 1);
		k->many = 1;
		k->entries += num - 1;
		return;
	}
	for (; i < num; i++)
		gather_kill(ga, k, index_of(ga->w, op[i].iova), 1);
}

static u32 map_run(struct mtce_gather *ga, const struct vfio_mtce_op *ops,
		   u32 num)
{
	struct mtce_region *r = ga->s->hint;
	u32 i, done;

	if (ops->flags & VFIO_MTCE_REPLACE)
		mtce_gather_mode(ga, false);
	done = map_each(ga, r, ops, num);
	if (!done)
		return 0;
	mtce_region_use(r, done, mtce_tce_perm(ops->flags));
	ga->s->counts.mapped += done;
	for (i = 0; trace_mtce_tce_set_enabled() && i < done; i++)
		trace_mtce_tce_set(ga->c, ga->w, index_of(ga->w, ops[i].iova),
				   1);
	gather_run(ga, &ga->kill, ops, done);
	return done;
}

static u32 unmap_run(struct mtce_gather *ga, const struct vfio_mtce_op *ops,
		     u32 num)
{
	u32 i, done;

	mtce_gather_mode(ga, unmap_is_lazy(ga->c, ops->flags));
	done = clear_each(ga, ops, num);
	if (!done)
		return 0;
	ga->run += done;
	ga->s->counts.unmapped += done;
	for (i = 0; trace_mtce_tce_clear_enabled() && i < done; i++)
		trace_mtce_tce_clear(ga->c, ga->w,
				     index_of(ga->w, ops[i].iova), 1);
	gather_run(ga, clears_kill(ga), ops, done);
	return done;
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
static u32 do_run(struct mtce_gather *ga, const struct batch *b,
		  struct progress *p, u32 i)
{
	const struct vfio_mtce_op *op = &b->ops[i];
	u32 n;

	while (p->run < b->nr_runs && b->run[p->run].end <= i)
		p->run++;
	if (p->run == b->nr_runs || i < b->run[p->run].first)
		return 0;
	/* Shared with KVM since it was checked? */
	if (!ga->w->flat || (op->op == VFIO_MTCE_OP_MAP &&
			     ga->w->shift > PAGE_SHIFT))
		return 0;
	n = b->run[p->run].end - i;
	n = op->op == VFIO_MTCE_OP_MAP ? map_run(ga, op, n) :
					 unmap_run(ga, op, n);
	mtce_call_pages(ga->call, n);
	p->misses = n ? 0 : p->misses + 1;
	if (p->misses == 2) {
		p->misses = 0;
		p->run++;
	}
	return n;
}

/*
 * Do
 */

/* Do what is in the window of operation *@i, from there on. */
static int do_window(struct mtce_container *c, const struct batch *b,
		     struct mtce_window *w, u32 *i)
{
	struct mtce_gather ga __uninitialized;
	unsigned int first = __ffs(b->stripes[w->num]);
	struct progress p = {};
	u32 pause = *i + OPS_BETWEEN_BREAKS, from = *i;
	int ret = 0;

	gather_begin(&ga, c, b->call, w, &w->stripe[first]);
	ga.s->counts.calls += !*i;
	while (!ret && *i < b->num) {
		const struct vfio_mtce_op *op = &b->ops[*i];
		u32 n;

		if (op->iova - w->start >= w->bytes)
			break;
		if (*i >= pause || op->size >> w->shift > MTCE_RESCHED_ENTRIES) {
			cond_resched();
			pause = *i + OPS_BETWEEN_BREAKS;
			if (*i && fatal_signal_pending(current)) {
				ret = -EINTR;
				break;
			}
			/* Whoever detaches a group must not wait for all of it. */
			if (*i > from && rwsem_is_contended(&c->sem)) {
				ret = MAKE_WAY;
				break;
			}
		}
		n = do_run(&ga, b, &p, *i);
		if (!n) {
			ret = mtce_do_op(&ga, op);
			n = !ret;
		}
		mtce_stage_end(b->call, MTCE_STAGE_WRITE);
		*i += n;
	}
	gather_end(&ga, b->call);
	return ret;
}

/* Do them in order, one window at a time. The caller holds sem. */
static int do_batch(struct mtce_container *c, const struct batch *b, u32 *done)
{
	int ret = 0;

	while (!ret && *done < b->num) {
		struct mtce_window *w;

		w = mtce_window_find(c, b->ops[*done].iova);
		mtce_stripes_lock(c, w, b->stripes[w->num]);
		ret = do_window(c, b, w, done);
		mtce_stripes_unlock(w, b->stripes[w->num]);
	}
	return ret;
}

static int update_batch(struct mtce_container *c, struct mtce_call *call,
			const struct vfio_mtce_op *ops, u32 num, u32 *done)
{
	struct batch b __uninitialized;	/* most runs are not used */
	int ret;

	b.call = call;
	b.ops = ops;
	b.num = num;
	memset(b.stripes, 0, sizeof(b.stripes));
	b.nr_runs = 0;
	ret = mtce_container_enter(c);
	if (ret)
		return ret;
	ret = check_batch(c, &b, *done);
	if (!ret)
		ret = do_batch(c, &b, done);
	mtce_unlock_shared(c);
	return ret;
}

static int update_many(struct mtce_container *c, struct mtce_call *call,
		       const struct vfio_mtce_op *ops, u32 num, u32 *done)
{
	int ret;

	do {
		ret = update_batch(c, call, ops, num, done);
	} while (ret == MAKE_WAY);
	/* A malformed operation is -EINVAL, whatever the state of the container. */
	if (ret < 0 && !*done && any_malformed(ops, num))
		return -EINVAL;
	/* Some must be pinned. The rest one by one; all of it was checked. */
	while (ret == MTCE_PIN_FIRST) {
		ret = mtce_update_alone(c, call, ops + *done);
		if (ret)
			return ret;
		if (++*done == num)
			return 0;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		ret = MTCE_PIN_FIRST;
	}
	return ret;
}

/**
 * mtce_update() - do range operations in order, as one batch
 * @c: container
 * @call: NULL, or the call that this is, which is traced
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
	if (any_malformed(ops, 1))
		return -EINVAL;
	ret = mtce_update_alone(c, call, ops);
	*done = !ret;
	return ret;
}
