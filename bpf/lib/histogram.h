/* SPDX-License-Identifier: GPL-2.0 */
/* Arithmetic on the bins of mtcelat.h; nothing in here knows BPF. */
#ifndef MTCE_HISTOGRAM_H
#define MTCE_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#define MTCE_NO_END	UINT64_MAX

/* What a bin stands for. */
struct mtce_scale {
	uint64_t width_ns;	/* of a unit, or of a linear bin */
	bool linear;
};

/* The lowest and the highest value, in ns, that are in this bin; the last has no end. */
uint64_t mtce_bin_low(const struct mtce_scale *scale, unsigned int bin);
uint64_t mtce_bin_high(const struct mtce_scale *scale, unsigned int bin);

/* Those bins make one row of a text: linear ones one each, others a power of two. */
unsigned int mtce_bin_row(const struct mtce_scale *scale, unsigned int bin);

uint64_t mtce_bins_count(const uint64_t *bins);

/*
 * The highest value of the bin where the smallest value is that at least
 * @per_10000 of all do not exceed; 0 without any.
 */
uint64_t mtce_bins_percentile(const struct mtce_scale *scale,
			      const uint64_t *bins, unsigned int per_10000);

#endif /* MTCE_HISTOGRAM_H */
