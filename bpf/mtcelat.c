// SPDX-License-Identifier: GPL-2.0
/* mtcelat: histograms of how long calls take. What is asked for, and when it is shown. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/options.h"
#include "lib/start.h"
#include "mtcelat-parts.h"

#define NS_PER_SECOND	1000000000ull
/* A signal that comes just before a sleep is noticed after this. */
#define NAP_NS		50000000ull

const char *argp_program_version = "mtcelat 0.1";

static const char doc[] =
"Histograms of how long VFIO's calls take in the back end mtce, and in upstream's.\v"
"Without INTERVAL the histograms are shown once, at the end (Ctrl-C). With it, "
"each shows what came since the last, COUNT times or until Ctrl-C, and in the end "
"all of it.\n"
"\n"
"The driver's own events tell most: batch, table and stage. A probe on the back "
"end's ioctl function (--probe for mtce, --upstream for vfio_iommu_spapr_tce) knows "
"the call and the process only, but is the same for both.\n"
"\n"
"With --hcall: the TCE hypercalls of KVM guests that KVM handles in the kernel, by a probe on KVM, on either back end. "
"Whose table it is shows as mtce, upstream, or none (of an emulated device). A hypercall that KVM leaves to user space counts "
"with the time until it does. --upstream, --probe and --compare choose back ends.\n"
"\n"
"Examples:\n"
"  mtcelat                             all calls until Ctrl-C\n"
"  mtcelat --by call,batch 1           each second, by call and batch size\n"
"  mtcelat --by stage --call map 5 3   where the time of maps goes, three times\n"
"  mtcelat --by process --us           who has to wait, in microseconds\n"
"  mtcelat --linear 250 --call unmap   bins of 250 ns\n"
"  mtcelat --compare                   upstream and mtce side by side\n"
"  mtcelat --hcall                     hypercalls of all guests until Ctrl-C\n"
"  mtcelat --hcall --by call,batch     lists and clears by their length\n"
"  mtcelat --hcall --compare           those of upstream and mtce side by side\n"
"  mtcelat --pid $(pidof qemu-system-ppc64) --json 1 60 >lat.json\n"
"  scripts/report --latency lat.json   pictures of it";

enum {
	KEY_UPSTREAM = 0x5000,
	KEY_PROBE,
	KEY_COMPARE,
	KEY_KEYS,
	KEY_HCALL,
};

static const struct argp_option options[] = {
	{ "by", 'b', "WHAT[,WHAT]", 0,
	  "A histogram for each call, batch (TCEs, by powers of two), table (container and window), process, stage (copy, lock, pin, write, kill, rest), or for each combination of these (default: call)",
	  0 },
	{ "call", 'c', "CALL[,CALL]", 0,
	  "Only these: map, unmap, update, put_list, flush, register, unregister, create, remove, other (default: all but other); with --hcall H_PUT_TCE, H_PUT_TCE_INDIRECT, H_STUFF_TCE (default: all)",
	  0 },
	{ "pid", 'p', "PID", 0, "Only this process", 0 },
	{ "linear", 'l', "STEP", 0, "Bins of STEP ns (or us, with --us), instead of powers of two", 0 },
	{ "us", 'u', NULL, 0, "Microseconds instead of nanoseconds", 0 },
	{ "json", 'j', NULL, 0, "Lines of JSON, with raw bins: eight for each power of two", 0 },
	{ "upstream", KEY_UPSTREAM, NULL, 0, "Probe upstream's vfio_iommu_spapr_tce", 0 },
	{ "probe", KEY_PROBE, NULL, 0, "Probe mtce in the same way, instead of using its events", 0 },
	{ "compare", KEY_COMPARE, NULL, 0, "Both probes, side by side", 0 },
	{ "hcall", KEY_HCALL, NULL, 0, "TCE hypercalls in KVM instead of calls; --upstream, --probe, --compare: of these back ends only", 0 },
	{ "keys", KEY_KEYS, "N", 0, "Room for N histograms (default: 1024); what has none is counted as lost", 0 },
	{}
};

/* The arguments themselves stay whole: they become part of the JSON. */
static char *copy(const char *text)
{
	char *words = strdup(text);

	if (!words)
		err(1, "no memory for arguments");
	return words;
}

static void parse_by(struct lat_request *r, const char *text, struct argp_state *state)
{
	char *words = copy(text), *word, *rest = NULL;
	unsigned int i;

	r->by = 0;
	for (word = strtok_r(words, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		for (i = 0; i < LAT_DIMENSIONS; i++)
			if (!strcmp(word, lat_dimension_name(i)))
				break;
		if (i == LAT_DIMENSIONS)
			argp_error(state, "--by knows call, batch, table, process and stage, not '%s'", word);
		r->by |= 1u << i;
	}
	free(words);
	if (!r->by)
		argp_error(state, "--by what?");
}

static void parse_calls(struct lat_request *r, const char *text, struct argp_state *state)
{
	char *words = copy(text), *word, *rest = NULL;
	int call;

	r->calls = 0;
	for (word = strtok_r(words, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		call = lat_call_number(word);
		if (call < 0)
			argp_error(state, "there is no call '%s' (see --help)", word);
		r->calls |= 1u << call;
	}
	free(words);
	if (!r->calls)
		argp_error(state, "--call which?");
}

static void parse_place(struct lat_request *r, const char *text, struct argp_state *state)
{
	if (state->arg_num == 0)
		r->interval = mtce_number(state, "INTERVAL", text, 1, 86400);
	else if (state->arg_num == 1)
		r->count = mtce_number(state, "COUNT", text, 1, UINT32_MAX);
	else
		argp_error(state, "what is '%s' for?", text);
}

static void check_calls(struct lat_request *r, struct argp_state *state)
{
	if (!r->calls)
		r->calls = r->hcall ? LAT_ALL_HCALLS : ~(1u << MTCE_CALL_OTHER);
	else if (r->hcall && r->calls & ~LAT_ALL_HCALLS)
		argp_error(state, "with --hcall there are the calls H_PUT_TCE, H_PUT_TCE_INDIRECT and H_STUFF_TCE only");
	else if (!r->hcall && r->calls & LAT_ALL_HCALLS)
		argp_error(state, "hypercalls are shown with --hcall only");
}

/* What cannot be combined is said, not ignored. */
static void check(struct lat_request *r, struct argp_state *state)
{
	const uint32_t both = 1u << LAT_UPSTREAM | 1u << LAT_MTCE;
	const uint32_t seen = 1u << LAT_BY_CALL | 1u << LAT_BY_PROCESS;

	check_calls(r, state);
	if (!r->sources)
		r->sources = r->hcall ? both | 1u << LAT_NONE : 1u << LAT_TRACEPOINT;
	if (r->hcall && r->by & ~(seen | 1u << LAT_BY_BATCH))
		argp_error(state, "a probe on hypercalls knows the call, the batch and the process, not the table or the stage");
	if (!r->hcall && r->sources & both && r->by & ~seen)
		argp_error(state, "a probe knows the call and the process, not the batch, the table or the stage");
	if ((r->sources & both) == both && !r->json && r->by != 1u << LAT_BY_CALL)
		argp_error(state, "side by side there is room for --by call only; with --json there is more");
	r->scale.width_ns = r->unit_ns * (r->scale.linear ? r->scale.width_ns : 1);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct lat_request *r = state->input;

	switch (key) {
	case 'b':
		parse_by(r, arg, state);
		break;
	case 'c':
		parse_calls(r, arg, state);
		break;
	case 'p':
		r->pid = mtce_number(state, "PID", arg, 1, INT32_MAX);
		break;
	case 'l':
		r->scale.linear = true;
		r->scale.width_ns = mtce_number(state, "STEP", arg, 1, NS_PER_SECOND);
		break;
	case 'u':
		r->unit_ns = 1000;
		break;
	case 'j':
		r->json = true;
		break;
	case KEY_UPSTREAM:
		r->sources |= 1u << LAT_UPSTREAM;
		break;
	case KEY_PROBE:
		r->sources |= 1u << LAT_MTCE;
		break;
	case KEY_COMPARE:
		r->sources |= 1u << LAT_UPSTREAM | 1u << LAT_MTCE;
		break;
	case KEY_HCALL:
		r->hcall = true;
		break;
	case KEY_KEYS:
		r->keys = mtce_number(state, "N", arg, 1, 1 << 20);
		break;
	case ARGP_KEY_ARG:
		parse_place(r, arg, state);
		break;
	case ARGP_KEY_END:
		check(r, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[INTERVAL [COUNT]]",
	.doc = doc,
	.children = mtce_options_child,
};

/*
 * Time
 */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_SECOND + t.tv_nsec;
}

/* Until then, or until a signal comes. */
static void sleep_until(uint64_t then)
{
	uint64_t now;

	while (!mtce_stopped()) {
		struct timespec nap = {};

		now = now_ns();
		if (now >= then)
			return;
		nap.tv_nsec = then - now < NAP_NS ? then - now : NAP_NS;
		nanosleep(&nap, NULL);
	}
}

/*
 * Reports
 */

static void show(const struct lat_report *report)
{
	const struct lat_request *r = report->request;

	if (r->json)
		lat_json(report);
	else if (r->sources == (1u << LAT_UPSTREAM | 1u << LAT_MTCE))
		lat_compare(report);
	else
		lat_text(report);
	mtce_flush();
}

/* What came between two moments; @number 0: all of it. */
static void show_since(const struct lat_request *r, const struct lat_set *before,
		       const struct lat_set *after, const uint64_t *times, uint64_t number,
		       uint64_t lost)
{
	struct lat_report report = {
		.request = r,
		.set = lat_set_since(after, before),
		.number = number,
		.from_ns = times[0],
		.to_ns = times[1],
		.lost = lost,
	};

	show(&report);
	lat_set_free(&report.set);
}

static void run(const struct lat_request *r)
{
	const struct lat_set nothing = {};
	struct lat_set before = {}, after = {};
	uint64_t start = now_ns(), lost = 0, number = 0, lost_before, times[2] = {};
	bool last;

	do {
		number++;
		sleep_until(r->interval ? start + number * r->interval * NS_PER_SECOND : UINT64_MAX);
		last = mtce_stopped() || (r->count && number == r->count);
		/* What comes while the last one is read must be in it, or nowhere. */
		if (last)
			lat_stop();
		after = lat_read();
		lost_before = lost;
		lost = lat_lost();
		times[0] = times[1];
		times[1] = now_ns() - start;
		if (r->interval)
			show_since(r, &before, &after, times, number, lost - lost_before);
		lat_set_free(&before);
		before = after;
	} while (!last);
	/* One interval alone is all there is. */
	times[0] = 0;
	if (r->json || number > 1 || !r->interval)
		show_since(r, &nothing, &before, times, 0, lost);
	lat_set_free(&before);
}

int main(int argc, char **argv)
{
	struct lat_request request = {
		.unit_ns = 1,
		.by = 1u << LAT_BY_CALL,
		.keys = LAT_KEYS,
	};

	mtce_options_parse(&argp, argc, argv, &request);
	mtce_need_host();
	mtce_quiet_libbpf();
	mtce_stop_on_signals();
	lat_watch(&request);
	if (request.json)
		lat_json_head(&request, argc, argv);
	else
		lat_text_head(&request);
	mtce_flush();
	run(&request);
	return mtce_end();
}
