// SPDX-License-Identifier: GPL-2.0
/*
 * Several runs of one thing made into one: samples and bins of all, sums of kill stores. What one of them lacks,
 * or failed in, has failed.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "runfile.h"
#include "stats.h"
#include "util.h"

static double median_of(const json_t *samples)
{
	size_t i, n = json_array_size(samples);
	double *v = xcalloc(n + 1, sizeof(*v)), median;

	for (i = 0; i < n; i++)
		v[i] = json_number_value(json_array_get(samples, i));
	median = n ? stats_median(v, n) : NAN;
	free(v);
	return median;
}

static void set_or_null(json_t *o, const char *key, double v)
{
	json_object_set_new(o, key, isfinite(v) ? json_real(v) : json_null());
}

static void add_samples(json_t *into, const json_t *from, const char *key)
{
	if (json_object_get(into, key) && json_object_get(from, key))
		json_array_extend(json_object_get(into, key), json_object_get(from, key));
}

/* One that is unknown makes the sum unknown. */
static void add_number(json_t *into, const json_t *from, const char *key)
{
	if (json_object_get(into, key) || json_object_get(from, key))
		set_or_null(into, key, json_number_or_nan(into, key) + json_number_or_nan(from, key));
}

/* The greater of two that should be the same. */
static void keep_more(json_t *into, const json_t *from, const char *key)
{
	if (json_object_get(into, key))
		set_or_null(into, key, fmax(json_number_or_nan(into, key),
					    json_number_or_nan(from, key)));
}

static void note_median(json_t *into, const json_t *step)
{
	const json_t *samples = json_object_get(step, "instructions_per_call_samples");

	if (!samples)
		return;
	if (!json_object_get(into, RUN_MEDIANS))
		json_object_set_new(into, RUN_MEDIANS, json_array());
	json_array_append_new(json_object_get(into, RUN_MEDIANS), json_real(median_of(samples)));
}

static void merge_step(json_t *into, const json_t *from, double tces)
{
	static const char * const sums[] = {
		"calls", "kill_stores", "kill_stores_pe", "kill_calls", "kill_tces",
	};
	double null = json_number_or_nan(into, "instructions_per_call") -
		      json_number_or_nan(into, "instructions_above_null_per_call");
	double median;
	size_t i;

	if (!json_object_get(into, RUN_MEDIANS))
		note_median(into, into);
	note_median(into, from);
	add_samples(into, from, "instructions_per_call_samples");
	for (i = 0; i < ARRAY_SIZE(sums); i++)
		add_number(into, from, sums[i]);
	keep_more(into, from, "exits_per_call");
	if (json_object_get(into, "latency_ns") && json_object_get(from, "latency_ns"))
		latency_merge(json_object_get(into, "latency_ns"), json_object_get(from, "latency_ns"));
	median = median_of(json_object_get(into, "instructions_per_call_samples"));
	if (isnan(median))
		return;
	set_or_null(into, "instructions_per_call", median);
	set_or_null(into, "instructions_per_tce", median / tces);
	if (!isnan(null))
		set_or_null(into, "instructions_above_null_per_call", median - null);
}

static void merge_threads(json_t *into, const json_t *from)
{
	static const char * const counts[] = { "one_thread", "two_threads" };
	size_t i;

	add_samples(into, from, "scaling_samples");
	add_samples(into, from, "machine_scaling_samples");
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		json_t *one = json_object_get(into, counts[i]);

		add_samples(one, json_object_get(from, counts[i]), "tces_per_second_samples");
		set_or_null(one, "tces_per_second",
			    median_of(json_object_get(one, "tces_per_second_samples")));
		keep_more(one, json_object_get(from, counts[i]), "instructions_per_tce");
	}
	set_or_null(into, "scaling", median_of(json_object_get(into, "scaling_samples")));
	set_or_null(into, "machine_scaling",
		    median_of(json_object_get(into, "machine_scaling_samples")));
	set_or_null(into, "share_of_machine", json_number_or_nan(into, "scaling") /
		    json_number_or_nan(into, "machine_scaling"));
}

static void fail(json_t *result, const char *name, const char *what)
{
	if (!json_object_get(result, "failed"))
		json_object_set_new(result, "failed", json_sprintf("%s in %s", what, name));
}

static bool is_step(const char *key, const json_t *value)
{
	return json_is_object(value) && (!strcmp(key, OP_THREADS) || json_object_get(value, "calls"));
}

static void merge_result(json_t *into, const json_t *from, const char *name)
{
	const char *key;
	json_t *step;

	if (!from || json_object_get(from, "failed") || json_object_get(from, "skipped")) {
		fail(into, name, from ? "failed or skipped" : "missing");
		return;
	}
	json_object_foreach(into, key, step) {
		const json_t *other = json_object_get(from, key);

		if (!is_step(key, step))
			continue;
		if (!other)
			fail(into, name, "a step is missing");
		else if (!strcmp(key, OP_THREADS))
			merge_threads(step, other);
		else
			merge_step(step, other, json_number_or_nan(into, "tces_per_call"));
	}
}

static bool skipped_everywhere(json_t *const *runs, size_t num, const json_t *result)
{
	size_t i;

	for (i = 0; i < num; i++) {
		const json_t *r = runfile_result(runs[i], json_text(result, "name", ""),
						 json_text(result, "backend", ""));

		if (!r || !json_object_get(r, "skipped"))
			return false;
	}
	return true;
}

/* Those that the first run does not have. */
static void add_unknown(json_t *into, const json_t *from, const char *first)
{
	const json_t *scenarios = json_object_get(from, "scenarios");
	size_t i;

	for (i = 0; i < json_array_size(scenarios); i++) {
		json_t *r = json_array_get(scenarios, i);

		if (runfile_result(into, json_text(r, "name", ""), json_text(r, "backend", "")))
			continue;
		r = json_deep_copy(r);
		fail(r, first, "missing");
		json_array_append_new(json_object_get(into, "scenarios"), r);
	}
}

json_t *merge_runs(json_t *const *runs, const char *const *names, size_t num)
{
	json_t *into = json_deep_copy(runs[0]), *scenarios = json_object_get(into, "scenarios");
	size_t i, run;

	for (i = 0; i < json_array_size(scenarios); i++) {
		json_t *result = json_array_get(scenarios, i);

		for (run = 1; run < num && !skipped_everywhere(runs, num, result); run++)
			merge_result(result, runfile_result(runs[run], json_text(result, "name", ""),
							    json_text(result, "backend", "")),
				     names[run]);
	}
	for (run = 1; run < num; run++)
		add_unknown(into, runs[run], names[0]);
	return into;
}
