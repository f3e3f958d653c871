// SPDX-License-Identifier: GPL-2.0
/* mtce-bench: measures VFIO back ends for sPAPR TCE tables. */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "context.h"
#include "explain.h"
#include "floor.h"
#include "jsonfile.h"
#include "marker.h"
#include "measure.h"
#include "memory.h"
#include "process.h"
#include "report.h"
#include "runner.h"
#include "scenario.h"
#include "steal.h"
#include "util.h"
#include "version.h"
#include "workload.h"

const char *argp_program_version = "mtce-bench " MTCE_VERSION;

static const char doc[] =
	"Measures mapping and unmapping through VFIO back ends, in one boot.\v"
	"Every result has exact instruction counts, TCE-kill stores and a latency histogram; "
	"print them with mtce-compare. Scenarios smp-* put two threads beside one, lazy-* "
	"unmaps whose kills are delayed. BACKEND is upstream, mtce-takeover or mtce; by default "
	"all that are loaded. The devices of the IOMMU group must be bound to vfio-pci "
	"(scripts/mtce-host bench does that, and puts them back).\n\n"
	"Examples:\n"
	"  mtce-bench --group 3 --quick\n"
	"  mtce-bench --group 3 --backend upstream,mtce --output run.json\n"
	"  mtce-bench --group 3 --scenario '4k-list-*' --output - | jq .scenarios\n"
	"  mtce-bench --group 3 --call list --pages 16384 --batch 512 --order scattered --time 10\n"
	"  mtce-bench --list\n\n"
	"Environment: MTCE_GROUPS (the first is used without --group, another for two groups in "
	"a container), MTCE_OUT (folder of "
	"bench.json), MTCE_MARKER (lab: resource0 of the marker device), MTCE_COUNTER (lab: resource2 of the counter's device).";

enum { KEY_ROUNDS = 256, KEY_CONTEXT, KEY_EXPLAIN };

static const struct argp_option options[] = {
	{ "group", 'g', "N", 0, "IOMMU group to use", 0 },
	{ "backend", 'b', "BACKEND[,...]", 0, "measure only these", 0 },
	{ "scenario", 's', "PATTERN", 0, "measure only scenarios that match; may be repeated", 0 },
	{ "quick", 'q', NULL, 0, "a short run of the most telling scenarios", 0 },
	{ "rounds", KEY_ROUNDS, "N", 0, "measure everything N times, every second time in reverse order", 0 },
	{ "output", 'o', "FILE", 0, "JSON goes here; - is stdout (default: bench.json in MTCE_OUT, or here)", 0 },
	{ "context", KEY_CONTEXT, "FILE", 0, "JSON object to add to the context", 0 },
	{ "explain", KEY_EXPLAIN, "PATTERN", 0, "no measurement: print which functions the instructions of these "
	  "scenarios are of (needs the lab's counter)", 0 },
	{ "list", 'l', NULL, 0, "list the scenarios and stop", 0 },
	{ 0 }
};

#define MAX_PATTERNS 32

struct arguments {
	int group;
	const char *backends;
	const char *patterns[MAX_PATTERNS];
	unsigned int num_patterns;
	bool quick;
	bool explain;
	bool list;
	unsigned int rounds;
	const char *output;
	const char *context;
	struct workload workload;
};

static unsigned int number(struct argp_state *state, const char *what, const char *text,
			   unsigned long max)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || *end || end == text || text[0] == '-' || n > max)
		argp_error(state, "%s must be a number up to %lu, not '%s'", what, max, text);
	return (unsigned int)n;
}

static void add_pattern(struct argp_state *state, struct arguments *a, const char *pattern)
{
	if (a->num_patterns == MAX_PATTERNS)
		argp_error(state, "more than %d --scenario", MAX_PATTERNS);
	a->patterns[a->num_patterns++] = pattern;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->workload;
		break;
	case ARGP_KEY_END:
		if (a->workload.wanted && a->num_patterns)
			argp_error(state, "either scenarios or a workload of your own");
		break;
	case 'g':
		a->group = (int)number(state, "--group", arg, 1000000);
		break;
	case 'b':
		a->backends = arg;
		break;
	case KEY_EXPLAIN:
		a->explain = true;
		add_pattern(state, a, arg);
		break;
	case 's':
		add_pattern(state, a, arg);
		break;
	case 'q':
		a->quick = true;
		break;
	case KEY_ROUNDS:
		a->rounds = number(state, "--rounds", arg, 10);
		if (!a->rounds)
			argp_error(state, "--rounds must be at least 1");
		break;
	case 'o':
		a->output = arg;
		break;
	case KEY_CONTEXT:
		a->context = arg;
		break;
	case 'l':
		a->list = true;
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "what is '%s'?", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static bool wanted(const struct arguments *a, const struct scenario *s)
{
	unsigned int i;

	if (a->quick && !s->quick)
		return false;
	for (i = 0; i < a->num_patterns; i++)
		if (!fnmatch(a->patterns[i], s->name, 0))
			return true;
	return !a->num_patterns;
}

static size_t filter(const struct arguments *a, struct scenario *s, size_t n)
{
	size_t i, kept = 0;

	for (i = 0; i < n; i++)
		if (wanted(a, &s[i]))
			s[kept++] = s[i];
	if (!kept)
		die("no scenario matches; --list names them");
	return kept;
}

static struct scenario *choose_scenarios(const struct arguments *a, size_t *n)
{
	struct scenario *s = scenarios_make(n);

	if (a->workload.wanted) {
		s[0] = workload_scenario(&a->workload);
		*n = 1;
	} else {
		*n = filter(a, s, *n);
	}
	return s;
}

static int list(const struct scenario *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		printf("%-26s %s%s\n", s[i].name, s[i].sentence, s[i].quick ? " (quick)" : "");
	if (fflush(stdout) || ferror(stdout))
		die("cannot write to stdout");
	return 0;
}

/* Those named must be there; of all, those that are there. */
static unsigned int choose_backends(const char *names, const struct backend **chosen)
{
	char *copy = names ? strdup(names) : NULL, *rest = copy, *name;
	unsigned int n = 0;
	size_t i;

	while ((name = strsep(&rest, ","))) {
		const struct backend *b = backend_find(name);

		if (!b)
			die("there is no back end '%s': upstream, mtce-takeover, mtce", name);
		if (backend_unavailable(b))
			die("%s cannot be measured: %s", name, backend_unavailable(b));
		if (n == num_backends)
			die("a back end is named twice");
		chosen[n++] = b;
	}
	free(copy);
	for (i = 0; i < num_backends && !names; i++) {
		if (!backend_unavailable(&backends[i]))
			chosen[n++] = &backends[i];
		else
			fprintf(stderr, "mtce-bench: without %s: %s\n", backends[i].name,
				backend_unavailable(&backends[i]));
	}
	if (!n)
		die("no VFIO back end is loaded: load vfio_iommu_spapr_tce or vfio_iommu_mtce");
	return n;
}

/* The first container says what is wrong with group, limits or modules. */
static void check_group(const struct backend *b, int group)
{
	struct container c;

	if (container_open(&c, b, group, false))
		die("%s", backend_error());
	container_close(&c);
}

static void make_results(struct run *run, const struct backend **chosen, unsigned int num_chosen,
			 const struct scenario *s, size_t n)
{
	unsigned int b;
	size_t i;

	run->results = xcalloc(num_chosen * n, sizeof(*run->results));
	run->num_scenarios = n;
	for (b = 0; b < num_chosen; b++) {
		for (i = 0; i < n; i++) {
			run->results[run->num_results].scenario = &s[i];
			run->results[run->num_results++].backend = chosen[b];
		}
	}
}

/* Rounds in which time is measured are even, so that no back end is always the first. */
static const struct effort full = {
	.samples = 3, .exact_rounds = 1, .exact_samples = 1, .exact_tces = 1024, .count_tces = 1024, .time_tces = 2048,
	.time_units = 2, .headline_ms = 60, .teardowns = 2, .rounds = 4, .smp_repeats = 3, .smp_ms = 50,
};

static const struct effort quick = {
	.samples = 2, .exact_rounds = 1, .exact_samples = 1, .exact_tces = 256, .count_tces = 1024, .time_tces = 1024,
	.time_units = 2, .headline_ms = 15, .teardowns = 1, .rounds = 2, .smp_repeats = 2, .smp_ms = 40,
};

/* Short passes, so that some are free of interrupts. */
static const struct effort explaining = {
	.exact_rounds = 1, .exact_samples = 7, .exact_tces = 32, .count_tces = 32,
};

static struct effort choose_effort(const struct arguments *a)
{
	struct effort e = a->explain ? explaining : a->quick ? quick : full;

	if (a->rounds) {
		e.rounds = a->rounds;
		e.exact_rounds = a->rounds;
	}
	if (a->workload.wanted)
		e.headline_ms = a->workload.seconds * 1000 / e.rounds;
	return e;
}

static unsigned int say_failures(const struct run *run)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < run->num_results; i++) {
		const struct result *r = &run->results[i];

		if (!r->failed[0])
			continue;
		fprintf(stderr, "mtce-bench: %s %s failed: %s\n", r->backend->name,
			r->scenario->name, r->failed);
		n++;
	}
	return n;
}

static int say_interrupted(const char *output)
{
	fprintf(stderr, "mtce-bench: interrupted; what was measured until then is in %s, marked as partial\n",
		strcmp(output, "-") ? output : "the output");
	return 130;
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = { { &workload_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { options, parse, NULL, doc, children, NULL, NULL };
	struct arguments a = { .group = -1, .workload = workload_default };
	const struct backend *chosen[8];
	struct scenario *scenarios;
	struct run run = { .num_results = 0 };
	static struct floor f;
	unsigned int num_chosen;
	const char *output;
	json_t *context;
	char path[4096];
	size_t n;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	scenarios = choose_scenarios(&a, &n);
	if (a.list)
		return list(scenarios, n);
	run.effort = choose_effort(&a);
	run.own = a.workload.wanted;
	num_chosen = choose_backends(a.backends, chosen);
	run.only_counts = a.explain;
	run.groups.first = process_group(a.group);
	run.groups.second = process_second_group(run.groups.first);
	process_prepare();
	output = a.explain ? NULL : process_output(a.output, "bench.json", path, sizeof(path));
	if (output)
		jsonfile_check(output);
	context = context_make(a.context, argc, argv);
	context_add_group(context, run.groups.first);
	interrupts_catch();
	check_group(chosen[0], run.groups.first);
	marker_open();
	steal_open();
	rig_prepare_memory(scenarios, n);
	measure_open_exact();
	if (measure_uncounted())
		fprintf(stderr, "mtce-bench: instructions are not counted: %s\n",
			measure_uncounted());
	if (a.explain)
		explain_open();
	else
		floor_measure(&f);
	make_results(&run, chosen, num_chosen, scenarios, n);
	run_all(&run);
	/* A table of functions that is not complete is none; a run that is not complete says so. */
	if (a.explain || !run_measured_something(&run))
		interrupted_exit();
	memory_free_all();
	if (output)
		jsonfile_write(report_make(context, &f, &run), output);
	else if (!explain_print(&run) && !say_failures(&run))
		die("nothing to explain: --explain is for scenarios of maps and unmaps, and of hypercalls");
	if (run.turns_done < run.turns)
		return say_interrupted(output);
	return say_failures(&run) ? 1 : 0;
}
