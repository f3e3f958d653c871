/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The two ways of measuring a loop of ioctls: exact instruction counts (no
 * clock is read inside), and time for each unit (nothing is counted).
 */
#ifndef MTCE_BENCH_MEASURE_H
#define MTCE_BENCH_MEASURE_H

#include <stdint.h>

#include "count.h"
#include "exact.h"
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
/* And the lab's plugin, where there is one: it counts while it is switched on. */
void measure_open_exact(void);
/* The same for a program that mtce-bench starts while it counts itself. */
void measure_join_exact(void);
/* Who counts, for the result. */
const char *measure_counter_name(void);
/* And while time is measured: there the plugin is off. */
const char *measure_timing_counter_name(void);
/* NULL if instructions are counted, otherwise why not. */
const char *measure_uncounted(void);
const struct overhead *measure_overhead(void);

uint64_t measure_instructions(void);	/* the counter as it is now */

/* A piece of work between the two; they may be nested. Net of their own cost. */
struct moment {
	uint64_t instructions;
	struct exact_mark exact;
};

void measure_begin(struct moment *m);
void measure_end(const struct moment *m, struct count *c);

/*
 * Both: all calls must return @expect. They return the number done; short of
 * @n, errno says why.
 *
 * *@per_call: what was counted per call, net of the overhead. The counter is read
 * every @chunk calls, and the median of the chunks is taken: a timer interrupt
 * falls into few of them, so that short work is free of interrupts.
 */
unsigned int measure_count(int fd, const struct call *call, unsigned int n, unsigned int chunk,
			   int expect, unsigned int section, struct count *per_call);
/*
 * The same, without the median: each chunk's count goes to @chunks, which has
 * room for n / chunk rounded up. All calls must return 0.
 */
unsigned int measure_chunks(int fd, const struct call *call, unsigned int n, unsigned int chunk,
			    unsigned int section, struct count *chunks);
/* @ns has room for n / per_unit times. */
unsigned int measure_time(int fd, const struct call *call, unsigned int n,
			  unsigned int per_unit, int expect, uint64_t *ns);

#endif
