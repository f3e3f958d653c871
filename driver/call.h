/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An ioctl that is traced: what it was asked, what it did, where its time went.
 * There is one only while a tracepoint of calls is on. Otherwise NULL is passed,
 * and each end of a stage costs one instruction.
 */
#ifndef MTCE_CALL_H
#define MTCE_CALL_H

#include <linux/tracepoint-defs.h>
#include <linux/types.h>

#include <asm/time.h>

#include "names.h"

struct mtce_container;
struct mtce_gather;
struct vfio_mtce_op;

/**
 * struct mtce_call - an ioctl that is watched; lives on its stack
 * @kind: which
 * @window: number of the last window that it worked in, or -1
 * @ops: operations that it was given: of an update; 1 of others
 * @done: how many of them were done
 * @pages: TCE pages of the operations that it came to
 * @iova: where the first of its operations begins
 * @mapped: entries written
 * @unmapped: live entries cleared or replaced
 * @began: time base when it began
 * @last: time base when the last stage ended
 * @ticks: of the time base, spent in each stage
 */
struct mtce_call {
	u32 kind;
	s32 window;
	u32 ops;
	u32 done;
	u64 pages;
	u64 iova;
	u64 mapped;
	u64 unmapped;
	u64 began;
	u64 last;
	u64 ticks[MTCE_STAGES];
};

#ifdef NOTRACE
static __always_inline bool mtce_traced(const struct mtce_call *call)
{
	return false;
}
#else
DECLARE_TRACEPOINT(mtce_call_end);

/*
 * Is anybody to be told at the end? One instruction if not, and none where the
 * compiler sees that there is no call.
 */
static __always_inline bool mtce_traced(const struct mtce_call *call)
{
	if (__builtin_constant_p(!call) && !call)
		return false;
	return tracepoint_enabled(mtce_call_end) && call;
}
#endif

/* What was done since the last stage ended belongs to @stage. */
static __always_inline void mtce_stage_end(struct mtce_call *call,
					   enum mtce_stage stage)
{
	if (mtce_traced(call)) {
		u64 now = get_tb();

		call->ticks[stage] += now - call->last;
		call->last = now;
	}
}

/* The call has come to an operation on @pages TCE pages. */
static __always_inline void mtce_call_pages(struct mtce_call *call, u64 pages)
{
	if (mtce_traced(call))
		call->pages += pages;
}

/* The call begins at @iova, which is not checked yet. */
static __always_inline void mtce_call_iova(struct mtce_call *call, u64 iova)
{
	if (mtce_traced(call))
		call->iova = iova;
}

/* call.c */
void mtce_call_enter(struct mtce_container *c, struct mtce_call *call,
		     unsigned int cmd);
void mtce_call_leave(struct mtce_container *c, struct mtce_call *call,
		     long ret);
void mtce_call_enter_window(struct mtce_gather *ga);
void mtce_call_leave_window(struct mtce_gather *ga);

#endif /* MTCE_CALL_H */
