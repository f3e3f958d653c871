// SPDX-License-Identifier: GPL-2.0
/*
 * What is better and what is worse in B. Samples are tested, and all tests of a comparison are corrected together
 * (Holm): then one false alarm in twenty comparisons is the most, not one in twenty rows. What cannot be tested
 * still counts if it is far off. What is missing is worse.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "compare.h"
#include "stats.h"
#include "util.h"

/* Above this probability two sets of samples may well be the same. */
#define CHANCE 0.05
/* Percent. With too few samples for a test, as of a quick run, less is not told apart. */
#define FAR_OFF 25
#define MAX_SAMPLES_OF_SIDE (64 * MAX_RUNS)

/*
 * How many times as much is too much. Three pairs of full runs in the lab, whose upstream is one and the same driver,
 * differ for it up to 2.9 times in the median of a row, 9 in p99, 1.3 in the geometric mean of all medians, 1.9 in
 * scaling: that is the emulator, and the limits leave room above that. Of a machine nothing is
 * known yet.
 */
struct limits {
	double p50;
	double p99;
	double p50_of_all;
	double scaling;
};

static const struct limits emulator = { 6, 25, 2, 2.5 };
static const struct limits machine = { 1.25, 2, 1.1, 1.15 };
/* What interrupts did is left out of such counts. */
#define PURE 1
/* Rows for which a geometric mean is worth the name. */
#define ENOUGH_ROWS 4

static size_t values_of(const json_t *samples, double per, double *v)
{
	size_t i, n = json_array_size(samples);

	if (n > MAX_SAMPLES_OF_SIDE)
		n = MAX_SAMPLES_OF_SIDE;
	for (i = 0; i < n; i++)
		v[i] = json_number_value(json_array_get(samples, i)) / per;
	return n;
}

/* From nothing to something is infinitely more. */
static double percent(double from, double to)
{
	if (isnan(from) || isnan(to))
		return NAN;
	if (!(from > 0))
		return to > 0 ? INFINITY : 0;
	return 100 * (to / from - 1);
}

static bool all_apart(double *a, size_t na, double *b, size_t nb)
{
	double low, high;

	if (!na || !nb)
		return true;
	/* Sorts them. */
	stats_interval(a, na, &low, &high);
	stats_interval(b, nb, &low, &high);
	return a[na - 1] < b[0] || b[nb - 1] < a[0];
}

static void test_samples(const double *a, size_t na, const double *b, size_t nb, struct test *t)
{
	t->p = stats_mann_whitney(a, na, b, nb);
	t->smallest = stats_smallest(na, nb);
}

static void look_at_instructions(const struct cell *a, const struct cell *b, struct difference *d)
{
	static double va[MAX_SAMPLES_OF_SIDE], vb[MAX_SAMPLES_OF_SIDE];
	size_t na, nb;

	/* Runs are what is alike or not; samples of one run are more alike than they. */
	na = values_of(a->run_medians, a->per, va);
	nb = values_of(b->run_medians, b->per, vb);
	d->runs_apart = all_apart(va, na, vb, nb);
	na = values_of(a->samples, a->per, va);
	nb = values_of(b->samples, b->per, vb);
	d->samples[0] = na;
	d->samples[1] = nb;
	test_samples(va, na, vb, nb, &d->instructions);
	d->median[0] = na ? stats_median(va, na) : a->instructions;
	d->median[1] = nb ? stats_median(vb, nb) : b->instructions;
	d->level[0] = stats_interval(va, na, &d->low[0], &d->high[0]);
	d->level[1] = stats_interval(vb, nb, &d->low[1], &d->high[1]);
	d->apart = all_apart(va, na, vb, nb);
	d->change = percent(d->median[0], d->median[1]);
	d->exact = a->purity >= PURE && b->purity >= PURE;
}

static void look_at_scaling(const struct cell *a, const struct cell *b, struct difference *d)
{
	static double va[MAX_SAMPLES_OF_SIDE], vb[MAX_SAMPLES_OF_SIDE];
	size_t na = values_of(a->scaling_samples, 1, va), nb = values_of(b->scaling_samples, 1, vb);

	test_samples(va, na, vb, nb, &d->scaling);
}

static bool both_measured(const struct row *r)
{
	return r->cells[0].state == CELL_MEASURED && r->cells[1].state == CELL_MEASURED;
}

static void look(struct row *r)
{
	const struct cell *a = &r->cells[0], *b = &r->cells[1];
	struct difference *d = &r->difference;

	*d = (struct difference) {
		.median = { a->instructions, b->instructions }, .low = { NAN, NAN },
		.high = { NAN, NAN }, .change = NAN, .instructions.p = NAN, .latency.p = NAN,
		.scaling.p = NAN,
	};
	if (!both_measured(r))
		return;
	look_at_instructions(a, b, d);
	look_at_scaling(a, b, d);
	if (a->latency && b->latency)
		latency_test(a->latency, b->latency, &d->latency);
}

static struct test *test_of(struct row *r, size_t i)
{
	struct test *tests[] = { &r->difference.instructions, &r->difference.latency,
				 &r->difference.scaling };

	return tests[i];
}

#define TESTS_OF_ROW 3

static void correct(struct comparison *cs, size_t num)
{
	size_t rows = 0, tests = 0, n = 0, i, j, k;
	double *p, *holm;

	for (i = 0; i < num; i++)
		rows += cs[i].num_rows;
	p = xcalloc(rows * TESTS_OF_ROW + 1, sizeof(*p));
	holm = xcalloc(rows * TESTS_OF_ROW + 1, sizeof(*holm));
	for (i = 0; i < num; i++)
		for (j = 0; j < cs[i].num_rows; j++)
			for (k = 0; k < TESTS_OF_ROW; k++, n++) {
				p[n] = test_of(&cs[i].rows[j], k)->p;
				tests += !isnan(p[n]);
			}
	stats_holm(p, holm, n);
	for (i = 0, n = 0; i < num; i++)
		for (j = 0; j < cs[i].num_rows; j++)
			for (k = 0; k < TESTS_OF_ROW; k++, n++) {
				struct test *t = test_of(&cs[i].rows[j], k);

				t->holm = holm[n];
				t->decides = t->smallest * (double)tests <= CHANCE;
			}
	free(p);
	free(holm);
}

static void note(struct difference *d, enum measure m, bool worse)
{
	*(worse ? &d->worse : &d->better) |= m;
}

/* Steps that one side has and the other has not. What failed in B is bad, whatever it was in A. */
static void judge_state(struct row *r)
{
	const struct cell *a = &r->cells[0], *b = &r->cells[1];

	if (a->state == CELL_MEASURED || b->state == CELL_FAILED)
		note(&r->difference, IN_STATE, true);
	else if (a->state == CELL_FAILED)
		note(&r->difference, IN_STATE, false);
}

/* A number that B lacks; or that B has and A lacks, which is nothing. */
static bool is_lost(struct difference *d, enum measure m, double a, double b)
{
	if (!isnan(a) && isnan(b))
		note(d, m, true);
	return isnan(a) || isnan(b);
}

static void judge_instructions(struct row *r, const struct least *least)
{
	struct difference *d = &r->difference;
	bool touch = !(d->low[0] > d->high[1] || d->low[1] > d->high[0]);

	if (is_lost(d, IN_INSTRUCTIONS, d->median[0], d->median[1]) ||
	    fabs(d->change) < (d->exact ? least->exact : least->tested))
		return;
	if (d->exact) {
		if (!d->apart || !d->runs_apart)
			return;
		note(d, IN_INSTRUCTIONS, d->change > 0);
		return;
	}
	if (d->instructions.decides) {
		if (d->instructions.holm >= CHANCE || touch || !d->runs_apart)
			return;
	} else if (!d->apart || fabs(d->change) < FAR_OFF) {
		return;
	}
	d->untested = !d->instructions.decides;
	note(d, IN_INSTRUCTIONS, d->change > 0);
}

/* Counted, not sampled: but what depends on a timer moves a little. */
static void judge_counts(struct row *r, double least)
{
	const struct cell *a = &r->cells[0], *b = &r->cells[1];
	struct difference *d = &r->difference;

	if (!is_lost(d, IN_KILLS, a->kills, b->kills) && fabs(a->kills - b->kills) > 0.0005 &&
	    fabs(a->kills - b->kills) * 100 >= least * a->kills)
		note(d, IN_KILLS, b->kills > a->kills);
	if (!is_lost(d, IN_EXITS, a->exits, b->exits) && fabs(a->exits - b->exits) > 0.0005)
		note(d, IN_EXITS, b->exits > a->exits);
}

static void judge_latency(struct row *r, const struct limits *l)
{
	const struct cell *a = &r->cells[0], *b = &r->cells[1];
	struct difference *d = &r->difference;

	if (a->latency && !b->latency)
		note(d, IN_P50, true);
	if (!(d->latency.holm < CHANCE))
		return;
	/* False for NAN: how many calls are timed depends on the time that they take. */
	if (fmax(a->p50 / b->p50, b->p50 / a->p50) >= l->p50)
		note(d, IN_P50, b->p50 > a->p50);
	if (fmax(a->p99 / b->p99, b->p99 / a->p99) >= l->p99)
		note(d, IN_P99, b->p99 > a->p99);
}

static void judge_scaling(struct row *r, const struct limits *l)
{
	double a = r->cells[0].scaling, b = r->cells[1].scaling;
	struct difference *d = &r->difference;

	if (is_lost(d, IN_SCALING, a, b) || fmax(a / b, b / a) < l->scaling ||
	    (d->scaling.decides && d->scaling.holm >= CHANCE))
		return;
	d->untested = d->untested || !d->scaling.decides;
	note(d, IN_SCALING, b < a);
}

static void judge_row(struct row *r, const struct limits *l, const struct least *least)
{
	if (!both_measured(r)) {
		judge_state(r);
		return;
	}
	judge_instructions(r, least);
	judge_counts(r, least->tested);
	judge_latency(r, l);
	judge_scaling(r, l);
}

static double p50_times(const struct comparison *c)
{
	double sum = 0;
	size_t i, n = 0;

	for (i = 0; i < c->num_rows; i++) {
		double times = c->rows[i].cells[1].p50 / c->rows[i].cells[0].p50;

		if (isfinite(times) && times > 0) {
			sum += log(times);
			n++;
		}
	}
	return n >= ENOUGH_ROWS ? exp(sum / (double)n) : NAN;
}

/* All latencies together tell more than one by one: noise of a row is not noise of all. */
static void judge_latencies(struct comparison *c, const struct limits *l)
{
	bool worse = c->p50_times >= l->p50_of_all, better = c->p50_times <= 1 / l->p50_of_all;
	size_t i;

	for (i = 0; i < c->num_rows; i++) {
		struct row *r = &c->rows[i];
		double times = r->cells[1].p50 / r->cells[0].p50;

		if ((worse && times > 1) || (better && times < 1))
			note(&r->difference, IN_P50, worse);
	}
}

void compare_judge(struct comparison *cs, size_t num, const struct least *least)
{
	size_t i, j;

	for (i = 0; i < num; i++)
		for (j = 0; j < cs[i].num_rows; j++)
			look(&cs[i].rows[j]);
	correct(cs, num);
	for (i = 0; i < num; i++) {
		const struct limits *l = context_emulated(cs[i].columns[0].run) ||
					 context_emulated(cs[i].columns[1].run) ?
					 &emulator : &machine;

		for (j = 0; j < cs[i].num_rows; j++)
			judge_row(&cs[i].rows[j], l, least);
		cs[i].p50_times = p50_times(&cs[i]);
		judge_latencies(&cs[i], l);
	}
}

static void add_exact(struct verdict *v, const struct row *r)
{
	const struct difference *d = &r->difference;
	bool interrupts = r->cells[0].purity <= PURE || r->cells[1].purity <= PURE;
	const struct row **furthest = &v->furthest[interrupts];

	if (!d->exact)
		return;
	v->exact++;
	v->undisturbed += !interrupts;
	v->identical += !interrupts && !(fabs(d->median[0] - d->median[1]) > 0);
	if (!*furthest || fabs(d->change) > fabs((*furthest)->difference.change))
		*furthest = r;
}

void verdict_add(struct verdict *v, const struct comparison *c)
{
	size_t i;

	for (i = 0; i < c->num_rows; i++) {
		const struct difference *d = &c->rows[i].difference;
		const struct cell *cells = c->rows[i].cells;

		v->rows++;
		add_exact(v, &c->rows[i]);
		v->worse += !!d->worse;
		v->better += !d->worse && d->better;
		if (!both_measured(&c->rows[i]) && !d->worse && !d->better) {
			if (cells[1].state == CELL_MEASURED)
				v->new++;
			else
				v->unmeasured++;
		} else {
			v->same += !d->worse && !d->better;
		}
		v->tests += !isnan(d->instructions.p) + !isnan(d->latency.p) + !isnan(d->scaling.p);
		v->untestable += !isnan(d->median[0]) && both_measured(&c->rows[i]) &&
				 !d->instructions.decides && !d->exact;
	}
}

const char *measures_text(char *buf, size_t size, unsigned int measures)
{
	static const char * const names[NUM_MEASURES] = {
		"measured", "instructions", "kill stores", "exits", "p50", "p99", "scaling",
	};
	size_t i, used = 0;

	buf[0] = '\0';
	for (i = 0; i < NUM_MEASURES; i++)
		if (measures & 1u << i && used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s",
						 used ? ", " : "", names[i]);
	return buf;
}
