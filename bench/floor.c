// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "floor.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "measure.h"

#define CALLS 100u
#define REPS 99u
#define PAIRS 20000u

static void call_getppid(void)
{
	syscall(SYS_getppid);
}

static void call_clock(void)
{
	clock_ns();
}

static double instructions_of(void (*call)(void))
{
	struct count samples[REPS];
	struct moment begin;
	unsigned int rep, i;

	for (rep = 0; rep < REPS; rep++) {
		measure_begin(&begin);
		for (i = 0; i < CALLS; i++)
			call();
		measure_end(&begin, &samples[rep]);
	}
	return count_median(samples, REPS).of[COUNTED_INSTRUCTIONS] / CALLS;
}

void floor_measure(struct floor *f)
{
	unsigned int i;

	f->getppid = instructions_of(call_getppid);
	f->clock_read = instructions_of(call_clock);
	histogram_reset(&f->clock_pair);
	for (i = 0; i < PAIRS; i++) {
		uint64_t start = clock_ns();

		histogram_add(&f->clock_pair, clock_ns() - start);
	}
}
