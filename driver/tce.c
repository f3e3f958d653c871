// SPDX-License-Identifier: GPL-2.0
/*
 * Setting and clearing many entries. A map is planned first, see table.c: memory
 * and leaves are there, and the caller holds the stripes. Loops that write entries
 * are noinline, so that they get the registers.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "tce.h"

/*
 * Set
 */

/* What entries are to map: a region from @ua on, or what two arrays say. */
struct source {
	const struct mtce_region *r;	/* NULL: the arrays */
	unsigned long ua;
	u64 perm;
	const u64 *shadows;
	const u64 *tces;
};

/* Entries that map contiguous memory: both of each differ from the last by @step. */
static __always_inline void fill_block(struct span s, unsigned long n,
				       u64 shadow, u64 tce, u64 step)
{
	unsigned long i;

	for (i = 0; i < n; i++) {
		tce_set(&s.shadow[i], shadow, &s.tce[i], tce);
		shadow += step;
		tce += step;
	}
}

/* TCE pages smaller than a system page: those of one page are contiguous. */
static noinline void fill_small(const struct mtce_window *w, struct span s,
				const struct mtce_region *r, unsigned long ua,
				u64 perm)
{
	const u64 *hpa = &r->hpas[(ua - r->ua) >> PAGE_SHIFT];
	u64 shadow = MTCE_SHADOW_REGION | ua | perm;
	u64 offset = ua & ~PAGE_MASK;
	unsigned long n;

	for (; s.n; s.n -= n, s.shadow += n, s.tce += n, offset = 0) {
		n = min(s.n, (PAGE_SIZE - offset) >> w->shift);
		fill_block(s, n, shadow, (*hpa++ & PAGE_MASK) | offset | perm,
			   BIT_ULL(w->shift));
		shadow += (u64)n << w->shift;
	}
}

/* TCE pages of one system page or more. */
static noinline void fill_large(const struct mtce_window *w, struct span s,
				const struct mtce_region *r, unsigned long ua,
				u64 perm)
{
	const unsigned long stride = BIT(w->shift - PAGE_SHIFT);
	const u64 *hpa = &r->hpas[(ua - r->ua) >> PAGE_SHIFT];
	u64 shadow = MTCE_SHADOW_REGION | ua | perm;
	const u64 step = BIT_ULL(w->shift);
	unsigned long i;

	for (i = 0; i < s.n; i++) {
		tce_set(&s.shadow[i], shadow, &s.tce[i],
			(*hpa & PAGE_MASK) | perm);
		shadow += step;
		hpa += stride;
	}
}

static noinline void fill_array(struct span s, const u64 *shadow,
				const u64 *tce)
{
	unsigned long i;

	for (i = 0; i < s.n; i++)
		tce_set(&s.shadow[i], shadow[i], &s.tce[i], tce[i]);
}

/* Empty entries of a direct table, the first of which is number @done. */
static void fill(const struct mtce_window *w, struct span s,
		 const struct source *from, unsigned long done)
{
	unsigned long ua = from->ua + (done << w->shift);

	if (!from->r)
		fill_array(s, from->shadows + done, from->tces + done);
	else if (w->shift < PAGE_SHIFT)
		fill_small(w, s, from->r, ua, from->perm);
	else
		fill_large(w, s, from->r, ua, from->perm);
}

/*
 * An entry of any table, whatever it maps. If a hypervisor refuses it, the entry
 * stays as it is, and the use of what it should have mapped is given back.
 */
static int set_any(struct mtce_gather *ga, unsigned long index, struct span s,
		   unsigned long i, u64 shadow, u64 tce)
{
	u64 old = s.shadow[i];
	enum dma_data_direction dir = iommu_tce_direction(tce);
	unsigned long hpa = tce & ~MTCE_PERM_MASK;

	if (s.tce) {
		tce_set(&s.shadow[i], shadow, &s.tce[i], tce);
	} else if (!exchange(ga->w, index + i, &hpa, &dir)) {
		s.shadow[i] = shadow;
	} else {
		mtce_gather_drop(ga, shadow);
		return -EIO;
	}
	if (mtce_shadow_live(old)) {
		mtce_gather_drop(ga, old);
		ga->s->counts.unmapped++;
	}
	return 0;
}

static int set_each(struct mtce_gather *ga, unsigned long index, struct span s,
		    const struct source *from, unsigned long done)
{
	unsigned long i, ua = from->ua + (done << ga->w->shift);
	int ret = 0;

	for (i = 0; i < s.n; i++, ua += BIT(ga->w->shift)) {
		const struct mtce_region *r = from->r;
		u64 shadow, tce;

		if (r) {
			tce = r->hpas[(ua - r->ua) >> PAGE_SHIFT] & PAGE_MASK;
			tce |= (ua & ~PAGE_MASK) | from->perm;
			shadow = MTCE_SHADOW_REGION | ua | from->perm;
		} else {
			tce = from->tces[done + i];
			shadow = from->shadows[done + i];
		}
		ret = set_any(ga, index, s, i, shadow, tce) ?: ret;
	}
	return ret;
}

/*
 * How many entries may be set before pages that are replaced must be let go; or
 * pages of entries that a hypervisor refuses, see set_any().
 */
static unsigned long replace_room(struct mtce_gather *ga, unsigned long left,
				  bool live)
{
	unsigned int room = ga->max_pages ?: MTCE_GATHER_PAGES;

	if (!live && !ga->w->shared && ga->w->direct)
		return left;
	mtce_gather_mode(ga, false);
	if (ga->nr_pages == room) {
		mtce_gather_make_room(ga);
		room = ga->max_pages;
	}
	return min(left, (unsigned long)(room - ga->nr_pages));
}

/*
 * Set @n entries; their use is counted. @live: some are replaced. In a shared
 * window KVM may have mapped some since they were looked at. Returns -EIO where a
 * hypervisor refuses an entry, otherwise 0.
 */
static int set_range(struct mtce_gather *ga, unsigned long index,
		     unsigned long n, const struct source *from, bool live)
{
	struct mtce_window *w = ga->w;
	unsigned long done, at;
	struct span s;
	long before;
	int ret = 0;

	touch(w, index, n);
	ga->s->counts.mapped += n;
	for (done = 0; done < n; done += s.n) {
		if (done)
			cond_resched();
		at = index + done;
		s = mtce_span_at(w, at, replace_room(ga, n - done, live));
		span_lock(w, at);
		before = pins_counted(ga, at, s.n);
		if (live || !s.tce || w->shared)
			ret = set_each(ga, at, s, from, done) ?: ret;
		else
			fill(w, s, from, done);
		pins_changed(ga, at, s.n, before);
		trace_mtce_tce_set(ga->c, w, at, s.n);
		span_unlock(w, at);
		gather_kill(ga, &ga->kill, at, s.n);
	}
	return ret;
}

/* Map @n TCE pages of @r from user address @ua on, as mtce_tces_put() does. */
int mtce_tces_put_region(struct mtce_gather *ga, unsigned long index,
			 unsigned long n, struct mtce_region *r,
			 unsigned long ua, u32 flags, bool live)
{
	const struct source from = { r, ua, mtce_tce_perm(flags) };

	mtce_region_use(r, n, from.perm);
	return set_range(ga, index, n, &from, live);
}

/**
 * mtce_tces_put() - set entries, each with a shadow and a TCE of its own
 * @ga: the call, which holds the stripes
 * @index: first entry; leaves exist, the range was planned
 * @n: how many
 * @shadows: their shadows; the caller has counted the use of what they map
 * @tces: their TCEs
 * @live: some are replaced, as mtce_table_plan() says
 *
 * Return: 0, or -EIO where a hypervisor refuses an entry.
 */
int mtce_tces_put(struct mtce_gather *ga, unsigned long index, unsigned long n,
		  const u64 *shadows, const u64 *tces, bool live)
{
	const struct source from = { .shadows = shadows, .tces = tces };

	return set_range(ga, index, n, &from, live);
}

/* mtce_tces_map() of more than one span of empty entries. */
static noinline int map_spans(struct mtce_gather *ga, unsigned long index,
			      unsigned long n, struct mtce_region *r,
			      unsigned long ua, u32 flags)
{
	int live = mtce_table_plan(ga, index, n, flags);
	int ret;

	mtce_stage_end(ga->call, MTCE_STAGE_PIN);
	if (live < 0)
		return live;
	ret = mtce_tces_put_region(ga, index, n, r, ua, flags, live);
	if (ret)	/* a hypervisor's refusal, half way */
		mtce_tces_clear(ga, index, n);
	return ret;
}

/* Map @n TCE pages that lie in one region, as a whole or not at all. */
int mtce_tces_map(struct mtce_gather *ga, unsigned long index, unsigned long n,
		  struct mtce_region *r, unsigned long ua, u32 flags)
{
	const struct source from = { r, ua, mtce_tce_perm(flags) };
	struct span s;

	if (!mtce_one_span(ga->w, index, n, &s) || mtce_span_live(ga, s))
		return map_spans(ga, index, n, r, ua, flags);
	mtce_stage_end(ga->call, MTCE_STAGE_PIN);
	mtce_region_use(r, n, from.perm);
	touch(ga->w, index, n);
	ga->s->counts.mapped += n;
	fill(ga->w, s, &from, 0);
	trace_mtce_tce_set(ga->c, ga->w, index, n);
	gather_kill(ga, &ga->kill, index, n);
	return 0;
}

/*
 * Clear
 */

/* After [from, to) was cleared: forget the parts that lie wholly inside. */
static void untouch(struct mtce_window *w, unsigned long from, unsigned long to)
{
	unsigned long part = (from + BIT(w->part_shift) - 1) >> w->part_shift;
	unsigned long end = to == w->size ? ((to - 1) >> w->part_shift) + 1 :
					    to >> w->part_shift;

	for_each_set_bit_from(part, w->touched, end)
		clear_bit(part, w->touched);
}

/*
 * Live entries of a span of a direct table. Returns how many entries were looked
 * at: fewer than there are if there is no room to gather what they map.
 */
static noinline unsigned long clear_direct(struct mtce_gather *ga,
					   struct span s,
					   unsigned long *cleared)
{
	u64 base = ga->base, limit = ga->limit;
	const unsigned long n = s.n, mark = ga->mark;
	unsigned long run = 0, before = 0, i;

	for (i = 0; i < n; i++) {
		u64 shadow = s.shadow[i];

		if (likely(shadow - base < limit)) {
			run++;
		} else if (mtce_shadow_live(shadow)) {
			bool fits;

			ga->run += run;
			before += run;
			run = 0;
			fits = mtce_gather_drop(ga, shadow);
			base = ga->base;
			limit = ga->limit;
			if (!fits)
				break;
			before++;
		} else {
			continue;
		}
		tce_clear(&s.shadow[i], mark, &s.tce[i]);
	}
	ga->run += run;
	*cleared = before + run;
	return i;
}

/* One entry of any table, as clear_direct(). */
static unsigned long clear_any(struct mtce_gather *ga, unsigned long index,
			       struct span s, unsigned long i,
			       unsigned long *cleared)
{
	u64 shadow = s.shadow[i];
	enum dma_data_direction dir = DMA_NONE;
	unsigned long hpa = 0;

	if (!mtce_shadow_live(shadow))
		return 1;
	if (!mtce_gather_drop(ga, shadow))
		return 0;
	if (s.tce) {
		tce_clear(&s.shadow[i], ga->mark, &s.tce[i]);
	} else {
		s.shadow[i] = ga->mark;
		exchange(ga->w, index + i, &hpa, &dir);
	}
	++*cleared;
	return 1;
}

/* Does the entry map memory of @r; without @r: a page that it pinned itself? */
static bool matches(u64 shadow, const struct mtce_region *r)
{
	if (!r)
		return mtce_shadow_pinned(shadow);
	return shadow - (MTCE_SHADOW_REGION | r->ua) < r->size;
}

static unsigned long revoke_span(struct mtce_gather *ga, unsigned long index,
				 struct span s, const struct mtce_region *r,
				 unsigned long *cleared)
{
	unsigned long i;

	for (i = 0; i < s.n; i++)
		if (matches(s.shadow[i], r) &&
		    !clear_any(ga, index, s, i, cleared))
			break;
	return i;
}

/*
 * Clear a span: every live entry, or without @all those that match @r. Returns
 * how many entries are done.
 */
static unsigned long clear_span(struct mtce_gather *ga, unsigned long index,
				unsigned long max, bool all,
				const struct mtce_region *r)
{
	struct span s = mtce_span_at(ga->w, index, max);
	unsigned long cleared = 0, done = s.n;
	long before;

	span_lock(ga->w, index);
	/* A hypercall may have cleared some and put off their kill. */
	if (ga->w->shared)
		mtce_kvm_sync_stripe(ga->c, ga->w, stripe_at(ga->w, index));
	before = pins_counted(ga, index, s.n);
	if (s.shadow && !all)
		done = revoke_span(ga, index, s, r, &cleared);
	else if (s.tce)
		done = clear_direct(ga, s, &cleared);
	else if (s.shadow)
		done = clear_any(ga, index, s, 0, &cleared);
	pins_changed(ga, index, s.n, before);
	if (cleared)
		trace_mtce_tce_clear(ga->c, ga->w, index, done);
	span_unlock(ga->w, index);
	if (cleared) {
		ga->s->counts.unmapped += cleared;
		gather_kill(ga, clears_kill(ga), index, done);
	}
	if (done < s.n)
		mtce_gather_make_room(ga);
	return done;
}

static int clear_range(struct mtce_gather *ga, unsigned long index,
		       unsigned long end, bool all,
		       const struct mtce_region *r)
{
	struct mtce_window *w = ga->w;

	for (;;) {
		index = mtce_next_touched(w, index, end);
		if (index >= end)
			return 0;
		index += clear_span(ga, index, same_part(w, index, end - index),
				    all, r);
		if (index >= end)
			return 0;
		cond_resched();
		if (all && !ga->w->gone && fatal_signal_pending(current))
			return -EINTR;
	}
}

/* Clear the range. Returns 0, or -EINTR on a fatal signal. */
int mtce_tces_clear(struct mtce_gather *ga, unsigned long index,
		    unsigned long n)
{
	struct mtce_window *w = ga->w;
	unsigned long done = 0;
	int ret = 0;

	/* Less than a part: do not ask whether it was touched. */
	if (n < BIT(w->part_shift))
		done = clear_span(ga, index, n, true, NULL);
	if (done < n)
		ret = clear_range(ga, index + done, index + n, true, NULL);
	/*
	 * A map must find the marks of a lazy unmap, and in a shared window KVM may
	 * have mapped something since.
	 */
	if (!ret && !ga->lazy && !w->shared && n >= BIT(w->part_shift))
		untouch(w, index, index + n);
	return ret;
}

/*
 * Clear, in every window of a container that is locked, what maps @r; with NULL,
 * what pins its own page.
 */
void mtce_tces_revoke(struct mtce_container *c, const struct mtce_region *r)
{
	struct mtce_gather ga;
	int i;

	lockdep_assert_held_write(&c->sem);
	for (i = 0; i < MTCE_MAX_WINDOWS; i++) {
		if (!c->windows[i])
			continue;
		mtce_gather_begin(&ga, c, c->windows[i]);
		clear_range(&ga, 0, c->windows[i]->size, false, r);
		mtce_gather_end(&ga);
	}
}
