// SPDX-License-Identifier: GPL-2.0
#include "report.h"

#include <math.h>
#include <string.h>

#include "cpus.h"
#include "jsonfile.h"
#include "marker.h"
#include "measure.h"
#include "stats.h"
#include "steal.h"
#include "util.h"

/* A copy: the median sorts. */
static double samples_median(const double *samples, unsigned int n)
{
	double sorted[MAX_SAMPLES];

	memcpy(sorted, samples, n * sizeof(*sorted));
	return stats_median(sorted, n);
}

static json_t *numbers(const double *samples, unsigned int n)
{
	json_t *a = json_array();
	unsigned int i;

	for (i = 0; i < n; i++)
		json_array_append_new(a, json_number(samples[i]));
	return a;
}

static double op_instructions(const struct op_result *o)
{
	return samples_median(o->samples, o->num_samples);
}

/* What else the plugin counted, per call, and whose the instructions were. */
static json_t *counted_json(const struct op_result *o, unsigned int from, unsigned int to)
{
	json_t *j = json_object();
	unsigned int i;

	for (i = from; i < to; i++)
		set_number(j, counted_names[i], o->counted.of[i]);
	return j;
}

static void add_counted(json_t *j, const struct op_result *o)
{
	set_integer(j, "purity", o->purity);
	if (o->most > o->counted.of[COUNTED_INSTRUCTIONS])
		set_number(j, "most_instructions_per_call", o->most);
	json_object_set_new(j, "kinds", counted_json(o, 0, COUNTED_ROOMS));
	json_object_set_new(j, "instructions_of", counted_json(o, COUNTED_ROOMS, COUNTED_LINES));
	if (!isnan(o->counted.of[COUNTED_LINES]))
		set_number(j, "lines", o->counted.of[COUNTED_LINES]);
}

static void add_instructions(json_t *j, const struct op_result *o, unsigned int tces)
{
	if (!o->num_samples) {
		json_object_set_new(j, "instructions_per_call", json_null());
		set_text(j, "instructions_reason", measure_uncounted());
	} else {
		set_number(j, "instructions_per_call", op_instructions(o));
		if (tces)
			set_number(j, "instructions_per_tce", op_instructions(o) / tces);
	}
	json_object_set_new(j, "instructions_per_call_samples",
			    numbers(o->samples, o->num_samples));
	/* Of a program of its own there is nothing but the number. */
	if (o->num_samples && exact_present() && o->counted.of[COUNTED_INSTRUCTIONS] > 0)
		add_counted(j, o);
}

static void add_plugin_kills(json_t *j, const struct op_result *o, const struct backend *b)
{
	uint64_t all, pe;
	bool knows = marker_kills(o->section, &all, &pe);

	set_integer(j, "kill_stores", all);
	/* QEMU 7.2's plugins do not see what is stored: mtce's own counters do, where they can be asked. */
	if (!knows && o->kill_source)
		pe += o->kills_pe;
	if (knows || !b->counters || o->kill_source)
		set_integer(j, "kill_stores_pe", pe);
	if (o->kill_tces)
		set_number(j, "kill_stores_per_tce", (double)all / (double)o->kill_tces);
	set_text(j, "kill_source", "qemu-plugin");
}

/* In the lab the trace decides, and what the driver says is kept beside it. */
static void add_kills(json_t *j, const struct op_result *o, const struct result *r)
{
	set_integer(j, "kill_tces", o->kill_tces);
	set_integer(j, "kill_calls", o->kill_units);
	if (marker_present()) {
		set_integer(j, "section", o->section);
		if (exact_present())
			add_plugin_kills(j, o, r->backend);
		if (o->kill_source) {
			set_integer(j, "kill_counter", o->kills);
			set_integer(j, "kill_counter_pe", o->kills_pe);
		}
		return;
	}
	if (!o->kill_source) {
		json_object_set_new(j, "kill_stores", json_null());
		set_text(j, "kill_reason", o->kill_reason ? o->kill_reason :
			 "no trace, no counter and no kprobe sees them");
		return;
	}
	set_integer(j, "kill_stores", o->kills);
	if (r->backend->counters)
		set_integer(j, "kill_stores_pe", o->kills_pe);
	if (o->kill_tces)
		set_number(j, "kill_stores_per_tce", (double)o->kills / (double)o->kill_tces);
	set_text(j, "kill_source", o->kill_source);
}

/* As the driver counts them; whoever did the flush. */
static json_t *flushes_json(const struct op_result *o)
{
	json_t *j = json_object();
	unsigned int i;

	for (i = 0; i < NUM_FLUSHES; i++)
		set_integer(j, flush_names[i], o->flushes[i]);
	return j;
}

/* All instructions are the host's: its counter stands still while the guest runs. */
static void add_hypercall(json_t *j, const struct op_result *o)
{
	set_number(j, "exits_per_call", (double)o->exits / (double)o->units);
	if (o->num_samples)
		set_number(j, "instructions_above_null_per_call", op_instructions(o) - o->hypercall_null);
}

/* Steps of a teardown are parts of the section that is called total. */
static bool has_section(enum op op)
{
	return op_is_of_tces(op) || op == OP_TOTAL;
}

static json_t *op_json(const struct result *r, enum op op, const struct op_result *null_call)
{
	const struct op_result *o = &r->ops[op];
	json_t *j = json_object();

	if (o->how)
		set_text(j, "how", o->how);
	set_integer(j, "calls", o->units);
	if (o->ioctls)
		set_integer(j, "ioctls_per_call", o->ioctls / o->units);
	if (!o->only_time)
		add_instructions(j, o, op_is_of_tces(op) ? r->scenario->tces : 0);
	if (o->hypercall_null)
		add_hypercall(j, o);
	if (o->neighbour_calls)
		set_integer(j, "neighbour_calls", o->neighbour_calls);
	if (null_call && o->num_samples && null_call->num_samples && o->ioctls == o->units &&
	    op != OP_CALL)
		set_number(j, "instructions_above_null_per_call",
			   op_instructions(o) - op_instructions(null_call));
	if (has_section(op))
		add_kills(j, o, r);
	if (o->lazy && o->kill_source)
		json_object_set_new(j, "flushes", flushes_json(o));
	if (o->latency && o->latency->count)
		json_object_set_new(j, "latency_ns", json_histogram(o->latency));
	return j;
}

static json_t *smp_threads_json(const struct smp_threads *t, unsigned int n, double rate)
{
	json_t *j = json_object();

	set_number(j, "tces_per_second", rate);
	if (measure_uncounted())
		json_object_set_new(j, "instructions_per_tce", json_null());
	else
		set_number(j, "instructions_per_tce", samples_median(t->instructions, n));
	set_number(j, "sleeps_per_1000_tces", samples_median(t->switches, n) * 1000);
	if (steal_known())
		set_number(j, "stolen", samples_median(t->stolen, n));
	json_object_set_new(j, "tces_per_second_samples", numbers(t->rate, n));
	return j;
}

static json_t *smp_json(const struct smp_result *s, const struct scenario *scenario)
{
	const struct smp_tally *alone = s->work.one, *both = s->work.two;
	double one = (smp_rate(&alone[0]) + smp_rate(&alone[1])) / 2;
	double two = smp_rate(&both[0]) + smp_rate(&both[1]);
	json_t *j = json_object();

	json_object_set_new(j, "cpus", json_pack("[i,i]", cpus_get(0), cpus_get(1)));
	set_text(j, "instructions_counted_by", measure_timing_counter_name());
	set_integer(j, "tables", scenario->rig.tables);
	json_object_set_new(j, "one_thread", smp_threads_json(&s->one, s->num, one));
	json_object_set_new(j, "two_threads", smp_threads_json(&s->two, s->num, two));
	set_number(j, "scaling", smp_scaling(&s->work));
	set_number(j, "machine_scaling", smp_scaling(&s->machine));
	set_number(j, "share_of_machine", smp_scaling(&s->work) / smp_scaling(&s->machine));
	json_object_set_new(j, "scaling_samples", numbers(s->scaling_samples, s->num));
	json_object_set_new(j, "machine_scaling_samples", numbers(s->machine_samples, s->num));
	set_integer(j, "machine_ioctls_per_cycle", s->refused);
	set_integer(j, "machine_stores_per_cycle", s->stores);
	return j;
}

static const struct op_result *find_null(const struct run *run, const struct backend *b)
{
	size_t i;

	for (i = 0; i < run->num_results; i++)
		if (run->results[i].backend == b && run->results[i].scenario->work == WORK_NULL)
			return &run->results[i].ops[OP_CALL];
	return NULL;
}

static json_t *result_json(const struct run *run, const struct result *r)
{
	const struct scenario *s = r->scenario;
	json_t *j = json_object();
	unsigned int op;

	set_text(j, "name", s->name);
	set_text(j, "sentence", s->sentence);
	set_text(j, "backend", r->backend->name);
	set_text(j, "how", r->how);
	set_text(j, "per", scenario_is_mapping(s) ? "tce" : "call");
	set_integer(j, "tce_page", 1ull << s->page_shift);
	set_integer(j, "tces_per_call", s->tces);
	json_object_set_new(j, "headline", json_boolean(s->headline));
	if (r->skipped[0])
		set_text(j, "skipped", r->skipped);
	if (r->failed[0])
		set_text(j, "failed", r->failed);
	for (op = 0; op < NUM_OPS; op++)
		if (r->ops[op].units && !r->failed[0])
			json_object_set_new(j, op_names[op],
					    op_json(r, op, find_null(run, r->backend)));
	if (r->smp && r->smp->num && !r->failed[0] && !r->skipped[0])
		json_object_set_new(j, "threads", smp_json(r->smp, s));
	return j;
}

static json_t *floor_json(const struct floor *f)
{
	json_t *j = json_object();

	if (!measure_uncounted()) {
		set_number(j, "counting_instructions_per_section", measure_overhead()->section);
		set_number(j, "loop_instructions_per_call", measure_overhead()->per_call);
		set_number(j, "getppid_instructions", f->getppid);
		set_number(j, "clock_read_instructions", f->clock_read);
	}
	json_object_set_new(j, "clock_pair_ns", json_histogram(&f->clock_pair));
	return j;
}

static json_t *stall_json(const struct stall *s)
{
	json_t *j = json_object();

	set_integer(j, "from_ns", STALL_NS);
	set_number(j, "watched_ms", (double)s->watched_ns / 1e6);
	set_number(j, "lost_percent", s->watched_ns ? 100 * (double)s->lost_ns /
						      (double)s->watched_ns : 0);
	if (s->gaps.count)
		json_object_set_new(j, "gaps_ns", json_histogram(&s->gaps));
	return j;
}

static json_t *effort_json(const struct effort *e)
{
	return json_pack("{s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i}", "rounds", (int)e->rounds,
			 "samples", (int)e->samples, "exact_rounds", (int)e->exact_rounds,
			 "exact_samples", (int)e->exact_samples, "count_tces", (int)e->count_tces,
			 "time_tces", (int)e->time_tces, "time_units", (int)e->time_units,
			 "headline_ms", (int)e->headline_ms, "teardowns", (int)e->teardowns,
			 "smp_repeats", (int)e->smp_repeats, "smp_ms", (int)e->smp_ms);
}

/* A turn is a round of a scenario with a back end. */
static json_t *partial_json(const struct run *run)
{
	return json_pack("{s:s,s:I,s:I}", "reason", "interrupted", "turns_done", (json_int_t)run->turns_done,
			 "turns", (json_int_t)run->turns);
}

json_t *report_make(json_t *context, const struct floor *f, const struct run *run)
{
	json_t *report = json_object(), *scenarios = json_array();
	bool emulated = json_is_true(json_object_get(context, "emulated"));
	size_t i;

	set_integer(report, "schema", REPORT_SCHEMA);
	json_object_set_new(report, "context", context);
	if (run->turns_done < run->turns)
		json_object_set_new(report, "partial", partial_json(run));
	if (run->own)
		set_text(report, "workload", run->results[0].scenario->sentence);
	set_text(report, "instructions_counted_by", measure_counter_name());
	set_text(report, "latency_note", emulated ? "emulated time, not POWER8 latency" :
		 "time between the calls of CLOCK_MONOTONIC_RAW around each unit of work");
	json_object_set_new(report, "effort", effort_json(&run->effort));
	json_object_set_new(report, "floor", floor_json(f));
	json_object_set_new(report, "stalls", stall_json(&run->stall));
	for (i = 0; i < run->num_results; i++)
		json_array_append_new(scenarios, result_json(run, &run->results[i]));
	json_object_set_new(report, "scenarios", scenarios);
	return report;
}
