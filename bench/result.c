// SPDX-License-Identifier: GPL-2.0
#include "result.h"

#include <math.h>
#include <stdio.h>

#include "measure.h"
#include "util.h"

const char * const op_names[NUM_OPS] = {
	[OP_MAP] = "map",
	[OP_REPLACE] = "replace",
	[OP_REMAP] = "remap",
	[OP_UNMAP] = "unmap",
	[OP_CALL] = "call",
	[OP_CREATE] = "create",
	[OP_REMOVE] = "remove",
	[OP_CLOSE] = "close",
	[OP_REGISTER] = "register",
	[OP_UNREGISTER] = "unregister",
	[OP_REUSE] = "reuse",
	[OP_ALONE] = "alone",
	[OP_BESIDE] = "beside",
	[OP_TOTAL] = "total",
};

void result_latency(struct op_result *o)
{
	if (o->latency)
		return;
	o->latency = xcalloc(1, sizeof(*o->latency));
	histogram_reset(o->latency);
}

void result_skip(struct result *r, const char *why)
{
	snprintf(r->skipped, sizeof(r->skipped), "%s", why);
}

bool result_measured(const struct result *r)
{
	unsigned int op;

	for (op = 0; op < NUM_OPS; op++)
		if (r->ops[op].units || (r->ops[op].latency && r->ops[op].latency->count))
			return true;
	return r->smp && r->smp->num;
}

/* The first reason is the one. */
void result_fail(struct result *r, const char *why)
{
	if (!r->failed[0])
		snprintf(r->failed, sizeof(r->failed), "%s", why);
}

void result_sample(struct op_result *o, const struct count *c)
{
	if (measure_uncounted() || c->purity < o->purity)
		return;
	if (c->purity > o->purity)
		o->num_samples = 0;
	o->most = o->num_samples ? fmax(o->most, c->of[COUNTED_INSTRUCTIONS]) : c->of[COUNTED_INSTRUCTIONS];
	o->purity = c->purity;
	if (c->purity > DISTURBED && o->num_samples) {
		if (!count_is_less(c, &o->counted))
			return;
		o->num_samples = 0;
	}
	o->counted = *c;
	if (o->num_samples < MAX_SAMPLES)
		o->samples[o->num_samples++] = c->of[COUNTED_INSTRUCTIONS];
}
