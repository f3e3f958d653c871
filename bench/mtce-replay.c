// SPDX-License-Identifier: GPL-2.0
/* mtce-replay: guests' real TCE traffic, through every back end and in every honest way. */
#define _GNU_SOURCE
#include <argp.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "context.h"
#include "exact.h"
#include "jsonfile.h"
#include "marker.h"
#include "measure.h"
#include "process.h"
#include "replay-run.h"
#include "util.h"
#include "version.h"
#include "../vmm/vmm.h"

#define REPLAY_SCHEMA 1
#define MEMORY ((size_t)256 << 20)

const char *argp_program_version = "mtce-replay " MTCE_VERSION;

static const char doc[] =
	"Replays the TCE traffic that a guest made, and says what it costs.\v"
	"RECORDING is a .csv or .csv.zst of scripts/record-tces; two are in bench/traces. Ways:\n"
	"  kvm        hypercalls of a KVM guest, which the kernel does by itself\n"
	"  per-page   one ioctl a page, as QEMU drives upstream\n"
	"  hypercall  one call of mtce for what one hypercall carried\n"
	"  gather-K   K hypercalls in one update, as a user-space driver may\n"
	"and the same with -lazy. scripts/replay runs it and prints the table.\n\n"
	"Examples:\n"
	"  mtce-replay --group 3 traces/disk-net.csv.zst\n"
	"  mtce-replay --group 3 --way 'hypercall*' --pace --output - traces/ddw.csv.zst\n\n"
	"Environment: MTCE_GROUPS, MTCE_OUT (folder of replay.json), MTCE_MARKER, as for mtce-bench.";

enum { KEY_CONTEXT = 256, KEY_WAY, KEY_PACE, KEY_ROUNDS };

static const struct argp_option options[] = {
	{ "group", 'g', "N", 0, "IOMMU group to use", 0 },
	{ "output", 'o', "FILE", 0, "JSON goes here; - is stdout (default: replay.json in MTCE_OUT, or here)", 0 },
	{ "context", KEY_CONTEXT, "FILE", 0, "JSON object to add to the context", 0 },
	{ "backend", 'b', "NAME", 0, "only this back end: upstream, mtce-takeover or mtce", 0 },
	{ "way", KEY_WAY, "PATTERN", 0, "only these ways", 0 },
	{ "rounds", KEY_ROUNDS, "N", 0, "rounds, every second one backwards (default: 2)", 0 },
	{ "pace", KEY_PACE, NULL, 0, "each hypercall at its recorded time, not as fast as possible", 0 },
	{ 0 }
};

struct arguments {
	int group;
	const char *output;
	const char *context;
	const char *backend;
	const char *way;
	const char *recording;
	unsigned int rounds;
	bool pace;
};

static const struct replay_way ways[] = {
	{ .name = "kvm", .kvm = true,
	  .sentence = "hypercalls of a KVM guest, done in the kernel" },
	{ .name = "kvm-lazy", .kvm = true, .lazy_hcalls = true,
	  .sentence = "the same where their unmaps are lazy (lazy_hcalls)" },
	{ .name = "per-page", .per_page = true,
	  .sentence = "an ioctl for each page" },
	{ .name = "hypercall",
	  .sentence = "a call for each hypercall" },
	{ .name = "hypercall-lazy", .lazy = true,
	  .sentence = "a call for each hypercall, unmaps are lazy" },
	{ .name = "gather-8", .gather = 8,
	  .sentence = "an update for 8 hypercalls" },
	{ .name = "gather-32", .gather = 32,
	  .sentence = "an update for 32 hypercalls" },
	{ .name = "gather-128", .gather = 128,
	  .sentence = "an update for 128 hypercalls" },
	{ .name = "gather-8-lazy", .gather = 8, .lazy = true,
	  .sentence = "an update for 8 hypercalls, unmaps are lazy" },
	{ .name = "gather-32-lazy", .gather = 32, .lazy = true,
	  .sentence = "an update for 32 hypercalls, unmaps are lazy" },
	{ .name = "gather-128-lazy", .gather = 128, .lazy = true,
	  .sentence = "an update for 128 hypercalls, unmaps are lazy" },
};

#define MAX_JOBS 32

static unsigned int number(struct argp_state *state, const char *text, unsigned int max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end || n > max || text[0] == '-')
		argp_error(state, "'%s' is not a number up to %u", text, max);
	return (unsigned int)n;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'g':
		a->group = (int)number(state, arg, 1000000);
		break;
	case 'o':
		a->output = arg;
		break;
	case 'b':
		a->backend = arg;
		if (!backend_find(arg))
			argp_error(state, "there is no back end '%s'", arg);
		break;
	case KEY_CONTEXT:
		a->context = arg;
		break;
	case KEY_WAY:
		a->way = arg;
		break;
	case KEY_ROUNDS:
		a->rounds = number(state, arg, REPLAY_ROUNDS);
		if (!a->rounds)
			argp_error(state, "at least one round");
		break;
	case KEY_PACE:
		a->pace = true;
		break;
	case ARGP_KEY_ARG:
		if (a->recording)
			argp_error(state, "one recording at a time");
		a->recording = arg;
		break;
	case ARGP_KEY_END:
		if (!a->recording)
			argp_error(state, "which recording?");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/*
 * What is to be done
 */

static bool wanted(const struct arguments *a, const struct backend *b, const struct replay_way *w)
{
	if (a->backend && strcmp(a->backend, b->name))
		return false;
	if (a->way && fnmatch(a->way, w->name, 0))
		return false;
	/* A VMM that is not changed knows upstream's types only; the other ways need calls that those have not. */
	if (w->kvm)
		return !b->batch && (b->counters || !w->lazy_hcalls);
	return w->per_page || b->batch;
}

static unsigned int jobs_make(struct replay_job *jobs, const struct arguments *a,
			      const struct stream *s)
{
	unsigned int n = 0, section = 0, b, w, part;
	const char *why, *no_kvm = vmm_missing();

	if (no_kvm)
		fprintf(stderr, "mtce-replay: without %s: %s\n", ways[0].name, no_kvm);
	for (b = 0; b < num_backends; b++) {
		for (w = 0; w < ARRAY_SIZE(ways); w++) {
			if ((no_kvm && ways[w].kvm) || !wanted(a, &backends[b], &ways[w]))
				continue;
			why = backend_unavailable(&backends[b]);
			if (why)
				die("%s: %s", backends[b].name, why);
			jobs[n].backend = &backends[b];
			jobs[n].way = &ways[w];
			for (part = 0; part < s->num_parts; part++) {
				jobs[n].found[part].section = ++section;
				histogram_reset(&jobs[n].found[part].latency);
			}
			n++;
		}
	}
	if (!n)
		die("no back end replays in a way that is called '%s'", a->way);
	return n;
}

static void run_all(struct replay_job *jobs, unsigned int n, const struct arguments *a,
		    const struct replay_setting *setting)
{
	uint64_t start = clock_ns();
	unsigned int round, i;

	for (round = 0; round < a->rounds; round++) {
		for (i = 0; i < n; i++) {
			struct replay_job *job = &jobs[round % 2 ? n - 1 - i : i];

			fprintf(stderr, "mtce-replay: round %u of %u, %s %s, %llu s\n", round + 1,
				a->rounds, job->backend->name, job->way->name,
				(unsigned long long)((clock_ns() - start) / 1000000000u));
			replay_round(job, setting, !round);
		}
	}
}

/*
 * JSON
 */

static void set_instructions(json_t *j, const struct replay_found *f)
{
	json_t *samples;
	double sum = 0;
	unsigned int i;

	if (measure_uncounted()) {
		set_text(j, "instructions_reason", measure_uncounted());
		return;
	}
	samples = json_array();
	for (i = 0; i < f->rounds; i++) {
		sum += f->instructions[i];
		json_array_append_new(samples,
				      json_number(f->instructions[i] / (double)f->tces));
	}
	set_number(j, "instructions_per_tce", sum / f->rounds / (double)f->tces);
	json_object_set_new(j, "instructions_per_tce_samples", samples);
}

static void set_kills(json_t *j, const struct replay_job *job, const struct replay_found *f)
{
	uint64_t all, pe;
	json_t *flushes;
	unsigned int i;

	set_integer(j, "kill_tces", f->tces);
	if (job->backend->counters)
		set_integer(j, "kill_counter", f->kills);
	if (exact_present()) {
		marker_kills(f->section, &all, &pe);
		set_number(j, "kill_stores_per_tce", (double)all / (double)f->tces);
		set_text(j, "kill_source", "qemu-plugin");
	} else if (marker_present()) {
		set_integer(j, "section", f->section);
	} else if (job->backend->counters) {
		set_number(j, "kill_stores_per_tce", (double)f->kills / (double)f->tces);
		set_text(j, "kill_source", "driver counters");
	} else {
		set_text(j, "kill_reason", "this back end does not count its kills");
	}
	if (!job->way->lazy)
		return;
	flushes = json_object();
	for (i = 0; i < NUM_FLUSHES; i++)
		set_integer(flushes, flush_names[i], f->flushes[i]);
	json_object_set_new(j, "flushes", flushes);
}

static json_t *found_json(const struct replay_job *job, const struct replay_found *f,
			  const char *part)
{
	json_t *j = json_object();

	set_text(j, "backend", job->backend->name);
	set_text(j, "way", job->way->name);
	set_text(j, "part", part);
	set_integer(j, "hypercalls", f->hypercalls);
	set_integer(j, "tces", f->tces);
	set_integer(j, "ioctls", f->ioctls);
	if (job->way->kvm)
		set_integer(j, "exits", f->exits);
	set_instructions(j, f);
	set_kills(j, job, f);
	if (f->latency.count)
		json_object_set_new(j, "latency_ns", json_histogram(&f->latency));
	return j;
}

static json_t *stream_json(const struct stream *s, const struct arguments *a)
{
	json_t *j = json_object(), *tables = json_array();
	unsigned int i;

	set_text(j, "name", s->name);
	set_integer(j, "lines", s->n);
	json_object_set_new(j, "recorded_pace", json_boolean(a->pace));
	for (i = 0; i < s->num_tables; i++)
		json_array_append_new(tables, json_pack("{s:I,s:I}", "page",
							(json_int_t)1 << s->page_shift[i], "tces",
							(json_int_t)s->tces[i]));
	json_object_set_new(j, "tables", tables);
	return j;
}

static json_t *report(const struct replay_job *jobs, unsigned int n, const struct arguments *a,
		      const struct stream *s, json_t *context)
{
	json_t *r = json_object(), *results = json_array(), *sentences = json_object();
	unsigned int i, part;

	set_integer(r, "schema", REPLAY_SCHEMA);
	set_text(r, "kind", "replay");
	set_text(r, "instructions_counted_by", measure_counter_name());
	json_object_set_new(r, "context", context);
	json_object_set_new(r, "stream", stream_json(s, a));
	for (i = 0; i < ARRAY_SIZE(ways); i++)
		set_text(sentences, ways[i].name, ways[i].sentence);
	json_object_set_new(r, "ways", sentences);
	for (i = 0; i < n; i++)
		for (part = 0; part < s->num_parts; part++)
			if (jobs[i].found[part].tces)
				json_array_append_new(results,
						      found_json(&jobs[i], &jobs[i].found[part],
								 s->parts[part]));
	json_object_set_new(r, "results", results);
	return r;
}

static const struct memory *memory_for(const struct stream *s)
{
	const struct memory *memory;
	size_t page = 4096;
	const char *why;
	unsigned int i;

	for (i = 0; i < s->num_tables; i++)
		if ((size_t)1 << s->page_shift[i] > page)
			page = (size_t)1 << s->page_shift[i];
	memory = memory_get(page, MEMORY, &why);
	if (!memory)
		die("%s: pages of %zu KiB: %s", s->name, page >> 10, why);
	return memory;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { options, parse, "RECORDING", doc, NULL, NULL, NULL };
	struct arguments a = { .group = -1, .rounds = 2 };
	struct replay_setting setting;
	struct replay_job *jobs;
	const char *output;
	struct stream s;
	json_t *context;
	char path[4096];
	unsigned int n;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	stream_read(&s, a.recording);
	a.group = process_group(a.group);
	process_prepare();
	output = process_output(a.output, "replay.json", path, sizeof(path));
	jsonfile_check(output);
	context = context_make(a.context, argc, argv);
	context_add_group(context, a.group);
	interrupts_catch();
	jobs = xcalloc(MAX_JOBS, sizeof(*jobs));
	n = jobs_make(jobs, &a, &s);
	setting = (struct replay_setting) {
		.stream = &s, .memory = memory_for(&s), .group = a.group, .pace = a.pace,
	};
	marker_open();
	measure_open_exact();
	if (measure_uncounted())
		fprintf(stderr, "mtce-replay: instructions are not counted: %s\n",
			measure_uncounted());
	run_all(jobs, n, &a, &setting);
	jsonfile_write(report(jobs, n, &a, &s, context), output);
	free(jobs);
	stream_free(&s);
	memory_free_all();
	return 0;
}
