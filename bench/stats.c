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

/*
 * Twice the rank of each sample of both sets, @a's first, among all of them;
 * equal ones share the mean of their ranks.
 */
static void double_ranks(const double *a, size_t na, const double *b, size_t nb, size_t *ranks)
{
	size_t i, j, n = na + nb;

	for (i = 0; i < n; i++) {
		double value = i < na ? a[i] : b[i - na];

		ranks[i] = 1;
		for (j = 0; j < n; j++) {
			double other = j < na ? a[j] : b[j - na];

			ranks[i] += 2 * (other < value) + (other == value);
		}
	}
}

/*
 * ways[i][s]: how many choices of @i of the samples have ranks of the sum @s.
 * Of all choices of @na, those whose sum is as far from the middle as @a's.
 */
static double exact(const size_t *ranks, size_t na, size_t n, double *ways)
{
	size_t i, s, seen, sum = 0, middle = na * (n + 1), most = n * (n + 1);
	double far = 0, all = 0;

	ways[0] = 1;
	for (seen = 0; seen < n; seen++)
		/* From many to few, so that a row is used before it is changed. */
		for (i = seen + 1 < na ? seen + 1 : na; i; i--)
			for (s = ranks[seen]; s <= most; s++)
				ways[i * (most + 1) + s] +=
					ways[(i - 1) * (most + 1) + s - ranks[seen]];
	for (i = 0; i < na; i++)
		sum += ranks[i];
	for (s = 0; s <= most; s++) {
		all += ways[na * (most + 1) + s];
		if (labs((long)s - (long)middle) >= labs((long)sum - (long)middle))
			far += ways[na * (most + 1) + s];
	}
	return far / all;
}

double stats_mann_whitney(const double *a, size_t na, const double *b, size_t nb)
{
	size_t n = na + nb, *ranks;
	double *ways, p = NAN;

	if (!na || !nb)
		return NAN;
	ranks = calloc(n, sizeof(*ranks));
	ways = calloc((na + 1) * (n * (n + 1) + 1), sizeof(*ways));
	if (ranks && ways) {
		double_ranks(a, na, b, nb, ranks);
		p = exact(ranks, na, n, ways);
	}
	free(ranks);
	free(ways);
	return p;
}
