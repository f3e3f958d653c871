/* SPDX-License-Identifier: GPL-2.0 */
/* Runs scenarios on back ends, in rounds, and fills results. */
#ifndef MTCE_BENCH_RUNNER_H
#define MTCE_BENCH_RUNNER_H

#include <stddef.h>

#include "result.h"
#include "rig.h"
#include "stall.h"

/* How much is enough: TCEs (of a unit's ioctls) or units. */
struct effort {
	unsigned int samples;		/* of instructions, per round */
	unsigned int exact_rounds;	/* where the plugin counts: in a phase of its own... */
	unsigned int exact_samples;	/* ... with so many samples per round */
	unsigned int exact_tces;	/* ... and, in place of count_tces, so many in a pass */
	unsigned int count_tces;	/* per sample, at least one unit */
	unsigned int time_tces;		/* timed per round, at least... */
	unsigned int time_units;	/* ...this many units */
	unsigned int headline_ms;	/* of a headline's timing, at least */
	unsigned int teardowns;
	unsigned int rounds;
	unsigned int smp_repeats;	/* of one thread against two, per round */
	unsigned int smp_ms;		/* that the threads work in each */
	bool counts;			/* of this phase: a run counts and times in one, or one after the other */
	bool times;
};

struct run {
	struct effort effort;
	bool only_counts;	/* and no time is measured */
	bool own;		/* the user's workload, none of the scenarios */
	struct groups groups;
	struct result *results;	/* by back end, then by scenario */
	size_t num_results;
	size_t num_scenarios;
	size_t turns;		/* of all results in all rounds */
	size_t turns_done;	/* fewer: somebody interrupted the run */
	struct stall stall;
};

/*
 * Back ends take turns within a scenario (turn.h), so that whatever the machine does meanwhile falls on all of them.
 * Where the plugin counts it does not matter what the machine does, and each back end does all scenarios, which
 * changes containers less often.
 */
void run_all(struct run *run);
bool run_measured_something(const struct run *run);

#endif
