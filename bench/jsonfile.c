// SPDX-License-Identifier: GPL-2.0
#include "jsonfile.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

json_t *json_number(double v)
{
	return json_real(round(v * 1000) / 1000);
}

void set_number(json_t *o, const char *key, double v)
{
	json_object_set_new(o, key, json_number(v));
}

void set_integer(json_t *o, const char *key, uint64_t v)
{
	json_object_set_new(o, key, json_integer((json_int_t)v));
}

void set_text(json_t *o, const char *key, const char *v)
{
	json_object_set_new(o, key, v ? json_string(v) : json_null());
}

static json_t *bin_json(const struct histogram *h, unsigned int i)
{
	json_int_t low = (json_int_t)histogram_bin_low(i), high = (json_int_t)histogram_bin_high(i);

	return json_pack("[I,I,I]", low, high, (json_int_t)h->bins[i]);
}

/* Ten samples are beyond it, or it is the accident of one of them. */
static void set_percentile(json_t *o, const char *key, const struct histogram *h,
			   unsigned int per_10000)
{
	if (h->count * (10000 - per_10000) / 10000 >= 10)
		set_integer(o, key, histogram_percentile(h, per_10000));
	else
		json_object_set_new(o, key, json_null());
}

json_t *json_histogram(const struct histogram *h)
{
	json_t *o = json_object(), *bins = json_array();
	unsigned int i;

	set_integer(o, "count", h->count);
	set_integer(o, "min", h->count ? h->min : 0);
	set_percentile(o, "p50", h, 5000);
	set_percentile(o, "p90", h, 9000);
	set_percentile(o, "p99", h, 9900);
	set_percentile(o, "p99_9", h, 9990);
	set_integer(o, "max", h->max);
	for (i = 0; i < HISTOGRAM_BINS; i++)
		if (h->bins[i])
			json_array_append_new(bins, bin_json(h, i));
	json_object_set_new(o, "bins", bins);
	return o;
}

#define DUMP_FLAGS (JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12))

void jsonfile_check(const char *path)
{
	char temporary[4096];
	FILE *f;

	if (!strcmp(path, "-"))
		return;
	snprintf(temporary, sizeof(temporary), "%s.part", path);
	f = fopen(temporary, "we");
	if (!f)
		die("cannot write %s: %s", path, strerror(errno));
	fclose(f);
	unlink(temporary);
}

void jsonfile_write(const json_t *json, const char *path)
{
	char temporary[4096];

	if (!strcmp(path, "-")) {
		if (json_dumpf(json, stdout, DUMP_FLAGS) || printf("\n") < 0 || fflush(stdout))
			die("cannot write to stdout: %s", strerror(errno));
		return;
	}
	snprintf(temporary, sizeof(temporary), "%s.part", path);
	if (json_dump_file(json, temporary, DUMP_FLAGS) || rename(temporary, path)) {
		int error = errno;

		unlink(temporary);
		die("cannot write %s: %s", path, strerror(error));
	}
}
