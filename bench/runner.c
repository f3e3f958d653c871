// SPDX-License-Identifier: GPL-2.0
#include "runner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "beside.h"
#include "hcall.h"
#include "io.h"
#include "kprobe.h"
#include "marker.h"
#include "measure.h"
#include "mapping.h"
#include "progress.h"
#include "teardown.h"
#include "register.h"
#include "rig.h"
#include "smp.h"
#include "util.h"
#include "wait.h"

/* Nothing is counted there, or by the threads themselves. */
static bool only_timed(const struct scenario *s)
{
	return s->smp || s->work == WORK_BESIDE || s->work == WORK_WAIT;
}

static bool only_counted(const struct scenario *s)
{
	return !scenario_wants_rig(s) && s->work != WORK_REGISTER;
}

static bool in_this_phase(const struct run *run, const struct scenario *s)
{
	if (only_timed(s))
		return run->effort.times;
	return run->effort.counts || !only_counted(s);
}

static int work_in_rig(struct run *run, struct rig *rig, struct result *r)
{
	if (r->scenario->smp)
		return smp_run(run, rig, r);
	switch (r->scenario->work) {
	case WORK_NULL:
		return mapping_null(run, rig, r);
	case WORK_BESIDE:
		return beside_run(run, rig, r);
	case WORK_WAIT:
		return wait_run(run, rig, r);
	default:
		return mapping_run(run, rig, r);
	}
}

static void run_in_rig(struct run *run, struct rig *rig, struct result *r)
{
	const char *skip;
	int ret = rig_fit(rig, r->scenario, r->backend, &run->groups, &skip);

	if (skip) {
		result_skip(r, skip);
		return;
	}
	if (!ret)
		ret = work_in_rig(run, rig, r);
	else
		result_fail(r, backend_error());
	/* Whatever is still mapped goes with the container. */
	if (ret)
		rig_close(rig);
}

static void run_one(struct run *run, struct rig *rig, struct result *r)
{
	if (r->skipped[0] || r->failed[0] || !in_this_phase(run, r->scenario))
		return;
	if (scenario_wants_rig(r->scenario)) {
		run_in_rig(run, rig, r);
		return;
	}
	rig_close(rig);
	if (r->scenario->work == WORK_REGISTER)
		register_run(run, r);
	else if (r->scenario->work == WORK_HCALL)
		hcall_run(run, r);
	else if (r->scenario->work == WORK_IO)
		io_run(run, r);
	else
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

/* The machine is looked at whenever the back end changes, in every round. */
static void watch_machine(struct run *run, const struct result *r, const struct backend **last)
{
	if (r->backend == *last)
		return;
	stall_watch(&run->stall);
	*last = r->backend;
}

static void run_round(struct run *run, unsigned int round, struct rig *rig)
{
	const struct backend *last = NULL;
	size_t i;

	for (i = 0; i < run->num_results && !interrupted(); i++) {
		size_t at = round % 2 ? run->num_results - 1 - i : i;
		struct result *r = &run->results[at];

		watch_machine(run, r, &last);
		progress(round, at, r->backend->name, r->scenario->name);
		run_one(run, rig, r);
	}
}

static void run_phase(struct run *run, unsigned int first, bool counts, bool times)
{
	struct rig rig = { .open = false };
	unsigned int round;

	run->effort.counts = counts;
	run->effort.times = times;
	for (round = 0; round < run->effort.rounds; round++)
		run_round(run, first + round, &rig);
	rig_close(&rig);
}

void run_all(struct run *run)
{
	unsigned int rounds = run->effort.rounds;
	size_t i;

	number_sections(run);
	progress_begin(run->num_results, exact_present() ? 2 * rounds : rounds);
	/* The plugin makes all slower while it counts. */
	if (run->only_counts) {
		run_phase(run, 0, true, false);
	} else if (exact_present()) {
		run_phase(run, 0, true, false);
		exact_switch(false);
		run_phase(run, rounds, false, true);
	} else {
		run_phase(run, 0, true, true);
	}
	progress_end();
	for (i = 0; i < run->num_results; i++)
		smp_judge(&run->results[i]);
}
