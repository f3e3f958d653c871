// SPDX-License-Identifier: GPL-2.0
/* Arithmetic on the bins of mtcelat.h. */
#include "histogram.h"

#include "../mtcelat.h"

static uint64_t low_unit(unsigned int bin)
{
	if (bin < LAT_SUB)
		return bin;
	return (uint64_t)(LAT_SUB + bin % LAT_SUB) << (bin / LAT_SUB - 1);
}

uint64_t mtce_bin_low(const struct mtce_scale *scale, unsigned int bin)
{
	return (scale->linear ? bin : low_unit(bin)) * scale->width_ns;
}

uint64_t mtce_bin_high(const struct mtce_scale *scale, unsigned int bin)
{
	if (bin == LAT_BINS - 1)
		return MTCE_NO_END;
	return mtce_bin_low(scale, bin + 1) - 1;
}

unsigned int mtce_bin_row(const struct mtce_scale *scale, unsigned int bin)
{
	return scale->linear ? bin : lat_log2(low_unit(bin));
}

uint64_t mtce_bins_count(const uint64_t *bins)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < LAT_BINS; i++)
		n += bins[i];
	return n;
}

uint64_t mtce_bins_percentile(const struct mtce_scale *scale,
			      const uint64_t *bins, unsigned int per_10000)
{
	uint64_t n = mtce_bins_count(bins), seen = 0, want;
	unsigned int i;

	/* Rounded up, in two parts that cannot overflow. */
	want = n / 10000 * per_10000 + (n % 10000 * per_10000 + 9999) / 10000;
	for (i = 0; n && i < LAT_BINS; i++) {
		seen += bins[i];
		if (seen && seen >= want)
			return mtce_bin_high(scale, i);
	}
	return 0;
}
