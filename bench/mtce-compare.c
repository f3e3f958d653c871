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

static const char doc[] =
	"Compares results of mtce-bench.\v"
	"One file: its back ends side by side, with what the batched one saves. Two files: what "
	"differs between A and B by more than chance, for each back end that both have; runs of unlike "
	"machines are refused. Instructions and kill stores come first. Under emulation times are "
	"the emulator's, and labelled so.\n\n"
	"Examples:\n"
	"  mtce-compare bench.json\n"
	"  mtce-compare --base mtce-takeover --new mtce bench.json\n"
	"  mtce-compare before.json after.json\n"
	"  mtce-compare --json bench.json | jq '.comparisons[0].rows[] | select(.ratio < 1)'\n\n"
	"Exit status: 0; 1 if a file is no good, or --check finds a missed goal (of two files: "
	"that something became worse).";

static const char args_doc[] = "FILE\nA B";

enum { KEY_BASE = 256, KEY_NEW, KEY_JSON, KEY_CHECK, KEY_FORCE, KEY_LEAST };

static const struct argp_option options[] = {
	{ "base", KEY_BASE, "BACKEND", 0, "compare with this one (default: upstream)", 0 },
	{ "new", KEY_NEW, "BACKEND", 0, "compare this one (default: mtce)", 0 },
	{ "json", KEY_JSON, NULL, 0, "print JSON", 0 },
	{ "check", KEY_CHECK, NULL, 0, "fail if a goal is missed, or if B is worse than A", 0 },
	{ "force", KEY_FORCE, NULL, 0, "compare runs of unlike machines or kernels", 0 },
	{ "least", KEY_LEAST, "PERCENT", 0, "a smaller difference is none (default: 2)", 0 },
	{ 0 }
};

static const char * const all_backends[] = { "upstream", "mtce-takeover", "mtce" };

struct arguments {
	const char *files[2];
	json_t *runs[2];
	unsigned int num_files;
	const char *base;
	const char *new;
	bool json;
	bool check;
	bool force;
	double least;		/* percent */
};

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
	case KEY_JSON:
		a->json = true;
		break;
	case KEY_CHECK:
		a->check = true;
		break;
	case KEY_FORCE:
		a->force = true;
		break;
	case KEY_LEAST:
		a->least = strtod(arg, &end);
		if (*end || end == arg || !(a->least > 0))
			argp_error(state, "'%s' is not a percentage above 0", arg);
		break;
	case ARGP_KEY_ARG:
		if (a->num_files == 2)
			argp_error(state, "at most two files");
		a->files[a->num_files++] = arg;
		break;
	case ARGP_KEY_END:
		if (!a->num_files)
			argp_error(state, "which file?");
		if (a->num_files == 2 && (a->base || a->new))
			argp_error(state, "--base and --new choose columns of one file");
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

static void need_backend(const struct arguments *a, const char *backend)
{
	if (backend && !runfile_has_backend(a->runs[0], backend))
		die("%s has no results of '%s'", a->files[0], backend);
}

/* Base and new if they are named, otherwise every back end of the run. */
static void columns_of_one(struct comparison *c, const struct arguments *a)
{
	size_t i;

	need_backend(a, a->base);
	need_backend(a, a->new);
	if (a->base && a->new) {
		add_column(c, a->runs[0], a->base, a->base);
		add_column(c, a->runs[0], a->new, a->new);
	}
	for (i = 0; i < ARRAY_SIZE(all_backends) && !(a->base && a->new); i++)
		if (runfile_has_backend(a->runs[0], all_backends[i]))
			add_column(c, a->runs[0], all_backends[i], all_backends[i]);
	if (!c->num_columns)
		die("%s has no results of a back end that is known here", a->files[0]);
	c->base = 0;
	c->new = c->num_columns - 1;
	for (i = 0; i < c->num_columns; i++) {
		if (a->base && !strcmp(a->base, c->columns[i].label))
			c->base = i;
		if (a->new && !strcmp(a->new, c->columns[i].label))
			c->new = i;
	}
}

static void print_comparison(struct comparison *c)
{
	table_instructions(c);
	table_threads(c);
	table_hcalls(c);
	table_latency(c);
	table_notes(c);
}

static json_t *comparison_json(const char *title, const struct comparison *c, double least)
{
	return json_pack("{s:s,s:s,s:s,s:o}", "title", title,
			 "base", c->columns[c->base].label, "new", c->columns[c->new].label,
			 "rows", compare_json(c, least));
}

static bool compare_one(const struct arguments *a, json_t *out)
{
	struct comparison c = { .num_columns = 0 };
	bool met;

	columns_of_one(&c, a);
	if (!compare_make(&c))
		die("%s: the back ends have no scenario in common", a->files[0]);
	if (out) {
		json_array_append_new(out, comparison_json(a->files[0], &c, 0));
		return true;
	}
	table_context(a->files[0], a->runs[0]);
	print_comparison(&c);
	met = table_goals(&c);
	free(c.rows);
	return met;
}

/* Numbers of unlike machines are not comparable. */
static void refuse_unlike(const struct arguments *a)
{
	static const char * const keys[] = { "kernel", "page_size", "emulated", "machine", "qemu" };
	const json_t *first = json_object_get(a->runs[0], "context");
	const json_t *second = json_object_get(a->runs[1], "context");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (json_equal(json_object_get(first, keys[i]), json_object_get(second, keys[i])))
			continue;
		if (!a->force)
			die("the runs differ in %s, so differences may not be the driver's: --force compares them all the same",
			    keys[i]);
		fprintf(stderr, "mtce-compare: the runs differ in %s: differences may not be the driver's\n",
			keys[i]);
	}
}

static void compare_backend(const struct arguments *a, const struct comparison *c,
			    const char *backend, json_t *out, struct verdict *v)
{
	verdict_add(v, c, a->least);
	if (out) {
		json_array_append_new(out, comparison_json(backend, c, a->least));
		return;
	}
	printf("\n%s\n", backend);
	table_differences(c, a->least);
	table_threads(c);
	table_hcalls(c);
	table_latency(c);
}

/* False if B is worse in something. */
static bool compare_two(const struct arguments *a, json_t *out)
{
	struct verdict v = { .rows = 0 };
	size_t i, found = 0;

	refuse_unlike(a);
	if (!out) {
		printf("A\n");
		table_context(a->files[0], a->runs[0]);
		printf("B\n");
		table_context(a->files[1], a->runs[1]);
	}
	for (i = 0; i < ARRAY_SIZE(all_backends); i++) {
		struct comparison c = { .num_columns = 0, .new = 1 };

		add_column(&c, a->runs[0], all_backends[i], "A");
		add_column(&c, a->runs[1], all_backends[i], "B");
		if (compare_make(&c)) {
			found++;
			compare_backend(a, &c, all_backends[i], out, &v);
		}
		free(c.rows);
	}
	if (!found)
		die("%s and %s have no scenario in common", a->files[0], a->files[1]);
	if (!out)
		table_verdict(&v, a->least);
	return !v.worse;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { options, parse, args_doc, doc, NULL, NULL, NULL };
	struct arguments a = { .num_files = 0, .least = 2 };
	json_t *out = NULL;
	bool met = true;
	unsigned int i;

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	for (i = 0; i < a.num_files; i++)
		a.runs[i] = runfile_load(a.files[i]);
	if (a.json)
		out = json_array();
	if (a.num_files == 1)
		met = compare_one(&a, out);
	else
		met = compare_two(&a, out);
	if (out) {
		out = json_pack("{s:i,s:o}", "schema", RUNFILE_SCHEMA, "comparisons", out);
		json_dumpf(out, stdout,
			   JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12));
		printf("\n");
	}
	if (fflush(stdout) || ferror(stdout))
		die("cannot write to stdout");
	return a.check && !met ? 1 : 0;
}
