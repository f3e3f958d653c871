// SPDX-License-Identifier: GPL-2.0
/* A comparison for other programs: JSON, and lines with commas. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "runfile.h"
#include "util.h"

static const char * const states[] = { "absent", "skipped", "failed", "measured" };

static json_t *real_or_null(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static void set(json_t *o, const char *key, double v)
{
	json_object_set_new(o, key, real_or_null(v));
}

/* Percentiles that so many calls can have, and the bins to draw. */
static json_t *latency_json(const json_t *latency)
{
	json_t *j = json_object();

	set(j, "calls", latency_calls(latency));
	set(j, "p50", latency_percentile(latency, 0.5));
	set(j, "p90", latency_percentile(latency, 0.9));
	set(j, "p99", latency_percentile(latency, 0.99));
	set(j, "p99_9", latency_percentile(latency, 0.999));
	json_object_set(j, "bins", json_object_get(latency, "bins"));
	return j;
}

static void add_threads(json_t *j, const struct cell *cell)
{
	set(j, "one_thread_instructions", cell->one_thread);
	set(j, "one_thread_per_second", cell->rate[0]);
	set(j, "two_threads_per_second", cell->rate[1]);
	set(j, "scaling", cell->scaling);
	json_object_set(j, "scaling_samples", (json_t *)cell->scaling_samples);
	set(j, "machine_scaling", cell->machine);
	set(j, "share_of_machine", cell->share);
}

static json_t *cell_json(const struct cell *cell)
{
	json_t *j = json_object();

	json_object_set_new(j, "state", json_string(states[cell->state]));
	if (cell->reason)
		json_object_set_new(j, "reason", json_string(cell->reason));
	if (cell->state != CELL_MEASURED)
		return j;
	set(j, "instructions", cell->instructions);
	set(j, "kill_stores", cell->kills);
	if (!isnan(cell->scaling)) {
		add_threads(j, cell);
		return j;
	}
	if (!isnan(cell->exits)) {
		set(j, "exits", cell->exits);
		set(j, "above_null", cell->above_null);
	}
	set(j, "p50_ns", cell->p50);
	set(j, "p99_ns", cell->p99);
	if (cell->latency)
		json_object_set_new(j, "latency_ns", latency_json(cell->latency));
	return j;
}

static json_t *test_json(const struct test *t)
{
	return json_pack("{s:o,s:o,s:b}", "p", real_or_null(t->p), "holm", real_or_null(t->holm),
			 "samples_can_tell", t->decides);
}

static json_t *interval_json(const struct difference *d, int i)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:i}", "median", real_or_null(d->median[i]),
			 "low", real_or_null(d->low[i]), "high", real_or_null(d->high[i]),
			 "level", real_or_null(d->level[i]), "samples", (int)d->samples[i]);
}

static json_t *difference_json(const struct difference *d)
{
	char worse[96], better[96];

	return json_pack("{s:o,s:o,s:b,s:b,s:b,s:b,s:s,s:s,s:b,s:o,s:o,s:o,s:o,s:o}",
			 "p", real_or_null(d->instructions.p),
			 "change_percent", real_or_null(d->change),
			 "exact", d->exact,
			 "instructions_differ", !!((d->worse | d->better) & IN_INSTRUCTIONS),
			 "kill_stores_differ", !!((d->worse | d->better) & IN_KILLS),
			 "worse", !!d->worse,
			 "worse_in", measures_text(worse, sizeof(worse), d->worse),
			 "better_in", measures_text(better, sizeof(better), d->better),
			 "untested", d->untested, "instructions", test_json(&d->instructions),
			 "latency", test_json(&d->latency), "scaling", test_json(&d->scaling),
			 "A", interval_json(d, 0), "B", interval_json(d, 1));
}

json_t *compare_json(const struct comparison *c, bool judged)
{
	json_t *rows = json_array();
	size_t i, col;

	for (i = 0; i < c->num_rows; i++) {
		const struct row *r = &c->rows[i];
		json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:o,s:b}", "scenario", r->scenario,
				      "op", r->op, "per", r->per_call ? "call" : "tce",
				      "family", family_of(r->scenario), "sentence", r->sentence,
				      "tce_page", r->tce_page, "tces_per_call", real_or_null(r->tces),
				      "headline", r->headline);

		for (col = 0; col < c->num_columns; col++)
			json_object_set_new(j, c->columns[col].label, cell_json(&r->cells[col]));
		set(j, "ratio", compare_ratio(c, r));
		if (judged)
			json_object_set_new(j, "difference", difference_json(&r->difference));
		json_array_append_new(rows, j);
	}
	return rows;
}

json_t *context_json(const char *path, const json_t *run)
{
	json_t *j = json_pack("{s:s}", "file", path);

	json_object_set(j, "context", json_object_get(run, "context"));
	if (json_object_get(run, "partial"))
		json_object_set(j, "partial", json_object_get(run, "partial"));
	json_object_set_new(j, "instructions_counted_by",
			    json_string(json_text(run, "instructions_counted_by", "pmu")));
	json_object_set(j, "effort", json_object_get(run, "effort"));
	json_object_set(j, "floor", json_object_get(run, "floor"));
	json_object_set(j, "stalls", json_object_get(run, "stalls"));
	return j;
}

static json_t *apart_json(const struct row *r)
{
	return r ? real_or_null(fabs(r->difference.change)) : json_null();
}

json_t *verdict_json(const struct verdict *v)
{
	return json_pack("{s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:s,s:i,s:i,s:i,s:i,s:o,s:o}", "rows", (int)v->rows,
			 "same", (int)v->same, "better", (int)v->better, "worse", (int)v->worse,
			 "new", (int)v->new, "not_measured", (int)v->unmeasured,
			 "tests", (int)v->tests, "correction", "Holm",
			 "rows_with_too_few_samples", (int)v->untestable, "exact", (int)v->exact,
			 "exact_undisturbed", (int)v->undisturbed, "exact_identical", (int)v->identical,
			 "exact_undisturbed_apart_percent", apart_json(v->furthest[0]),
			 "exact_interrupted_apart_percent", apart_json(v->furthest[1]));
}

/* Numbers of a column, for lines with commas. */
static void csv_cell(const struct cell *cell)
{
	const double values[] = { cell->instructions, cell->kills, cell->exits, cell->p50, cell->p99,
				  cell->scaling };
	size_t i;

	printf(",%s", states[cell->state]);
	for (i = 0; i < ARRAY_SIZE(values); i++)
		if (isfinite(values[i]))
			printf(",%.10g", values[i]);
		else
			printf(",");
}

void csv_heading(void)
{
	printf("comparison,scenario,op,per,family,column,state,instructions,kill_stores,exits,p50_ns,p99_ns,scaling,ratio,change_percent,holm,worse_in,better_in\n");
}

void csv_number(double v)
{
	if (isfinite(v))
		printf(",%.10g", v);
	else
		printf(",");
}

static void csv_difference(const struct difference *d)
{
	char text[96];

	csv_number(d->change);
	csv_number(d->instructions.holm);
	printf(",\"%s\"", measures_text(text, sizeof(text), d->worse));
	printf(",\"%s\"\n", measures_text(text, sizeof(text), d->better));
}

/* A line for each column: names of scenarios, steps and back ends have no commas. */
void csv_rows(const char *title, const struct comparison *c, bool judged)
{
	size_t i, col;

	for (i = 0; i < c->num_rows; i++)
		for (col = 0; col < c->num_columns; col++) {
			const struct row *r = &c->rows[i];

			printf("%s,%s,%s,%s,\"%s\",%s", title, r->scenario, r->op,
			       r->per_call ? "call" : "tce", family_of(r->scenario),
			       c->columns[col].label);
			csv_cell(&r->cells[col]);
			csv_number(compare_ratio(c, r));
			if (judged)
				csv_difference(&r->difference);
			else
				printf(",,,,\n");
		}
}
