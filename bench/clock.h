/* SPDX-License-Identifier: GPL-2.0 */
/* The bench's only clock: monotonic, and not steered by NTP. */
#ifndef MTCE_BENCH_CLOCK_H
#define MTCE_BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);	/* the vDSO, no system call */
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#endif
