// SPDX-License-Identifier: GPL-2.0
/* needs: bench/histogram.c bench/stats.c */
/* Bins, percentiles and merging of the bench's histogram against brute force. */
#include <stdio.h>
#include <stdlib.h>

#include "../../bench/histogram.h"
#include "../../bench/stats.h"

static unsigned int number, failures;

static void check(int ok, const char *name)
{
	printf("%sok %u %s\n", ok ? "" : "not ", ++number, name);
	failures += !ok;
}

/* xorshift: the same numbers everywhere */
static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static int bins_cover_without_gap(void)
{
	unsigned int i;

	if (histogram_bin_low(0) || histogram_bin_high(HISTOGRAM_BINS - 1) != UINT64_MAX)
		return 0;
	for (i = 0; i < HISTOGRAM_BINS; i++) {
		uint64_t low = histogram_bin_low(i), high = histogram_bin_high(i);

		if (low > high || histogram_bin(low) != i || histogram_bin(high) != i)
			return 0;
		if (i && low != histogram_bin_high(i - 1) + 1)
			return 0;
		/* the promised error bound */
		if (low && (high - low) > low / HISTOGRAM_SUB)
			return 0;
	}
	return 1;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* @v sorted; the definition of a percentile, on the samples themselves */
static uint64_t exact(const uint64_t *v, unsigned int n, unsigned int per_10000)
{
	unsigned int rank = (unsigned int)(((uint64_t)n * per_10000 + 9999) / 10000);

	return v[rank ? rank - 1 : 0];
}

static int percentiles_within_bound(unsigned int n, unsigned int shift)
{
	static const unsigned int ps[] = { 0, 1, 5000, 9000, 9900, 9990, 10000 };
	struct histogram *h = malloc(sizeof(*h));
	uint64_t *v = calloc(n, sizeof(*v));
	uint64_t state = 88172645463325252u + n;
	unsigned int i;
	int ok = 1;

	histogram_reset(h);
	for (i = 0; i < n; i++) {
		v[i] = next(&state) >> shift;
		histogram_add(h, v[i]);
	}
	qsort(v, n, sizeof(*v), compare);
	for (i = 0; i < sizeof(ps) / sizeof(ps[0]); i++) {
		uint64_t want = exact(v, n, ps[i]);
		uint64_t got = histogram_percentile(h, ps[i]);

		ok = ok && got >= want && got - want <= want / HISTOGRAM_SUB;
	}
	ok = ok && h->min == v[0] && h->max == v[n - 1] && h->count == n;
	free(v);
	free(h);
	return ok;
}

static int merge_equals_one(void)
{
	struct histogram *h = calloc(3, sizeof(*h));
	uint64_t state = 1;
	unsigned int i;
	int ok = 1;

	for (i = 0; i < 3; i++)
		histogram_reset(&h[i]);
	for (i = 0; i < 5000; i++) {
		uint64_t v = next(&state) >> (i % 50);

		histogram_add(&h[0], v);
		histogram_add(&h[1 + i % 2], v);
	}
	histogram_merge(&h[1], &h[2]);
	for (i = 0; i < HISTOGRAM_BINS; i++)
		ok = ok && h[0].bins[i] == h[1].bins[i];
	ok = ok && h[0].count == h[1].count && h[0].min == h[1].min && h[0].max == h[1].max;
	free(h);
	return ok;
}

static int empty_is_quiet(void)
{
	struct histogram *h = calloc(2, sizeof(*h));
	int ok;

	histogram_reset(&h[0]);
	histogram_reset(&h[1]);
	ok = histogram_percentile(&h[0], 9990) == 0;
	histogram_add_many(&h[1], 7, 0);
	ok = ok && !h[1].count;
	histogram_add_many(&h[1], 7, 3);
	histogram_merge(&h[1], &h[0]);
	ok = ok && h[1].min == 7 && h[1].max == 7 && h[1].count == 3;
	free(h);
	return ok;
}

static int huge_counts_do_not_overflow(void)
{
	struct histogram *h = malloc(sizeof(*h));
	int ok;

	histogram_reset(h);
	histogram_add_many(h, 10, UINT64_MAX / 4);
	histogram_add_many(h, 50, UINT64_MAX / 4);
	ok = histogram_percentile(h, 5000) == 10 && histogram_percentile(h, 9990) == 50;
	free(h);
	return ok;
}

static int medians(void)
{
	double odd[] = { 9, 1, 5 }, even[] = { 4, 1, 3, 2 };

	return stats_median(odd, 3) == 5 && stats_median(even, 4) == 2.5 &&
	       stats_median(NULL, 0) == 0;
}

int main(void)
{
	printf("TAP version 13\n1..8\n");
	check(bins_cover_without_gap(), "bins cover all values, none wider than 1/64");
	check(percentiles_within_bound(1, 30), "percentiles of one sample");
	check(percentiles_within_bound(9999, 44), "percentiles of small values");
	check(percentiles_within_bound(12345, 3), "percentiles of large values");
	check(merge_equals_one(), "two merged histograms equal one of all samples");
	check(empty_is_quiet(), "an empty histogram has no effect");
	check(huge_counts_do_not_overflow(), "huge counts do not overflow the rank");
	check(medians(), "median of odd, even and no samples");
	return failures ? 1 : 0;
}
