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
	struct groups groups;
	struct result *results;
	size_t num_results;
	struct stall stall;
};

/* @results are ordered by back end; odd rounds go backwards (A B B A). */
void run_all(struct run *run);

#endif
