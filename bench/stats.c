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

/* The probability that at most @k of @n fair coins show heads. */
static double coins(size_t n, size_t k)
{
	double term = pow(0.5, (double)n), sum = term;
	size_t i;

	for (i = 1; i <= k; i++) {
		term *= (double)(n - i + 1) / (double)i;
		sum += term;
	}
	return sum;
}

double stats_interval(double *v, size_t n, double *low, double *high)
{
	size_t k = left_out(n);

	*low = NAN;
	*high = NAN;
	if (!n)
		return NAN;
	qsort(v, n, sizeof(*v), compare);
	*low = v[k];
	*high = v[n - 1 - k];
	return 1 - 2 * coins(n, k);
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

/*
 * By the normal distribution, with the correction for ties and half a step for
 * that U goes in steps.
 */
static double normal(const struct stats_counts *c, size_t num)
{
	double na = 0, nb = 0, below = 0, u = 0, ties = 0, n, far, variance;
	size_t i;

	for (i = 0; i < num; i++) {
		double t = c[i].a + c[i].b;

		u += c[i].a * (below + c[i].b / 2);
		below += c[i].b;
		na += c[i].a;
		nb += c[i].b;
		ties += t * t * t - t;
	}
	n = na + nb;
	if (!(na > 0) || !(nb > 0))
		return NAN;
	variance = na * nb / 12 * (n + 1 - ties / (n * (n - 1)));
	far = fabs(u - na * nb / 2) - 0.5;
	if (far <= 0 || variance <= 0)
		return 1;
	return erfc(far / sqrt(2 * variance));
}

static double normal_of_samples(const double *a, size_t na, const double *b, size_t nb)
{
	struct stats_counts *c = calloc(na + nb, sizeof(*c));
	double *all = malloc((na + nb) * sizeof(*all)), p = NAN;
	size_t i, j;

	if (c && all) {
		for (i = 0; i < na + nb; i++)
			all[i] = i < na ? a[i] : b[i - na];
		qsort(all, na + nb, sizeof(*all), compare);
		/* Equal ones in the place of the first. */
		for (i = 0; i < na + nb; i++) {
			double v = i < na ? a[i] : b[i - na];

			for (j = 0; all[j] != v; j++)
				;
			*(i < na ? &c[j].a : &c[j].b) += 1;
		}
		p = normal(c, na + nb);
	}
	free(c);
	free(all);
	return p;
}

double stats_mann_whitney(const double *a, size_t na, const double *b, size_t nb)
{
	size_t n = na + nb, *ranks;
	double *ways, p = NAN;

	if (!na || !nb)
		return NAN;
	if (n > STATS_EXACT)
		return normal_of_samples(a, na, b, nb);
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

double stats_mann_whitney_counts(const struct stats_counts *c, size_t n)
{
	double a[STATS_EXACT], b[STATS_EXACT], all = 0, j;
	size_t i, na = 0, nb = 0;

	for (i = 0; i < n; i++)
		all += c[i].a + c[i].b;
	if (all > STATS_EXACT)
		return normal(c, n);
	for (i = 0; i < n; i++) {
		for (j = 0; j < c[i].a; j++)
			a[na++] = (double)i;
		for (j = 0; j < c[i].b; j++)
			b[nb++] = (double)i;
	}
	return stats_mann_whitney(a, na, b, nb);
}

double stats_smallest(size_t na, size_t nb)
{
	double ways = 1;
	size_t i;

	if (!na || !nb)
		return NAN;
	for (i = 1; i <= na; i++)
		ways *= (double)(nb + i) / (double)i;
	return fmin(1, 2 / ways);
}

void stats_holm(const double *p, double *holm, size_t n)
{
	size_t i, done, left = 0, next;
	double last = -1, most = 0;

	for (i = 0; i < n; i++) {
		holm[i] = NAN;
		left += !isnan(p[i]);
	}
	/* From the smallest up; equal ones at once. */
	while (left) {
		next = n;
		for (i = 0; i < n; i++)
			if (p[i] > last && (next == n || p[i] < p[next]))
				next = i;
		if (next == n)
			break;
		last = p[next];
		most = fmax(most, fmin(1, last * (double)left));
		for (i = 0, done = 0; i < n; i++)
			if (p[i] == last) {
				holm[i] = most;
				done++;
			}
		left -= done;
	}
}
