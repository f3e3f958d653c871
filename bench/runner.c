// SPDX-License-Identifier: GPL-2.0
#include "runner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kprobe.h"
#include "marker.h"
#include "measure.h"
#include "mapping.h"
#include "progress.h"
#include "teardown.h"
#include "rig.h"
#include "smp.h"
#include "util.h"

const char * const op_names[NUM_OPS] = {
	[OP_MAP] = "map",
	[OP_UNMAP] = "unmap",
	[OP_CALL] = "call",
	[OP_CREATE] = "create",
	[OP_REMOVE] = "remove",
	[OP_CLOSE] = "close",
	[OP_TOTAL] = "total",
};

static int work_in_rig(struct run *run, struct rig *rig, struct result *r)
{
	if (r->scenario->smp)
		return smp_run(run, rig, r);
	return r->scenario->work == WORK_NULL ? mapping_null(run, rig, r) :
						mapping_run(run, rig, r);
}

static void run_in_rig(struct run *run, struct rig *rig, struct result *r)
{
	const char *skip;
	int ret = rig_fit(rig, r->scenario, r->backend, run->group, &skip);

	if (skip) {
		snprintf(r->skipped, sizeof(r->skipped), "%s", skip);
		return;
	}
	if (!ret)
		ret = work_in_rig(run, rig, r);
	else
		snprintf(r->failed, sizeof(r->failed), "%s", backend_error());
	/* Whatever is still mapped goes with the container. */
	if (ret)
		rig_close(rig);
}

static void run_one(struct run *run, struct rig *rig, struct result *r)
{
	if (r->skipped[0] || r->failed[0])
		return;
	if (r->scenario->work == WORK_NULL || scenario_is_mapping(r->scenario)) {
		run_in_rig(run, rig, r);
		return;
	}
	rig_close(rig);
	teardown_run(run, r);
}

/* Sections are numbered once, so that rounds of a result share theirs. */
static void number_sections(struct run *run)
{
	unsigned int section = 0;
	size_t i, op;

	for (i = 0; i < run->num_results; i++)
		for (op = 0; op < NUM_OPS; op++)
			run->results[i].ops[op].section = ++section;
}

void run_all(struct run *run)
{
	unsigned int round, total = run->effort.rounds * (unsigned int)run->num_results;
	struct rig rig = { .open = false };
	size_t i;

	number_sections(run);
	for (round = 0; round < run->effort.rounds; round++) {
		for (i = 0; i < run->num_results; i++) {
			size_t at = round % 2 ? run->num_results - 1 - i : i;
			struct result *r = &run->results[at];

			progress(round * (unsigned int)run->num_results + (unsigned int)i, total,
				 r->backend->name, r->scenario->name);
			run_one(run, &rig, r);
			if (interrupted())
				break;
		}
	}
	rig_close(&rig);
	progress_end();
}
