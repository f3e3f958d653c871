// SPDX-License-Identifier: GPL-2.0
#include "stats.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double stats_median(double *v, size_t n)
{
	if (!n)
		return 0;
	qsort(v, n, sizeof(*v), compare);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/*
 * How many samples of either end may be left out: as many of @n fair coins show
 * heads with a probability of at most 2.5 %.
 */
static size_t left_out(size_t n)
{
	double term = pow(0.5, (double)n), sum = term;
	size_t k = 0;

	while (k < n && sum <= 0.025) {
		k++;
		term *= (double)(n - k + 1) / (double)k;
		sum += term;
	}
	return k ? k - 1 : 0;
}

void stats_interval(double *v, size_t n, double *low, double *high)
{
	size_t k = left_out(n);

	*low = NAN;
	*high = NAN;
	if (!n)
		return;
	qsort(v, n, sizeof(*v), compare);
	*low = v[k];
	*high = v[n - 1 - k];
}

/* For each pair of samples 1 if a's is the greater, a half if they are equal. */
static double u_statistic(const double *a, size_t na, const double *b, size_t nb)
{
	double u = 0;
	size_t i, j;

	for (i = 0; i < na; i++)
		for (j = 0; j < nb; j++)
			u += a[i] > b[j] ? 1 : a[i] == b[j] ? 0.5 : 0;
	return u;
}

/*
 * ways[i][u]: in how many orders i of the samples seen so far are of a, and u
 * times one of b comes before one of a. NAN without memory.
 */
static double exact(size_t na, size_t nb, double u)
{
	size_t most = na * nb, total = na + nb, i, seen, k;
	double *ways = calloc((na + 1) * (most + 1), sizeof(*ways)), below = 0, all = 0;

	if (!ways)
		return NAN;
	ways[0] = 1;
	for (seen = 0; seen < total; seen++) {
		/* From many to few, so that a row is used before it is changed. */
		for (i = seen + 1 < na ? seen + 1 : na; i; i--) {
			size_t before = seen - (i - 1);	/* of b */

			if (before > nb)
				continue;
			for (k = most + 1; k-- > before; )
				ways[i * (most + 1) + k] += ways[(i - 1) * (most + 1) + k - before];
		}
	}
	for (k = 0; k <= most; k++) {
		all += ways[na * (most + 1) + k];
		if ((double)k <= u)
			below += ways[na * (most + 1) + k];
	}
	free(ways);
	return 2 * below / all;
}

static size_t count_equal(const double *v, size_t n, double value)
{
	size_t i, equal = 0;

	for (i = 0; i < n; i++)
		equal += v[i] == value;
	return equal;
}

/* Sum of t^3 - t over groups of t equal samples: each of a group adds t^2 - 1. */
static double tie_sum(const double *a, size_t na, const double *b, size_t nb)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < na + nb; i++) {
		double value = i < na ? a[i] : b[i - na];
		double t = (double)(count_equal(a, na, value) + count_equal(b, nb, value));

		sum += t * t - 1;
	}
	return sum;
}

static double approximate(const double *a, size_t na, const double *b, size_t nb, double u)
{
	double n = (double)(na + nb), pairs = (double)na * (double)nb;
	double variance = pairs / 12 * (n + 1 - tie_sum(a, na, b, nb) / (n * (n - 1)));

	/* All of them are equal. */
	if (variance <= 0)
		return 1;
	return erfc((fabs(u - pairs / 2) - 0.5) / sqrt(variance) / M_SQRT2);
}

double stats_mann_whitney(const double *a, size_t na, const double *b, size_t nb)
{
	double u, p;

	if (!na || !nb)
		return NAN;
	u = u_statistic(a, na, b, nb);
	if (u > (double)(na * nb) / 2)
		u = (double)(na * nb) - u;
	p = tie_sum(a, na, b, nb) > 0 ? approximate(a, na, b, nb, u) : exact(na, nb, u);
	return p < 1 ? p : 1;
}
