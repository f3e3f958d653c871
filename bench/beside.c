// SPDX-License-Identifier: GPL-2.0
/*
 * The first CPU's thread is timed, call by call, for some time alone and for some
 * beside the second's: a client that maps one page while somebody else changes
 * thousands. Each has half of the table, so only locks, caches and the bridge are
 * shared. The timed thread's unmaps are not timed.
 */
#include "beside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "clock.h"
#include "cpus.h"
#include "util.h"
#include "workers.h"

#define TIMED_UNITS 256u

struct lane {
	int fd;
	struct plan plan;
	unsigned int next;
	bool reads;
	struct histogram *latency;	/* NULL: the neighbour */
};

static bool read_info(const struct lane *l)
{
	struct vfio_iommu_spapr_tce_info info = { .argsz = sizeof(info) };

	return !ioctl(l->fd, VFIO_IOMMU_SPAPR_TCE_GET_INFO, &info);
}

static bool do_unit(const struct lane *l, const struct calls *c)
{
	const struct call *call = &c->call[l->next * c->per_unit];
	unsigned int i;

	for (i = 0; i < c->per_unit; i++)
		if (ioctl(l->fd, call[i].request, call[i].arg))
			return false;
	return true;
}

static unsigned int timed_piece(void *arg)
{
	struct lane *l = arg;
	uint64_t start = clock_ns();
	bool ok = l->reads ? read_info(l) : do_unit(l, &l->plan.map);

	histogram_add(l->latency, clock_ns() - start);
	if (ok && !l->reads)
		ok = do_unit(l, &l->plan.unmap);
	l->next = (l->next + 1) % l->plan.units;
	return ok;
}

static unsigned int load_piece(void *arg)
{
	struct lane *l = arg;

	if (l->reads)
		return read_info(l);
	if (!do_unit(l, &l->plan.map) || !do_unit(l, &l->plan.unmap))
		return 0;
	l->next = (l->next + 1) % l->plan.units;
	return l->plan.map.per_unit + l->plan.unmap.per_unit;
}

static void lane_make(struct lane *l, unsigned int half, const struct rig *rig,
		      const struct scenario *s, const struct backend *b, unsigned int units)
{
	struct place where = rig->place;

	where.window += half * ((uint64_t)WINDOW_TCES / 2 << s->page_shift);
	where.other = where.window;
	*l = (struct lane) { .fd = rig->container.fd };
	plan_make(&l->plan, s, b, &where, units);
}

/* The neighbour's work is the scenario's, the timed thread's a page at a time. */
static void lanes_make(struct lane *timed, struct lane *load, const struct rig *rig,
		       const struct result *r)
{
	struct scenario page = *r->scenario, work = *r->scenario;

	page.work = WORK_RANGE;
	page.tces = 1;
	page.piece = 1;
	work.work = work.piece < work.tces ? WORK_UPDATE : WORK_RANGE;
	lane_make(timed, 1, rig, &page, r->backend, TIMED_UNITS);
	lane_make(load, 0, rig, &work, r->backend, 1);
	timed->reads = r->scenario->timed_reads;
	load->reads = r->scenario->load_reads;
}

/* For @ms; @load may be NULL. */
static int run_lanes(struct lane *timed, struct lane *load, unsigned int ms, struct op_result *o)
{
	struct worker w[2] = {
		{ .cpu = cpus_get(0), .piece = timed_piece, .arg = timed },
		{ .cpu = cpus_get(1), .piece = load_piece, .arg = load },
	};

	timed->latency = o->latency;
	workers_run(w, load ? 2 : 1, ms);
	if (w[0].error || w[1].error)
		return -(w[0].error ? w[0].error : w[1].error);
	o->units += w[0].done;
	o->neighbour_calls += w[1].done;
	return 0;
}

static int measure(struct run *run, struct rig *rig, struct result *r)
{
	unsigned int ms = run->effort.smp_ms * 2;
	struct lane timed, load;
	int ret;

	lanes_make(&timed, &load, rig, r);
	r->how = r->scenario->load_reads ? "GET_INFO" : load.plan.map.how;
	ret = run_lanes(&timed, NULL, ms, &r->ops[OP_ALONE]);
	if (!ret)
		ret = run_lanes(&timed, &load, ms, &r->ops[OP_BESIDE]);
	plan_free(&timed.plan);
	plan_free(&load.plan);
	return ret;
}

int beside_run(struct run *run, struct rig *rig, struct result *r)
{
	static const enum op ops[] = { OP_ALONE, OP_BESIDE };
	unsigned int i;
	int ret;

	if (cpus_get(1) < 0) {
		result_skip(r, "there is only one CPU");
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		result_latency(&r->ops[ops[i]]);
		r->ops[ops[i]].only_time = true;
		r->ops[ops[i]].how = r->scenario->timed_reads ? "GET_INFO" : "one MAP_DMA";
	}
	ret = measure(run, rig, r);
	if (ret)
		result_fail(r, strerror(-ret));
	return ret;
}
