// SPDX-License-Identifier: GPL-2.0
/* The goals that this project set itself, and what the run says to them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "format.h"
#include "util.h"

enum metric { ABOVE_NULL, PER_TCE, KILLS_BEYOND, FEWER, KILLS, SCALING };

static const char * const metric_names[] = {
	[ABOVE_NULL] = "above null",
	[PER_TCE] = "per TCE",
	[KILLS_BEYOND] = "own kills",
	[FEWER] = "times fewer",
	[KILLS] = "kills / TCE",
	[SCALING] = "2 threads",
};

struct goal {
	const char *backend;
	const char *scenario;
	const char *op;
	enum metric metric;
	double limit;		/* of SCALING: how much of what the machine does */
};

static const struct goal goals[] = {
	{ "mtce-takeover", "4k-one-page", "map", ABOVE_NULL, 350 },
	{ "mtce-takeover", "4k-one-page", "unmap", ABOVE_NULL, 350 },
	{ "mtce-takeover", "4k-range-1024", "map", PER_TCE, 70 },
	{ "mtce-takeover", "4k-range-1024", "unmap", PER_TCE, 60 },
	{ "mtce-takeover", "4k-close-2g", "total", KILLS_BEYOND, 6 },
	{ "mtce-takeover", "4k-close-2g", "close", FEWER, 100 },
	{ "mtce", "4k-one-page", "map", ABOVE_NULL, 350 },
	{ "mtce", "4k-one-page", "unmap", ABOVE_NULL, 350 },
	{ "mtce", "4k-range-1024", "map", PER_TCE, 16 },
	{ "mtce", "4k-range-1024", "unmap", PER_TCE, 16 },
	{ "mtce", "4k-list-512-scattered", "map", PER_TCE, 30 },
	{ "mtce", "4k-close-2g", "total", KILLS_BEYOND, 6 },
	{ "mtce", "4k-close-2g", "close", FEWER, 100 },
	{ "mtce", "4k-lazy-512", "unmap", PER_TCE, 40 },
	{ "mtce", "4k-lazy-512", "unmap", KILLS, 1.0 / 512 },
	{ "mtce", "4k-lazy-512-scattered", "unmap", PER_TCE, 40 },
	{ "mtce", "4k-lazy-512-scattered", "unmap", KILLS, 1.0 / 512 },
	{ "mtce", "4k-smp-one-page", OP_THREADS, SCALING, 0.9 },
	{ "mtce", "4k-smp-one-page-2w", OP_THREADS, SCALING, 0.9 },
	{ "mtce", "4k-smp-update-512", OP_THREADS, SCALING, 0.9 },
	{ "mtce", "4k-smp-update-512-2w", OP_THREADS, SCALING, 0.9 },
	{ "mtce", "4k-smp-range-1024", OP_THREADS, SCALING, 0.9 },
	{ "mtce", "4k-smp-range-1024-2w", OP_THREADS, SCALING, 0.9 },
};

/* What two CPUs do that share nothing, if they are real and nobody else uses them. */
#define PERFECT 2
/* A back end that serialises does 1. Where the goal is no more than this, such a one would nearly meet it. */
#define TELLS 1.1

static const struct cell *find(const struct comparison *c, const char *backend,
			       const char *scenario, const char *op)
{
	const struct row *r = compare_find(c, scenario, op);
	size_t col;

	for (col = 0; r && col < c->num_columns; col++)
		if (!strcmp(c->columns[col].backend, backend) &&
		    r->cells[col].state == CELL_MEASURED)
			return &r->cells[col];
	return NULL;
}

/* Upstream's null ioctl if it was measured: a dearer one of ours is no excuse. */
static double above_null(const struct comparison *c, const struct cell *cell)
{
	const struct cell *null = find(c, "upstream", "4k-null-ioctl", "call");

	return null ? cell->instructions - null->instructions : cell->above_null;
}

/*
 * Of a close, what is the back end's. When a group goes home the kernel makes
 * it a new 2 GiB table, whoever had it before; 4k-close-empty is that alone.
 */
static double kernels_own(const struct comparison *c, const char *op)
{
	static const char * const backends[] = { "upstream", "mtce-takeover", "mtce" };
	double least = INFINITY;
	size_t i;

	/* The least of them: what is more is the back end's. */
	for (i = 0; i < sizeof(backends) / sizeof(*backends); i++) {
		const struct cell *empty = find(c, backends[i], "4k-close-empty", op);

		if (empty && empty->instructions < least)
			least = empty->instructions;
	}
	return least;
}

static double times_fewer(const struct comparison *c, const struct goal *g)
{
	const struct cell *cell = find(c, g->backend, g->scenario, g->op);
	const struct cell *upstream = find(c, "upstream", g->scenario, g->op);
	double kernel = kernels_own(c, g->op);

	if (!upstream || isinf(kernel) || cell->instructions <= kernel)
		return NAN;
	return (upstream->instructions - kernel) / (cell->instructions - kernel);
}

/* Emulated CPUs on a busy host do not do twice the work of one, whoever works. */
static double limit(const struct comparison *c, const struct goal *g)
{
	const struct cell *cell = find(c, g->backend, g->scenario, g->op);

	if (g->metric != SCALING || !cell)
		return g->limit;
	return g->limit * fmin(cell->machine, PERFECT);
}

static double value(const struct comparison *c, const struct goal *g)
{
	const struct cell *cell = find(c, g->backend, g->scenario, g->op);
	const struct cell *upstream = find(c, "upstream", g->scenario, g->op);

	if (!cell)
		return NAN;
	switch (g->metric) {
	case ABOVE_NULL:
		return above_null(c, cell);
	case PER_TCE:
		return cell->instructions;
	case KILLS_BEYOND:
		/*
		 * Upstream never kills a whole PE: those that are seen while it
		 * runs are the kernel's own, when it sets and unsets windows.
		 */
		return upstream ? cell->kills_all - upstream->kills_pe : NAN;
	case FEWER:
		return times_fewer(c, g);
	case KILLS:
		return cell->kills;
	case SCALING:
		return limit(c, g) > TELLS ? cell->scaling : NAN;
	}
	return NAN;
}

static bool at_least(const struct goal *g)
{
	return g->metric == FEWER || g->metric == SCALING;
}

static bool met(const struct comparison *c, const struct goal *g, double v)
{
	return at_least(g) ? v >= limit(c, g) : v <= limit(c, g);
}

static bool is_there(const struct comparison *c, const char *backend)
{
	size_t col;

	for (col = 0; col < c->num_columns; col++)
		if (!strcmp(c->columns[col].backend, backend))
			return true;
	return false;
}

/*
 * A goal without a value is missed, unless its scenario was not to be measured: the run was of some scenarios
 * only, or it was skipped, with a reason.
 */
static bool is_judged(const struct comparison *c, const struct goal *g)
{
	const struct row *r = compare_find(c, g->scenario, g->op);
	size_t i;

	if (!isnan(value(c, g)))
		return true;
	for (i = 0; !r && i < c->num_rows; i++)
		if (!strcmp(c->rows[i].scenario, g->scenario))
			r = &c->rows[i];
	if (!r || !is_there(c, g->backend))
		return !context_is_partial(c->columns[c->base].run) && !c->some_rows;
	for (i = 0; i < c->num_columns; i++)
		if (!strcmp(c->columns[i].backend, g->backend))
			return r->cells[i].state != CELL_SKIPPED &&
			       r->cells[i].state != CELL_MEASURED;
	return false;
}

static void print_goal(const struct comparison *c, const struct goal *g)
{
	double v = value(c, g);
	char is[32], goal[32];

	printf("%-13s %-21s %-7s %-12s %6s %s%5s %s\n", g->backend, g->scenario, g->op,
	       metric_names[g->metric], format_number(is, sizeof(is), v),
	       at_least(g) ? ">=" : "<=", format_number(goal, sizeof(goal), limit(c, g)),
	       met(c, g, v) ? "met" : "MISSED");
}

/* Goals that this machine cannot judge. */
static void print_unjudged(const struct comparison *c)
{
	char text[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(goals); i++) {
		const struct goal *g = &goals[i];
		const struct cell *cell = find(c, g->backend, g->scenario, g->op);

		if (g->metric != SCALING || !cell || limit(c, g) > TELLS)
			continue;
		snprintf(text, sizeof(text), "%s: the machine's own two CPUs do only %.2f times the work of one",
			 g->scenario, cell->machine);
		print_wrapped("unjudged", text);
	}
}

void table_goals(const struct comparison *c)
{
	bool headed = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(goals); i++) {
		if (!is_judged(c, &goals[i]))
			continue;
		if (!headed)
			printf("\n%-13s %-21s %-7s %-12s %6s %7s\n", "goals", "", "step",
			       "what", "is", "goal");
		headed = true;
		print_goal(c, &goals[i]);
	}
	print_unjudged(c);
	if (headed)
		printf("above null: instructions beyond a refused ioctl. Of closing, what the\n"
		       "kernel does by itself is taken off: close-empty, and its kills when\n"
		       "windows are set and unset. 2 threads: work of two over work of one, and the\n"
		       "goal is nine tenths of what the machine's own two CPUs do (at most of 2); one\n"
		       "that serialises does 1.\n");
}

json_t *goals_json(const struct comparison *c)
{
	json_t *all = json_array();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(goals); i++) {
		const struct goal *g = &goals[i];
		double v = value(c, g);

		if (is_judged(c, g))
			json_array_append_new(all, json_pack("{s:s,s:s,s:s,s:s,s:o,s:s,s:f,s:b}",
							     "backend", g->backend,
							     "scenario", g->scenario, "op", g->op,
							     "what", metric_names[g->metric],
							     "value", isnan(v) ? json_null() : json_real(v),
							     "limit_is", at_least(g) ? "at least" : "at most",
							     "limit", limit(c, g), "met", met(c, g, v)));
	}
	return all;
}

static void problem(json_t *all, const char *scenario, const char *op, const char *backend, const char *what)
{
	json_array_append_new(all, json_sprintf("%s %s, %s: %s", scenario, op, backend, what));
}

/* Every back end does what the others do, or says why not. */
static void problems_of_row(const struct comparison *c, const struct row *r, json_t *all)
{
	size_t col, measured = 0;

	for (col = 0; col < c->num_columns; col++)
		measured += r->cells[col].state == CELL_MEASURED;
	for (col = 0; col < c->num_columns; col++) {
		enum cell_state state = r->cells[col].state;

		if (state == CELL_FAILED)
			problem(all, r->scenario, r->op, c->columns[col].label, "failed");
		else if (measured && state == CELL_ABSENT)
			problem(all, r->scenario, r->op, c->columns[col].label, "is missing");
		else if (measured && state == CELL_SKIPPED)
			problem(all, r->scenario, r->op, c->columns[col].label,
				"was skipped, and not by all back ends");
	}
}

json_t *problems_of_one(const struct comparison *c)
{
	json_t *all = json_array();
	size_t i;

	for (i = 0; i < c->num_rows; i++)
		problems_of_row(c, &c->rows[i], all);
	for (i = 0; i < ARRAY_SIZE(goals); i++) {
		const struct goal *g = &goals[i];

		if (is_judged(c, g) && !met(c, g, value(c, g)))
			problem(all, g->scenario, g->op, g->backend, isnan(value(c, g)) ?
				"a goal without a measurement" : "a goal is missed");
	}
	return all;
}

json_t *problems_of_two(const struct comparison *cs, size_t num)
{
	json_t *all = json_array();
	char text[128], in[96];
	size_t i, j;

	for (i = 0; i < num; i++)
		for (j = 0; j < cs[i].num_rows; j++) {
			const struct row *r = &cs[i].rows[j];

			if (!r->difference.worse)
				continue;
			measures_text(in, sizeof(in), r->difference.worse);
			snprintf(text, sizeof(text), r->difference.worse & IN_STATE ?
				 "is not %s in B" : "worse in %s", in);
			problem(all, r->scenario, r->op, cs[i].columns[0].backend, text);
		}
	return all;
}
