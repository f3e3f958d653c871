// SPDX-License-Identifier: GPL-2.0
/*
 * A model, not a measurement, of what a step would cost on a POWER8: what was counted of each kind, times what one of
 * it may cost. docs/cost-model.md says where the costs come from and where the model can be wrong.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "format.h"
#include "runfile.h"
#include "util.h"

#define LABEL "a model of POWER8's cost, not a measurement"

/* GHz: altimesh.com measured on chips of 4.116; in AnandTech's machine 27 to 28 cycles were 8 ns. */
#define FAST_CLOCK 4.116
#define SLOW_CLOCK 3.4

/* The kernel empties the L1 cache on its way back to user space; in the lab by loads of so many lines. */
#define FLUSHED_LINES 512

#define BLOG "jiegec, ibm-power8.md"
#define LMBENCH "AnandTech, LMBench"
#define GCC "GCC's power8.md, by IBM"

enum unit { CYCLES, NANOSECONDS };

/* Where a bound comes from. */
enum basis {
	PUBLISHED,	/* of POWER8, or computed from what is */
	COUNTED,	/* its instructions are in the counts already */
	ASSUMED,	/* nothing that is published was found */
};

struct bound {
	double cost;
	enum basis basis;
};

/* One of a kind costs something between low and high. An instruction of its own kind costs that on top. */
static const struct cost {
	const char *name;
	const char *kind;	/* in the file; NULL: see counted() */
	enum unit unit;
	struct bound low;
	struct bound high;
	const char *source;
} costs[] = {
	{ "instruction", "instructions", CYCLES, { 1.0 / 6, PUBLISHED }, { 1.5, ASSUMED },
	  "low: six a cycle, measured (" BLOG "); high: one after the other with some waiting" },
	{ "line flushed", NULL, CYCLES, { 13.0 / 16, PUBLISHED }, { 13, PUBLISHED },
	  "the L2 cache's 13 cycles (" LMBENCH "); low: 16 misses at a time (IBM's paper), high: one" },
	{ "other line", "lines", CYCLES, { 13.0 / 16, PUBLISHED }, { 28, PUBLISHED },
	  "low: from the L2 cache, 16 at a time; high: from the L3 cache, 28 cycles (" LMBENCH "), one at a time" },
	{ "load-reserve", "load_reserve", CYCLES, { 3, PUBLISHED }, { 13, ASSUMED },
	  "low: as a load (" GCC "); high: it goes to the L2 cache" },
	{ "store-conditional", "store_conditional", CYCLES, { 10, PUBLISHED }, { 50, ASSUMED },
	  "low: " GCC "; high: a guess, of several trips to the L2 cache" },
	{ "sync", "sync", CYCLES, { 13, PUBLISHED }, { 200, ASSUMED },
	  "low: a trip to the L2 cache (Piggin, linuxppc-dev, April 2024); high: a guess, of a full store queue" },
	{ "lwsync", "lwsync", CYCLES, { 1, PUBLISHED }, { 30, ASSUMED },
	  "low: a dispatch group of its own (" GCC "); high: a guess" },
	{ "isync", "isync", CYCLES, { 1, PUBLISHED }, { 40, ASSUMED },
	  "low: a dispatch group of its own (" GCC "); high: a guess, of an empty pipeline" },
	{ "MMIO store", "mmio_stores", NANOSECONDS, { 30, ASSUMED }, { 500, ASSUMED },
	  "a guess: nothing was found of POWER8; of Intel's CPUs people report 50 to 300 ns" },
	{ "MMIO load", "mmio_loads", NANOSECONDS, { 300, ASSUMED }, { 5000, ASSUMED },
	  "a guess: nothing was found of POWER8; of Intel's CPUs people report 2 to 5.5 us" },
	{ "system call", "system_calls", CYCLES, { 0, COUNTED }, { 358, PUBLISHED },
	  "high: a whole getppid() once more (Linux commit acd7d8cef015)" },
	{ "fault", "faults", CYCLES, { 0, COUNTED }, { 358, ASSUMED },
	  "high: as a system call" },
};

#define NUM_COSTS ARRAY_SIZE(costs)

/* Of a step: how many of each kind. */
struct counts {
	double of[NUM_COSTS];
};

/* Of low costs and of high ones: in all, and how much of it is assumed; ns. */
struct estimate {
	double ns[2];
	double assumed[2];
};

static const struct bound *bound(const struct cost *c, bool high)
{
	return high ? &c->high : &c->low;
}

static double bound_ns(const struct cost *c, bool high)
{
	double clock = high ? SLOW_CLOCK : FAST_CLOCK;

	return bound(c, high)->cost / (c->unit == CYCLES ? clock : 1);
}

static double counted(const json_t *step, const struct cost *c)
{
	const json_t *kinds = json_object_get(step, "kinds");
	double flushed = FLUSHED_LINES * json_number_or_nan(kinds, "system_calls");

	if (!c->kind)
		return flushed;
	if (strcmp(c->kind, "lines"))
		return json_number_or_nan(kinds, c->kind);
	/* Each line is counted once, in however many system calls of a window it is flushed. */
	return fmax(json_number_or_nan(step, "lines") - flushed, 0);
}

/* Per TCE or per call, as the row is. False: not all was counted, or something else with it. */
static bool count_kinds(const struct cell *cell, struct counts *counts)
{
	size_t i;

	if (cell->state != CELL_MEASURED || !(cell->purity > 0) ||
	    isnan(json_number_or_nan(cell->step, "lines")))
		return false;
	for (i = 0; i < NUM_COSTS; i++) {
		counts->of[i] = counted(cell->step, &costs[i]) / cell->per;
		if (isnan(counts->of[i]))
			return false;
	}
	return true;
}

static void estimate(const struct counts *counts, struct estimate *e)
{
	size_t i;
	int high;

	*e = (struct estimate){ .ns = { 0, 0 } };
	for (high = 0; high < 2; high++)
		for (i = 0; i < NUM_COSTS; i++) {
			double ns = counts->of[i] * bound_ns(&costs[i], high);

			e->ns[high] += ns;
			if (bound(&costs[i], high)->basis == ASSUMED)
				e->assumed[high] += ns;
		}
}

/*
 * The least or the most that @a may cost in times of what @b costs, each kind costing the same in both. That is where
 * every cost is low or high; which is found by going from one ratio to a better one.
 */
static double extreme(const struct counts *a, const struct counts *b, bool most)
{
	double ratio = most ? 0 : INFINITY, before;

	do {
		double sum_a = 0, sum_b = 0;
		size_t i;

		before = ratio;
		for (i = 0; i < NUM_COSTS; i++) {
			bool more = isinf(ratio) ? !b->of[i] : a->of[i] > ratio * b->of[i];
			double ns = bound_ns(&costs[i], more == most);

			sum_a += a->of[i] * ns;
			sum_b += b->of[i] * ns;
		}
		ratio = sum_a / sum_b;
	} while (most ? ratio > before * 1.000000001 : ratio < before * 0.999999999);
	return ratio;
}

static bool ratio_of(const struct comparison *c, const struct row *r, double *least, double *most)
{
	struct counts base, new;

	if (c->base == c->new || !count_kinds(&r->cells[c->base], &base) ||
	    !count_kinds(&r->cells[c->new], &new))
		return false;
	*least = extreme(&base, &new, false);
	*most = extreme(&base, &new, true);
	return true;
}

/*
 * Printed
 */

static const char *basis_name(const struct bound *b)
{
	static const char * const names[] = {
		[PUBLISHED] = "published", [COUNTED] = "counted", [ASSUMED] = "assumed",
	};

	return names[b->basis];
}

static void print_costs(void)
{
	size_t i;

	printf("\n%-18s %6s %6s\n", "one of these costs", "low", "high");
	for (i = 0; i < NUM_COSTS; i++) {
		const struct cost *c = &costs[i];
		char low[32], high[32];

		printf("%-18s %6s %6s %s, %s / %s\n", c->name,
		       format_number(low, sizeof(low), c->low.cost),
		       format_number(high, sizeof(high), c->high.cost),
		       c->unit == CYCLES ? "cycles" : "ns", basis_name(&c->low), basis_name(&c->high));
		print_wrapped("", c->source);
	}
	printf("cycles are of %.3f GHz for low, of %.1f GHz for high\n", FAST_CLOCK, SLOW_CLOCK);
}

static const char *format_range(char *buf, size_t size, double low, double high)
{
	char a[16], b[16];

	snprintf(buf, size, "%s..%s", format_number(a, sizeof(a), low), format_number(b, sizeof(b), high));
	return buf;
}

static void print_cell(const struct cell *cell)
{
	struct counts counts;
	struct estimate e;
	char range[48];

	if (!count_kinds(cell, &counts)) {
		printf(" %12s %4s", "-", "");
		return;
	}
	estimate(&counts, &e);
	printf(" %12s %3.0f%%", format_range(range, sizeof(range), e.ns[0], e.ns[1]),
	       100 * e.assumed[1] / e.ns[1]);
}

static void print_row(const struct comparison *c, const struct row *r)
{
	double least, most;
	char range[48];

	printf("%-24s %-7s", r->scenario, r->op);
	print_cell(&r->cells[c->base]);
	if (c->base != c->new)
		print_cell(&r->cells[c->new]);
	if (ratio_of(c, r, &least, &most))
		printf(" %12s", format_range(range, sizeof(range), least, most));
	printf("\n");
}

static bool has_model(const struct row *r, size_t columns)
{
	struct counts counts;
	size_t col;

	for (col = 0; col < columns; col++)
		if (count_kinds(&r->cells[col], &counts))
			return true;
	return false;
}

static void print_heading(const struct comparison *c)
{
	printf("\n%-24s %-7s %12s %4s", "ns per TCE or call", "step",
	       compare_short_label(c->columns[c->base].label), "ass.");
	if (c->base != c->new)
		printf(" %12s %4s %12s", compare_short_label(c->columns[c->new].label), "ass.", "ratio");
	printf("\n");
}

void table_model(const struct comparison *c)
{
	size_t i, rows = 0;

	printf("\n%s\n", LABEL);
	print_costs();
	for (i = 0; i < c->num_rows; i++) {
		if (!has_model(&c->rows[i], c->num_columns))
			continue;
		if (!rows++)
			print_heading(c);
		print_row(c, &c->rows[i]);
	}
	if (!rows)
		printf("\nno row was counted by kinds: that wants QEMU's plugin\n");
	else
		print_folded("ass.: how much of the high estimate is assumed. ratio: the least and the most that the first "
			     "may cost in times of the second, whatever each kind costs between low and high.");
}

/*
 * As JSON
 */

static json_t *bound_json(const struct bound *b)
{
	return json_pack("{s:f,s:s}", "cost", b->cost, "basis", basis_name(b));
}

json_t *model_json(void)
{
	json_t *all = json_array();
	size_t i;

	for (i = 0; i < NUM_COSTS; i++)
		json_array_append_new(all, json_pack("{s:s,s:s,s:o,s:o,s:s}", "name", costs[i].name, "unit",
						     costs[i].unit == CYCLES ? "cycles" : "ns",
						     "low", bound_json(&costs[i].low),
						     "high", bound_json(&costs[i].high),
						     "source", costs[i].source));
	return json_pack("{s:s,s:f,s:f,s:o}", "label", LABEL, "fast_clock_ghz", FAST_CLOCK,
			 "slow_clock_ghz", SLOW_CLOCK, "costs", all);
}

void model_row_json(const struct comparison *c, const struct row *r, json_t *row)
{
	double least, most;
	size_t col;

	for (col = 0; col < c->num_columns; col++) {
		json_t *cell = json_object_get(row, c->columns[col].label);
		struct counts counts;
		struct estimate e;

		if (!count_kinds(&r->cells[col], &counts))
			continue;
		estimate(&counts, &e);
		json_object_set_new(cell, "model_low_ns", json_real(e.ns[0]));
		json_object_set_new(cell, "model_high_ns", json_real(e.ns[1]));
		json_object_set_new(cell, "model_low_assumed_percent", json_real(100 * e.assumed[0] / e.ns[0]));
		json_object_set_new(cell, "model_high_assumed_percent", json_real(100 * e.assumed[1] / e.ns[1]));
	}
	if (ratio_of(c, r, &least, &most)) {
		json_object_set_new(row, "model_ratio_least", json_real(least));
		json_object_set_new(row, "model_ratio_most", json_real(most));
	}
}
