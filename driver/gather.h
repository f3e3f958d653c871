/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every call goes through of gather.c, inline: 60 instructions of a one-page
 * call.
 */
#ifndef MTCE_GATHER_H
#define MTCE_GATHER_H

#include "mtce.h"
#include "trace.h"

/* The next entries that are cleared are taken to map @r. */
static inline void gather_expect(struct mtce_gather *ga, struct mtce_region *r)
{
	ga->region = r;
	ga->base = MTCE_SHADOW_REGION | r->ua;
	ga->limit = r->size;
}

static __always_inline void gather_reset(struct mtce_gather *ga)
{
	BUILD_BUG_ON(offsetofend(struct mtce_gather, nr_pages) !=
		     offsetofend(struct mtce_gather, special));
	ga->pins = NULL;
	ga->run = 0;
	ga->mark = 0;
	ga->special = 0;
	ga->kill.nr = 0;
	ga->kill.many = 0;
}

/**
 * gather_begin() - begin to work in a window
 * @ga: out
 * @c: container
 * @call: NULL, or the call that this is for, which is traced
 * @w: window
 * @s: a stripe that is held
 */
static __always_inline void gather_begin(struct mtce_gather *ga,
					 struct mtce_container *c,
					 struct mtce_call *call,
					 struct mtce_window *w,
					 struct mtce_stripe *s)
{
	lockdep_assert_held(&s->lock);
	ga->c = c;
	ga->w = w;
	ga->s = s;
	ga->call = call;
	gather_expect(ga, s->hint);
	gather_reset(ga);
	if (mtce_traced(call))
		mtce_call_enter_window(ga);
}

/* The end of a call that only has a kill to do, and regions to take entries off. */
static __always_inline void gather_sync_simple(struct mtce_gather *ga,
					       struct mtce_call *call)
{
	if (ga->run)
		atomic64_sub(ga->run, &ga->region->mapped);
	if (ga->kill.nr)
		mtce_kill(ga->c, ga->w, &ga->kill, &ga->s->counts);
	mtce_stage_end(call, MTCE_STAGE_KILL);
}

/* Sync. The stripes can be unlocked after it. @call: ga->call, if it is known. */
static __always_inline void gather_end(struct mtce_gather *ga,
				       struct mtce_call *call)
{
	mtce_stage_end(call, MTCE_STAGE_WRITE);
	if (unlikely(ga->special))
		mtce_gather_end_slow(ga);
	else
		gather_sync_simple(ga, call);
	trace_mtce_work_done(ga->c, ga->w);
	if (mtce_traced(call))
		mtce_call_leave_window(ga);
}

/* Record that entries were changed, in @k: ga->kill or ga->lazy_kill. */
static __always_inline void gather_kill(struct mtce_gather *ga,
					struct mtce_kill *k,
					unsigned long index,
					unsigned long count)
{
	if (k->many)
		k->entries += count;
	else if (k->nr)
		mtce_gather_kill_more(ga, k, index, count);
	else
		mtce_kill_first(k, index, count);
}

/* Where the kill of entries that are cleared is recorded. */
static inline struct mtce_kill *clears_kill(struct mtce_gather *ga)
{
	return ga->lazy ? &ga->lazy_kill : &ga->kill;
}

#endif /* MTCE_GATHER_H */
