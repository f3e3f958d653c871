// SPDX-License-Identifier: GPL-2.0
/*
 * Kills that are put off: those of lazy unmaps, and those of a hypercall until it
 * is complete, or for longer.
 *
 * A lazy unmap clears its entries and leaves the rest to the queue of the window:
 * which entries were cleared, how many of each region, which pages they pinned. A
 * flush kills all of them at once; only then it takes the entries off their
 * regions and lets go of the pages. Nothing is allocated, so nothing can fail.
 *
 * A flush requires a stripe or the container's sem for reading: either keeps
 * groups and window there. Entries enter the queue after they were cleared, so the
 * kill of a flush covers everything that it finds.
 *
 * Reuse. A map never waits for a flush, because its own kill covers the IOVAs that
 * it writes. If one of them is in the queue, that kill is made one of the whole
 * PE, which costs the same, and the queue is flushed with it. To see that, a lazy
 * unmap leaves a mark with a generation in the shadow; each flush begins another
 * generation. It is a small number that is read without the queue's lock: a mark
 * that is mistaken for a new one, or not seen, costs or saves a kill and nothing
 * else.
 */
#include <linux/ktime.h>
#include <linux/list.h>

#include "lock.h"
#include "trace.h"

void mtce_queue_init(struct mtce_queue *q)
{
	mutex_init(&q->lock);
	INIT_LIST_HEAD(&q->regions);
	q->mark = MTCE_SHADOW_CLEARED;
}

static u64 next_generation(u64 mark)
{
	u64 one = MTCE_SHADOW_GENERATION & -MTCE_SHADOW_GENERATION;

	return MTCE_SHADOW_CLEARED | ((mark + one) & MTCE_SHADOW_GENERATION);
}

/* There may be pages without a kill: mtce_queue_kill() came first. */
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
		/* From here on the region may be unregistered. */
		atomic64_sub(entries, &wait->region->mapped);
	}
}

static void kill_queued(struct mtce_container *c, struct mtce_window *w)
{
	struct mtce_kill *k = &w->queue.kill;

	/* The platform has killed everything of a window that is gone. */
	if (k->nr && c->nr_groups && (!w->gone || w->stuck))
		mtce_kill(c, w, k, &w->queue.counts);
	memset(k, 0, sizeof(*k));
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
	WRITE_ONCE(q->mark, next_generation(q->mark));
	kill_queued(c, w);
	release_regions(q);
	mtce_unpin(c, q->pages, q->nr_pages);
	q->nr_pages = 0;
	q->since = 0;
}

/* Flush the queue of @w. The caller holds one of its stripes, or sem. */
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

/* One kill of the PE for the whole queue. False: there was nothing to kill. */
bool mtce_flush_reuse(struct mtce_container *c, struct mtce_window *w)
{
	struct mtce_queue *q = &w->queue;
	bool any;

	mutex_lock(&q->lock);
	any = q->kill.nr;
	if (any) {
		q->kill.many = 1;
		flush(c, w, MTCE_FLUSH_REUSE);
	}
	mutex_unlock(&q->lock);
	return any;
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
	const unsigned long delay = nsecs_to_jiffies(ns) + 1;

	if (schedule_delayed_work(&c->flush_work, delay) ||
	    !time_before(jiffies + delay,
			 READ_ONCE(c->flush_work.timer.expires)))
		return;
	/* It is armed, but for a time-out that was longer. */
	cancel_delayed_work(&c->flush_work);
	schedule_delayed_work(&c->flush_work, delay);
}

/* In how many ns what came at @since has waited long enough; 0: it has. */
static u64 time_left(u64 since)
{
	u64 now = ktime_get_ns(), due = since + timeout_ns();

	return now < due ? due - now : 0;
}

/* Flush if the oldest entry has waited long enough. Returns the ns left, or 0. */
static u64 flush_if_old(struct mtce_container *c, struct mtce_window *w)
{
	struct mtce_queue *q = &w->queue;
	u64 left = 0;

	mutex_lock(&q->lock);
	if (!is_empty(q)) {
		left = time_left(q->since);
		if (!left)
			flush(c, w, MTCE_FLUSH_TIMEOUT);
	}
	mutex_unlock(&q->lock);
	return left;
}

/* The same for the lazy unmaps of hypercalls in a stripe. */
static u64 sync_if_old(struct mtce_container *c, struct mtce_window *w,
		       struct mtce_stripe *s)
{
	u64 left = 0;

	if (!READ_ONCE(s->kvm.change.since))
		return 0;
	mtce_kvm_lock(s);
	if (s->kvm.change.since) {
		left = time_left(s->kvm.change.since);
		if (!left)
			mtce_kvm_sync_stripe(c, w, s);
	}
	mtce_kvm_unlock(s);
	return left;
}

/* The smaller one that is not 0; 0 if both are. */
static u64 sooner(u64 a, u64 b)
{
	return a && b ? min(a, b) : a + b;
}

/* mtce_release() waits for this. */
void mtce_flush_old(struct work_struct *work)
{
	struct mtce_container *c = container_of(to_delayed_work(work),
						struct mtce_container,
						flush_work);
	u64 least = 0;
	int i, j;

	down_read(&c->sem);
	for (i = 0; i < MTCE_MAX_WINDOWS; i++) {
		struct mtce_window *w = c->windows[i];

		if (!w)
			continue;
		least = sooner(least, flush_if_old(c, w));
		for (j = 0; j < MTCE_STRIPES; j++)
			least = sooner(least, sync_if_old(c, w, &w->stripe[j]));
	}
	if (least)
		arm(c, least);
	up_read(&c->sem);
}

/*
 * In
 */

static void enter_runs(struct mtce_gather *ga)
{
	struct mtce_queue *q = &ga->w->queue;
	unsigned int i;

	for (i = 0; i < ga->nr_runs; i++) {
		struct mtce_waiting *wait =
			&ga->runs[i].region->waiting[ga->w->num];

		if (!wait->entries)
			list_add_tail(&wait->node, &q->regions);
		wait->entries += ga->runs[i].entries;
	}
	ga->nr_runs = 0;
}

static void enter_pages(struct mtce_gather *ga)
{
	struct mtce_queue *q = &ga->w->queue;

	if (!ga->lazy)
		return;
	memcpy(q->pages + q->nr_pages, ga->pages,
	       ga->nr_pages * sizeof(*ga->pages));
	q->nr_pages += ga->nr_pages;
	ga->nr_pages = 0;
}

/* Move the kills of @ga to the queue. It and @pages more must fit there. */
static void enter_kill(struct mtce_gather *ga, unsigned int pages)
{
	struct mtce_queue *q = &ga->w->queue;

	if (q->nr_pages + pages > MTCE_PAGES_MAX ||
	    !mtce_kill_merge(&q->kill, &ga->lazy_kill, ga->c->kill_regs)) {
		flush(ga->c, ga->w, MTCE_FLUSH_FULL);
		mtce_kill_merge(&q->kill, &ga->lazy_kill, ga->c->kill_regs);
	}
	ga->lazy_kill.nr = 0;
	ga->lazy_kill.many = 0;
}

/* Flush if the queue is full, or arm the timer when its first entry comes. */
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
static void lock_queue(struct mtce_gather *ga)
{
	u64 since;

	if (likely(mutex_trylock(&ga->w->queue.lock)))
		return;
	since = get_tb();
	mutex_lock(&ga->w->queue.lock);
	trace_mtce_lock_wait(ga->c, ga->w, MTCE_LOCK_QUEUE, get_tb() - since);
}

/*
 * There is no room to record more ranges: move those of lazy unmaps to the queue.
 * Regions and pages stay with the call until it ends.
 */
void mtce_queue_kill(struct mtce_gather *ga)
{
	unsigned long entries = ga->lazy_kill.entries;

	lock_queue(ga);
	enter_kill(ga, 0);
	trace_mtce_queue(ga->c, ga->w, entries);
	flush_or_arm(ga->c, ga->w);
	mutex_unlock(&ga->w->queue.lock);
}

/* Move everything that lazy unmaps of this call have left to the queue. */
void mtce_queue_add(struct mtce_gather *ga)
{
	unsigned long entries = ga->lazy_kill.nr ? ga->lazy_kill.entries : 0;

	lock_queue(ga);
	enter_kill(ga, ga->lazy ? ga->nr_pages : 0);
	enter_runs(ga);
	enter_pages(ga);
	trace_mtce_queue(ga->c, ga->w, entries);
	flush_or_arm(ga->c, ga->w);
	mutex_unlock(&ga->w->queue.lock);
}

/*
 * Hypercalls, see kvm.c. Under the stripe's kvm_lock, so they have no part in the
 * window's queue, whose lock sleeps: each stripe keeps what its own have put off,
 * of one region.
 */

/*
 * Entry @index, which maps @old, is about to be cleared. Its kill is put off, until
 * the hypercall is complete or, where the unmaps of hypercalls are lazy, until there
 * are many or the first has waited. @old stays counted until then.
 */
void mtce_kvm_put_off(struct mtce_container *c, struct mtce_window *w,
		      struct mtce_stripe *s, unsigned long index,
		      struct mtce_region *old)
{
	struct mtce_kvm_change *e = &s->kvm.change;

	lockdep_assert_held(&s->kvm_lock);
	if (e->kill.nr && e->region == old && e->kill.entries < e->max &&
	    mtce_kill_add(&e->kill, index, 1, c->kill_regs))
		return;
	mtce_kvm_sync_stripe(c, w, s);
	mtce_kill_first(&e->kill, index, 1);
	e->region = old;
	e->max = MTCE_KVM_ENTRIES;
	if (mtce_hcalls_lazy()) {
		e->max = min(READ_ONCE(mtce_lazy_entries), e->max);
		WRITE_ONCE(e->since, ktime_get_ns());
		arm(c, timeout_ns());
	}
}

/* Do the kill that was put off in @s; returns for how many entries. */
unsigned long mtce_kvm_sync_stripe(struct mtce_container *c,
				   struct mtce_window *w,
				   struct mtce_stripe *s)
{
	struct mtce_kvm_change *e = &s->kvm.change;
	unsigned long entries = e->kill.entries;

	lockdep_assert_held(&s->kvm_lock);
	if (!e->kill.nr)
		return 0;
	/* The platform has killed everything of a window that is gone. */
	if (!w->gone || w->stuck)
		mtce_kill(c, w, &e->kill, &s->kvm.counts);
	atomic64_sub(entries, &e->region->mapped);
	trace_mtce_work_done(c, w);
	e->kill.nr = 0;
	e->kill.many = 0;
	e->kill.entries = 0;
	WRITE_ONCE(e->since, 0);
	return entries;
}

/*
 * Do every kill that hypercalls have put off: some are not complete, and where KVM
 * has given up on one it has cleared entries without a kill. @frozen: the caller is
 * between mtce_kvm_freeze() and mtce_kvm_thaw(), so that none is left.
 */
void mtce_kvm_sync(struct mtce_container *c, bool frozen)
{
	int i, j;

	lockdep_assert_held(&c->sem);
	for (i = 0; i < MTCE_MAX_WINDOWS; i++) {
		struct mtce_window *w = c->windows[i];

		for (j = 0; w && w->shared && j < MTCE_STRIPES; j++) {
			if (!frozen)
				mtce_kvm_lock(&w->stripe[j]);
			mtce_kvm_sync_stripe(c, w, &w->stripe[j]);
			if (!frozen)
				mtce_kvm_unlock(&w->stripe[j]);
		}
	}
}

/*
 * mtce_kvm_freeze(), with nothing left that hypercalls owe: what they leave until
 * they are stopped is looked for twice. It is long only the first time.
 */
void mtce_kvm_stop(struct mtce_container *c)
{
	mtce_kvm_sync(c, false);
	mtce_kvm_freeze(c);
	mtce_kvm_sync(c, true);
}
