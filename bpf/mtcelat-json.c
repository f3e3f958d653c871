// SPDX-License-Identifier: GPL-2.0
/*
 * JSON, a line for each event: begin (what is measured, and where), interval, total. A bin
 * is [lowest, highest, count] in ns, as in a bench.json; highest is null where
 * there is none. A log-linear bin is 1/8 of a power of two.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "lib/context.h"
#include "lib/format.h"
#include "lib/start.h"
#include "mtcelat-parts.h"

static void set_integer(json_t *o, const char *key, uint64_t value)
{
	json_object_set_new(o, key, json_integer((json_int_t)value));
}

/* In an interval one line at once: whoever reads a pipe can work on it. */
static void print_line(json_t *line)
{
	json_dumpf(line, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
	putchar('\n');
	mtce_flush();
	json_decref(line);
}

void lat_json_head(const struct lat_request *request, int argc, char **argv)
{
	json_t *head, *by = json_array();
	unsigned int i;

	/* Nobody attacks our hashes; and a seed read early after boot is a line in the kernel's log. */
	json_object_seed(1);
	head = json_object();
	json_object_set_new(head, "event", json_string("begin"));
	json_object_set_new(head, "tool", json_string("mtcelat"));
	set_integer(head, "schema", 1);
	json_object_set_new(head, "measures", json_string(lat_source_measures(request)));
	for (i = 0; i < LAT_DIMENSIONS; i++)
		if (lat_by(request, i))
			json_array_append_new(by, json_string(lat_dimension_name(i)));
	json_object_set_new(head, "by", by);
	json_object_set_new(head, "bins", json_string(request->scale.linear ? "linear" : "log"));
	json_object_set_new(head, "context", mtce_context(argc, argv));
	print_line(head);
}

static json_t *end_of(uint64_t ns)
{
	return ns == MTCE_NO_END ? json_null() : json_integer((json_int_t)ns);
}

static void set_key(json_t *o, const struct lat_request *r, const struct lat_entry *e)
{
	const struct lat_key *k = &e->key;

	json_object_set_new(o, "backend", json_string(lat_source_name(k->source)));
	if (lat_by(r, LAT_BY_CALL))
		json_object_set_new(o, "call", json_string(lat_call_name(k->call)));
	if (lat_by(r, LAT_BY_BATCH))
		json_object_set_new(o, "batch",
				    json_pack("[I, I]", (json_int_t)lat_batch_low(k->batch),
					      (json_int_t)lat_batch_high(k->batch)));
	if (lat_by(r, LAT_BY_TABLE)) {
		json_object_set_new(o, "container", json_string(mtce_hex(k->container).s));
		json_object_set_new(o, "window", json_integer(k->window));
	}
	if (lat_by(r, LAT_BY_PROCESS)) {
		set_integer(o, "pid", k->pid);
		json_object_set_new(o, "comm",
				    json_stringn(e->hist.comm, strnlen(e->hist.comm, LAT_COMM_LEN)));
	}
	if (lat_by(r, LAT_BY_STAGE))
		json_object_set_new(o, "stage", json_string(lat_stage_name(k->stage)));
}

static json_t *latency(const struct lat_request *r, const struct lat_hist *h)
{
	const uint64_t *bins = (const uint64_t *)h->bins;
	json_t *o = json_object(), *list = json_array();
	unsigned int i;

	set_integer(o, "count", mtce_bins_count(bins));
	set_integer(o, "sum", h->sum_ns);
	json_object_set_new(o, "p50", end_of(mtce_bins_percentile(&r->scale, bins, 5000)));
	json_object_set_new(o, "p90", end_of(mtce_bins_percentile(&r->scale, bins, 9000)));
	json_object_set_new(o, "p99", end_of(mtce_bins_percentile(&r->scale, bins, 9900)));
	for (i = 0; i < LAT_BINS; i++) {
		json_t *bin;

		if (!bins[i])
			continue;
		bin = json_array();
		json_array_append_new(bin, end_of(mtce_bin_low(&r->scale, i)));
		json_array_append_new(bin, end_of(mtce_bin_high(&r->scale, i)));
		json_array_append_new(bin, json_integer((json_int_t)bins[i]));
		json_array_append_new(list, bin);
	}
	json_object_set_new(o, "bins", list);
	return o;
}

void lat_json(const struct lat_report *report)
{
	json_t *line = json_object(), *list = json_array();
	size_t i;

	json_object_set_new(line, "event", json_string(report->number ? "interval" : "total"));
	if (report->number)
		set_integer(line, "number", report->number);
	set_integer(line, "from_ns", report->from_ns);
	set_integer(line, "to_ns", report->to_ns);
	for (i = 0; i < report->set.n; i++) {
		json_t *o = json_object();

		set_key(o, report->request, &report->set.entries[i]);
		json_object_set_new(o, "latency_ns",
				    latency(report->request, &report->set.entries[i].hist));
		json_array_append_new(list, o);
	}
	json_object_set_new(line, "histograms", list);
	set_integer(line, "lost", report->lost);
	print_line(line);
}
