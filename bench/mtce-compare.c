// SPDX-License-Identifier: GPL-2.0
/* mtce-compare: puts results of mtce-bench side by side. */
#define _GNU_SOURCE
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "runfile.h"
#include "util.h"
#include "version.h"

const char *argp_program_version = "mtce-compare " MTCE_VERSION;

static const char doc[] =
	"Compares results of mtce-bench.\v"
	"One file: its back ends side by side, with what the batched one saves, and what is dearer. Two files: what "
	"differs between A and B by more than chance, for each back end that A or B has; several runs a side are "
	"A A ... -b B -b B .... A folder stands for its bench.json, - for stdin. What B lacks counts as worse. Runs that "
	"differ in anything but the driver, date and load are refused. A run of mtce-sweep or mtce-replay, alone, is "
	"printed. Instructions and kill stores come first. "
	"Under emulation times are the emulator's, and labelled so.\n\n"
	"Examples:\n"
	"  mtce-compare results/20261128T084408Z-lab-64k-ea9953a\n"
	"  mtce-compare results/20261128T014751Z-sweep-lab-64k-dddc273\n"
	"  mtce-compare --base mtce-takeover --new mtce bench.json\n"
	"  mtce-compare before.json after.json\n"
	"  mtce-compare --check a1.json a2.json -b b1.json -b b2.json\n"
	"  mtce-compare --model results/20261128T084408Z-lab-64k-ea9953a\n"
	"  mtce-compare --rows '4k-range-*' --rows '* unmap' bench.json\n"
	"  mtce-compare --json bench.json | jq '.comparisons[0].dearer'\n\n"
	"Exit status, the same for the table, JSON and CSV: 0; 1 if a file is no good, or --check finds, in one "
	"file, a missed goal or a back end without a row that others have, or, of two sides, that something became "
	"worse or is missing, or that a run is partial; 2 if the command is wrong.";

static const char args_doc[] = "FILE\nA B\nA... -b B...";

enum { KEY_BASE = 256, KEY_NEW, KEY_JSON, KEY_CSV, KEY_CHECK, KEY_FORCE, KEY_LEAST, KEY_ROWS, KEY_MODEL };

static const struct argp_option options[] = {
	{ "base", KEY_BASE, "BACKEND", 0, "compare with this one (default: upstream)", 0 },
	{ "new", KEY_NEW, "BACKEND", 0, "compare this one (default: mtce)", 0 },
	{ "with", 'b', "FILE", 0, "a run of side B; may be repeated, then all others are A", 0 },
	{ "rows", KEY_ROWS, "PATTERN", 0, "only rows whose scenario, or 'scenario step', matches; may be repeated", 0 },
	{ "model", KEY_MODEL, NULL, 0, "print, of one file, what it might cost on a POWER8: a model, not a measurement", 0 },
	{ "json", KEY_JSON, NULL, 0, "print JSON", 0 },
	{ "csv", KEY_CSV, NULL, 0, "print a line with commas for each row and column", 0 },
	{ "check", KEY_CHECK, NULL, 0, "fail if a goal is missed, or if B is worse than A", 0 },
	{ "force", KEY_FORCE, NULL, 0, "compare runs of unlike machines or kernels; says in what they differ", 0 },
	{ "least", KEY_LEAST, "PERCENT", 0, "a smaller difference is none (default: 2, and 0.5 where instructions are "
	  "counted exactly)", 0 },
	{ 0 }
};

static const char * const all_backends[] = { "upstream", "mtce-takeover", "mtce" };

struct side {
	const char *files[MAX_RUNS];
	json_t *runs[MAX_RUNS];
	size_t num;
	json_t *run;		/* all of them */
};

struct arguments {
	struct side sides[2];
	size_t num_sides;
	struct selection rows;
	const char *base;
	const char *new;
	bool model;
	bool json;
	bool csv;
	bool check;
	bool force;
	struct least least;
};

static void add_file(struct argp_state *state, struct side *side, const char *file)
{
	if (side->num == MAX_RUNS)
		argp_error(state, "at most %d runs a side", MAX_RUNS);
	side->files[side->num++] = file;
}

/* Without -b two files are the two sides. */
static void check_arguments(struct argp_state *state, struct arguments *a)
{
	if (!a->sides[0].num)
		argp_error(state, "which file?");
	if (a->sides[0].num > 2 && !a->sides[1].num)
		argp_error(state, "at most two files; several runs a side are: A A -b B -b B");
	if (a->sides[0].num == 2 && !a->sides[1].num)
		a->sides[1].files[a->sides[1].num++] = a->sides[0].files[--a->sides[0].num];
	a->num_sides = a->sides[1].num ? 2 : 1;
	if (a->num_sides == 2 && (a->base || a->new))
		argp_error(state, "--base and --new choose columns of one file");
	if (a->model && (a->num_sides == 2 || a->csv))
		argp_error(state, "--model is of one file, and no CSV");
	if (a->json && a->csv)
		argp_error(state, "--json or --csv");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;
	char *end;

	switch (key) {
	case KEY_BASE:
		a->base = arg;
		break;
	case KEY_NEW:
		a->new = arg;
		break;
	case 'b':
		add_file(state, &a->sides[1], arg);
		break;
	case KEY_ROWS:
		if (a->rows.num == ARRAY_SIZE(a->rows.patterns))
			argp_error(state, "at most %zu patterns", a->rows.num);
		a->rows.patterns[a->rows.num++] = arg;
		break;
	case KEY_MODEL:
		a->model = true;
		break;
	case KEY_JSON:
		a->json = true;
		break;
	case KEY_CSV:
		a->csv = true;
		break;
	case KEY_CHECK:
		a->check = true;
		break;
	case KEY_FORCE:
		a->force = true;
		break;
	case KEY_LEAST:
		a->least.tested = strtod(arg, &end);
		a->least.exact = a->least.tested;
		if (*end || end == arg || !(a->least.tested > 0))
			argp_error(state, "'%s' is not a percentage above 0", arg);
		break;
	case ARGP_KEY_ARG:
		add_file(state, &a->sides[0], arg);
		break;
	case ARGP_KEY_END:
		check_arguments(state, a);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void add_column(struct comparison *c, const json_t *run, const char *backend,
		       const char *label)
{
	c->columns[c->num_columns++] = (struct column) { run, backend, label };
}

static void need_backend(const struct side *side, const char *backend)
{
	if (backend && !runfile_has_backend(side->run, backend))
		die("%s has no results of '%s'", side->files[0], backend);
}

/* Base and new if they are named, otherwise every back end of the run. */
static void columns_of_one(struct comparison *c, const struct arguments *a)
{
	const struct side *side = &a->sides[0];
	size_t i;

	need_backend(side, a->base);
	need_backend(side, a->new);
	if (a->base && a->new) {
		add_column(c, side->run, a->base, a->base);
		add_column(c, side->run, a->new, a->new);
	}
	for (i = 0; i < ARRAY_SIZE(all_backends) && !(a->base && a->new); i++)
		if (runfile_has_backend(side->run, all_backends[i]))
			add_column(c, side->run, all_backends[i], all_backends[i]);
	if (!c->num_columns)
		die("%s has no results of a back end that is known here", side->files[0]);
	c->base = 0;
	c->new = c->num_columns - 1;
	for (i = 0; i < c->num_columns; i++) {
		if (a->base && !strcmp(a->base, c->columns[i].label))
			c->base = i;
		if (a->new && !strcmp(a->new, c->columns[i].label))
			c->new = i;
	}
}

static json_t *comparison_json(const char *title, const struct comparison *c, bool judged)
{
	return json_pack("{s:s,s:s,s:s,s:o,s:o}", "title", title,
			 "base", c->columns[c->base].label, "new", c->columns[c->new].label,
			 "rows", compare_json(c, judged), "families", families_json(c));
}

static void print_one(const struct arguments *a, const struct comparison *c, const struct dearer *d)
{
	table_context(a->sides[0].files[0], a->sides[0].run);
	if (a->model) {
		table_model(c);
		return;
	}
	table_instructions(c);
	table_families(c);
	table_dearer(c, d);
	table_threads(c);
	table_hcalls(c);
	table_latency(c);
	table_notes(c);
	table_goals(c);
}

static void add_model(json_t *j, const struct comparison *c)
{
	json_t *rows = json_object_get(j, "rows");
	size_t i;

	for (i = 0; i < c->num_rows; i++)
		model_row_json(c, &c->rows[i], json_array_get(rows, i));
	json_object_set_new(j, "model", model_json());
}

/* Returns what --check finds. */
static json_t *compare_one(const struct arguments *a, json_t *out)
{
	struct comparison c = { .num_columns = 0 };
	const char *file = a->sides[0].files[0];
	struct dearer *d;
	json_t *problems, *j;

	columns_of_one(&c, a);
	if (!compare_make(&c, &a->rows))
		die("%s: no row is left to compare", file);
	d = dearer_find(&c, &a->rows);
	problems = problems_of_one(&c);
	if (a->json) {
		j = comparison_json(file, &c, false);
		json_object_set_new(j, "dearer", dearer_json(&c, d));
		json_object_set_new(j, "goals", goals_json(&c));
		json_object_set_new(j, "uncounted", uncounted_json(&c));
		if (a->model)
			add_model(j, &c);
		json_array_append_new(json_object_get(out, "comparisons"), j);
	} else if (a->csv) {
		csv_rows(file, &c, false);
	} else {
		print_one(a, &c, d);
	}
	dearer_free(d);
	free(c.rows);
	return problems;
}

/* Numbers of unlike machines are not comparable: of one side and the other, and of the runs of a side. */
static void refuse_unlike(const struct arguments *a)
{
	const struct side *first = &a->sides[0];
	unsigned int found = 0;
	size_t i, j;

	for (i = 0; i < a->num_sides; i++)
		for (j = 0; j < a->sides[i].num; j++)
			if (i || j)
				found += context_unlike(first->files[0], first->runs[0],
							a->sides[i].files[j], a->sides[i].runs[j]);
	if (found && !a->force)
		die("so what differs may not be the driver's: --force compares them all the same");
}

static void print_two(const struct comparison *c)
{
	printf("\n%s\n", c->columns[0].backend);
	table_differences(c);
	table_threads(c);
	table_hcalls(c);
	table_latency(c);
}

static void print_sides(const struct arguments *a)
{
	size_t i, j;

	for (i = 0; i < a->num_sides; i++)
		for (j = 0; j < a->sides[i].num; j++) {
			printf("%c\n", i ? 'B' : 'A');
			table_context(a->sides[i].files[j], a->sides[i].runs[j]);
		}
}

static size_t compare_backends(const struct arguments *a, struct comparison *cs)
{
	size_t i, num = 0;

	for (i = 0; i < ARRAY_SIZE(all_backends); i++) {
		struct comparison *c = &cs[num];

		*c = (struct comparison) { .num_columns = 0, .new = 1 };
		add_column(c, a->sides[0].run, all_backends[i], "A");
		add_column(c, a->sides[1].run, all_backends[i], "B");
		if (compare_make(c, &a->rows))
			num++;
		else
			free(c->rows);
	}
	if (!num)
		die("no row is left to compare");
	return num;
}

static json_t *compare_two(const struct arguments *a, json_t *out)
{
	struct comparison cs[ARRAY_SIZE(all_backends)];
	size_t i, num = compare_backends(a, cs);
	struct verdict v = { .rows = 0 };
	json_t *problems;

	compare_judge(cs, num, &a->least);
	problems = problems_of_two(cs, num);
	if (!a->json && !a->csv)
		print_sides(a);
	for (i = 0; i < num; i++) {
		verdict_add(&v, &cs[i]);
		if (a->json)
			json_array_append_new(json_object_get(out, "comparisons"),
					      comparison_json(cs[i].columns[0].backend, &cs[i], true));
		else if (a->csv)
			csv_rows(cs[i].columns[0].backend, &cs[i], true);
		else
			print_two(&cs[i]);
	}
	if (!a->json && !a->csv)
		table_verdict(&v, &a->least);
	json_object_set_new(out, "verdict", verdict_json(&v));
	for (i = 0; i < num; i++)
		free(cs[i].rows);
	return problems;
}

static void load(struct arguments *a, json_t *out)
{
	size_t i, j;

	for (i = 0; i < a->num_sides; i++) {
		struct side *side = &a->sides[i];

		for (j = 0; j < side->num; j++) {
			if (!side->runs[j])
				side->runs[j] = runfile_read(side->files[j]);
			runfile_check(side->files[j], side->runs[j]);
			if (runfile_done(side->runs[j]) < 100 && !a->check)
				fprintf(stderr, "mtce-compare: %s is partial: it was interrupted after %.0f %%\n",
					side->files[j], runfile_done(side->runs[j]));
			json_array_append_new(json_object_get(out, "runs"),
					      context_json(side->files[j], side->runs[j]));
		}
		side->run = side->num > 1 ? merge_runs(side->runs, side->files, side->num) :
					    side->runs[0];
	}
}

/* What was interrupted is no whole run, whatever it says. */
static json_t *problems_of_runs(const struct arguments *a)
{
	json_t *all = json_array();
	size_t i, j;

	for (i = 0; i < a->num_sides; i++)
		for (j = 0; j < a->sides[i].num; j++)
			if (runfile_done(a->sides[i].runs[j]) < 100)
				json_array_append_new(all, json_sprintf("%s is partial: it was interrupted after %.0f %%",
									a->sides[i].files[j],
									runfile_done(a->sides[i].runs[j])));
	return all;
}

/* The first few are enough on a screen; all of them are in the JSON. */
static void say_problems(const json_t *problems)
{
	size_t i, n = json_array_size(problems);

	for (i = 0; i < n && i < 10; i++)
		fprintf(stderr, "mtce-compare: %s\n", json_string_value(json_array_get(problems, i)));
	if (n > 10)
		fprintf(stderr, "mtce-compare: and %zu more\n", n - 10);
}

static const struct kind {
	const char *name;
	const char *what;	/* is in it */
	void (*table)(const json_t *run);
	void (*csv)(const json_t *run);
} kinds[] = {
	{ .name = "sweep", .what = "points", .table = sweep_table, .csv = sweep_csv },
	{ .name = "replay", .what = "results", .table = replay_table, .csv = replay_csv },
};

/* Of mtce-sweep or mtce-replay: that is all there is to print. */
static const struct kind *kind_of(const json_t *run)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(json_text(run, "kind", ""), kinds[i].name) &&
		    json_array_size(json_object_get(run, kinds[i].what)))
			return &kinds[i];
	return NULL;
}

static int flushed(void)
{
	if (fflush(stdout) || ferror(stdout))
		die("cannot write to stdout");
	return 0;
}

static int print_kind(const struct arguments *a, const struct kind *kind, const json_t *run)
{
	if (a->json || a->check || a->model || a->rows.num || a->base || a->new)
		die("a %s is printed as a table or with --csv, and nothing else", kind->name);
	if (a->csv)
		kind->csv(run);
	else
		kind->table(run);
	return flushed();
}

int main(int argc, char **argv)
{
	static const struct argp argp = { options, parse, args_doc, doc, NULL, NULL, NULL };
	struct arguments a = { .least = { 2, 0.5 } };
	json_t *out, *problems, *more;
	bool bad;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	a.sides[0].runs[0] = runfile_read(a.sides[0].files[0]);
	if (a.num_sides == 1 && kind_of(a.sides[0].runs[0]))
		return print_kind(&a, kind_of(a.sides[0].runs[0]), a.sides[0].runs[0]);
	out = json_pack("{s:i,s:[],s:[]}", "schema", RUNFILE_SCHEMA, "runs", "comparisons");
	load(&a, out);
	refuse_unlike(&a);
	if (a.csv)
		csv_heading();
	problems = problems_of_runs(&a);
	more = a.num_sides == 1 ? compare_one(&a, out) : compare_two(&a, out);
	json_array_extend(problems, more);
	json_decref(more);
	bad = json_array_size(problems);
	if (a.check)
		say_problems(problems);
	json_object_set_new(out, "problems", problems);
	if (a.json) {
		json_dumpf(out, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12));
		printf("\n");
	}
	flushed();
	json_decref(out);
	return a.check && bad ? 1 : 0;
}
