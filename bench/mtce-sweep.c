// SPDX-License-Identifier: GPL-2.0
/* mtce-sweep: what lazy unmaps cost under other settings of the driver. */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "context.h"
#include "jsonfile.h"
#include "marker.h"
#include "measure.h"
#include "process.h"
#include "sweep-work.h"
#include "util.h"
#include "version.h"

#define SWEEP_SCHEMA 1
#define PARAMETERS "/sys/module/vfio_iommu_mtce/parameters/"

const char *argp_program_version = "mtce-sweep " MTCE_VERSION;

static const char doc[] =
	"Runs work with lazy unmaps under every combination of the driver's settings.\v"
	"Three module parameters of vfio_iommu_mtce are set, and put back: lazy_entries (TCEs with "
	"delayed kills in a window), lazy_timeout_ms and kill_threshold. Strict unmaps are measured "
	"beside them. scripts/sweep runs it and draws the result.\n\n"
	"Examples:\n"
	"  mtce-sweep --group 3\n"
	"  mtce-sweep --group 3 --entries 256,4096 --timeouts 10 --thresholds 16 --output -\n\n"
	"Environment: MTCE_GROUPS, MTCE_OUT (folder of sweep.json), MTCE_MARKER, as for mtce-bench.";

enum { KEY_CONTEXT = 256, KEY_ENTRIES, KEY_TIMEOUTS, KEY_THRESHOLDS, KEY_MS };

static const struct argp_option options[] = {
	{ "group", 'g', "N", 0, "IOMMU group to use", 0 },
	{ "output", 'o', "FILE", 0, "JSON goes here; - is stdout (default: sweep.json in MTCE_OUT, or here)", 0 },
	{ "context", KEY_CONTEXT, "FILE", 0, "JSON object to add to the context", 0 },
	{ "entries", KEY_ENTRIES, "N,...", 0, "values of lazy_entries; the driver's own comes to each list", 0 },
	{ "timeouts", KEY_TIMEOUTS, "MS,...", 0, "values of lazy_timeout_ms", 0 },
	{ "thresholds", KEY_THRESHOLDS, "N,...", 0, "values of kill_threshold", 0 },
	{ "ms", KEY_MS, "MS", 0, "at least this long for each (default: 200); more where a timeout is long", 0 },
	{ 0 }
};

#define MAX_VALUES 16

struct values {
	unsigned int v[MAX_VALUES];
	unsigned int n;
};

struct arguments {
	int group;
	const char *output;
	const char *context;
	struct values entries, timeouts, thresholds;
	unsigned int ms;
};

static unsigned int number(struct argp_state *state, const char *text, char **end)
{
	unsigned long n;

	errno = 0;
	n = strtoul(text, end, 10);
	if (errno || *end == text || text[0] == '-' || n > 1000000)
		argp_error(state, "'%s' must be numbers up to 1000000", text);
	return (unsigned int)n;
}

static void parse_values(struct argp_state *state, struct values *to, const char *text)
{
	char *end;

	for (to->n = 0;; text = end + 1) {
		if (to->n == MAX_VALUES)
			argp_error(state, "more than %d values", MAX_VALUES);
		to->v[to->n++] = number(state, text, &end);
		if (!*end)
			return;
		if (*end != ',')
			argp_error(state, "what is '%s'?", end);
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;
	char *end;

	switch (key) {
	case 'g':
		a->group = (int)number(state, arg, &end);
		break;
	case 'o':
		a->output = arg;
		break;
	case KEY_CONTEXT:
		a->context = arg;
		break;
	case KEY_ENTRIES:
		parse_values(state, &a->entries, arg);
		break;
	case KEY_TIMEOUTS:
		parse_values(state, &a->timeouts, arg);
		break;
	case KEY_THRESHOLDS:
		parse_values(state, &a->thresholds, arg);
		break;
	case KEY_MS:
		a->ms = number(state, arg, &end);
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "what is '%s'?", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* What the driver does by default is worth a look too. */
static void values_add_default(struct values *to, const char *name)
{
	char path[128];
	long long value;
	unsigned int i;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	value = file_read_number(path);
	for (i = 0; i < to->n && to->v[i] < value; i++)
		;
	if (value <= 0 || (i < to->n && to->v[i] == value) || to->n == MAX_VALUES)
		return;
	memmove(&to->v[i + 1], &to->v[i], (to->n - i) * sizeof(*to->v));
	to->v[i] = (unsigned int)value;
	to->n++;
}

static void parameter_set(const char *name, unsigned int value)
{
	char path[128], text[16];

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	snprintf(text, sizeof(text), "%u", value);
	if (!setting_change(path, text))
		die("cannot write %s: %s", path, strerror(errno));
}

/* One combination; without @lazy the strict work beside which it is put. */
struct point {
	const struct sweep_work *work;
	bool lazy;
	unsigned int entries;
	unsigned int timeout_ms;
	unsigned int threshold;
	unsigned int section;
};

static int place_open(struct sweep_place *p, int group)
{
	struct container *c = &p->container;
	int ret = container_open(c, backend_find("mtce"), group, false);

	if (!ret)
		ret = container_register(c, p->memory->base, SWEEP_MEMORY);
	if (!ret)
		ret = container_remove_window(c, 0);
	if (!ret)
		ret = container_create_window(c, SWEEP_PAGE_SHIFT,
					      (uint64_t)SWEEP_WINDOW_TCES << SWEEP_PAGE_SHIFT,
					      1, &p->window);
	return ret;
}

/* Six timeouts, or there is no mean to speak of. */
static unsigned int long_enough(const struct point *pt, unsigned int ms)
{
	return pt->lazy && pt->timeout_ms * 6 > ms ? pt->timeout_ms * 6 : ms;
}

static void point_run(const struct point *pt, const struct arguments *a, struct sweep_found *f)
{
	struct sweep_place p = {
		.lazy = pt->lazy,
		.section = pt->section,
		.ms = long_enough(pt, a->ms),
	};
	const char *why = NULL;
	int ret;

	parameter_set("kill_threshold", pt->threshold);
	if (pt->lazy) {
		parameter_set("lazy_entries", pt->entries);
		parameter_set("lazy_timeout_ms", pt->timeout_ms);
	}
	p.memory = memory_get((size_t)1 << SWEEP_PAGE_SHIFT, SWEEP_MEMORY, &why);
	ret = place_open(&p, a->group);
	if (!ret)
		ret = pt->work->run(&p, f);
	if (ret)
		die("%s, lazy_entries %u, lazy_timeout_ms %u, kill_threshold %u: %s",
		    pt->work->name, pt->entries, pt->timeout_ms, pt->threshold,
		    strerror(-ret));
	container_close(&p.container);
}

static void set_kills(json_t *j, const struct point *pt, const struct sweep_found *f)
{
	set_integer(j, "kill_tces", f->tces);
	set_integer(j, "kill_counter", f->kills);
	set_integer(j, "kill_counter_pe", f->kills_pe);
	set_integer(j, "kill_counter_of_maps", f->kills_of_maps);
	if (marker_present()) {
		set_integer(j, "section", pt->section);
		return;
	}
	set_integer(j, "kill_stores", f->kills);
	set_integer(j, "kill_stores_pe", f->kills_pe);
	set_text(j, "kill_source", "driver counters");
}

static void set_instructions(json_t *j, const struct sweep_found *f)
{
	if (measure_uncounted()) {
		set_text(j, "instructions_reason", measure_uncounted());
		return;
	}
	set_number(j, "map_instructions_per_tce", f->map_instructions / (double)f->tces);
	set_number(j, "unmap_instructions_per_tce", f->unmap_instructions / (double)f->tces);
}

static void set_flushes(json_t *j, const struct sweep_found *f)
{
	json_t *flushes = json_object();
	uint64_t all = 0;
	unsigned int i;

	for (i = 0; i < NUM_FLUSHES; i++) {
		set_integer(flushes, flush_names[i], f->flushes[i]);
		all += f->flushes[i];
	}
	json_object_set_new(j, "flushes", flushes);
	if (all)
		set_number(j, "tces_per_flush", (double)f->tces / (double)all);
	set_number(j, "held_mean", f->looks ? (double)f->held_sum / (double)f->looks : 0);
	set_integer(j, "held_max", f->held_max);
}

static json_t *point_json(const struct point *pt, const struct sweep_found *f)
{
	json_t *j = json_object();

	set_text(j, "work", pt->work->name);
	json_object_set_new(j, "lazy", json_boolean(pt->lazy));
	if (pt->lazy) {
		set_integer(j, "lazy_entries", pt->entries);
		set_integer(j, "lazy_timeout_ms", pt->timeout_ms);
	}
	set_integer(j, "kill_threshold", pt->threshold);
	set_number(j, "seconds", f->seconds);
	set_integer(j, "tces", f->tces);
	set_number(j, "tces_per_second", (double)f->tces / f->seconds);
	set_instructions(j, f);
	set_kills(j, pt, f);
	if (pt->lazy)
		set_flushes(j, f);
	return j;
}

struct sweep {
	const struct arguments *a;
	json_t *points;
	unsigned int done;
	unsigned int total;
	uint64_t started;
};

static void progress(const struct sweep *s)
{
	if (s->done % 16 == 0 || s->done == s->total)
		fprintf(stderr, "mtce-sweep: %u of %u, %llu s\n", s->done, s->total,
			(unsigned long long)((clock_ns() - s->started) / 1000000000ull));
}

static void sweep_point(struct sweep *s, struct point pt)
{
	struct sweep_found f;

	interrupted_exit();
	progress(s);
	pt.section = ++s->done;
	point_run(&pt, s->a, &f);
	if (!f.tces)
		die("%s did nothing in its time: give it more with --ms", pt.work->name);
	json_array_append_new(s->points, point_json(&pt, &f));
}

static void sweep_threshold(struct sweep *s, const struct sweep_work *work, unsigned int threshold)
{
	const struct values *entries = &s->a->entries, *timeouts = &s->a->timeouts;
	struct point pt = { .work = work, .threshold = threshold };
	unsigned int e, t;

	sweep_point(s, pt);
	pt.lazy = true;
	for (e = 0; e < entries->n; e++) {
		for (t = 0; t < timeouts->n; t++) {
			pt.entries = entries->v[e];
			pt.timeout_ms = timeouts->v[t];
			sweep_point(s, pt);
		}
	}
}

static json_t *works_json(void)
{
	json_t *works = json_object();
	unsigned int i;

	for (i = 0; i < num_sweep_works; i++)
		set_text(works, sweep_works[i].name, sweep_works[i].sentence);
	return works;
}

static json_t *sweep_all(const struct arguments *a, json_t *context)
{
	struct sweep s = {
		.a = a,
		.points = json_array(),
		.total = num_sweep_works * a->thresholds.n * (1 + a->entries.n * a->timeouts.n),
		.started = clock_ns(),
	};
	json_t *report = json_object();
	unsigned int w, k;

	for (w = 0; w < num_sweep_works; w++)
		for (k = 0; k < a->thresholds.n; k++)
			sweep_threshold(&s, &sweep_works[w], a->thresholds.v[k]);
	progress(&s);
	set_integer(report, "schema", SWEEP_SCHEMA);
	set_text(report, "kind", "sweep");
	json_object_set_new(report, "context", context);
	set_text(report, "instructions_note",
		 "of the thread that maps and unmaps; a flush after a timeout is done by another");
	json_object_set_new(report, "works", works_json());
	json_object_set_new(report, "points", s.points);
	return report;
}

static void check_driver(int group)
{
	const struct backend *b = backend_find("mtce");
	const char *why = backend_unavailable(b);
	struct container c;

	if (why)
		die("%s", why);
	if (container_open(&c, b, group, false))
		die("%s", backend_error());
	why = container_not_lazy(&c);
	container_close(&c);
	if (why)
		die("%s", why);
}

int main(int argc, char **argv)
{
	static const struct argp argp = { options, parse, NULL, doc, NULL, NULL, NULL };
	struct arguments a = {
		.group = -1,
		.entries = { { 16, 64, 256, 1024, 4096, 16384, 65536 }, 7 },
		.timeouts = { { 1, 4, 10, 50 }, 4 },
		.thresholds = { { 1, 8, 16, 64, 512 }, 5 },
		.ms = 200,
	};
	const char *output;
	json_t *context;
	char path[4096];

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	a.group = process_group(a.group);
	process_prepare();
	output = process_output(a.output, "sweep.json", path, sizeof(path));
	jsonfile_check(output);
	/* Before anything is set: it holds the parameters as they are by default. */
	context = context_make(a.context, argc, argv);
	context_add_group(context, a.group);
	interrupts_catch();
	check_driver(a.group);
	values_add_default(&a.entries, "lazy_entries");
	values_add_default(&a.timeouts, "lazy_timeout_ms");
	values_add_default(&a.thresholds, "kill_threshold");
	marker_open();
	measure_open();
	if (measure_uncounted())
		fprintf(stderr, "mtce-sweep: instructions are not counted: %s\n",
			measure_uncounted());
	jsonfile_write(sweep_all(&a, context), output);
	memory_free_all();
	return 0;
}
