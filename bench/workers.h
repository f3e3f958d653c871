/* SPDX-License-Identifier: GPL-2.0 */
/* Threads on CPUs of their own that do the same for the same time. */
#ifndef MTCE_BENCH_WORKERS_H
#define MTCE_BENCH_WORKERS_H

#include <stdint.h>

struct worker {
	int cpu;
	/* A little work; returns how much it was, 0 with errno if it failed. */
	unsigned int (*piece)(void *arg);
	void *arg;

	/* Filled in: */
	uint64_t done;
	double seconds;		/* less those stolen */
	double stolen;		/* of all its time, a part from 0 to 1 */
	double instructions;	/* of this thread; NAN: not counted */
	double switches;	/* times it went to sleep, as for a lock */
	int error;		/* of the piece that failed */
};

/* They begin together and end with the first piece after @ms. */
void workers_run(struct worker *w, unsigned int n, unsigned int ms);

#endif
