// SPDX-License-Identifier: GPL-2.0
#include "runner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "beside.h"
#include "clock.h"
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
#include "turn.h"
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

static void dispatch(struct run *run, struct rig *rig, struct result *r)
{
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

static void run_one(struct run *run, struct rig *rig, struct result *r)
{
	if (r->skipped[0] || r->failed[0] || !in_this_phase(run, r->scenario))
		return;
	dispatch(run, rig, r);
	/* A call that a signal has ended is no failure of the back end; what was measured before holds. */
	if (interrupted())
		r->failed[0] = '\0';
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

#define WATCH_EVERY_NS 3000000000ull

/* The machine is looked at between two scenarios, every few seconds. */
static void watch_machine(struct run *run)
{
	static uint64_t last;

	if (last && clock_ns() - last < WATCH_EVERY_NS)
		return;
	stall_watch(&run->stall);
	last = clock_ns();
}

static void run_round(struct run *run, unsigned int round, struct rig *rig)
{
	const struct turns t = { run->num_results / run->num_scenarios, run->num_scenarios };
	size_t i;

	for (i = 0; i < run->num_results && !interrupted(); i++) {
		size_t at = run->effort.times ? turn_of(&t, round, i) : turn_of_blocks(&t, round, i);
		struct result *r = &run->results[at];

		watch_machine(run);
		progress(round, at, r->backend->name, r->scenario->name);
		run_one(run, rig, r);
		run->turns_done += !interrupted();
	}
}

static void run_phase(struct run *run, unsigned int first, unsigned int rounds, bool counts, bool times)
{
	struct rig rig = { .open = false };
	unsigned int round;

	run->effort.counts = counts;
	run->effort.times = times;
	for (round = 0; round < rounds; round++)
		run_round(run, first + round, &rig);
	rig_close(&rig);
}

/* The plugin makes all slower while it counts, so times are measured afterwards. */
static void run_exact(struct run *run)
{
	const struct effort e = run->effort;

	run->effort.samples = e.exact_samples;
	run->effort.count_tces = e.exact_tces;
	run_phase(run, 0, run->effort.exact_rounds, true, false);
	run->effort.samples = e.samples;
	run->effort.count_tces = e.count_tces;
	if (run->only_counts || interrupted())
		return;
	exact_switch(false);
	run_phase(run, run->effort.exact_rounds, run->effort.rounds, false, true);
}

static void judge(struct result *r)
{
	if (!interrupted())
		smp_judge(r);
	else if (!result_measured(r) && !r->failed[0] && !r->skipped[0])
		result_skip(r, "the run was interrupted before this was measured");
}

bool run_measured_something(const struct run *run)
{
	size_t i;

	for (i = 0; i < run->num_results; i++)
		if (result_measured(&run->results[i]))
			return true;
	return false;
}

void run_all(struct run *run)
{
	const struct effort *e = &run->effort;
	unsigned int rounds = e->rounds + (exact_present() ? e->exact_rounds : 0);
	size_t i;

	number_sections(run);
	run->turns = run->num_results * rounds;
	progress_begin(run->num_results, rounds);
	if (exact_present())
		run_exact(run);
	else
		run_phase(run, 0, e->rounds, true, true);
	progress_end();
	for (i = 0; i < run->num_results; i++)
		judge(&run->results[i]);
}
