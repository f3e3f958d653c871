/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The two ways of measuring a loop of ioctls: exact instruction counts (no
 * clock is read inside), and time for each unit (nothing is counted).
 */
#ifndef MTCE_BENCH_MEASURE_H
#define MTCE_BENCH_MEASURE_H

#include <stdint.h>

#include "plan.h"

/* What counting costs by itself; taken off every result. */
struct overhead {
	double section;		/* instructions: begin and end of counting */
	double per_call;	/* instructions: the loop around a call */
};

/* A counter of the calling thread's instructions: a file, or -1 with errno. */
int measure_counter(void);
/* Opens the counter of this thread's instructions, user and kernel. */
void measure_open(void);
/* NULL if instructions are counted, otherwise why not. */
const char *measure_uncounted(void);
const struct overhead *measure_overhead(void);

uint64_t measure_instructions(void);	/* the counter as it is now */

/*
 * Both: all calls must return @expect. They return the number done; short of
 * @n, errno says why.
 *
 * *@per_call: instructions per call, net of the overhead. The counter is read
 * every @chunk calls, and the median of the chunks is taken: a timer interrupt
 * falls into few of them, so that short work is free of interrupts.
 */
unsigned int measure_count(int fd, const struct call *call, unsigned int n, unsigned int chunk,
			   int expect, unsigned int section, double *per_call);
/*
 * The same, without the median: each chunk's instructions go to @chunks, which has
 * room for n / chunk rounded up. All calls must return 0.
 */
unsigned int measure_chunks(int fd, const struct call *call, unsigned int n, unsigned int chunk,
			    unsigned int section, double *chunks);
/* @ns has room for n / per_unit times. */
unsigned int measure_time(int fd, const struct call *call, unsigned int n,
			  unsigned int per_unit, int expect, uint64_t *ns);

#endif
