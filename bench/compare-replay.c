// SPDX-License-Identifier: GPL-2.0
/*
 * What mtce-replay found: a table for each part of the recording. A KVM guest's hypercalls stand beside those on
 * upstream, everything else beside upstream's ioctl for each page.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "runfile.h"
#include "util.h"

#define MOST_PARTS 16

static bool is(const json_t *result, const char *key, const char *value)
{
	return !strcmp(json_text(result, key, ""), value);
}

/* The result of upstream that a result of this part and way is compared with. */
static const json_t *beside(const json_t *run, const json_t *result)
{
	const char *way = !strncmp(json_text(result, "way", ""), "kvm", 3) ? "kvm" : "per-page";
	const json_t *r;
	size_t i;

	json_array_foreach(json_object_get(run, "results"), i, r)
		if (is(r, "part", json_text(result, "part", "")) && is(r, "backend", "upstream") && is(r, "way", way))
			return r;
	return NULL;
}

static const char *number(char *buf, size_t size, double v, int digits)
{
	snprintf(buf, size, isnan(v) ? "-" : "%.*f", v >= 1000 ? 0 : v >= 100 ? 1 : digits, v);
	return buf;
}

/* How many times fewer; "none": there are no more. */
static const char *fewer(char *buf, size_t size, const json_t *result, const json_t *base, const char *key, int digits)
{
	double v = json_number_or_nan(result, key), b = json_number_or_nan(base, key);

	if (v == 0 && !isnan(b))
		return "none";
	return number(buf, size, b / v, digits);
}

static double calls_of(const json_t *result)
{
	double exits = json_number_or_nan(result, "exits");

	return isnan(exits) ? json_number_or_nan(result, "ioctls") : exits;
}

static void print_row(const json_t *run, const json_t *r)
{
	const json_t *base = beside(run, r);
	char text[6][32];

	printf("%-13s %-16s %7.0f %7s %7s %8s %6s %6s\n", json_text(r, "backend", "?"), json_text(r, "way", "?"), calls_of(r),
	       number(text[0], sizeof(text[0]), json_number_or_nan(r, "instructions_per_tce"), 1),
	       fewer(text[1], sizeof(text[1]), r, base, "instructions_per_tce", 2),
	       number(text[2], sizeof(text[2]), json_number_or_nan(r, "kill_stores_per_tce"), 4),
	       fewer(text[3], sizeof(text[3]), r, base, "kill_stores_per_tce", 1),
	       number(text[4], sizeof(text[4]), json_number_or_nan(json_object_get(r, "latency_ns"), "p99") / 1000, 1));
}

static void print_heading(const json_t *first)
{
	printf("\n%s: %.0f hypercalls on %.0f TCEs\n", json_text(first, "part", "?"),
	       json_number_or_nan(first, "hypercalls"), json_number_or_nan(first, "tces"));
	printf("%-13s %-16s %7s %7s %7s %8s %6s %6s\n", "back end", "way", "ioctls", "instr", "times", "kills", "times", "p99");
	printf("%-13s %-16s %7s %7s %7s %8s %6s %6s\n", "", "", "", "/TCE", "fewer", "/TCE", "fewer", "us");
}

/* Their names, in the order in which they come. */
static size_t parts_of(const json_t *run, const char **parts)
{
	const json_t *r;
	size_t i, k, n = 0;

	json_array_foreach(json_object_get(run, "results"), i, r) {
		for (k = 0; k < n && !is(r, "part", parts[k]); k++)
			;
		if (k == n && n < MOST_PARTS)
			parts[n++] = json_text(r, "part", "");
	}
	return n;
}

static void print_about(const json_t *run)
{
	const json_t *stream = json_object_get(run, "stream");
	char text[256];

	snprintf(text, sizeof(text), "%s: %.0f lines of a guest's TCE traffic, %s", json_text(stream, "name", "?"),
		 json_number_or_nan(stream, "lines"), json_is_true(json_object_get(stream, "recorded_pace")) ?
		 "at the pace at which it was recorded" : "as fast as it goes");
	print_folded(text);
	print_origin(NULL, json_object_get(run, "context"));
	if (!strcmp(json_text(run, "instructions_counted_by", "pmu"), "qemu-plugin"))
		print_folded("every instruction is counted, by a plugin of QEMU");
	if (context_emulated(run))
		print_folded("emulated: its microseconds are not a POWER8's");
}

void replay_table(const json_t *run)
{
	const char *parts[MOST_PARTS];
	size_t i, k, n = parts_of(run, parts);
	const json_t *r;

	print_about(run);
	for (k = 0; k < n; k++) {
		bool headed = false;

		json_array_foreach(json_object_get(run, "results"), i, r) {
			if (!is(r, "part", parts[k]))
				continue;
			if (!headed)
				print_heading(r);
			headed = true;
			print_row(run, r);
		}
	}
	printf("\ntimes fewer: than upstream, kvm than kvm, the others than an ioctl a page.\n"
	       "ioctls: of kvm, hypercalls that KVM does not do but passes on to user space.\n"
	       "p99: of what is called at once, which is a hypercall or as many as are gathered.\n");
}

void replay_csv(const json_t *run)
{
	const json_t *r;
	size_t i;

	printf("part,backend,way,hypercalls,tces,ioctls_or_exits,instructions_per_tce,kill_stores_per_tce,p50_ns,p99_ns\n");
	json_array_foreach(json_object_get(run, "results"), i, r) {
		const json_t *latency = json_object_get(r, "latency_ns");

		printf("%s,%s,%s", json_text(r, "part", ""), json_text(r, "backend", ""), json_text(r, "way", ""));
		csv_number(json_number_or_nan(r, "hypercalls"));
		csv_number(json_number_or_nan(r, "tces"));
		csv_number(calls_of(r));
		csv_number(json_number_or_nan(r, "instructions_per_tce"));
		csv_number(json_number_or_nan(r, "kill_stores_per_tce"));
		csv_number(json_number_or_nan(latency, "p50"));
		csv_number(json_number_or_nan(latency, "p99"));
		printf("\n");
	}
}
