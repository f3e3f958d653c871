// SPDX-License-Identifier: GPL-2.0
/* The goals that this project set itself, and what the run says to them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "format.h"

enum metric { ABOVE_NULL, PER_TCE, KILLS_BEYOND, FEWER };

struct goal {
	const char *backend;
	const char *scenario;
	const char *op;
	enum metric metric;
	double limit;
	const char *sentence;
};

static const char above_null[] = "instructions above the null ioctl";
static const char per_tce[] = "instructions per TCE";

static const struct goal goals[] = {
	{ "mtce-takeover", "4k-one-page", "map", ABOVE_NULL, 350, above_null },
	{ "mtce-takeover", "4k-one-page", "unmap", ABOVE_NULL, 350, above_null },
	{ "mtce-takeover", "4k-range-1024", "map", PER_TCE, 70, per_tce },
	{ "mtce-takeover", "4k-range-1024", "unmap", PER_TCE, 60, per_tce },
	{ "mtce-takeover", "4k-close-2g", "total", KILLS_BEYOND, 6, "kill stores beyond the kernel's own" },
	{ "mtce-takeover", "4k-close-2g", "close", FEWER, 100, "times fewer instructions" },
	{ "mtce", "4k-one-page", "map", ABOVE_NULL, 350, above_null },
	{ "mtce", "4k-one-page", "unmap", ABOVE_NULL, 350, above_null },
	{ "mtce", "4k-range-1024", "map", PER_TCE, 16, per_tce },
	{ "mtce", "4k-range-1024", "unmap", PER_TCE, 16, per_tce },
	{ "mtce", "4k-list-512-scattered", "map", PER_TCE, 30, per_tce },
	{ "mtce", "4k-close-2g", "total", KILLS_BEYOND, 6, "kill stores beyond the kernel's own" },
	{ "mtce", "4k-close-2g", "close", FEWER, 100, "times fewer instructions" },
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

static double value(const struct comparison *c, const struct goal *g)
{
	const struct cell *cell = find(c, g->backend, g->scenario, g->op);
	const struct cell *upstream = find(c, "upstream", g->scenario, g->op);

	if (!cell)
		return NAN;
	switch (g->metric) {
	case ABOVE_NULL:
		return cell->above_null;
	case PER_TCE:
		return cell->instructions;
	case KILLS_BEYOND:
		/*
		 * Upstream never kills a whole PE: those that are seen while it
		 * runs are the kernel's own, when it sets and unsets windows.
		 */
		return upstream ? cell->kills_all - upstream->kills_pe : NAN;
	case FEWER:
		return upstream ? upstream->instructions / cell->instructions : NAN;
	}
	return NAN;
}

static bool met(const struct goal *g, double v)
{
	return g->metric == FEWER ? v >= g->limit : v <= g->limit;
}

bool table_goals(const struct comparison *c)
{
	bool headed = false, all = true;
	char text[32];
	size_t i;

	for (i = 0; i < sizeof(goals) / sizeof(goals[0]); i++) {
		const struct goal *g = &goals[i];
		double v = value(c, g);

		if (isnan(v))
			continue;
		if (!headed)
			printf("\n%-13s %-21s %-5s %6s %7s\n", "goals", "", "", "is", "goal");
		headed = true;
		all = all && met(g, v);
		printf("%-13s %-21s %-5s %6s %s%5g %s%s\n", g->backend, g->scenario, g->op,
		       format_number(text, sizeof(text), v), g->metric == FEWER ? ">=" : "<=",
		       g->limit, met(g, v) ? "met" : "MISSED", "");
	}
	return all;
}
