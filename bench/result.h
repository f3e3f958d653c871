/* SPDX-License-Identifier: GPL-2.0 */
/* What a run leaves behind: a result per scenario and back end. */
#ifndef MTCE_BENCH_RESULT_H
#define MTCE_BENCH_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "backend.h"
#include "count.h"
#include "histogram.h"
#include "scenario.h"

#define MAX_SAMPLES 64

enum op {
	OP_MAP,
	OP_REPLACE,	/* of live entries: other pages are mapped over them */
	OP_REMAP,	/* of live entries: unmapped, other pages mapped there */
	OP_UNMAP,
	OP_CALL,	/* the null ioctl */
	OP_CREATE,	/* of a window */
	OP_REMOVE,
	OP_CLOSE,
	OP_REGISTER,
	OP_UNREGISTER,
	OP_REUSE,	/* from the unmap to the moment when its kill is done */
	OP_ALONE,	/* what is timed, with the other CPU idle... */
	OP_BESIDE,	/* ... and with a thread at work there */
	OP_TOTAL,	/* from the first map to the end of a teardown */
	NUM_OPS
};

extern const char * const op_names[NUM_OPS];

struct op_result {
	const char *how;
	unsigned int section;	/* of the marker; 0: kills are not observed */
	uint64_t units;		/* counted, in all samples */
	uint64_t ioctls;
	uint64_t exits;			/* of a guest, to user space */
	double hypercall_null;		/* instructions of a hypercall that does nothing; 0: there is no guest */
	double samples[MAX_SAMPLES];	/* instructions per unit */
	unsigned int num_samples;
	enum purity purity;		/* of all of them */
	struct count counted;		/* all that the plugin counted for a sample, per unit */
	double most;			/* of passes as pure as that sample; it is the least of them */

	const char *kill_source;	/* of @kills; NULL: unknown */
	const char *kill_reason;	/* why unknown */
	uint64_t kills;
	uint64_t kills_pe;
	bool lazy;		/* kills are delayed; the last is part of it */
	uint64_t flushes[NUM_FLUSHES];
	uint64_t kill_tces;		/* TCEs and units of the pass that counted kills */
	uint64_t kill_units;

	bool only_time;			/* there is nothing to count */
	uint64_t neighbour_calls;	/* of the thread beside it, meanwhile */
	struct histogram *latency;	/* ns per unit */
};

/* What a thread did in all repeats, and in how long. */
struct smp_tally {
	double done;
	double seconds;
};

struct smp_tallies {
	struct smp_tally one[2];	/* alone, on the one CPU and on the other */
	struct smp_tally two[2];	/* both at once */
};

static inline double smp_rate(const struct smp_tally *t)
{
	return t->seconds > 0 ? t->done / t->seconds : 0;
}

static inline double smp_scaling(const struct smp_tallies *t)
{
	return 2 * (smp_rate(&t->two[0]) + smp_rate(&t->two[1])) /
	       (smp_rate(&t->one[0]) + smp_rate(&t->one[1]));
}

/* Of each repeat; the rest is per TCE. Every map and every unmap counts. */
struct smp_threads {
	double rate[MAX_SAMPLES];	/* TCEs per second, all threads together */
	double instructions[MAX_SAMPLES];
	double stolen[MAX_SAMPLES];	/* part of the time that had no real CPU */
	double switches[MAX_SAMPLES];	/* threads that went to sleep */
};

/* One thread against two. */
struct smp_result {
	unsigned int num;
	struct smp_threads one;
	struct smp_threads two;
	struct smp_tallies work;
	struct smp_tallies machine;	/* the same of a loop that shares nothing */
	double scaling_samples[MAX_SAMPLES];
	double machine_samples[MAX_SAMPLES];
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

/* Of TCEs: instructions and kills are told for each of them. */
static inline bool op_is_of_tces(enum op op)
{
	return op <= OP_UNMAP;
}

void result_latency(struct op_result *o);	/* makes the histogram, once */
/*
 * Adds a sample of instructions per unit. Only the purest are kept; of those that are counted exactly one, the least:
 * what others have more is not of the work.
 */
void result_sample(struct op_result *o, const struct count *c);
void result_skip(struct result *r, const char *why);
void result_fail(struct result *r, const char *why);

/* There is something to show for it. */
bool result_measured(const struct result *r);

/* There is something to show for it. */
bool result_measured(const struct result *r);

#endif
