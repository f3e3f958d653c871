/* SPDX-License-Identifier: GPL-2.0 */
/* Order statistics of a few samples. */
#ifndef MTCE_BENCH_STATS_H
#define MTCE_BENCH_STATS_H

#include <stddef.h>

/* Middle sample, or the mean of the two middle ones; 0 of none. Sorts @v. */
double stats_median(double *v, size_t n);

#endif
