// SPDX-License-Identifier: GPL-2.0
/* needs: bench/stats.c */
/* Order statistics against values that were worked out by hand or are in tables. */
#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "../../bench/stats.h"

static int is_near(double a, double b)
{
	return fabs(a - b) < 0.0001;
}

static void median(void)
{
	double odd[] = { 5, 1, 3 }, even[] = { 4, 1, 3, 2 };

	assert(stats_median(odd, 3) == 3);
	assert(stats_median(even, 4) == 2.5);
	assert(stats_median(NULL, 0) == 0);
}

/* Of ten: the second and the ninth, 97.9 %; of six: all, 96.9 %; of five: all. */
static void interval(void)
{
	double v[] = { 10, 2, 3, 4, 5, 6, 7, 8, 9, 1 }, low, high;

	assert(is_near(stats_interval(v, 10, &low, &high), 1 - 2 * 11.0 / 1024));
	assert(low == 2 && high == 9);
	assert(is_near(stats_interval(v, 6, &low, &high), 1 - 2.0 / 64));
	assert(low == 1 && high == 6);
	assert(is_near(stats_interval(v, 5, &low, &high), 1 - 2.0 / 32));
	assert(low == 1 && high == 5);
	assert(is_near(stats_interval(v, 3, &low, &high), 0.75));
	assert(isnan(stats_interval(v, 0, &low, &high)));
	assert(isnan(low) && isnan(high));
}

static void without_ties(void)
{
	const double low[] = { 1, 2, 3, 4, 5 }, high[] = { 6, 7, 8, 9, 10 };
	const double odd[] = { 1, 3, 5, 7 }, even[] = { 2, 4, 6, 8 };

	/* 2 of the 252 orders of five and five. */
	assert(is_near(stats_mann_whitney(low, 5, high, 5), 2.0 / 252));
	assert(is_near(stats_mann_whitney(high, 5, low, 5), 2.0 / 252));
	/* U is 6; 24 of the 70 orders of four and four have at most that. */
	assert(is_near(stats_mann_whitney(odd, 4, even, 4), 48.0 / 70));
	assert(isnan(stats_mann_whitney(odd, 0, even, 4)));
	assert(is_near(stats_mann_whitney(low, 1, high, 1), 1));
}

static void with_ties(void)
{
	const double same[] = { 7, 7, 7, 7, 7 }, other[] = { 8, 8, 8, 8, 8 };
	const double mixed[] = { 7, 8, 7, 8, 7 };
	const double low[] = { 1, 2, 3 }, high[] = { 2, 4, 5 };

	assert(stats_mann_whitney(same, 5, same, 5) == 1);
	/* However they are dealt out, 2 of the 252 ways are as far apart; of three and three, 2 of 20. */
	assert(is_near(stats_mann_whitney(same, 5, other, 5), 2.0 / 252));
	assert(is_near(stats_mann_whitney(same, 3, other, 3), 2.0 / 20));
	/* Both eights are on one side in 2 * 56 of the 252 ways. */
	assert(is_near(stats_mann_whitney(same, 5, mixed, 5), 2.0 * 56 / 252));
	/* The ranks 1, 2.5, 4 against 2.5, 5, 6: the sum is 7.5; of 20 ways 3 are as low, 3 as high. */
	assert(is_near(stats_mann_whitney(low, 3, high, 3), 6.0 / 20));
}

/* Every way to deal out 9 samples, one by one, against what is computed. */
static void all_ways(void)
{
	const double v[] = { 1, 1, 2, 3, 3, 3, 4, 7, 7 };
	const double tiny = 0.000000001;
	double a[4], b[5], sums[126], rank[9], mean = 0;
	size_t i, j, na, nb, n = 0, far;
	unsigned int set;

	for (i = 0; i < 9; i++)
		for (rank[i] = 0.5, j = 0; j < 9; j++)
			rank[i] += v[j] < v[i] ? 1 : v[j] == v[i] ? 0.5 : 0;
	for (set = 0; set < 1 << 9; set++) {
		if (__builtin_popcount(set) != 4)
			continue;
		for (sums[n] = 0, i = 0; i < 9; i++)
			sums[n] += set >> i & 1 ? rank[i] : 0;
		mean += sums[n++] / 126;
	}
	for (set = 0, j = 0; set < 1 << 9; set++) {
		if (__builtin_popcount(set) != 4)
			continue;
		for (na = 0, nb = 0, i = 0; i < 9; i++)
			*(set >> i & 1 ? &a[na++] : &b[nb++]) = v[i];
		for (far = 0, i = 0; i < n; i++)
			far += fabs(sums[i] - mean) >= fabs(sums[j] - mean) - tiny;
		assert(is_near(stats_mann_whitney(a, 4, b, 5), (double)far / 126));
		j++;
	}
	assert(j == 126);
}

/* More than are counted out one by one. */
static void many(void)
{
	double a[60], b[60], p;
	size_t i;

	for (i = 0; i < 60; i++) {
		a[i] = (double)(i / 2);
		b[i] = (double)(i / 2) + 1;
	}
	p = stats_mann_whitney(a, 60, b, 60);
	/* Exact is 0.529. */
	assert(p > 0.52 && p < 0.54);
	assert(stats_mann_whitney(a, 60, a, 60) == 1);
	/* Two values only, 10 and 22 of 60 of one of them: exact is 0.022, and without the correction for ties 0.059. */
	for (i = 0; i < 60; i++) {
		a[i] = i < 10;
		b[i] = i < 22;
	}
	p = stats_mann_whitney(a, 60, b, 60);
	assert(p > 0.01 && p < 0.03);
}

/* Counts of values say the same as the values, by either way. */
static void counts(void)
{
	const struct stats_counts few[] = { { 2, 0 }, { 1, 2 }, { 0, 1 }, { 1, 2 } };
	const double a[] = { 1, 1, 2, 4 }, b[] = { 2, 2, 3, 4, 4 };
	const struct stats_counts many_alike[] = { { 500, 500 }, { 500, 500 } };
	const struct stats_counts many_apart[] = { { 1000, 0 }, { 0, 1000 } };

	assert(is_near(stats_mann_whitney_counts(few, 4), stats_mann_whitney(a, 4, b, 5)));
	assert(stats_mann_whitney_counts(many_alike, 2) == 1);
	assert(stats_mann_whitney_counts(many_apart, 2) < 0.000000001);
	assert(isnan(stats_mann_whitney_counts(few, 0)));
}

static void smallest(void)
{
	const double low[] = { 1, 2, 3 }, high[] = { 4, 5, 6, 7 };

	assert(is_near(stats_smallest(3, 4), stats_mann_whitney(low, 3, high, 4)));
	assert(is_near(stats_smallest(3, 3), 0.1));
	assert(stats_smallest(1, 1) == 1);
	assert(isnan(stats_smallest(0, 3)));
}

/* Holm 1979: the smallest times all of them, the next times all but one, and none less than one before it. */
static void holm(void)
{
	const double p[] = { 0.04, 0.01, NAN, 0.03, 0.005, 0.03 };
	double h[6];

	stats_holm(p, h, 6);
	assert(is_near(h[4], 0.025) && is_near(h[1], 0.04) && is_near(h[3], 0.09) && is_near(h[5], 0.09));
	assert(is_near(h[0], 0.09) && isnan(h[2]));
	stats_holm((const double[]) { 0.9, 0.8 }, h, 2);
	assert(h[0] == 1 && h[1] == 1);
}

int main(void)
{
	median();
	interval();
	without_ties();
	with_ties();
	all_ways();
	many();
	counts();
	smallest();
	holm();
	printf("stats: ok\n");
	return 0;
}
