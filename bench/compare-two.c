// SPDX-License-Identifier: GPL-2.0
/* Prints what differs between two sides by more than chance, and by enough to matter. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "format.h"

/* Half of the interval's width in percent of the median. */
static const char *spread(char *buf, size_t size, const struct difference *d, int i)
{
	if (!(d->median[i] > 0) || isnan(d->low[i]))
		return "";
	snprintf(buf, size, "%.1f%%", 50 * (d->high[i] - d->low[i]) / d->median[i]);
	return buf;
}

static const char *change_text(char *buf, size_t size, const struct difference *d)
{
	if (isnan(d->change))
		return "-";
	if (!((d->better | d->worse) & IN_INSTRUCTIONS))
		return "~";
	if (isinf(d->change))
		return "from 0";
	snprintf(buf, size, d->exact ? "%+.2f%%%s" : "%+.1f%%%s", d->change, d->untested ? "?" : "");
	return buf;
}

static void print_measured(const struct row *r, const struct difference *d)
{
	char a[32], b[32], sa[32], sb[32], change[32], ka[32], kb[32];
	const struct cell *cells = r->cells;
	bool kills = (d->better | d->worse) & IN_KILLS;

	printf("%-23s %-6s %7s %5s %7s %5s %7s %6s %6s", r->scenario, r->op,
	       format_number(a, sizeof(a), d->median[0]), spread(sa, sizeof(sa), d, 0),
	       format_number(b, sizeof(b), d->median[1]), spread(sb, sizeof(sb), d, 1),
	       change_text(change, sizeof(change), d),
	       format_number(ka, sizeof(ka), cells[0].kills),
	       kills ? format_number(kb, sizeof(kb), cells[1].kills) :
	       isnan(cells[0].kills) ? "-" : "~");
}

static const char *state_text(const struct cell *cell)
{
	static const char * const states[] = { "MISSING", "skipped", "FAILED", "measured" };

	return states[cell->state];
}

static void print_times(const char *what, double a, double b)
{
	char text_a[32], text_b[32];

	printf("  %s: %s in A, %s in B\n", what, format_number(text_a, sizeof(text_a), a),
	       format_number(text_b, sizeof(text_b), b));
}

/* What has no column, in lines below. */
static void print_more(const struct row *r, unsigned int measures)
{
	const struct cell *a = &r->cells[0], *b = &r->cells[1];

	if (measures & IN_EXITS)
		print_times("exits", a->exits, b->exits);
	if (measures & IN_P50)
		print_times("p50, us per call", a->p50 / 1e3, b->p50 / 1e3);
	if (measures & IN_P99)
		print_times("p99, us per call", a->p99 / 1e3, b->p99 / 1e3);
	if (measures & IN_SCALING)
		print_times("scaling", a->scaling, b->scaling);
}

static void print_row(const struct row *r)
{
	const struct difference *d = &r->difference;

	if (r->cells[0].state == CELL_MEASURED && r->cells[1].state == CELL_MEASURED)
		print_measured(r, d);
	else
		printf("%-23s %-6s A: %s, B: %s", r->scenario, r->op, state_text(&r->cells[0]),
		       state_text(&r->cells[1]));
	printf("%s\n", d->worse ? " worse" : d->better ? " better" : "");
	print_more(r, d->better | d->worse);
}

void table_differences(const struct comparison *c)
{
	char times[32];
	size_t i;

	printf("%-23s %-6s %13s %13s %7s %13s\n", "", "", "A", "B", "", "kill stores");
	printf("%-23s %-6s %7s %5s %7s %5s %7s %6s %6s\n", "scenario", "step", "instr", "+-",
	       "instr", "+-", "change", "A", "B");
	for (i = 0; i < c->num_rows; i++)
		print_row(&c->rows[i]);
	if (!isnan(c->p50_times))
		printf("all p50, geometric mean: B is %s times A%s\n",
		       format_number(times, sizeof(times), c->p50_times),
		       context_emulated(c->columns[0].run) ? " (emulated time)" : "");
}

static void print_furthest(const char *what, const struct row *r)
{
	char text[160];

	if (!r)
		return;
	snprintf(text, sizeof(text), "%s: at most %.3f %% apart, in %s %s", what, fabs(r->difference.change), r->scenario,
		 r->op);
	print_wrapped("", text);
}

static void print_exact(const struct verdict *v, const struct least *least)
{
	char text[320];

	snprintf(text, sizeof(text),
		 "%u rows are counted exactly on both sides, without what interrupts do: there a difference is %.1f %% and more, if all samples are apart. %u of them had no interrupt at all, of which %u are the same to the instruction",
		 v->exact, least->exact, v->undisturbed, v->identical);
	print_wrapped("exact", text);
	print_furthest("no interrupt", v->furthest[0]);
	print_furthest("interrupts left out", v->furthest[1]);
}

void table_verdict(const struct verdict *v, const struct least *least)
{
	char text[640];

	printf("\n%u rows: %u the same (~), %u better, %u worse", v->rows, v->same, v->better, v->worse);
	if (v->new)
		printf(", %u new in B", v->new);
	if (v->unmeasured)
		printf(", %u not measured on either side", v->unmeasured);
	printf("\n");
	snprintf(text, sizeof(text),
		 "no difference, or less than %.1f %%, or no less likely than 0.05 by chance (Mann-Whitney U, two-sided, exact up to 64 samples; %u tests, corrected together by Holm's method), or the intervals touch, or with several runs a side their medians overlap",
		 least->tested, v->tests);
	print_wrapped("~", text);
	print_wrapped("instr", "instructions per TCE or call: median, and half of its interval, which holds the median with the probability that so many samples allow: 97.9 % of ten, 96.9 % of six, 75 % of three");
	if (v->exact)
		print_exact(v, least);
	if (v->untestable)
		printf("%-10s%u rows have too few samples for a test: of them only 25 %% and more\n"
		       "%-10scount, and all samples apart\n", "?", v->untestable, "");
}
