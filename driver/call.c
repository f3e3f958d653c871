// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that are traced: what the tracepoints of calls say.
 */
#include <linux/vfio.h>

#include "mtce.h"
#include "trace.h"

#undef EM
#undef E_
#define EM(...)	{ __VA_ARGS__ },
#define E_(...)	{ __VA_ARGS__ }

static const struct {
	enum mtce_call_kind kind;
	const char *name;
	unsigned int command;
} calls[] = { MTCE_CALL_NAMES };

static enum mtce_call_kind kind_of(unsigned int cmd)
{
	int i;

	for (i = MTCE_CALL_OTHER + 1; i < MTCE_CALLS; i++)
		if (calls[i].command == cmd)
			return calls[i].kind;
	return MTCE_CALL_OTHER;
}

void mtce_call_enter(struct mtce_container *c, struct mtce_call *call,
		     unsigned int cmd)
{
	memset(call, 0, sizeof(*call));
	call->kind = kind_of(cmd);
	call->window = -1;
	call->ops = 1;
	trace_mtce_call_begin(c, call);
	call->began = get_tb();
	call->last = call->began;
}

void mtce_call_leave(struct mtce_container *c, struct mtce_call *call,
		     long ret)
{
	call->last = get_tb();
	if (call->kind != MTCE_CALL_UPDATE)
		call->done = ret >= 0;
	trace_mtce_call_end(c, call, ret);
}

/* Work in a window begins: its stripes are held from here on... */
void mtce_call_enter_window(struct mtce_gather *ga)
{
	struct mtce_call *call = ga->call;

	mtce_stage_end(call, MTCE_STAGE_LOCK);
	call->window = ga->w->num;
	call->mapped -= ga->s->counts.mapped;
	call->unmapped -= ga->s->counts.unmapped;
}

/* ...to here, so that what is counted in between is this call's. */
void mtce_call_leave_window(struct mtce_gather *ga)
{
	struct mtce_call *call = ga->call;

	call->mapped += ga->s->counts.mapped;
	call->unmapped += ga->s->counts.unmapped;
}
