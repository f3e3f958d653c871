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

	stats_interval(v, 10, &low, &high);
	assert(low == 2 && high == 9);
	stats_interval(v, 6, &low, &high);
	assert(low == 1 && high == 6);
	stats_interval(v, 5, &low, &high);
	assert(low == 1 && high == 5);
	stats_interval(v, 0, &low, &high);
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

	assert(stats_mann_whitney(same, 5, same, 5) == 1);
	/* U 0; variance 25/12 * (11 - 240/90); z = 12/4.1667 */
	assert(is_near(stats_mann_whitney(same, 5, other, 5), 0.003977));
	assert(stats_mann_whitney(same, 5, mixed, 5) > 0.05);
}

int main(void)
{
	median();
	interval();
	without_ties();
	with_ties();
	printf("stats: ok\n");
	return 0;
}
