// SPDX-License-Identifier: GPL-2.0
#include "compare.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runfile.h"
#include "util.h"

/* Steps of a scenario in the order in which they are shown. */
static const char * const ops[] = {
	"call", "map", "replace", "remap", "unmap", "create", "remove", "close", "register",
	"unregister", "reuse", "alone", "beside", "total", OP_THREADS,
};

static void cell_fill(struct cell *cell, const json_t *op, bool per_call, double tces)
{
	const json_t *latency = json_object_get(op, "latency_ns");
	double calls = per_call ? json_number_or_nan(op, "kill_calls") : 1;

	cell->state = CELL_MEASURED;
	cell->step = op;
	cell->instructions = json_number_or_nan(op, per_call ? "instructions_per_call" :
						"instructions_per_tce");
	cell->samples = json_object_get(op, "instructions_per_call_samples");
	cell->run_medians = json_object_get(op, RUN_MEDIANS);
	cell->per = per_call ? 1 : tces;
	cell->purity = json_number_or_nan(op, "purity");
	cell->above_null = json_number_or_nan(op, "instructions_above_null_per_call");
	cell->exits = json_number_or_nan(op, "exits_per_call");
	cell->kills_all = json_number_or_nan(op, "kill_stores") / calls;
	cell->kills_pe = json_number_or_nan(op, "kill_stores_pe") / calls;
	/* not kill_stores_per_tce: that is rounded */
	cell->kills = per_call ? cell->kills_all :
		      cell->kills_all / json_number_or_nan(op, "kill_tces");
	cell->latency = latency;
	/* Of the bins, whatever else the file says. */
	cell->p50 = latency ? latency_percentile(latency, 0.5) : NAN;
	cell->p99 = latency ? latency_percentile(latency, 0.99) : NAN;
}

static void cell_fill_threads(struct cell *cell, const json_t *threads)
{
	const json_t *one = json_object_get(threads, "one_thread");
	const json_t *two = json_object_get(threads, "two_threads");

	cell->state = CELL_MEASURED;
	cell->rate[0] = json_number_or_nan(one, "tces_per_second");
	cell->rate[1] = json_number_or_nan(two, "tces_per_second");
	cell->one_thread = json_number_or_nan(one, "instructions_per_tce");
	cell->instructions = json_number_or_nan(two, "instructions_per_tce");
	cell->scaling = json_number_or_nan(threads, "scaling");
	cell->scaling_samples = json_object_get(threads, "scaling_samples");
	cell->machine = json_number_or_nan(threads, "machine_scaling");
	cell->share = json_number_or_nan(threads, "share_of_machine");
}

static void cell_make(struct cell *cell, const json_t *result, const char *op, bool per_call)
{
	static const struct cell empty = {
		.instructions = NAN, .above_null = NAN, .exits = NAN, .kills = NAN, .kills_pe = NAN,
		.kills_all = NAN, .rate = { NAN, NAN }, .one_thread = NAN, .scaling = NAN,
		.machine = NAN, .share = NAN, .per = 1, .purity = NAN, .p50 = NAN, .p99 = NAN,
	};

	*cell = empty;
	cell->reason = json_text(result, "failed", NULL);
	if (cell->reason) {
		cell->state = CELL_FAILED;
		return;
	}
	cell->reason = json_text(result, "skipped", NULL);
	if (cell->reason)
		cell->state = CELL_SKIPPED;
	else if (!strcmp(op, OP_THREADS) && json_object_get(result, op))
		cell_fill_threads(cell, json_object_get(result, op));
	else if (json_is_object(json_object_get(result, op)))
		cell_fill(cell, json_object_get(result, op), per_call,
			  json_number_or_nan(result, "tces_per_call"));
}

static bool selected(const struct selection *s, const char *scenario, const char *op)
{
	char both[256];
	size_t i;

	snprintf(both, sizeof(both), "%s %s", scenario, op);
	for (i = 0; i < s->num; i++)
		if (!fnmatch(s->patterns[i], scenario, 0) || !fnmatch(s->patterns[i], both, 0))
			return true;
	return !s->num;
}

/* One scenario of all columns; results may be NULL. */
static void add_rows(struct comparison *c, const struct selection *s, const json_t *like,
		     const json_t * const *results)
{
	bool per_call = !strcmp(json_text(like, "per", "tce"), "call");
	const char *name = json_text(like, "name", "");
	size_t i, col, added = 0;

	for (i = 0; i <= ARRAY_SIZE(ops); i++) {
		/* After the last: a row for what was skipped or failed everywhere. */
		const char *op = i < ARRAY_SIZE(ops) ? ops[i] : "-";
		struct row *r = &c->rows[c->num_rows];
		bool any = i == ARRAY_SIZE(ops) && !added;

		for (col = 0; col < c->num_columns; col++) {
			cell_make(&r->cells[col], results[col], op, per_call);
			any = any || r->cells[col].state == CELL_MEASURED;
		}
		added += any;
		if (!any || !selected(s, name, op))
			continue;
		r->scenario = name;
		r->sentence = json_text(like, "sentence", "");
		r->op = op;
		r->tce_page = json_integer_value(json_object_get(like, "tce_page"));
		r->tces = json_number_or_nan(like, "tces_per_call");
		r->per_call = per_call;
		r->headline = json_is_true(json_object_get(like, "headline"));
		c->num_rows++;
	}
}

/* Scenarios of column @from that no column before it has. */
static void add_scenarios(struct comparison *c, const struct selection *s, size_t from)
{
	const json_t *scenarios = json_object_get(c->columns[from].run, "scenarios");
	const json_t *results[MAX_COLUMNS];
	size_t i, col;

	for (i = 0; i < json_array_size(scenarios); i++) {
		const json_t *like = json_array_get(scenarios, i);
		bool known = false;

		if (strcmp(json_text(like, "backend", ""), c->columns[from].backend))
			continue;
		for (col = 0; col < c->num_columns; col++) {
			results[col] = runfile_result(c->columns[col].run,
						      json_text(like, "name", ""),
						      c->columns[col].backend);
			known = known || (col < from && results[col]);
		}
		if (!known)
			add_rows(c, s, like, results);
	}
}

bool compare_make(struct comparison *c, const struct selection *s)
{
	size_t col, room = 0;

	for (col = 0; col < c->num_columns; col++)
		room += json_array_size(json_object_get(c->columns[col].run, "scenarios"));
	c->some_rows = s->num;
	c->rows = xcalloc(room * (ARRAY_SIZE(ops) + 1), sizeof(*c->rows));
	for (col = 0; col < c->num_columns; col++)
		add_scenarios(c, s, col);
	return c->num_rows;
}

double compare_ratio(const struct comparison *c, const struct row *r)
{
	if (c->base == c->new || !(r->cells[c->new].instructions > 0))
		return NAN;
	return r->cells[c->base].instructions / r->cells[c->new].instructions;
}

const struct row *compare_find(const struct comparison *c, const char *scenario, const char *op)
{
	size_t i;

	for (i = 0; i < c->num_rows; i++)
		if (!strcmp(c->rows[i].scenario, scenario) && !strcmp(c->rows[i].op, op))
			return &c->rows[i];
	return NULL;
}

const char *compare_short_label(const char *label)
{
	return !strcmp(label, "mtce-takeover") ? "takeover" : label;
}
