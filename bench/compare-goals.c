// SPDX-License-Identifier: GPL-2.0
/* The goals that this project set itself, and what the run says to them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "format.h"
#include "util.h"

enum metric { ABOVE_NULL, PER_TCE, KILLS_BEYOND, FEWER };

static const char * const metric_names[] = {
	[ABOVE_NULL] = "above null",
	[PER_TCE] = "per TCE",
	[KILLS_BEYOND] = "own kills",
	[FEWER] = "times fewer",
};

struct goal {
	const char *backend;
	const char *scenario;
	const char *op;
	enum metric metric;
	double limit;
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
};

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
static double times_fewer(const struct comparison *c, const struct goal *g)
{
	const struct cell *cell = find(c, g->backend, g->scenario, g->op);
	const struct cell *upstream = find(c, "upstream", g->scenario, g->op);
	const struct cell *kernel = find(c, "upstream", "4k-close-empty", g->op);
	double own;

	if (!upstream || !kernel)
		return NAN;
	own = cell->instructions - kernel->instructions;
	return (upstream->instructions - kernel->instructions) / (own > 1 ? own : 1);
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
	}
	return NAN;
}

static bool met(const struct goal *g, double v)
{
	return g->metric == FEWER ? v >= g->limit : v <= g->limit;
}

static void print_goal(const struct goal *g, double v)
{
	char text[32];

	printf("%-13s %-21s %-5s %-12s %6s %s%5g %s\n", g->backend, g->scenario, g->op,
	       metric_names[g->metric], format_number(text, sizeof(text), v),
	       g->metric == FEWER ? ">=" : "<=", g->limit, met(g, v) ? "met" : "MISSED");
}

bool table_goals(const struct comparison *c)
{
	bool headed = false, all = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(goals); i++) {
		double v = value(c, &goals[i]);

		if (isnan(v))
			continue;
		if (!headed)
			printf("\n%-13s %-21s %-5s %-12s %6s %7s\n", "goals", "", "step",
			       "what", "is", "goal");
		headed = true;
		all = all && met(&goals[i], v);
		print_goal(&goals[i], v);
	}
	if (headed)
		printf("above null: instructions beyond a refused ioctl. Of closing, what the\n"
		       "kernel does by itself is taken off: close-empty, and its kills when\n"
		       "windows are set and unset.\n");
	return all;
}
