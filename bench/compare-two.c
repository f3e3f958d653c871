// SPDX-License-Identifier: GPL-2.0
/* Two runs: what differs by more than chance, and by enough to matter. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "format.h"
#include "result.h"
#include "stats.h"
#include "util.h"

/* Above this probability two sets of samples may well be the same. */
#define CHANCE 0.05

static size_t samples_of(const struct cell *cell, double *v)
{
	size_t i, n = json_array_size(cell->samples);

	if (n > MAX_SAMPLES)
		n = MAX_SAMPLES;
	for (i = 0; i < n; i++)
		v[i] = json_number_value(json_array_get(cell->samples, i)) / cell->per;
	return n;
}

/* From nothing to something is infinitely more. */
static double percent(double from, double to)
{
	if (!(from > 0))
		return to > 0 ? INFINITY : 0;
	return 100 * (to / from - 1);
}

/* Of some hundred rows one in twenty has a small p for nothing. */
static bool apart(const struct difference *d)
{
	return d->low[0] > d->high[1] || d->low[1] > d->high[0];
}

void compare_difference(const struct cell *a, const struct cell *b, double least,
			struct difference *d)
{
	double va[MAX_SAMPLES], vb[MAX_SAMPLES];
	size_t na = samples_of(a, va), nb = samples_of(b, vb);

	d->p = stats_mann_whitney(va, na, vb, nb);
	d->median[0] = stats_median(va, na);
	d->median[1] = stats_median(vb, nb);
	stats_interval(va, na, &d->low[0], &d->high[0]);
	stats_interval(vb, nb, &d->low[1], &d->high[1]);
	d->change = na && nb ? percent(d->median[0], d->median[1]) : NAN;
	d->instructions = d->p < CHANCE && apart(d) && fabs(d->change) >= least;
	/* Counted, not sampled: but what depends on a timer moves a little. */
	d->kills = fabs(a->kills - b->kills) > 0.0005 &&
		   fabs(a->kills - b->kills) * 100 >= least * a->kills;
	d->worse = (d->instructions && d->change > 0) || (d->kills && b->kills > a->kills);
}

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
	if (!d->instructions)
		return "~";
	if (isinf(d->change))
		return "from 0";
	snprintf(buf, size, "%+.1f%%", d->change);
	return buf;
}

static void print_row(const struct row *r, const struct difference *d)
{
	char a[32], b[32], sa[32], sb[32], change[32], ka[32], kb[32];
	const struct cell *cells = r->cells;

	printf("%-23s %-6s %7s %5s %7s %5s %7s", r->scenario, r->op,
	       format_number(a, sizeof(a), d->median[0]), spread(sa, sizeof(sa), d, 0),
	       format_number(b, sizeof(b), d->median[1]), spread(sb, sizeof(sb), d, 1),
	       change_text(change, sizeof(change), d));
	if (d->kills)
		printf(" %6s %6s\n", format_number(ka, sizeof(ka), cells[0].kills),
		       format_number(kb, sizeof(kb), cells[1].kills));
	else
		printf(" %6s %6s\n", isnan(cells[0].kills) ? "-" :
		       format_number(ka, sizeof(ka), cells[0].kills), "~");
}

static bool comparable(const struct row *r)
{
	return strcmp(r->op, OP_THREADS) && r->cells[0].state == CELL_MEASURED &&
	       r->cells[1].state == CELL_MEASURED && json_array_size(r->cells[0].samples);
}

void verdict_add(struct verdict *v, const struct comparison *c, double least)
{
	size_t i;

	for (i = 0; i < c->num_rows; i++) {
		struct difference d;

		if (!comparable(&c->rows[i]))
			continue;
		compare_difference(&c->rows[i].cells[0], &c->rows[i].cells[1], least, &d);
		v->rows++;
		v->same += !d.instructions && !d.kills;
		v->worse += d.worse;
	}
}

void table_differences(const struct comparison *c, double least)
{
	size_t i;

	printf("%-23s %-6s %13s %13s %7s %13s\n", "", "", "A", "B", "", "kill stores");
	printf("%-23s %-6s %7s %5s %7s %5s %7s %6s %6s\n", "scenario", "step", "instr", "+-",
	       "instr", "+-", "change", "A", "B");
	for (i = 0; i < c->num_rows; i++) {
		struct difference d;

		if (!comparable(&c->rows[i]))
			continue;
		compare_difference(&c->rows[i].cells[0], &c->rows[i].cells[1], least, &d);
		print_row(&c->rows[i], &d);
	}
}

void table_verdict(const struct verdict *v, double least)
{
	printf("\n%u rows: %u the same (~), %u better, %u worse\n", v->rows, v->same,
	       v->rows - v->same - v->worse, v->worse);
	printf("~         no difference, or less than %.1f %%, or more likely than %g by chance\n"
	       "          (Mann-Whitney U, two-sided), or the intervals touch\n", least, CHANCE);
	printf("instr     instructions per TCE or call: median, and half of its 95 %% interval\n");
}
