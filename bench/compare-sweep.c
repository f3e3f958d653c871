// SPDX-License-Identifier: GPL-2.0
/* What mtce-sweep found, as a table and as lines with commas. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "runfile.h"
#include "util.h"

static const char * const settings[] = { "lazy_entries", "lazy_timeout_ms", "kill_threshold" };

enum { ENTRIES, TIMEOUT, THRESHOLD, NUM_SETTINGS };

static int compare_numbers(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* As the driver had it, if the sweep has that value; else the middle one. */
static double default_of(const json_t *run, const char *name)
{
	const json_t *points = json_object_get(run, "points");
	const json_t *had = json_object_get(json_object_get(json_object_get(run, "context"), "mtce_parameters"), name);
	double wanted = json_is_string(had) ? atof(json_string_value(had)) : -1, middle;
	double *all = xcalloc(json_array_size(points) + 1, sizeof(*all));
	size_t i, n = 0, unique = 0;

	for (i = 0; i < json_array_size(points); i++) {
		double v = json_number_or_nan(json_array_get(points, i), name);

		if (!isnan(v))
			all[n++] = v;
	}
	qsort(all, n, sizeof(*all), compare_numbers);
	for (i = 0; i < n; i++)
		if (!unique || all[i] > all[unique - 1])
			all[unique++] = all[i];
	middle = all[unique / 2];
	for (i = 0; i < unique; i++)
		if (all[i] == wanted)
			middle = wanted;
	free(all);
	return middle;
}

/* Stores that unmaps owe, for each TCE: all that were seen without those that the driver counted around maps. */
static double kills_of(const json_t *point)
{
	double maps = json_number_or_nan(point, "kill_counter_of_maps");
	double tces = json_number_or_nan(point, "tces");

	return tces > 0 ? (json_number_or_nan(point, "kill_stores") - (isnan(maps) ? 0 : maps)) / tces : NAN;
}

static bool is_lazy(const json_t *point)
{
	return json_is_true(json_object_get(point, "lazy"));
}

/* What a row has, in its order. */
enum { OF_ENTRIES, OF_TIMEOUT, OF_THRESHOLD, OF_INSTRUCTIONS, OF_KILLS, OF_PER_FLUSH, OF_HELD, OF_HELD_MOST,
	OF_FULL, OF_TIMED_OUT, NUM_COLUMNS };

static void columns_of(const json_t *point, double *v)
{
	const json_t *flushes = json_object_get(point, "flushes");

	v[OF_ENTRIES] = json_number_or_nan(point, "lazy_entries");
	v[OF_TIMEOUT] = json_number_or_nan(point, "lazy_timeout_ms");
	v[OF_THRESHOLD] = json_number_or_nan(point, "kill_threshold");
	v[OF_INSTRUCTIONS] = json_number_or_nan(point, "unmap_instructions_per_tce");
	v[OF_KILLS] = kills_of(point);
	v[OF_PER_FLUSH] = json_number_or_nan(point, "tces_per_flush");
	v[OF_HELD] = json_number_or_nan(point, "held_mean");
	v[OF_HELD_MOST] = json_number_or_nan(point, "held_max");
	v[OF_FULL] = json_number_or_nan(flushes, "full");
	v[OF_TIMED_OUT] = json_number_or_nan(flushes, "timeout");
}

static void print_heading(const char *what)
{
	printf("\n%s\n%-7s %7s %4s %6s %6s %7s %7s %7s %7s %6s %6s\n", what, "work", "entries", "ms", "thresh", "instr",
	       "kills", "TCEs/", "held", "held", "full", "time-");
	printf("%-7s %7s %4s %6s %6s %7s %7s %7s %7s %6s %6s\n", "", "", "", "", "/unmap", "/TCE", "flush", "mean", "most",
	       "", "out");
}

static void print_row(const json_t *point)
{
	static const int width[] = { 7, 4, 6, 6, 7, 7, 7, 7, 6, 6 };
	static const int digits[] = { 0, 0, 0, 1, 4, 1, 1, 0, 0, 0 };
	double v[NUM_COLUMNS];
	char text[32];
	size_t i;

	columns_of(point, v);
	printf("%-7s", json_text(point, "work", "?"));
	for (i = 0; i < NUM_COLUMNS; i++) {
		int d = v[i] >= 100 ? 0 : v[i] >= 10 && digits[i] ? 1 : digits[i];

		snprintf(text, sizeof(text), isnan(v[i]) ? "-" : "%.*f", d, v[i]);
		printf(" %*s", width[i], i == OF_ENTRIES && !is_lazy(point) ? "strict" : text);
	}
	printf("\n");
}

static void print_about(const json_t *run)
{
	const json_t *context = json_object_get(run, "context"), *says;
	const char *work;
	char text[512];

	print_origin("lazy unmaps", context);
	print_folded(json_is_true(json_object_get(context, "emulated")) ?
		     "emulated: instructions and stores are counted, but what depends on time (timeouts, what is held) "
		     "is not a POWER8's" :
		     "instructions of the thread that unmaps; kills by the driver's counters");
	json_object_foreach(json_object_get(run, "works"), work, says) {
		snprintf(text, sizeof(text), "%s: %s", work, json_string_value(says));
		print_folded(text);
	}
}

/* Everything at the driver's kill_threshold, then every threshold at its other defaults. */
void sweep_table(const json_t *run)
{
	const json_t *points = json_object_get(run, "points"), *p;
	double is[NUM_SETTINGS];
	char text[128];
	size_t i;

	for (i = 0; i < NUM_SETTINGS; i++)
		is[i] = default_of(run, settings[i]);
	print_about(run);
	snprintf(text, sizeof(text), "kill_threshold %.0f, as the driver has it", is[THRESHOLD]);
	print_heading(text);
	json_array_foreach(points, i, p)
		if (json_number_or_nan(p, settings[THRESHOLD]) == is[THRESHOLD])
			print_row(p);
	snprintf(text, sizeof(text), "lazy_entries %.0f and lazy_timeout_ms %.0f, as the driver has them", is[ENTRIES],
		 is[TIMEOUT]);
	print_heading(text);
	json_array_foreach(points, i, p)
		if (!is_lazy(p) || (json_number_or_nan(p, settings[ENTRIES]) == is[ENTRIES] &&
				    json_number_or_nan(p, settings[TIMEOUT]) == is[TIMEOUT]))
			print_row(p);
	printf("\ninstr: of the thread that unmaps; a flush after a timeout is done by another.\n"
	       "kills: stores that unmaps owe, not those of maps. held: TCEs whose page is held.\n");
}

void sweep_csv(const json_t *run)
{
	const json_t *p;
	size_t i, k;

	printf("work,lazy,lazy_entries,lazy_timeout_ms,kill_threshold,unmap_instructions_per_tce,kill_stores_per_tce,"
	       "tces_per_flush,held_mean,held_max,flushes_full,flushes_timeout\n");
	json_array_foreach(json_object_get(run, "points"), i, p) {
		double v[NUM_COLUMNS];

		columns_of(p, v);
		printf("%s,%s", json_text(p, "work", ""), is_lazy(p) ? "lazy" : "strict");
		for (k = 0; k < NUM_COLUMNS; k++)
			csv_number(v[k]);
		printf("\n");
	}
}
