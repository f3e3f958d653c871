/* SPDX-License-Identifier: GPL-2.0 */
/* What a run leaves behind: a result per scenario and back end. */
#ifndef MTCE_BENCH_RESULT_H
#define MTCE_BENCH_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "backend.h"
#include "histogram.h"
#include "scenario.h"

#define MAX_SAMPLES 64

enum op {
	OP_MAP,
	OP_UNMAP,
	OP_CALL,	/* the null ioctl */
	OP_CREATE,	/* of a window */
	OP_REMOVE,
	OP_CLOSE,
	OP_TOTAL,	/* from the first map to the end of a teardown */
	NUM_OPS
};

extern const char * const op_names[NUM_OPS];

struct op_result {
	const char *how;
	unsigned int section;	/* of the marker; 0: kills are not observed */
	uint64_t units;		/* counted, in all samples */
	uint64_t ioctls;
	double samples[MAX_SAMPLES];	/* instructions per unit */
	unsigned int num_samples;

	const char *kill_source;	/* of @kills; NULL: unknown */
	const char *kill_reason;	/* why unknown */
	uint64_t kills;
	uint64_t kills_pe;
	bool lazy;		/* kills are delayed; the last is part of it */
	uint64_t flushes[NUM_FLUSHES];
	uint64_t kill_tces;		/* TCEs and units of the pass that counted kills */
	uint64_t kill_units;

	struct histogram *latency;	/* ns per unit */
};

/* Of each repeat; the rest is per TCE. Every map and every unmap counts. */
struct smp_threads {
	double rate[MAX_SAMPLES];	/* TCEs per second, all threads together */
	double instructions[MAX_SAMPLES];
	double switches[MAX_SAMPLES];	/* threads that went to sleep */
};

/* One thread against two. */
struct smp_result {
	unsigned int num;
	struct smp_threads one;
	struct smp_threads two;
	double scaling[MAX_SAMPLES];
	double machine[MAX_SAMPLES];	/* the same of a loop that shares nothing */
	double share[MAX_SAMPLES];	/* scaling / machine */
	unsigned int refused;		/* which does so many ioctls */
	unsigned int stores;		/* and MMIO stores for a map and an unmap */
};

struct result {
	const struct scenario *scenario;
	const struct backend *backend;
	const char *how;
	char skipped[160];
	char failed[256];
	struct op_result ops[NUM_OPS];
	struct smp_result *smp;		/* of a scenario of threads */
};

static inline bool op_measured(const struct op_result *o)
{
	return o->units || o->latency;
}

#endif
