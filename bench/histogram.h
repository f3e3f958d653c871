/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Log-linear histogram of 64-bit values (nanoseconds here).
 *
 * Values below 64 have a bin each; above, every power of two is cut into 64
 * bins of equal width. A bin is therefore never wider than 1/64 of its lowest
 * value: a percentile read from the bins is at most 1.6 % above the true
 * sample, and never below it. Minimum and maximum are exact. Bins of several
 * runs may be added; percentiles may not be averaged.
 */
#ifndef MTCE_BENCH_HISTOGRAM_H
#define MTCE_BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB_BITS	6
#define HISTOGRAM_SUB		(1u << HISTOGRAM_SUB_BITS)
#define HISTOGRAM_BINS		((64 - HISTOGRAM_SUB_BITS + 1) * HISTOGRAM_SUB)

struct histogram {
	uint64_t count;
	uint64_t min;
	uint64_t max;
	uint64_t bins[HISTOGRAM_BINS];
};

void histogram_reset(struct histogram *h);
void histogram_add(struct histogram *h, uint64_t value);
void histogram_add_many(struct histogram *h, uint64_t value, uint64_t count);
void histogram_merge(struct histogram *into, const struct histogram *from);

/* The smallest value that at least @per_10000 of all samples do not exceed. */
uint64_t histogram_percentile(const struct histogram *h, unsigned int per_10000);

unsigned int histogram_bin(uint64_t value);
uint64_t histogram_bin_low(unsigned int bin);
uint64_t histogram_bin_high(unsigned int bin);	/* the highest value in it */

#endif
