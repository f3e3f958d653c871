/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A scenario made ready for a back end: arrays of ioctls whose arguments are
 * all built beforehand, so that the measured loop does nothing else.
 */
#ifndef MTCE_BENCH_PLAN_H
#define MTCE_BENCH_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "backend.h"
#include "memory.h"
#include "scenario.h"

#define WINDOW_TCES 16384u	/* of the window that the units lie in */

struct call {
	unsigned long request;
	void *arg;
};

struct calls {
	struct call *call;
	unsigned int per_unit;
	bool unlike;		/* those of a unit are not all the same */
	bool flush;		/* behind the last unit is a call that flushes */
	const char *how;
};

struct plan {
	unsigned int units;
	struct calls map;
	struct calls again;	/* of scenario's again: between the two */
	struct calls unmap;
	void *args[8];		/* what the calls point to */
	unsigned int num_args;
};

struct place {
	uint64_t window;	/* IOVA of its first TCE */
	uint64_t other;		/* the same of every second unit's window; may be the same */
	const struct memory *memory;
};

/* Units that do not overlap, at most this many fit a window. */
unsigned int plan_capacity(const struct scenario *s);
void plan_make(struct plan *p, const struct scenario *s, const struct backend *b,
	       const struct place *where, unsigned int units);
void plan_free(struct plan *p);

/* NULL if @memory is enough for the scenario, otherwise why not. */
const char *plan_impossible(const struct scenario *s, const struct memory *memory);

#endif
