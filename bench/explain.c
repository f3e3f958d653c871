// SPDX-License-Identifier: GPL-2.0
#include "explain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exact.h"
#include "symbols.h"
#include "util.h"

#define MOST_BACKENDS 8
#define LEAST 0.5	/* instructions of a call that are worth a line */

/* Instructions per unit, of each function. */
struct found {
	const struct result *result;
	enum op op;
	double *of;
	double all;
	struct found *next;
};

static bool explains;
static struct found *first;

void explain_open(void)
{
	if (!exact_present())
		die("--explain wants the lab's counter: scripts/lab run --count-all -- ...");
	explains = true;
}

static struct found *find(const struct result *r, enum op op)
{
	struct found *f;

	for (f = first; f; f = f->next)
		if (f->result == r && f->op == op)
			return f;
	return NULL;
}

void explain_begin(void)
{
	if (explains)
		exact_functions_begin();
}

static struct found *find_or_add(const struct result *r, enum op op)
{
	struct found *f = find(r, op);
	size_t n;

	if (f)
		return f;
	symbols_get(&n);
	f = xcalloc(1, sizeof(*f));
	f->result = r;
	f->op = op;
	f->of = xcalloc(n, sizeof(*f->of));
	f->all = INFINITY;
	f->next = first;
	first = f;
	return f;
}

/* Of several passes the one with the fewest instructions is explained. */
void explain_end(const struct result *r, enum op op, unsigned int units, enum purity least)
{
	const volatile uint64_t *counts;
	enum purity purity;
	struct found *f;
	double all = 0;
	size_t i, n;

	if (!explains)
		return;
	counts = exact_functions_end(&purity);
	if (purity < least)
		return;
	symbols_get(&n);
	for (i = 0; i < n; i++)
		all += (double)counts[i] / units;
	f = find_or_add(r, op);
	if (all >= f->all)
		return;
	f->all = all;
	for (i = 0; i < n; i++)
		f->of[i] = (double)counts[i] / units;
}

/*
 * Tables
 */

struct table {
	unsigned int columns;
	const struct found *found[MOST_BACKENDS];
};

static const struct table *sorted_by;

static double most(const struct table *t, size_t function)
{
	double max = 0;
	unsigned int i;

	for (i = 0; i < t->columns; i++)
		if (t->found[i]->of[function] > max)
			max = t->found[i]->of[function];
	return max;
}

static int compare(const void *a, const void *b)
{
	double x = most(sorted_by, *(const size_t *)a), y = most(sorted_by, *(const size_t *)b);

	return (x < y) - (x > y);
}

static void print_number(double v)
{
	if (v > 0)
		printf(" %13.1f", v);
	else
		printf(" %13s", "-");
}

static void print_row(const char *name, const char *room, const struct table *t, const double *v)
{
	unsigned int i;

	printf("%-40.40s %-14s", name, room);
	for (i = 0; i < t->columns; i++)
		print_number(v[i]);
	printf("\n");
}

static void add_row(double *to, const struct table *t, size_t function)
{
	unsigned int i;

	for (i = 0; i < t->columns; i++)
		to[i] += t->found[i]->of[function];
}

static void print_functions(const struct table *t)
{
	double total[MOST_BACKENDS] = { 0 }, rest[MOST_BACKENDS] = { 0 };
	size_t i, n, *order;
	const struct symbol *s = symbols_get(&n);

	order = xcalloc(n, sizeof(*order));
	for (i = 0; i < n; i++)
		order[i] = i;
	sorted_by = t;
	qsort(order, n, sizeof(*order), compare);
	for (i = 0; i < n; i++) {
		double row[MOST_BACKENDS] = { 0 };

		add_row(total, t, order[i]);
		add_row(row, t, order[i]);
		if (most(t, order[i]) >= LEAST)
			print_row(s[order[i]].name, counted_names[COUNTED_ROOMS + s[order[i]].room], t, row);
		else
			add_row(rest, t, order[i]);
	}
	print_row("others", "", t, rest);
	print_row("all", "", t, total);
	free(order);
}

static void print_rooms(const struct table *t)
{
	size_t i, n, room;
	const struct symbol *s = symbols_get(&n);

	for (room = 0; room < COUNT_ROOMS; room++) {
		double sum[MOST_BACKENDS] = { 0 };

		for (i = 0; i < n; i++)
			if (s[i].room == room)
				add_row(sum, t, i);
		print_row("all of", counted_names[COUNTED_ROOMS + room], t, sum);
	}
}

static void print_table(const struct table *t)
{
	unsigned int i;

	printf("\n%s, %s: instructions per call\n%-40s %-14s", t->found[0]->result->scenario->name,
	       op_names[t->found[0]->op], "function", "of");
	for (i = 0; i < t->columns; i++)
		printf(" %13s", t->found[i]->result->backend->name);
	printf("\n");
	print_functions(t);
	print_rooms(t);
}

static bool print_step(const struct run *run, const struct scenario *s, enum op op)
{
	struct table t = { .columns = 0 };
	size_t i;

	for (i = 0; i < run->num_results; i++) {
		const struct found *f = find(&run->results[i], op);

		if (f && f->result->scenario == s && t.columns < MOST_BACKENDS)
			t.found[t.columns++] = f;
	}
	if (t.columns)
		print_table(&t);
	return t.columns;
}

bool explain_print(const struct run *run)
{
	const struct backend *b = run->num_results ? run->results[0].backend : NULL;
	bool any = false;
	unsigned int op;
	size_t i;

	/* Results are ordered by back end: those of one name all scenarios. */
	for (i = 0; i < run->num_results && run->results[i].backend == b; i++)
		for (op = 0; op < NUM_OPS; op++)
			any |= print_step(run, run->results[i].scenario, op);
	return any;
}
