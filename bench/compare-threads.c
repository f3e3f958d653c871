// SPDX-License-Identifier: GPL-2.0
/* Prints what two threads do beside one, in 80 columns. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "format.h"

#define NAME_WIDTH 21

static const char *short_label(const char *label)
{
	return !strcmp(label, "mtce-takeover") ? "takeovr" : label;
}

/* "4k-smp-one-page" is "one-page" here. */
static const char *short_name(const char *scenario)
{
	const char *smp = strstr(scenario, "smp-");

	return smp ? smp + strlen("smp-") : scenario;
}

static void print_heading(const struct comparison *c)
{
	int columns = (int)c->num_columns * 8;
	size_t group, col;

	printf("\ntwo threads on two CPUs, disjoint ranges of one table, or of two (-2w)\n");
	printf("%*s%*s %*s\n", NAME_WIDTH + 1, "", columns, "1000 TCEs per second", columns,
	       "instructions / TCE");
	printf("%-*s", NAME_WIDTH + 1, "scenario     threads");
	for (group = 0; group < 2; group++) {
		for (col = 0; col < c->num_columns; col++)
			printf(" %7.8s", short_label(c->columns[col].label));
		printf("%s", group ? "\n" : " ");
	}
}

static void print_value(const struct cell *cell, double v)
{
	char buf[32];

	printf(" %7s", cell->state == CELL_MEASURED ? format_number(buf, sizeof(buf), v) :
	       cell->state == CELL_FAILED ? "FAILED" : "skip");
}

static void print_threads(const struct comparison *c, const struct row *r, unsigned int threads)
{
	size_t col;

	printf("%-*s %2u", NAME_WIDTH - 2, threads == 1 ? short_name(r->scenario) : "", threads);
	for (col = 0; col < c->num_columns; col++)
		print_value(&r->cells[col], r->cells[col].rate[threads - 1] / 1e3);
	printf(" ");
	for (col = 0; col < c->num_columns; col++)
		print_value(&r->cells[col], threads == 1 ? r->cells[col].one_thread :
							  r->cells[col].instructions);
	printf("\n");
}

static void print_ratios(const struct comparison *c, const struct row *r, const char *what,
			 double (*of)(const struct cell *cell))
{
	size_t col;

	printf("%*s", NAME_WIDTH + 1, what);
	for (col = 0; col < c->num_columns; col++)
		print_value(&r->cells[col], of(&r->cells[col]));
	printf("\n");
}

static double scaling(const struct cell *cell)
{
	return cell->scaling;
}

static double machine(const struct cell *cell)
{
	return cell->machine;
}

static double share(const struct cell *cell)
{
	return cell->share;
}

void table_threads(const struct comparison *c)
{
	bool headed = false;
	size_t i;

	for (i = 0; i < c->num_rows; i++) {
		const struct row *r = &c->rows[i];

		if (strcmp(r->op, OP_THREADS))
			continue;
		if (!headed)
			print_heading(c);
		headed = true;
		print_threads(c, r, 1);
		print_threads(c, r, 2);
		print_ratios(c, r, "scaling", scaling);
		print_ratios(c, r, "machine", machine);
		print_ratios(c, r, "share", share);
	}
	if (headed)
		printf("scaling: two threads over one. machine: the same of a loop beside it, which\n"
		       "shares nothing and does as many instructions and MMIO stores. share: scaling\n"
		       "of machine. Maps and unmaps are counted each. Time without a real CPU is not.\n");
}
