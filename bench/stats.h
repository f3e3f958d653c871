/* SPDX-License-Identifier: GPL-2.0 */
/* Order statistics of a few samples: none of them takes samples to be normal. */
#ifndef MTCE_BENCH_STATS_H
#define MTCE_BENCH_STATS_H

#include <stddef.h>

/* Middle sample, or the mean of the two middle ones; 0 of none. Sorts @v. */
double stats_median(double *v, size_t n);

/*
 * An interval that holds the median with a probability of 95 % at least: two of
 * the samples themselves, counted from either end. Fewer than six cannot say
 * that, and it is all of their range. Sorts @v.
 */
void stats_interval(double *v, size_t n, double *low, double *high);

/*
 * Mann-Whitney U: the probability that samples as far apart as these two sets
 * come from the same source, either set being the greater. Exact, with ties too:
 * of all ways to deal these samples out. NAN of no samples or without memory.
 */
double stats_mann_whitney(const double *a, size_t na, const double *b, size_t nb);

#endif
