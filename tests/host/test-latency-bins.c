// SPDX-License-Identifier: GPL-2.0
/* needs: bpf/lib/histogram.c */
/* Bins of mtcelat: every value has exactly one, and it is where the bin says. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "../../bpf/lib/histogram.h"
#include "../../bpf/mtcelat.h"

static const struct mtce_scale scales[] = {
	{ 1, false }, { 1000, false }, { 1, true }, { 250, true }, { 700000, true },
};

static unsigned int bin_of(const struct mtce_scale *s, uint64_t ns)
{
	return s->linear ? lat_bin_linear(ns / s->width_ns) : lat_bin(ns / s->width_ns);
}

static void one_value(const struct mtce_scale *s, uint64_t ns)
{
	unsigned int bin = bin_of(s, ns);

	assert(bin < LAT_BINS);
	assert(mtce_bin_low(s, bin) <= ns);
	assert(ns <= mtce_bin_high(s, bin));
}

/* Bins lie beside each other, from 0 on, and only the last has no end. */
static void bins_are_a_chain(const struct mtce_scale *s)
{
	unsigned int bin;

	assert(mtce_bin_low(s, 0) == 0);
	for (bin = 0; bin < LAT_BINS - 1; bin++) {
		assert(mtce_bin_high(s, bin) >= mtce_bin_low(s, bin));
		assert(mtce_bin_high(s, bin) + 1 == mtce_bin_low(s, bin + 1));
		assert(mtce_bin_high(s, bin) != MTCE_NO_END);
	}
	assert(mtce_bin_high(s, LAT_BINS - 1) == MTCE_NO_END);
}

static void edges(const struct mtce_scale *s)
{
	unsigned int bin;

	for (bin = 0; bin < LAT_BINS; bin++) {
		uint64_t low = mtce_bin_low(s, bin), high = mtce_bin_high(s, bin);

		assert(bin_of(s, low) == bin && bin_of(s, high) == bin);
		one_value(s, low);
		one_value(s, high);
	}
	one_value(s, UINT64_MAX);
}

/* No wider than an eighth of what is in it. */
static void log_bins_are_narrow(void)
{
	const struct mtce_scale s = { 1, false };
	unsigned int bin;

	for (bin = LAT_SUB; bin < LAT_BINS - 1; bin++)
		assert((mtce_bin_high(&s, bin) - mtce_bin_low(&s, bin) + 1) * LAT_SUB <=
		       mtce_bin_low(&s, bin));
}

/* A row of a text is a power of two: no bin is in two of them. */
static void rows_are_powers_of_two(void)
{
	const struct mtce_scale s = { 1, false };
	unsigned int bin;

	for (bin = 2; bin < LAT_BINS - 1; bin++) {
		uint64_t row = 1ull << mtce_bin_row(&s, bin);

		assert(row <= mtce_bin_low(&s, bin) && mtce_bin_high(&s, bin) < 2 * row);
	}
}

static void logarithms(void)
{
	int i;

	for (i = 0; i < 64; i++) {
		assert(lat_log2(1ull << i) == (uint32_t)i);
		assert(lat_log2((1ull << i) | ((1ull << i) - 1)) == (uint32_t)i);
	}
}

static void percentiles(void)
{
	const struct mtce_scale s = { 1, true };
	uint64_t bins[LAT_BINS] = { 0 };
	unsigned int i;

	assert(mtce_bins_percentile(&s, bins, 5000) == 0);
	for (i = 0; i < 100; i++)
		bins[i] = 1;
	assert(mtce_bins_count(bins) == 100);
	assert(mtce_bins_percentile(&s, bins, 5000) == 49);
	assert(mtce_bins_percentile(&s, bins, 9900) == 98);
	assert(mtce_bins_percentile(&s, bins, 9901) == 99);
	assert(mtce_bins_percentile(&s, bins, 10000) == 99);
	memset(bins, 0, sizeof(bins));
	bins[7] = 1;
	assert(mtce_bins_percentile(&s, bins, 1) == 7);
	bins[LAT_BINS - 1] = 1000;
	assert(mtce_bins_percentile(&s, bins, 5000) == MTCE_NO_END);
	/* More than 2^64 / 10000 of them. */
	bins[7] = 1ull << 60;
	assert(mtce_bins_percentile(&s, bins, 9900) == 7);
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(scales) / sizeof(*scales); i++) {
		bins_are_a_chain(&scales[i]);
		edges(&scales[i]);
	}
	log_bins_are_narrow();
	rows_are_powers_of_two();
	logarithms();
	percentiles();
	puts("ok");
	return 0;
}
