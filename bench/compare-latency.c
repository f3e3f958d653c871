// SPDX-License-Identifier: GPL-2.0
/* What can be said of a histogram of latencies in a file. */
#include <math.h>
#include <stdlib.h>

#include "compare.h"
#include "runfile.h"
#include "stats.h"
#include "util.h"

/* So many calls must be beyond a percentile, or it is the accident of one of them. */
#define BEYOND 10

static size_t num_bins(const json_t *latency)
{
	return json_array_size(json_object_get(latency, "bins"));
}

/* [lowest, highest, count] */
static double bin(const json_t *latency, size_t i, size_t field)
{
	return json_number_value(json_array_get(json_array_get(json_object_get(latency, "bins"), i),
						field));
}

double latency_calls(const json_t *latency)
{
	double calls = 0;
	size_t i;

	for (i = 0; i < num_bins(latency); i++)
		calls += bin(latency, i, 2);
	return calls;
}

double latency_percentile(const json_t *latency, double quantile)
{
	double calls = latency_calls(latency), seen = 0, max = json_number_or_nan(latency, "max");
	size_t i;

	/* A little less than ten is ten: quantiles are not exact. */
	if (calls * (1 - quantile) < BEYOND - 0.001)
		return NAN;
	for (i = 0; i < num_bins(latency); i++) {
		seen += bin(latency, i, 2);
		if (seen >= ceil(calls * quantile - 0.001))
			return fmin(bin(latency, i, 1), isnan(max) ? INFINITY : max);
	}
	return NAN;
}

/* Counts of both, value by value: bins of all files have the same edges. */
static size_t align(const json_t *a, const json_t *b, struct stats_counts *counts)
{
	size_t i = 0, j = 0, n = 0;

	while (i < num_bins(a) || j < num_bins(b)) {
		double low_a = i < num_bins(a) ? bin(a, i, 0) : INFINITY;
		double low_b = j < num_bins(b) ? bin(b, j, 0) : INFINITY;

		counts[n].a = low_a <= low_b ? bin(a, i++, 2) : 0;
		counts[n].b = low_b <= low_a ? bin(b, j++, 2) : 0;
		n++;
	}
	return n;
}

void latency_test(const json_t *a, const json_t *b, struct test *t)
{
	struct stats_counts *counts = xcalloc(num_bins(a) + num_bins(b) + 1, sizeof(*counts));

	t->p = stats_mann_whitney_counts(counts, align(a, b, counts));
	t->smallest = stats_smallest((size_t)latency_calls(a), (size_t)latency_calls(b));
	free(counts);
}

void latency_merge(json_t *into, const json_t *from)
{
	json_t *bins = json_array();
	size_t i = 0, j = 0;

	while (i < num_bins(into) || j < num_bins(from)) {
		double low_a = i < num_bins(into) ? bin(into, i, 0) : INFINITY;
		double low_b = j < num_bins(from) ? bin(from, j, 0) : INFINITY;
		const json_t *any = low_a <= low_b ? into : from;
		size_t at = low_a <= low_b ? i : j;
		double count = (low_a <= low_b ? bin(into, i, 2) : 0) +
			       (low_b <= low_a ? bin(from, j, 2) : 0);

		json_array_append_new(bins, json_pack("[I,I,I]", (json_int_t)bin(any, at, 0),
						      (json_int_t)bin(any, at, 1),
						      (json_int_t)count));
		i += low_a <= low_b;
		j += low_b <= low_a;
	}
	json_object_set_new(into, "bins", bins);
	json_object_set_new(into, "count", json_integer((json_int_t)latency_calls(into)));
	json_object_set_new(into, "max", json_real(fmax(json_number_or_nan(into, "max"),
							json_number_or_nan(from, "max"))));
	json_object_set_new(into, "min", json_real(fmin(json_number_or_nan(into, "min"),
							json_number_or_nan(from, "min"))));
}
