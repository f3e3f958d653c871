/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of work.c that every call goes through, inline.
 */
#ifndef MTCE_WORK_H
#define MTCE_WORK_H

#include "mtce.h"
#include "trace.h"

/* Begin to work in @w for @call with @stripes locked, of which @s is one. */
static __always_inline void work_begin(struct mtce_work *wk,
				       struct mtce_container *c,
				       struct mtce_call *call,
				       struct mtce_window *w,
				       struct mtce_stripe *s,
				       unsigned int stripes)
{
	struct mtce_region *hint = s->hint;

	lockdep_assert_held(&s->lock);
	wk->c = c;
	wk->w = w;
	wk->s = s;
	wk->call = call;
	wk->pins = NULL;
	wk->stripes = stripes;
	wk->region = hint;
	wk->base = MTCE_SHADOW_REGION | hint->ua;
	wk->limit = hint->size;
	wk->run = 0;
	wk->mark = 0;
	BUILD_BUG_ON(offsetofend(struct mtce_work, nr_pages) !=
		     offsetofend(struct mtce_work, special));
	wk->special = 0;
	wk->kill.nr = 0;
	wk->kill.many = 0;
	if (mtce_watched(call))
		mtce_call_work(wk);
}

/*
 * Pay what the call owes; its stripes can be unlocked then. @call: wk->call, where
 * the compiler may know that it is NULL.
 */
static __always_inline void work_end(struct mtce_work *wk,
				     struct mtce_call *call)
{
	mtce_stage_end(call, MTCE_STAGE_WRITE);
	if (unlikely(wk->special)) {
		mtce_work_end_special(wk);
	} else {
		if (wk->run)
			atomic64_sub(wk->run, &wk->region->mapped);
		if (wk->kill.nr)
			mtce_kill_flush(wk);
		mtce_stage_end(call, MTCE_STAGE_KILL);
	}
	trace_mtce_work_done(wk->c, wk->w);
	if (mtce_watched(call))
		mtce_call_worked(wk);
}

/*
 * The part of [@ua, @ua + @size) from @ua on that one region holds: the region,
 * and in *@n the number of TCE pages; or NULL.
 */
static inline struct mtce_region *work_piece(struct mtce_work *wk,
					     unsigned long ua, u64 size,
					     unsigned long *n)
{
	struct mtce_region *r = wk->s->hint;
	u64 left;

	if (ua - r->ua >= r->size) {
		r = mtce_region_find(wk->c, ua);
		if (!r)
			return NULL;
		wk->s->hint = r;
	}
	left = r->size - (ua - r->ua);
	*n = min(left, size) >> wk->w->shift;
	return *n ? r : NULL;
}

#endif /* MTCE_WORK_H */
