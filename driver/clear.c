// SPDX-License-Identifier: GPL-2.0
/*
 * Clearing many entries.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "table.h"

/* After [from, to) was cleared: forget the parts that lie wholly inside. */
static void untouch(struct mtce_window *w, unsigned long from, unsigned long to)
{
	unsigned long part = (from + BIT(w->part_shift) - 1) >> w->part_shift;
	unsigned long end = to == w->size ? ((to - 1) >> w->part_shift) + 1 :
					    to >> w->part_shift;

	for (; part < end; part++)
		if (test_bit(part, w->touched))
			clear_bit(part, w->touched);
}

/*
 * Live entries of a span of direct table. Returns how many entries were looked
 * at: fewer than there are if what they stood for does not fit into @wk. Hot.
 */
static noinline __aligned(MTCE_LOOP_ALIGN) unsigned long
clear_direct(struct mtce_work *wk, struct span s, unsigned long *cleared)
{
	u64 base = wk->base, limit = wk->limit;
	const unsigned long n = s.n, mark = wk->mark;
	__be64 *const tces = s.tce;
	u64 *const shadows = s.shadow;
	unsigned long run = 0, before = 0, i;

	for (i = 0; i < n; i++) {
		u64 shadow = shadows[i];

		if (likely(shadow - base < limit)) {
			run++;
		} else if (mtce_shadow_live(shadow)) {
			bool fits;

			wk->run += run;
			before += run;
			run = 0;
			fits = mtce_work_drop(wk, shadow);
			base = wk->base;
			limit = wk->limit;
			if (!fits)
				break;
			before++;
		} else {
			continue;
		}
		shadows[i] = mark;
		WRITE_ONCE(tces[i], 0);
	}
	wk->run += run;
	*cleared = before + run;
	return i;
}

/* One entry of any kind of table; as clear_direct(). */
static unsigned long clear_one(struct mtce_work *wk, unsigned long index,
			       struct span s, unsigned long i,
			       unsigned long *cleared)
{
	u64 shadow = s.shadow[i];
	enum dma_data_direction dir = DMA_NONE;
	unsigned long hpa = 0;

	if (!mtce_shadow_live(shadow))
		return 1;
	if (!mtce_work_drop(wk, shadow))
		return 0;
	s.shadow[i] = wk->mark;
	if (s.tce)
		WRITE_ONCE(s.tce[i], 0);
	else
		exchange(wk->w, index + i, &hpa, &dir);
	++*cleared;
	return 1;
}

/* Is this what mtce_table_revoke() looks for? */
static bool wanted(u64 shadow, const struct mtce_region *r)
{
	if (!r)
		return (s64)shadow >= 0 && shadow & MTCE_SHADOW_PINNED;
	return shadow - (MTCE_SHADOW_REGION | r->ua) < r->size;
}

static unsigned long revoke_span(struct mtce_work *wk, unsigned long index,
				 struct span s, const struct mtce_region *r,
				 unsigned long *cleared)
{
	unsigned long i;

	for (i = 0; i < s.n; i++)
		if (wanted(s.shadow[i], r) &&
		    !clear_one(wk, index, s, i, cleared))
			break;
	return i;
}

/*
 * A span: everything live in it, or without @all what wanted() wants. Returns
 * how many entries are done, and owes the kill.
 */
static unsigned long clear_span(struct mtce_work *wk, unsigned long index,
				unsigned long max, bool all,
				const struct mtce_region *r)
{
	unsigned long cleared = 0, done;
	struct span s;
	long before;

	s = span_at(wk->w, index, max);
	span_lock(wk->w, index);
	/* A hypercall may have cleared some of it and not come to its kill. */
	if (unlikely(wk->w->shared))
		mtce_kvm_settle_one(wk->c, wk->w, stripe_at(wk->w, index));
	before = mtce_pins_counted(wk, index, s.n);
	done = s.n;
	if (s.shadow && !all)
		done = revoke_span(wk, index, s, r, &cleared);
	else if (s.tce)
		done = clear_direct(wk, s, &cleared);
	else if (s.shadow)
		done = clear_one(wk, index, s, 0, &cleared);
	mtce_pins_changed(wk, index, s.n, before);
	if (cleared)
		trace_mtce_tce_clear(wk->c, wk->w, index, done);
	span_unlock(wk->w, index);
	if (cleared) {
		wk->s->counts.unmapped += cleared;
		mtce_kill_add(wk, owed_by_clears(wk), index, done);
	}
	if (done < s.n)
		mtce_work_make_room(wk);
	return done;
}

static int clear_range(struct mtce_work *wk, unsigned long index,
		       unsigned long end, bool all,
		       const struct mtce_region *r)
{
	struct mtce_window *w = wk->w;

	for (;;) {
		index = next_touched(w, index, end);
		if (index >= end)
			return 0;
		index += clear_span(wk, index, same_part(w, index, end - index),
				    all, r);
		if (index >= end)
			return 0;
		cond_resched();
		if (all && !wk->detached && fatal_signal_pending(current))
			return -EINTR;
	}
}

/*
 * Clear the range. What was live is taken off its region or gathered for
 * unpinning, and its kill is owed. Returns 0, or -EINTR on a fatal signal.
 */
int mtce_table_clear(struct mtce_work *wk, unsigned long index,
		     unsigned long n)
{
	struct mtce_window *w = wk->w;
	unsigned long done = 0;
	int ret = 0;

	/* Less than a part: whether it was touched need not be asked first. */
	if (n < BIT(w->part_shift))
		done = clear_span(wk, index, n, true, NULL);
	if (done < n)
		ret = clear_range(wk, index + done, index + n, true, NULL);
	/*
	 * What a lazy unmap has marked is to be found by a map, and in a shared
	 * window KVM may have mapped something since.
	 */
	if (!ret && !wk->lazy && !w->shared && n >= BIT(w->part_shift))
		untouch(w, index, index + n);
	return ret;
}

/* Clear every entry that maps @r; with NULL, every entry that pins its page. */
void mtce_table_revoke(struct mtce_work *wk, const struct mtce_region *r)
{
	clear_range(wk, 0, wk->w->size, false, r);
}
