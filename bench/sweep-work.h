/* SPDX-License-Identifier: GPL-2.0 */
/* Work with lazy unmaps, under one setting of the driver. */
#ifndef MTCE_BENCH_SWEEP_WORK_H
#define MTCE_BENCH_SWEEP_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "backend.h"
#include "memory.h"

#define SWEEP_PAGE_SHIFT 12
#define SWEEP_WINDOW_TCES 131072u	/* more than a queue holds: nothing is reused early */
#define SWEEP_MEMORY ((size_t)16 << 20)

/* Where it is done, and how long. */
struct sweep_place {
	struct container container;
	uint64_t window;
	const struct memory *memory;
	bool lazy;		/* or strict, to compare with */
	unsigned int section;	/* of the marker */
	unsigned int ms;
};

struct sweep_found {
	uint64_t tces;		/* mapped, and unmapped */
	double seconds;
	double map_instructions;	/* in all; of this thread */
	double unmap_instructions;	/* with the flush in the end */
	uint64_t kills;		/* as the driver counts them */
	uint64_t kills_pe;
	uint64_t kills_of_maps;
	uint64_t flushes[NUM_FLUSHES];
	uint64_t looks;		/* at what is held */
	uint64_t held_sum;	/* TCEs cleared whose kill is delayed */
	uint64_t held_max;
};

struct sweep_work {
	const char *name;
	const char *sentence;
	/* 0 or -errno, with backend_error(). */
	int (*run)(struct sweep_place *p, struct sweep_found *f);
};

extern const struct sweep_work sweep_works[];
extern const unsigned int num_sweep_works;

#endif
