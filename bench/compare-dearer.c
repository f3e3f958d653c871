// SPDX-License-Identifier: GPL-2.0
/* What costs more than with the base, usually upstream, and why. */
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "format.h"
#include "util.h"

/* Percent. Columns are of one boot, whose counts repeat: less is seen than between two runs. */
#define LEAST 0.5

/* Why; the first whose pattern fits "scenario step". */
static const struct reason {
	const char *name;
	const char *pattern;
	const char *why;
} reasons[] = {
	{ "no work", "*-null-ioctl *",
	  "every call but the owner's maps and unmaps takes a reference on the container, and its caller is checked, before it is looked at" },
	{ "unregister", "*-register-* unregister",
	  "not comparable: upstream leaves the unpinning of pages to an RCU callback, which no counter of the calling thread sees; mtce unpins in the call" },
	{ "register", "*-register-* register",
	  "the physical address of each page is kept, so that maps need not look it up" },
	{ "hypercalls", "*-hcall-*",
	  "a lock, a count of our own, and a look-up of the thread's map, for each entry. They keep pins right when ioctls and hypercalls race, memory from going while a guest maps it, and a guest inside its window" },
	{ "v1", "*-v1-*",
	  "every map pins its page, and pins are counted and limited, which upstream does not do" },
	{ "batch of one", "*-update-1 *",
	  "a call for many sets up its array or list also for one page; MAP_DMA and UNMAP_DMA are the calls for one page" },
	{ "batch of one", "*-list-1 *", "" },
	{ "batch of one", "*-replace-1 *", "" },
	{ "batch of one", "*-lazy-1 map", "" },
	{ "lazy", "*-lazy-*",
	  "a lazy unmap puts its page into a queue, and the flush that it owes is counted with it: kill stores are saved, not instructions" },
	{ "flush", "*-flush-*",
	  "lazy unmaps of a page each and one call more, to flush: kill stores are saved, not instructions" },
	{ "replace", "*-replace-* replace",
	  "entries that are live are taken away first, and their pages are let go after the kill" },
	{ "create, close", "*-close-*",
	  "windows and containers get locks and records of their own, and a new table is checked once" },
	{ "create, close", "*-remove-*", "" },
	{ "16 MiB", "16m-*",
	  "each map checks that the memory of a TCE page larger than a system page is in one piece" },
	{ "other", "*", "the reason is not known" },
};

struct dearer {
	struct comparison of[MAX_COLUMNS];	/* base against each other column */
	size_t num;
};

static const struct reason *reason_of(const struct row *r)
{
	char both[256];
	size_t i;

	snprintf(both, sizeof(both), "%s %s", r->scenario, r->op);
	for (i = 0; fnmatch(reasons[i].pattern, both, 0); i++)
		;
	return &reasons[i];
}

/* Rows of a family under one name; what they have in common is said by the first. */
static const struct reason *first_of(const struct reason *r)
{
	while (!*r->why)
		r--;
	return r;
}

struct dearer *dearer_find(const struct comparison *c, const struct selection *s)
{
	static const struct least least = { .tested = LEAST, .exact = LEAST };
	struct dearer *d = xcalloc(1, sizeof(*d));
	size_t col;

	for (col = 0; col < c->num_columns; col++) {
		struct comparison *one = &d->of[d->num];

		if (col == c->base)
			continue;
		one->columns[0] = c->columns[c->base];
		one->columns[1] = c->columns[col];
		one->num_columns = 2;
		one->new = 1;
		if (compare_make(one, s))
			d->num++;
	}
	compare_judge(d->of, d->num, &least);
	return d;
}

void dearer_free(struct dearer *d)
{
	size_t i;

	for (i = 0; i < d->num; i++)
		free(d->of[i].rows);
	free(d);
}

static bool is_dearer(const struct row *r)
{
	const struct difference *d = &r->difference;

	if (!strcmp(r->op, OP_THREADS) || !(d->change > 0))
		return d->worse & (IN_KILLS | IN_EXITS);
	/* Without a test that can tell: to be on the safe side it is said. */
	return d->worse & (IN_INSTRUCTIONS | IN_KILLS | IN_EXITS) ||
	       (!d->instructions.decides && d->apart && d->change >= LEAST);
}

/* Of all other columns, the row of the same name. */
static const struct row *dearest(const struct dearer *d, const char *scenario, const char *op)
{
	const struct row *worst = NULL;
	size_t i;

	for (i = 0; i < d->num; i++) {
		const struct row *r = compare_find(&d->of[i], scenario, op);

		if (r && is_dearer(r) &&
		    (!worst || r->difference.change > worst->difference.change))
			worst = r;
	}
	return worst;
}

static void print_dearer(const struct comparison *c, const struct row *row, const struct row *worst)
{
	char buf[32], change[32];
	size_t col;

	printf("  %-23s %-10s", row->scenario, row->op);
	for (col = 0; col < c->num_columns; col++)
		printf(" %8s", format_number(buf, sizeof(buf), row->cells[col].instructions));
	snprintf(change, sizeof(change), "%+.1f%%", worst->difference.change);
	printf(" %8s\n", worst->difference.change > 1000 ? "-" : change);
}

static size_t count(const struct comparison *c, const struct dearer *d)
{
	size_t i, n = 0;

	for (i = 0; i < c->num_rows; i++)
		n += !!dearest(d, c->rows[i].scenario, c->rows[i].op);
	return n;
}

static size_t counted(const struct comparison *c)
{
	size_t i, n = 0;

	for (i = 0; i < c->num_rows; i++)
		n += !isnan(c->rows[i].cells[c->base].instructions) &&
		     strcmp(c->rows[i].op, OP_THREADS);
	return n;
}

static void print_reason(const struct comparison *c, const struct dearer *d, const struct reason *why)
{
	bool headed = false;
	size_t i;

	for (i = 0; i < c->num_rows; i++) {
		const struct row *row = &c->rows[i];
		const struct row *worst = dearest(d, row->scenario, row->op);

		if (!worst || first_of(reason_of(row)) != why)
			continue;
		if (!headed)
			print_wrapped(why->name, why->why);
		headed = true;
		print_dearer(c, row, worst);
	}
}

static void print_lazy_prices(const struct comparison *c);

void table_dearer(const struct comparison *c, const struct dearer *d)
{
	size_t i, col;

	if (!d->num)
		return;
	printf("\nwhat is dearer than %s: %zu of %zu rows, by %.1f %% and more\n",
	       c->columns[c->base].label, count(c, d), counted(c), LEAST);
	printf("  %-23s %-10s", "scenario", "step");
	for (col = 0; col < c->num_columns; col++)
		printf(" %8.8s", compare_short_label(c->columns[col].label));
	printf(" %8s\n", "dearest");
	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		if (*reasons[i].why)
			print_reason(c, d, &reasons[i]);
	print_lazy_prices(c);
}

/* The strict row of a lazy one. */
static const struct row *strict_of(const struct comparison *c, const struct row *lazy)
{
	const char *at = strstr(lazy->scenario, "-lazy-");
	char name[128];

	if (!at || strstr(at, "one-page"))
		return NULL;
	snprintf(name, sizeof(name), "%.*s-update-%s", (int)(at - lazy->scenario), lazy->scenario,
		 at + strlen("-lazy-"));
	return compare_find(c, name, lazy->op);
}

static double lazy_price(const struct comparison *c, const struct row *lazy)
{
	const struct row *strict = strict_of(c, lazy);

	return strict ? lazy->cells[c->new].instructions - strict->cells[c->new].instructions : NAN;
}

static void print_lazy_prices(const struct comparison *c)
{
	char lazy[32], strict[32], price[32];
	bool headed = false;
	size_t i;

	for (i = 0; i < c->num_rows; i++) {
		const struct row *r = &c->rows[i];

		if (isnan(lazy_price(c, r)))
			continue;
		if (!headed)
			printf("\nwhat lazy unmaps cost beside strict ones, of %s\n  %-23s %-10s %8s %8s %8s\n",
			       c->columns[c->new].label, "scenario", "step", "strict", "lazy", "more");
		headed = true;
		printf("  %-23s %-10s %8s %8s %8s\n", r->scenario, r->op,
		       format_number(strict, sizeof(strict), strict_of(c, r)->cells[c->new].instructions),
		       format_number(lazy, sizeof(lazy), r->cells[c->new].instructions),
		       format_number(price, sizeof(price), lazy_price(c, r)));
	}
}

static json_t *lazy_json(const struct comparison *c)
{
	json_t *all = json_array();
	size_t i;

	for (i = 0; i < c->num_rows; i++) {
		const struct row *r = &c->rows[i];

		if (!isnan(lazy_price(c, r)))
			json_array_append_new(all, json_pack("{s:s,s:s,s:f,s:f}", "scenario", r->scenario,
							     "op", r->op, "strict",
							     strict_of(c, r)->cells[c->new].instructions,
							     "lazy", r->cells[c->new].instructions));
	}
	return all;
}

static json_t *row_json(const struct comparison *c, const struct row *row, const struct row *worst)
{
	json_t *j = json_pack("{s:s,s:s,s:s,s:f,s:b}", "scenario", row->scenario, "op", row->op,
			      "reason", first_of(reason_of(row))->name,
			      "change_percent", worst->difference.change,
			      "tested", worst->difference.instructions.decides || worst->difference.exact);
	size_t col;

	for (col = 0; col < c->num_columns; col++) {
		double v = row->cells[col].instructions;

		json_object_set_new(j, c->columns[col].label, isnan(v) ? json_null() : json_real(v));
	}
	return j;
}

json_t *dearer_json(const struct comparison *c, const struct dearer *d)
{
	json_t *rows = json_array(), *why = json_object();
	size_t i;

	for (i = 0; i < c->num_rows; i++) {
		const struct row *row = &c->rows[i];
		const struct row *worst = dearest(d, row->scenario, row->op);
		const struct reason *reason = first_of(reason_of(row));

		if (!worst)
			continue;
		json_array_append_new(rows, row_json(c, row, worst));
		json_object_set_new(why, reason->name, json_string(reason->why));
	}
	return json_pack("{s:f,s:i,s:o,s:o,s:o}", "least_percent", LEAST, "of", (int)counted(c),
			 "reasons", why, "rows", rows, "lazy", lazy_json(c));
}
