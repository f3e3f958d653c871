/* SPDX-License-Identifier: GPL-2.0 */
/* Time that passes, from some moment on. */
#ifndef MTCE_TEST_CLOCK_H
#define MTCE_TEST_CLOCK_H

#include <time.h>

static inline double clock_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static inline long clock_ms(void)
{
	return clock_s() * 1000;
}

#endif
