// SPDX-License-Identifier: GPL-2.0
#include "compare.h"

#include <math.h>
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
	cell->instructions = json_number_or_nan(op, per_call ? "instructions_per_call" :
						"instructions_per_tce");
	cell->samples = json_object_get(op, "instructions_per_call_samples");
	cell->per = per_call ? 1 : tces;
	cell->above_null = json_number_or_nan(op, "instructions_above_null_per_call");
	cell->exits = json_number_or_nan(op, "exits_per_call");
	cell->kills_all = json_number_or_nan(op, "kill_stores") / calls;
	cell->kills_pe = json_number_or_nan(op, "kill_stores_pe") / calls;
	/* not kill_stores_per_tce: that is rounded */
	cell->kills = per_call ? cell->kills_all :
		      cell->kills_all / json_number_or_nan(op, "kill_tces");
	cell->p50 = json_number_or_nan(latency, "p50");
	cell->p99 = json_number_or_nan(latency, "p99");
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
	cell->machine = json_number_or_nan(threads, "machine_scaling");
	cell->share = json_number_or_nan(threads, "share_of_machine");
}

static void cell_make(struct cell *cell, const json_t *result, const char *op, bool per_call)
{
	static const struct cell empty = {
		.instructions = NAN, .above_null = NAN, .exits = NAN, .kills = NAN, .kills_pe = NAN,
		.kills_all = NAN, .rate = { NAN, NAN }, .one_thread = NAN, .scaling = NAN,
		.machine = NAN, .share = NAN, .p50 = NAN, .p99 = NAN,
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

/* One scenario of all columns; results may be NULL. */
static void add_rows(struct comparison *c, const json_t *like, const json_t * const *results)
{
	bool per_call = !strcmp(json_text(like, "per", "tce"), "call");
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
		if (!any)
			continue;
		r->scenario = json_text(like, "name", "");
		r->sentence = json_text(like, "sentence", "");
		r->op = op;
		r->tce_page = json_integer_value(json_object_get(like, "tce_page"));
		r->per_call = per_call;
		r->headline = json_is_true(json_object_get(like, "headline"));
		c->num_rows++;
		added++;
	}
}

/* The base's results come first, then what only the others have does not count. */
bool compare_make(struct comparison *c)
{
	const json_t *scenarios = json_object_get(c->columns[c->base].run, "scenarios");
	const json_t *results[MAX_COLUMNS];
	size_t i, col, common;

	c->rows = xcalloc(json_array_size(scenarios) * (ARRAY_SIZE(ops) + 1), sizeof(*c->rows));
	for (i = 0; i < json_array_size(scenarios); i++) {
		const json_t *like = json_array_get(scenarios, i);

		if (strcmp(json_text(like, "backend", ""), c->columns[c->base].backend))
			continue;
		for (col = 0, common = 0; col < c->num_columns; col++) {
			results[col] = runfile_result(c->columns[col].run,
						      json_text(like, "name", ""),
						      c->columns[col].backend);
			common += !!results[col];
		}
		if (common > 1 || c->num_columns == 1)
			add_rows(c, like, results);
	}
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

static json_t *real_or_null(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *cell_json(const struct cell *cell)
{
	static const char * const states[] = { "absent", "skipped", "failed", "measured" };
	json_t *j = json_object();

	json_object_set_new(j, "state", json_string(states[cell->state]));
	if (cell->reason)
		json_object_set_new(j, "reason", json_string(cell->reason));
	if (cell->state != CELL_MEASURED)
		return j;
	json_object_set_new(j, "instructions", real_or_null(cell->instructions));
	json_object_set_new(j, "kill_stores", real_or_null(cell->kills));
	if (!isnan(cell->scaling)) {
		json_object_set_new(j, "scaling", json_real(cell->scaling));
		json_object_set_new(j, "machine_scaling", real_or_null(cell->machine));
		json_object_set_new(j, "share_of_machine", real_or_null(cell->share));
		return j;
	}
	json_object_set_new(j, "p50_ns", real_or_null(cell->p50));
	json_object_set_new(j, "p99_ns", real_or_null(cell->p99));
	return j;
}

static json_t *difference_json(const struct row *r, double least)
{
	struct difference d;

	compare_difference(&r->cells[0], &r->cells[1], least, &d);
	return json_pack("{s:o,s:o,s:b,s:b,s:b}", "p", real_or_null(d.p),
			 "change_percent", real_or_null(d.change),
			 "instructions_differ", d.instructions, "kill_stores_differ", d.kills,
			 "worse", d.worse);
}

json_t *compare_json(const struct comparison *c, double least)
{
	json_t *rows = json_array();
	size_t i, col;

	for (i = 0; i < c->num_rows; i++) {
		const struct row *r = &c->rows[i];
		json_t *j = json_object();

		json_object_set_new(j, "scenario", json_string(r->scenario));
		json_object_set_new(j, "op", json_string(r->op));
		json_object_set_new(j, "per", json_string(r->per_call ? "call" : "tce"));
		for (col = 0; col < c->num_columns; col++)
			json_object_set_new(j, c->columns[col].label, cell_json(&r->cells[col]));
		json_object_set_new(j, "ratio", real_or_null(compare_ratio(c, r)));
		if (least > 0)
			json_object_set_new(j, "difference", difference_json(r, least));
		json_array_append_new(rows, j);
	}
	return rows;
}
