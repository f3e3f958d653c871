// SPDX-License-Identifier: GPL-2.0
/*
 * Lazy invalidation: what waits for a kill, and when it is done.
 *
 * A lazy unmap clears its entries and leaves the rest to the queue of the
 * window: which entries were cleared, how many of each region, which pages they
 * pinned by themselves. A flush does one kill for all of them, and only then
 * takes the entries off their regions and lets go of the pages. Nothing is
 * allocated, so nothing can fail.
 *
 * Who may flush: the holder of a stripe, or of the container's sem for reading;
 * both keep groups and window there. Entries come into the queue only after they
 * were cleared, so the kill of a flush covers everything that it finds.
 *
 * Reuse. A map never waits for a flush: its own kill, at its end, covers the
 * IOVAs that it writes. But if one of them is in the queue, that kill is made to
 * be of the whole PE, at the same price, and the queue is done as well. To see
 * that, an unmap leaves a mark in the shadow, with a number that is another after
 * each flush. The number is small and read without the queue's lock: a mark that
 * is taken for a new one, or not, costs or saves a kill, nothing else.
 */
#include <linux/ktime.h>
#include <linux/list.h>

#include "mtce.h"
#include "trace.h"

void mtce_queue_init(struct mtce_queue *q)
{
	mutex_init(&q->lock);
	INIT_LIST_HEAD(&q->regions);
	q->mark = MTCE_SHADOW_CLEARED;
}

static u64 next_mark(u64 mark)
{
	u64 one = MTCE_SHADOW_NUMBER & -MTCE_SHADOW_NUMBER;

	return MTCE_SHADOW_CLEARED | ((mark + one) & MTCE_SHADOW_NUMBER);
}

/* Pages may be there without a kill: mtce_queue_kill() came first. */
static bool is_empty(const struct mtce_queue *q)
{
	return !q->kill.nr && !q->nr_pages && list_empty(&q->regions);
}

/*
 * Out
 */

static void release_regions(struct mtce_queue *q)
{
	struct mtce_waiting *wait, *next;

	list_for_each_entry_safe(wait, next, &q->regions, node) {
		unsigned long entries = wait->entries;

		wait->entries = 0;
		list_del(&wait->node);
		/* The last thing: now the region may be unregistered. */
		atomic64_sub(entries, &wait->region->mapped);
	}
}

static void flush(struct mtce_container *c, struct mtce_window *w,
		  enum mtce_flush_reason reason)
{
	struct mtce_queue *q = &w->queue;

	lockdep_assert_held(&q->lock);
	if (is_empty(q))
		return;
	trace_mtce_flush(c, w, reason);
	q->flushes[reason]++;
	WRITE_ONCE(q->mark, next_mark(q->mark));
	mtce_kill_queued(c, w);
	release_regions(q);
	mtce_unpin(c, q->pages, q->nr_pages);
	q->nr_pages = 0;
	q->since = 0;
}

/* Do all that waits in @w. The caller holds one of its stripes, or sem. */
void mtce_flush(struct mtce_container *c, struct mtce_window *w,
		enum mtce_flush_reason reason)
{
	mutex_lock(&w->queue.lock);
	flush(c, w, reason);
	mutex_unlock(&w->queue.lock);
}

/* The caller holds sem. */
void mtce_flush_all(struct mtce_container *c, enum mtce_flush_reason reason)
{
	int i;

	lockdep_assert_held(&c->sem);
	for (i = 0; i < MTCE_MAX_WINDOWS; i++)
		if (c->windows[i])
			mtce_flush(c, c->windows[i], reason);
}

/* One kill of the PE for what @wk owes by itself and for the whole queue. */
void mtce_flush_reuse(struct mtce_work *wk)
{
	struct mtce_queue *q = &wk->w->queue;

	mutex_lock(&q->lock);
	if (q->kill.nr) {
		q->kill.many = 1;
		flush(wk->c, wk->w, MTCE_FLUSH_REUSE);
		wk->kill.nr = 0;
		wk->kill.many = 0;
	}
	mutex_unlock(&q->lock);
	mtce_kill_flush(wk);	/* somebody else has flushed before us */
}

/*
 * By time
 */

static u64 timeout_ns(void)
{
	return (u64)READ_ONCE(mtce_lazy_timeout_ms) * NSEC_PER_MSEC;
}

static void arm(struct mtce_container *c, u64 ns)
{
	schedule_delayed_work(&c->flush_work, nsecs_to_jiffies(ns) + 1);
}

/* Flush if it is time to. Returns in how many ns it will be, or 0. */
static u64 flush_if_old(struct mtce_container *c, struct mtce_window *w)
{
	struct mtce_queue *q = &w->queue;
	u64 left = 0, due;

	mutex_lock(&q->lock);
	if (!is_empty(q)) {
		u64 now = ktime_get_ns();

		due = q->since + timeout_ns();
		if (now >= due)
			flush(c, w, MTCE_FLUSH_TIMEOUT);
		else
			left = due - now;
	}
	mutex_unlock(&q->lock);
	return left;
}

/* mtce_release() waits for this. */
void mtce_flush_old(struct work_struct *work)
{
	struct mtce_container *c = container_of(to_delayed_work(work),
						struct mtce_container,
						flush_work);
	u64 left, least = 0;
	int i;

	down_read(&c->sem);
	for (i = 0; i < MTCE_MAX_WINDOWS; i++) {
		if (!c->windows[i])
			continue;
		left = flush_if_old(c, c->windows[i]);
		if (left && (!least || left < least))
			least = left;
	}
	if (least)
		arm(c, least);
	up_read(&c->sem);
}

/*
 * In
 */

static void enter_runs(struct mtce_work *wk)
{
	struct mtce_queue *q = &wk->w->queue;
	unsigned int i;

	for (i = 0; i < wk->nr_runs; i++) {
		struct mtce_waiting *wait =
			&wk->runs[i].region->waiting[wk->w->num];

		if (!wait->entries)
			list_add_tail(&wait->node, &q->regions);
		wait->entries += wk->runs[i].entries;
	}
	wk->nr_runs = 0;
}

static void enter_pages(struct mtce_work *wk)
{
	struct mtce_queue *q = &wk->w->queue;

	if (!wk->lazy)
		return;
	memcpy(q->pages + q->nr_pages, wk->pages,
	       wk->nr_pages * sizeof(*wk->pages));
	q->nr_pages += wk->nr_pages;
	wk->nr_pages = 0;
}

/* Kills of @wk go into the queue, for which it and @pages must fit. */
static void enter_kill(struct mtce_work *wk, unsigned int pages)
{
	struct mtce_queue *q = &wk->w->queue;

	if (q->nr_pages + pages > MTCE_PAGES_MAX ||
	    !mtce_kill_merge(wk->c, &q->kill, &wk->lazy_kill)) {
		flush(wk->c, wk->w, MTCE_FLUSH_FULL);
		mtce_kill_merge(wk->c, &q->kill, &wk->lazy_kill);
	}
	wk->lazy_kill.nr = 0;
	wk->lazy_kill.many = 0;
}

/* Enough for now, or when it will be. */
static void flush_or_arm(struct mtce_container *c, struct mtce_window *w)
{
	struct mtce_queue *q = &w->queue;

	if (q->kill.entries >= READ_ONCE(mtce_lazy_entries)) {
		flush(c, w, MTCE_FLUSH_FULL);
	} else if (!is_empty(q) && !q->since) {
		q->since = ktime_get_ns();
		arm(c, timeout_ns());
	}
}

/* Tried first: might_sleep() of a lock is a function call. */
static void lock_queue(struct mtce_work *wk)
{
	u64 since;

	if (likely(mutex_trylock(&wk->w->queue.lock)))
		return;
	since = get_tb();
	mutex_lock(&wk->w->queue.lock);
	trace_mtce_lock_wait(wk->c, wk->w, MTCE_LOCK_QUEUE, get_tb() - since);
}

/*
 * The kills that lazy unmaps of this call owe are left to the queue, but not yet
 * what is to be done after them: there was no room to owe all.
 */
void mtce_queue_kill(struct mtce_work *wk)
{
	unsigned long entries = wk->lazy_kill.entries;

	lock_queue(wk);
	enter_kill(wk, 0);
	trace_mtce_queue(wk->c, wk->w, entries);
	flush_or_arm(wk->c, wk->w);
	mutex_unlock(&wk->w->queue.lock);
}

/* All that lazy unmaps of this call have left to do is left to the queue. */
void mtce_queue_add(struct mtce_work *wk)
{
	unsigned long entries = wk->lazy_kill.nr ? wk->lazy_kill.entries : 0;

	lock_queue(wk);
	enter_kill(wk, wk->lazy ? wk->nr_pages : 0);
	enter_runs(wk);
	enter_pages(wk);
	trace_mtce_queue(wk->c, wk->w, entries);
	flush_or_arm(wk->c, wk->w);
	mutex_unlock(&wk->w->queue.lock);
}
