// SPDX-License-Identifier: GPL-2.0
/*
 * Writing many entries. All of it was planned: the memory is there, the leaves
 * are, and the caller holds the stripes.
 */
#include <linux/sched.h>

#include "table.h"

/* How many entries may be written before pages that are replaced must go. */
static unsigned long replace_room(struct mtce_work *wk, unsigned long left,
				  bool live)
{
	unsigned int room = wk->max_pages ?: MTCE_WORK_PAGES;

	if (!live && !wk->w->shared)
		return left;
	mtce_work_mode(wk, false);
	if (wk->nr_pages == room) {
		mtce_work_make_room(wk);
		room = wk->max_pages;
	}
	return min(left, (unsigned long)(room - wk->nr_pages));
}

/*
 * One entry, whatever was there: the slow way, in every kind of table. Where a
 * hypervisor refuses the entry stays as it was, and the new use is given back.
 */
static int put_one(struct mtce_work *wk, unsigned long index, struct span s,
		   unsigned long i, u64 shadow, u64 tce)
{
	u64 old = s.shadow[i];
	enum dma_data_direction dir = iommu_tce_direction(tce);
	unsigned long hpa = tce & ~MTCE_PERM_MASK;

	if (s.tce) {
		mtce_store_be(&s.tce[i], tce);
	} else if (exchange(wk->w, index + i, &hpa, &dir)) {
		mtce_work_drop(wk, shadow);
		return -EIO;
	}
	s.shadow[i] = shadow;
	if (mtce_shadow_live(old)) {
		mtce_work_drop(wk, old);
		wk->s->counts.unmapped++;
	}
	return 0;
}

/*
 * Entries of one span that map @r from user address @ua on, into empty
 * entries. The inner loop is one system page; its TCEs differ by a constant.
 */
static noinline __aligned(MTCE_LOOP_ALIGN) void
fill_small(const struct mtce_window *w, struct span s, const struct mtce_region *r,
	   unsigned long ua, u64 perm)
{
	const unsigned long step = BIT(w->shift), n = s.n;
	const u64 *hpa = &r->hpas[(ua - r->ua) >> PAGE_SHIFT];
	u64 tce = (*hpa & PAGE_MASK) | (ua & ~PAGE_MASK) | perm;
	u64 mark = MTCE_SHADOW_REGION | ua | perm;
	__be64 *const tces = s.tce;
	u64 *const shadows = s.shadow;
	unsigned long left_in_page = (PAGE_SIZE - (ua & ~PAGE_MASK)) >>
				     w->shift;
	unsigned long i = 0, end = min(n, left_in_page);

	for (;;) {
		for (; i < end; i++) {
			shadows[i] = mark;
			mtce_store_be(&tces[i], tce);
			mark += step;
			tce += step;
		}
		if (end == n)
			return;
		end = min(n, end + (PAGE_SIZE >> w->shift));
		tce = (*++hpa & PAGE_MASK) | perm;
	}
}

/* The same for TCE pages of one system page or more. */
static noinline __aligned(MTCE_LOOP_ALIGN) void
fill_large(const struct mtce_window *w, struct span s, const struct mtce_region *r,
	   unsigned long ua, u64 perm)
{
	const unsigned long stride = BIT(w->shift - PAGE_SHIFT);
	const u64 *hpa = &r->hpas[(ua - r->ua) >> PAGE_SHIFT];
	const u64 step = BIT_ULL(w->shift);
	u64 mark = MTCE_SHADOW_REGION | ua | perm;
	__be64 *const tces = s.tce;
	u64 *const shadows = s.shadow;
	const unsigned long n = s.n;
	unsigned long i;

	for (i = 0; i < n; i++) {
		shadows[i] = mark;
		mtce_store_be(&tces[i], (*hpa & PAGE_MASK) | perm);
		mark += step;
		hpa += stride;
	}
}

static int put_region_slow(struct mtce_work *wk, unsigned long index,
			   struct span s, const struct mtce_region *r,
			   unsigned long ua, u64 perm)
{
	const long before = mtce_pins_counted(wk, index, s.n);
	const unsigned long step = BIT(wk->w->shift);
	unsigned long i;
	int ret = 0;

	for (i = 0; i < s.n; i++, ua += step) {
		u64 hpa = r->hpas[(ua - r->ua) >> PAGE_SHIFT] & PAGE_MASK;

		ret = put_one(wk, index, s, i, MTCE_SHADOW_REGION | ua | perm,
			      hpa | (ua & ~PAGE_MASK) | perm) ?: ret;
	}
	mtce_pins_changed(wk, index, s.n, before);
	return ret;
}

/*
 * The entries of one span, in whatever way is right for them. In a shared window
 * KVM may have mapped some since they were looked at.
 */
static __always_inline int put_span(struct mtce_work *wk, unsigned long index,
				    struct span s, const struct mtce_region *r,
				    unsigned long ua, u64 perm, bool live)
{
	struct mtce_window *w = wk->w;
	int ret = 0;

	span_lock(w, index);
	if (live || !s.tce || w->shared)
		ret = put_region_slow(wk, index, s, r, ua, perm);
	else if (w->shift < PAGE_SHIFT)
		fill_small(w, s, r, ua, perm);
	else
		fill_large(w, s, r, ua, perm);
	trace_mtce_tce_set(wk->c, w, index, s.n);
	span_unlock(w, index);
	return ret;
}

/*
 * Map @n TCE pages of @r from user address @ua on. The leaves exist, the piece
 * was planned; @live: some entries are to be replaced. Counts the use, owes
 * the kill. Fails only through it_ops, and only where a hypervisor refuses.
 */
int mtce_table_put_region(struct mtce_work *wk, unsigned long index,
			  unsigned long n, struct mtce_region *r,
			  unsigned long ua, u32 flags, bool live)
{
	const u64 perm = mtce_tce_perm(flags);
	struct mtce_window *w = wk->w;
	unsigned long done, max;
	struct span s;
	int ret = 0;

	mtce_region_use(r, n, perm);
	touch(w, index, n);
	wk->s->counts.mapped += n;
	for (done = 0; done < n; done += s.n) {
		if (done)
			cond_resched();
		max = replace_room(wk, n - done, live);
		s = span_at(w, index + done, max);
		ret = put_span(wk, index + done, s, r,
			       ua + (done << w->shift), perm, live) ?: ret;
		mtce_kill_add(wk, &wk->kill, index + done, s.n);
	}
	return ret;
}

/* mtce_table_map() where it takes more than one span of free entries. */
static noinline int map_spans(struct mtce_work *wk, unsigned long index,
			      unsigned long n, struct mtce_region *r,
			      unsigned long ua, u32 flags)
{
	int live = mtce_table_plan(wk, index, n, flags);
	int ret;

	mtce_stage_end(wk->call, MTCE_STAGE_PIN);
	if (live < 0)
		return live;
	ret = mtce_table_put_region(wk, index, n, r, ua, flags, live);
	if (ret)	/* a hypervisor's refusal, half way */
		mtce_table_clear(wk, index, n);
	return ret;
}

/* mtce_table_map() of several entries in one span. */
static noinline int map_span(struct mtce_work *wk, unsigned long index,
			     struct span s, struct mtce_region *r,
			     unsigned long ua, u32 flags)
{
	u64 perm = mtce_tce_perm(flags);

	if (mtce_table_span_live(wk, s))
		return map_spans(wk, index, s.n, r, ua, flags);

	mtce_stage_end(wk->call, MTCE_STAGE_PIN);
	mtce_region_use(r, s.n, perm);
	touch(wk->w, index, s.n);
	wk->s->counts.mapped += s.n;
	put_span(wk, index, s, r, ua, perm, false);
	mtce_kill_add(wk, &wk->kill, index, s.n);
	return 0;
}

/*
 * Map @n TCE pages that lie in one region, as a whole or not at all: the
 * usual case of mtce_table_plan() and mtce_table_put_region() in one go.
 */
int mtce_table_map(struct mtce_work *wk, unsigned long index, unsigned long n,
		   struct mtce_region *r, unsigned long ua, u32 flags)
{
	struct span s;

	if (!one_span(wk->w, index, n, &s))
		return map_spans(wk, index, n, r, ua, flags);
	if (n > 1)
		return map_span(wk, index, s, r, ua, flags);
	if (mtce_table_span_live(wk, s))
		return map_spans(wk, index, 1, r, ua, flags);
	map_one(wk, index, s.shadow, s.tce, r, ua, flags);
	return 0;
}

static noinline __aligned(MTCE_LOOP_ALIGN) void
fill_array(struct span s, const u64 *shadow, const u64 *tce)
{
	__be64 *const tces = s.tce;
	u64 *const shadows = s.shadow;
	const unsigned long n = s.n;
	unsigned long i;

	for (i = 0; i < n; i++) {
		shadows[i] = shadow[i];
		mtce_store_be(&tces[i], tce[i]);
	}
}

static int put_array_slow(struct mtce_work *wk, unsigned long index,
			  struct span s, const u64 *shadow, const u64 *tce)
{
	unsigned long i;
	int ret = 0;

	for (i = 0; i < s.n; i++)
		ret = put_one(wk, index, s, i, shadow[i], tce[i]) ?: ret;
	return ret;
}

/*
 * Map @n entries, each with a shadow and a TCE of its own; the caller counts
 * the use. Otherwise as mtce_table_put_region().
 */
int mtce_table_put_array(struct mtce_work *wk, unsigned long index,
			 unsigned long n, const u64 *shadow, const u64 *tce,
			 bool live)
{
	struct mtce_window *w = wk->w;
	unsigned long done, max;
	struct span s;
	long before;
	int ret = 0;

	touch(w, index, n);
	wk->s->counts.mapped += n;
	for (done = 0; done < n; done += s.n) {
		if (done)
			cond_resched();
		max = replace_room(wk, n - done, live);
		s = span_at(w, index + done, max);
		span_lock(w, index + done);
		before = mtce_pins_counted(wk, index + done, s.n);
		if (live || !s.tce || w->shared)
			ret = put_array_slow(wk, index + done, s,
					     shadow + done, tce + done) ?: ret;
		else
			fill_array(s, shadow + done, tce + done);
		mtce_pins_changed(wk, index + done, s.n, before);
		trace_mtce_tce_set(wk->c, w, index + done, s.n);
		span_unlock(w, index + done);
		mtce_kill_add(wk, &wk->kill, index + done, s.n);
	}
	return ret;
}

