// SPDX-License-Identifier: GPL-2.0
/*
 * A call at work in a window: it gathers the entries that it changes, and syncs
 * when it ends.
 *
 * Three things follow when an entry is cleared: the bridge is told (kill), the
 * region's count goes down, and a page that the map itself pinned is let go. A
 * strict unmap does all three at its end, before its stripes are unlocked. So
 * nobody unpins a page or maps an IOVA again in between. (The count may go down
 * before the kill: whoever acts on it must hold every stripe.) A lazy unmap leaves
 * all three to the window's queue, see lazy.c.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "gather.h"

/* For callers that hold every stripe of @w, and whose container may be detached. */
void mtce_gather_begin(struct mtce_gather *ga, struct mtce_container *c,
		       struct mtce_window *w)
{
	gather_begin(ga, c, NULL, w, &w->stripe[0]);
	ga->detached = !c->nr_groups;
}

void mtce_gather_end(struct mtce_gather *ga)
{
	gather_end(ga, NULL);
}

/*
 * Entries that were cleared, counted by region
 */

/* Lazy: leave the run to the queue. False: no room. */
static bool keep_run(struct mtce_gather *ga)
{
	if (ga->nr_runs == MTCE_GATHER_RUNS)
		return false;
	ga->runs[ga->nr_runs].region = ga->region;
	ga->runs[ga->nr_runs].entries = ga->run;
	ga->nr_runs++;
	return true;
}

/* Take the run off its region, now or later. False: no room. */
static bool end_run(struct mtce_gather *ga)
{
	if (!ga->run)
		return true;
	if (!ga->lazy)
		atomic64_sub(ga->run, &ga->region->mapped);
	else if (!keep_run(ga))
		return false;
	ga->run = 0;
	return true;
}

/* The next entry maps another region than the last one. False: no room. */
static bool switch_region(struct mtce_gather *ga, u64 shadow)
{
	u64 ua = shadow & ~(MTCE_SHADOW_REGION | MTCE_PERM_MASK);
	struct mtce_region *r;

	if (!end_run(ga))
		return false;
	r = mtce_region_find(ga->c, ua);
	/* A region with live TCEs is never unregistered. */
	if (WARN_ON_ONCE(!r))
		r = &mtce_no_region;
	ga->s->hint = r;
	gather_expect(ga, r);
	return true;
}

/* Note what an entry refers to that is about to go. False: no room, not noted. */
bool mtce_gather_drop(struct mtce_gather *ga, u64 shadow)
{
	if (shadow & MTCE_SHADOW_REGION) {
		if (shadow - ga->base >= ga->limit &&
		    !switch_region(ga, shadow))
			return false;
		ga->run++;
		return true;
	}
	if (!ga->max_pages) {
		ga->pages = ga->few;
		ga->max_pages = MTCE_GATHER_PAGES;
	}
	if (ga->nr_pages == ga->max_pages)
		return false;
	ga->pages[ga->nr_pages++] = mtce_pin_page_of(shadow);
	return true;
}

/*
 * Sync
 */

static void kill_gathered(struct mtce_gather *ga)
{
	/* Detached: the platform has killed, and nobody uses the table. */
	if (ga->kill.nr && !ga->detached)
		mtce_kill(ga->c, ga->w, &ga->kill, &ga->s->counts);
	ga->kill.nr = 0;
	ga->kill.many = 0;
}

/* gather_kill() of the second range and later ones. */
void mtce_gather_kill_more(struct mtce_gather *ga, struct mtce_kill *k,
			   unsigned long index, unsigned long count)
{
	if (mtce_kill_add(k, index, count, ga->c->kill_regs))
		return;
	if (k == &ga->lazy_kill)
		mtce_queue_kill(ga);
	else
		kill_gathered(ga);
	mtce_kill_first(k, index, count);
}

/* Kill, then let go of pages. */
static void sync(struct mtce_gather *ga)
{
	mtce_stage_end(ga->call, MTCE_STAGE_WRITE);
	/* If the queue is flushed for a reuse, its kill of the PE covers ours. */
	if (ga->reuse && ga->c->kill_regs && mtce_flush_reuse(ga->c, ga->w))
		ga->kill.nr = 0;
	ga->reuse = false;
	kill_gathered(ga);
	mtce_stage_end(ga->call, MTCE_STAGE_KILL);
	mtce_unpin(ga->c, ga->pages, ga->nr_pages);
	ga->nr_pages = 0;
	mtce_stage_end(ga->call, MTCE_STAGE_PIN);
}

/* What was cleared is synced, or left to the queue, before the call ends. */
static void sync_early(struct mtce_gather *ga)
{
	if (ga->lazy)
		mtce_queue_add(ga);
	else if (ga->nr_pages)
		sync(ga);
}

/* One kill for many pages is worth some memory, but nothing fails without. */
static bool more_pages(struct mtce_gather *ga)
{
	unsigned long *pages;

	if (ga->detached || ga->max_pages != MTCE_GATHER_PAGES)
		return false;
	pages = kmalloc_array(MTCE_PAGES_MAX, sizeof(*pages),
			      GFP_KERNEL | __GFP_NOWARN);
	if (!pages)
		return false;
	memcpy(pages, ga->pages, ga->nr_pages * sizeof(*pages));
	ga->pages = pages;
	ga->max_pages = MTCE_PAGES_MAX;
	return true;
}

/* Make room after mtce_gather_drop() has found none. */
void mtce_gather_make_room(struct mtce_gather *ga)
{
	if (ga->nr_pages != ga->max_pages || !more_pages(ga))
		sync_early(ga);
}

static void end_run_for_sure(struct mtce_gather *ga)
{
	if (end_run(ga))
		return;
	mtce_queue_add(ga);
	end_run(ga);
}

/* Are entries that are cleared from now on to wait in the queue for their kill? */
void mtce_gather_mode(struct mtce_gather *ga, bool lazy)
{
	if (!READ_ONCE(mtce_lazy_entries) || ga->detached)
		lazy = false;
	if (ga->lazy == lazy)
		return;
	end_run_for_sure(ga);
	/* Pages gathered in one mode are not synced in the other. */
	sync_early(ga);
	if (lazy && !ga->queued) {
		ga->queued = true;
		ga->lazy_kill.nr = 0;
		ga->lazy_kill.many = 0;
		ga->nr_runs = 0;
	}
	ga->lazy = lazy;
	ga->mark = lazy ? READ_ONCE(ga->w->queue.mark) : 0;
}

/* gather_end() of a call that does more than most. */
void mtce_gather_end_slow(struct mtce_gather *ga)
{
	end_run_for_sure(ga);
	if (ga->queued)
		mtce_queue_add(ga);
	sync(ga);
	if (ga->max_pages > MTCE_GATHER_PAGES)
		kfree(ga->pages);
}
