// SPDX-License-Identifier: GPL-2.0
#include "mapping.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "explain.h"
#include "kprobe.h"
#include "marker.h"
#include "measure.h"
#include "util.h"

/* Cycles behind a sample that is taken piece by piece: their median. */
#define PASSES 3u
#define LAZY_TCES 4096u		/* of a cycle: its flush is one for many */
#define CHUNK_TCES 32u
#define KILL_THRESHOLD "/sys/module/vfio_iommu_mtce/parameters/kill_threshold"

/* One scenario being measured. */
struct job {
	const struct effort *effort;
	struct rig *rig;
	struct result *result;
	struct plan plan;
	uint64_t *ns;		/* room for one cycle's times */
	struct count *chunks[NUM_OPS];	/* of what is counted piece by piece, pass by pass */
	unsigned int pass;
};

static int job_failed(struct job *j, const struct calls *c, unsigned int done,
		      const char *what)
{
	int error = errno ? errno : EIO;

	snprintf(j->result->failed, sizeof(j->result->failed), "%s (%s): call %u failed: %s",
		 what, c->how, done + 1, strerror(error));
	return -error;
}

static unsigned int calls_of(const struct job *j, const struct calls *c)
{
	return j->plan.units * c->per_unit + c->flush;
}

/*
 * Calls between two looks at the counter: some 32 pages; whole units if calls are unlike. The plugin's looks cost
 * nothing that is counted, and the shorter a chunk is the more often no interrupt falls into it.
 */
static unsigned int chunk_of(struct job *j, const struct calls *c)
{
	unsigned int step = c->unlike ? c->per_unit : 1;
	unsigned int tces = j->result->scenario->tces * step / c->per_unit;

	if (exact_counting())
		return step;
	return tces < CHUNK_TCES ? CHUNK_TCES / tces * step : step;
}

static int calls_done(struct job *j, enum op op, const struct calls *c, unsigned int done)
{
	return done == calls_of(j, c) ? 0 : job_failed(j, c, done, op_names[op]);
}

/* Counts all calls of a cycle; instructions per unit. */
static int job_count(struct job *j, enum op op, const struct calls *c, unsigned int section,
		     struct count *per_unit)
{
	unsigned int done = measure_count(j->rig->container.fd, c->call, calls_of(j, c),
					  chunk_of(j, c), 0, section, per_unit);

	count_scale(per_unit, c->per_unit);
	return calls_done(j, op, c, done);
}

static unsigned int num_chunks(struct job *j, const struct calls *c)
{
	return (calls_of(j, c) + chunk_of(j, c) - 1) / chunk_of(j, c);
}

/*
 * Where kills are delayed a median over the chunks would not show the few calls
 * that do them, and units of a scenario need not be all alike. Every pass does the
 * same, so take it over the passes, chunk by chunk: that is free of interrupts too.
 */
static bool by_chunks(const struct calls *c)
{
	return c->flush || exact_counting();
}

static int job_count_chunks(struct job *j, enum op op, const struct calls *c, unsigned int section)
{
	struct count *row = j->chunks[op] + j->pass * num_chunks(j, c);
	unsigned int done = measure_chunks(j->rig->container.fd, c->call, calls_of(j, c),
					   chunk_of(j, c), section, row);

	return calls_done(j, op, c, done);
}

static struct count chunks_per_unit(struct job *j, enum op op, const struct calls *c, unsigned int passes)
{
	unsigned int chunks = num_chunks(j, c), chunk, pass;
	struct count *column = xcalloc(passes, sizeof(*column));
	struct count sum = { .purity = NO_INTERRUPT };

	for (chunk = 0; chunk < chunks; chunk++) {
		struct count median;

		for (pass = 0; pass < passes; pass++)
			column[pass] = j->chunks[op][pass * chunks + chunk];
		median = count_median(column, passes);
		count_add(&sum, &median);
	}
	free(column);
	count_scale(&sum, 1.0 / j->plan.units);
	return sum;
}

/* The driver's own counters; read outside the counted part. */
static bool job_kills(struct job *j, struct kill_counters *k)
{
	return j->result->backend->counters && !container_kills(&j->rig->container, k);
}

static void add_kills(struct op_result *o, const struct kill_counters *before,
		      const struct kill_counters *after)
{
	unsigned int i;

	o->kills += after->kills - before->kills;
	o->kills_pe += after->kills_pe - before->kills_pe;
	for (i = 0; i < NUM_FLUSHES; i++)
		o->flushes[i] += after->flushes[i] - before->flushes[i];
	o->kill_source = "driver counters";
}

static int count_op(struct job *j, enum op op, const struct calls *c)
{
	struct op_result *o = &j->result->ops[op];
	uint64_t tces = (uint64_t)j->plan.units * j->result->scenario->tces;
	struct kill_counters before, after;
	bool counted = job_kills(j, &before);
	struct count per_unit;
	int ret;

	explain_begin();
	ret = by_chunks(c) ? job_count_chunks(j, op, c, o->section) :
			     job_count(j, op, c, o->section, &per_unit);
	explain_end(j->result, op, j->plan.units, NO_INTERRUPT);

	if (ret)
		return ret;
	if (counted && job_kills(j, &after))
		add_kills(o, &before, &after);
	/* Otherwise a pass with the kprobe will say what it covers. */
	if (marker_present() || counted) {
		o->kill_tces += tces;
		o->kill_units += j->plan.units;
	}
	if (!by_chunks(c))
		result_sample(o, &per_unit);
	o->how = c->how;
	o->lazy = c->flush;
	o->units += j->plan.units;
	o->ioctls += (uint64_t)j->plan.units * c->per_unit;
	return 0;
}

static int time_op(struct job *j, enum op op, const struct calls *c, unsigned int units)
{
	struct op_result *o = &j->result->ops[op];
	unsigned int n = units * c->per_unit, done, i;

	done = measure_time(j->rig->container.fd, c->call, n, c->per_unit, 0, j->ns);
	if (done != n)
		return job_failed(j, c, done, op_names[op]);
	for (i = 0; i < units; i++)
		histogram_add(o->latency, j->ns[i]);
	/* Or the next map would pay for it. */
	return c->flush ? container_flush(&j->rig->container) : 0;
}

static enum op again_op(const struct scenario *s)
{
	return s->again == AGAIN_REPLACE ? OP_REPLACE : OP_REMAP;
}

/* Faults, caches, and a look whether the work can be done at all. */
static int warm_up(struct job *j)
{
	struct count unused;
	int ret = job_count(j, OP_MAP, &j->plan.map, 0, &unused);

	if (!ret && j->plan.again.call)
		ret = job_count(j, again_op(j->result->scenario), &j->plan.again, 0, &unused);
	return ret ? ret : job_count(j, OP_UNMAP, &j->plan.unmap, 0, &unused);
}

static int count_cycle(struct job *j)
{
	int ret = count_op(j, OP_MAP, &j->plan.map);

	if (!ret && j->plan.again.call)
		ret = count_op(j, again_op(j->result->scenario), &j->plan.again);
	return ret ? ret : count_op(j, OP_UNMAP, &j->plan.unmap);
}

static void sample_of_chunks(struct job *j, enum op op, const struct calls *c, unsigned int passes)
{
	struct count per_unit;

	if (!c->call || !by_chunks(c))
		return;
	per_unit = chunks_per_unit(j, op, c, passes);
	result_sample(&j->result->ops[op], &per_unit);
}

/* A median over passes wants some of them. */
static int count_passes(struct job *j)
{
	unsigned int done;
	int ret = 0;

	for (done = 0; done < PASSES && !interrupted(); done++) {
		j->pass = done;
		ret = count_cycle(j);
		if (ret)
			return ret;
	}
	if (!done)
		return 0;
	sample_of_chunks(j, OP_MAP, &j->plan.map, done);
	sample_of_chunks(j, again_op(j->result->scenario), &j->plan.again, done);
	sample_of_chunks(j, OP_UNMAP, &j->plan.unmap, done);
	return 0;
}

static int count_pass(struct job *j)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < j->effort->samples && !ret && !interrupted(); i++)
		ret = by_chunks(&j->plan.unmap) ? count_passes(j) : count_cycle(j);
	return ret;
}

static int time_cycle(struct job *j, unsigned int units)
{
	int ret = time_op(j, OP_MAP, &j->plan.map, units);

	if (!ret && j->plan.again.call)
		ret = time_op(j, again_op(j->result->scenario), &j->plan.again, units);
	return ret ? ret : time_op(j, OP_UNMAP, &j->plan.unmap, units);
}

/* Those whose histograms are shown go on for a while: a few calls make no picture. */
static unsigned int time_more(const struct job *j, uint64_t start)
{
	if (!j->result->scenario->headline ||
	    clock_ns() - start > j->effort->headline_ms * 1000000ull)
		return 0;
	return j->plan.units;
}

static int time_pass(struct job *j)
{
	unsigned int left = j->effort->time_tces / j->result->scenario->tces;
	uint64_t start = clock_ns();
	int ret = 0;

	if (left < j->effort->time_units)
		left = j->effort->time_units;
	while (left && !ret && !interrupted()) {
		unsigned int units = left < j->plan.units ? left : j->plan.units;

		ret = time_cycle(j, units);
		left -= units;
		if (!left)
			left = time_more(j, start);
	}
	return ret;
}

static int kprobe_op(struct job *j, enum op op, const struct calls *c)
{
	struct op_result *o = &j->result->ops[op];
	struct count unused;
	int ret;

	o->kill_reason = kprobe_begin();
	ret = job_count(j, op, c, 0, &unused);
	if (o->kill_reason)
		return ret;
	o->kills = kprobe_end();
	o->kill_tces = (uint64_t)j->plan.units * j->result->scenario->tces;
	o->kill_units = j->plan.units;
	o->kill_source = "kprobe on pnv_pci_ioda2_tce_invalidate";
	return ret;
}

/* Where neither a trace nor a counter tells how many kills there were. */
static int kprobe_pass(struct job *j)
{
	int ret;

	if (marker_present() || j->result->backend->counters ||
	    j->result->ops[OP_MAP].kill_source)
		return 0;
	ret = kprobe_op(j, OP_MAP, &j->plan.map);
	if (!ret && j->plan.again.call)
		ret = kprobe_op(j, again_op(j->result->scenario), &j->plan.again);
	return ret ? ret : kprobe_op(j, OP_UNMAP, &j->plan.unmap);
}

static bool delayed_to_the_end(const struct scenario *s, const struct backend *b)
{
	return b->batch && (s->lazy || s->lazy_mode) && !s->flush_each;
}

/* Of a unit that is one call there is one count: some must be free of interrupts. */
static unsigned int fewest_units(const struct scenario *s, const struct backend *b)
{
	bool one_call = b->batch || s->piece == s->tces;

	if (s->tces > 1024)
		return one_call ? 3 : 1;
	return one_call || s->work == WORK_LIST ? 5 : 1;
}

static unsigned int cycle_units(const struct scenario *s, const struct backend *b,
				const struct effort *e)
{
	unsigned int tces = delayed_to_the_end(s, b) ? LAZY_TCES : e->count_tces;
	unsigned int units = tces / s->tces, most = plan_capacity(s);

	if (s->units)
		units = s->units;
	else if (units < fewest_units(s, b))
		units = fewest_units(s, b);
	return units < most ? units : most;
}

static const char *how_overall(const struct plan *p)
{
	return p->map.per_unit == 1 ? "one ioctl per call" : p->map.how;
}

static int passes(struct job *j)
{
	int ret = warm_up(j);

	if (!ret && j->effort->counts)
		ret = count_pass(j);
	if (!ret && j->effort->times)
		ret = time_pass(j);
	return ret ? ret : kprobe_pass(j);
}

/* By its parameter the driver can be made to kill entries, or the whole PE. */
static void set_kill_scope(const struct job *j, const char *threshold)
{
	if (threshold[0] && j->result->backend->counters &&
	    !setting_change(KILL_THRESHOLD, threshold))
		die("cannot write %s: %s", KILL_THRESHOLD, strerror(errno));
}

static int passes_with_scope(struct job *j)
{
	static const char * const thresholds[] = {
		[KILL_DEFAULT] = "", [KILL_ENTRIES] = "1000000", [KILL_PE] = "0",
	};
	char before[32] = "";
	int ret;

	if (j->result->scenario->kill != KILL_DEFAULT)
		file_read_line(KILL_THRESHOLD, before, sizeof(before));
	set_kill_scope(j, thresholds[j->result->scenario->kill]);
	ret = passes(j);
	set_kill_scope(j, before);
	return ret;
}

static void set_lazy_timeout(const char *ms)
{
	if (ms[0] && !setting_change(LAZY_TIMEOUT, ms))
		die("cannot write %s: %s", LAZY_TIMEOUT, strerror(errno));
}

/*
 * While the plugin counts the machine is tens of times slower than a POWER8: the driver's timeout would decide in the
 * middle of a pass, now here and now there, what on a POWER8 is over before it.
 */
static int passes_without_timeout(struct job *j)
{
	char before[32] = "";
	int ret;

	if (exact_counting() && j->result->backend->batch &&
	    (j->result->scenario->lazy || j->result->scenario->lazy_mode))
		file_read_line(LAZY_TIMEOUT, before, sizeof(before));
	set_lazy_timeout(before[0] ? NO_TIMEOUT : "");
	ret = passes_with_scope(j);
	set_lazy_timeout(before);
	return ret;
}

static int set_lazy_mode(struct job *j, bool on)
{
	int ret;

	if (!j->result->backend->batch || !j->result->scenario->lazy_mode)
		return 0;
	ret = container_lazy_mode(&j->rig->container, on);
	if (ret)
		result_fail(j->result, backend_error());
	return ret;
}

static int passes_in_mode(struct job *j)
{
	int ret = set_lazy_mode(j, true), off;

	if (ret)
		return ret;
	ret = passes_without_timeout(j);
	off = set_lazy_mode(j, false);
	return ret ? ret : off;
}

/* Lazy unmaps are the native calls' own; other back ends do the work as they can. */
static const char *not_lazy(const struct rig *rig, const struct result *r)
{
	if (!r->backend->batch || (!r->scenario->lazy && !r->scenario->lazy_mode))
		return NULL;
	return container_not_lazy(&rig->container);
}

static void chunks_make(struct job *j)
{
	const struct calls *of[NUM_OPS] = {
		[OP_MAP] = &j->plan.map, [OP_UNMAP] = &j->plan.unmap,
	};
	unsigned int op;

	of[again_op(j->result->scenario)] = &j->plan.again;
	for (op = 0; op < NUM_OPS; op++)
		if (of[op] && of[op]->call)
			j->chunks[op] = xcalloc(PASSES * num_chunks(j, of[op]), sizeof(*j->chunks[op]));
}

static void chunks_free(struct job *j)
{
	unsigned int op;

	for (op = 0; op < NUM_OPS; op++)
		free(j->chunks[op]);
}

int mapping_run(struct run *run, struct rig *rig, struct result *r)
{
	unsigned int units = cycle_units(r->scenario, r->backend, &run->effort);
	const char *skip = not_lazy(rig, r);
	struct job j = {
		.effort = &run->effort,
		.rig = rig,
		.result = r,
	};
	int ret;

	if (skip) {
		result_skip(r, skip);
		return 0;
	}
	plan_make(&j.plan, r->scenario, r->backend, &rig->place, units);
	j.ns = xcalloc(units, sizeof(*j.ns));
	chunks_make(&j);
	r->how = how_overall(&j.plan);
	result_latency(&r->ops[OP_MAP]);
	result_latency(&r->ops[OP_UNMAP]);
	if (j.plan.again.call)
		result_latency(&r->ops[again_op(r->scenario)]);
	ret = passes_in_mode(&j);
	free(j.ns);
	chunks_free(&j);
	plan_free(&j.plan);
	return ret;
}

#define NULL_CALLS 4096u

/* The number of calls that were refused as they should be. */
static unsigned int count_null(const struct effort *e, int fd, const struct call *call,
			       struct op_result *o)
{
	/* As many between two looks as of a call of one page: chunk_of(). */
	const unsigned int chunk = exact_counting() ? 1 : 64;
	unsigned int i, done = NULL_CALLS;
	struct count per_call;

	for (i = 0; i < e->samples && done == NULL_CALLS; i++) {
		done = measure_count(fd, call, NULL_CALLS, chunk, -1, 0, &per_call);
		result_sample(o, &per_call);
		o->units += done;
		o->ioctls += done;
	}
	return done;
}

int mapping_null(struct run *run, struct rig *rig, struct result *r)
{
	struct op_result *o = &r->ops[OP_CALL];
	struct call *call = xcalloc(NULL_CALLS, sizeof(*call));
	uint64_t *ns = xcalloc(NULL_CALLS, sizeof(*ns));
	unsigned int i, done = NULL_CALLS;
	int ret = 0;

	for (i = 0; i < NULL_CALLS; i++)
		call[i].request = NULL_IOCTL;
	result_latency(o);
	r->how = "one ioctl per call";
	o->how = r->how;
	if (run->effort.counts)
		done = count_null(&run->effort, rig->container.fd, call, o);
	if (done == NULL_CALLS && run->effort.times)
		done = measure_time(rig->container.fd, call, NULL_CALLS, 1, -1, ns);
	if (done != NULL_CALLS || errno != ENOTTY) {
		snprintf(r->failed, sizeof(r->failed),
			 "an unknown ioctl was not refused with ENOTTY: %s",
			 done == NULL_CALLS ? strerror(errno) : "it succeeded");
		ret = -EPROTO;
	}
	for (i = 0; i < NULL_CALLS && !ret && run->effort.times; i++)
		histogram_add(o->latency, ns[i]);
	free(call);
	free(ns);
	return ret;
}
