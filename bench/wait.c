// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "wait.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "clock.h"
#include "plan.h"
#include "util.h"

#define UNITS 8u		/* of a round */
#define LONGEST_NS 5000000000ull

/* Looks often enough to see milliseconds, and lets the timer's work run. */
static int wait_for_kill(const struct container *c, uint64_t start)
{
	static const struct timespec moment = { .tv_nsec = 50000 };
	struct kill_counters k;

	do {
		if (container_kills(c, &k))
			return -EIO;
		if (!k.pending)
			return 0;
		nanosleep(&moment, NULL);
	} while (clock_ns() - start < LONGEST_NS);
	return -ETIMEDOUT;
}

static int one_unit(const struct container *c, const struct plan *p, unsigned int u, bool waits,
		    uint64_t *ns)
{
	uint64_t start;
	int ret = 0;

	if (ioctl(c->fd, p->map.call[u].request, p->map.call[u].arg))
		return -errno;
	start = clock_ns();
	if (ioctl(c->fd, p->unmap.call[u].request, p->unmap.call[u].arg))
		return -errno;
	if (waits)
		ret = wait_for_kill(c, start);
	*ns = clock_ns() - start;
	return ret;
}

int wait_run(struct run *run, struct rig *rig, struct result *r)
{
	struct op_result *o = &r->ops[OP_REUSE];
	struct scenario one = *r->scenario;
	struct plan plan;
	unsigned int u;
	int ret = 0;

	(void)run;
	if (r->backend->batch && container_not_lazy(&rig->container)) {
		result_skip(r, container_not_lazy(&rig->container));
		return 0;
	}
	one.work = WORK_UPDATE;
	plan_make(&plan, &one, r->backend, &rig->place, UNITS);
	r->how = r->backend->batch ? "one lazy UPDATE, then looks at INFO" : plan.unmap.how;
	o->how = r->how;
	o->only_time = true;
	result_latency(o);
	for (u = 0; u < UNITS && !ret && !interrupted(); u++) {
		uint64_t ns = 0;

		ret = one_unit(&rig->container, &plan, u, r->backend->batch, &ns);
		if (!ret)
			histogram_add(o->latency, ns);
		o->units++;
	}
	if (ret)
		result_fail(r, ret == -ETIMEDOUT ? "a lazy unmap was not killed within five seconds" :
			    strerror(-ret));
	plan_free(&plan);
	return ret;
}
