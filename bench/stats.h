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
 * that, and it is all of their range. Sorts @v. Returns the probability, which
 * is 75 % of three samples and 97.9 % of ten.
 */
double stats_interval(double *v, size_t n, double *low, double *high);

/*
 * Mann-Whitney U: the probability that samples as far apart as these two sets
 * come from the same source, either set being the greater. Exact, with ties too:
 * of all ways to deal these samples out; of more than STATS_EXACT in all by the
 * normal distribution. NAN of no samples or without memory.
 */
#define STATS_EXACT 64
double stats_mann_whitney(const double *a, size_t na, const double *b, size_t nb);

/* So many samples of either set have one value; values in their order. */
struct stats_counts {
	double a;
	double b;
};

/* The same of counts: exact where that is possible. */
double stats_mann_whitney_counts(const struct stats_counts *c, size_t n);

/* What the test says of so many samples if all of one set are greater: never less. */
double stats_smallest(size_t na, size_t nb);

/*
 * Holm's correction: of @n tests @p, each made larger so that the probability of
 * one small value by chance, among all of them, is what it says. Tests may depend
 * on each other. NANs are no tests.
 */
void stats_holm(const double *p, double *holm, size_t n);

#endif
