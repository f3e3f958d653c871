// SPDX-License-Identifier: GPL-2.0
/*
 * A call at work in a window: what it took away, what it owes for that, and how
 * it pays.
 *
 * Clearing an entry leaves three things to do: the bridge is told (kill), then
 * the region's count goes down, and pages that the map pinned by itself are let
 * go. A strict unmap does all of it at its end, before its stripes are let go:
 * nobody who could unpin a page or hand out an IOVA gets in between. (The count
 * may go down earlier: who acts on it must hold every stripe.) A lazy unmap
 * leaves all of it to the window's queue.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "mtce.h"
#include "trace.h"
#include "work.h"

/* For the other rooms: work in @w, of which the caller holds @stripes. */
void mtce_work_begin(struct mtce_work *wk, struct mtce_container *c,
		     struct mtce_window *w, unsigned int stripes)
{
	work_begin(wk, c, NULL, w, &w->stripe[__ffs(stripes)], stripes);
	wk->detached = !c->nr_groups;
}

void mtce_work_end(struct mtce_work *wk)
{
	work_end(wk, NULL);
}

/*
 * Runs: cleared entries that mapped one region
 */

/* Lazy: remember the run for the queue. False without room. */
static bool keep_run(struct mtce_work *wk)
{
	unsigned int last = wk->nr_runs - 1;

	if (wk->nr_runs && wk->runs[last].region == wk->region) {
		wk->runs[last].entries += wk->run;
		return true;
	}
	if (wk->nr_runs == MTCE_WORK_RUNS)
		return false;
	wk->runs[wk->nr_runs].region = wk->region;
	wk->runs[wk->nr_runs].entries = wk->run;
	wk->nr_runs++;
	return true;
}

/* Take the run off its region, now or later. False without room. */
static bool end_run(struct mtce_work *wk)
{
	if (!wk->run)
		return true;
	if (wk->lazy) {
		if (!keep_run(wk))
			return false;
	} else {
		atomic64_sub(wk->run, &wk->region->mapped);
	}
	wk->run = 0;
	return true;
}

/*
 * The next entry to be cleared maps another region than the last one did.
 * False: make room first.
 */
static bool switch_region(struct mtce_work *wk, u64 shadow)
{
	u64 ua = shadow & ~(MTCE_SHADOW_REGION | MTCE_PERM_MASK);
	struct mtce_region *r;

	if (!end_run(wk))
		return false;
	r = mtce_region_find(wk->c, ua);
	/* Counted regions do not go: without one our own books are wrong. */
	if (WARN_ON_ONCE(!r))
		r = &mtce_no_region;
	wk->region = r;
	wk->s->hint = r;
	wk->base = MTCE_SHADOW_REGION | r->ua;
	wk->limit = r->size;
	return true;
}

/*
 * One entry is about to go: note what it stood for. False: make room first,
 * nothing was noted.
 */
bool mtce_work_drop(struct mtce_work *wk, u64 shadow)
{
	if (shadow & MTCE_SHADOW_REGION) {
		if (shadow - wk->base >= wk->limit &&
		    !switch_region(wk, shadow))
			return false;
		wk->run++;
		return true;
	}
	if (!wk->max_pages) {
		wk->pages = wk->few;
		wk->max_pages = MTCE_WORK_PAGES;
	}
	if (wk->nr_pages == wk->max_pages)
		return false;
	wk->pages[wk->nr_pages++] = mtce_pin_page_of(shadow);
	return true;
}

/*
 * Paying
 */

/* Strict: kill, then let go of pages that waited for it. */
static void release(struct mtce_work *wk)
{
	mtce_stage_end(wk->call, MTCE_STAGE_WRITE);
	if (wk->reuse && wk->c->kill_regs)
		mtce_flush_reuse(wk);
	else
		mtce_kill_flush(wk);
	wk->reuse = false;
	mtce_stage_end(wk->call, MTCE_STAGE_KILL);
	mtce_unpin(wk->c, wk->pages, wk->nr_pages);
	wk->nr_pages = 0;
	mtce_stage_end(wk->call, MTCE_STAGE_PIN);
}

/* As the end of the call would, in the mode that it is in. */
static void pay(struct mtce_work *wk)
{
	if (wk->lazy)
		mtce_queue_add(wk);
	else if (wk->nr_pages)
		release(wk);
}

/* One kill for many pages: worth some memory, but nothing fails without. */
static bool more_pages(struct mtce_work *wk)
{
	unsigned long *pages;

	if (wk->detached || wk->max_pages != MTCE_WORK_PAGES)
		return false;
	pages = kmalloc_array(MTCE_PAGES_MAX, sizeof(*pages),
			      GFP_KERNEL | __GFP_NOWARN);
	if (!pages)
		return false;
	memcpy(pages, wk->pages, wk->nr_pages * sizeof(*pages));
	wk->pages = pages;
	wk->max_pages = MTCE_PAGES_MAX;
	return true;
}

/* Runs or pages do not fit: find room for more, or pay. */
void mtce_work_make_room(struct mtce_work *wk)
{
	if (wk->nr_pages != wk->max_pages || !more_pages(wk))
		pay(wk);
}

/* Entries that are cleared from now on: are they to wait for their kill? */
void mtce_work_mode(struct mtce_work *wk, bool lazy)
{
	if (!READ_ONCE(mtce_lazy_entries) || wk->detached)
		lazy = false;
	if (wk->lazy == lazy)
		return;
	if (!end_run(wk)) {
		mtce_queue_add(wk);
		end_run(wk);
	}
	/* Pages of the one mode must not be paid for as those of the other. */
	pay(wk);
	if (lazy && !wk->queued) {
		wk->queued = true;
		wk->lazy_kill.nr = 0;
		wk->lazy_kill.many = 0;
		wk->nr_runs = 0;
	}
	wk->lazy = lazy;
	wk->mark = lazy ? READ_ONCE(wk->w->queue.mark) : 0;
}

/* The end of a call that was not as simple as most. */
void mtce_work_end_special(struct mtce_work *wk)
{
	if (!end_run(wk)) {
		mtce_queue_add(wk);
		end_run(wk);
	}
	if (wk->queued)
		mtce_queue_add(wk);
	release(wk);
	if (wk->max_pages > MTCE_WORK_PAGES)
		kfree(wk->pages);
}
