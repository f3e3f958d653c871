// SPDX-License-Identifier: GPL-2.0
#include "register.h"

#include "clock.h"
#include "measure.h"
#include "memory.h"
#include "util.h"

#define SIZE ((size_t)1 << 30)
#define PASSES 3u	/* of a sample that is counted exactly */

static int timed(const struct effort *e, struct op_result *o, struct container *c, const struct memory *m,
		 int (*call)(struct container *c, void *memory, size_t size))
{
	uint64_t start = clock_ns();
	struct count counted;
	struct moment begin;
	int ret;

	measure_begin(&begin);
	ret = call(c, m->base, SIZE);
	measure_end(&begin, &counted);
	if (ret)
		return ret;
	if (e->times)
		histogram_add(o->latency, clock_ns() - start);
	if (e->counts)
		result_sample(o, &counted);
	o->units++;
	o->ioctls++;
	o->how = "one ioctl";
	return 0;
}

static int measured(struct run *run, struct result *r, const struct memory *m)
{
	unsigned int i, passes = run->effort.samples * (exact_counting() ? PASSES : 1);
	struct container c;
	int ret = container_open(&c, r->backend, run->groups.first, false);

	if (ret)
		return ret;
	for (i = 0; i < passes && !ret && !interrupted(); i++) {
		ret = timed(&run->effort, &r->ops[OP_REGISTER], &c, m, container_register);
		if (!ret)
			ret = timed(&run->effort, &r->ops[OP_UNREGISTER], &c, m, container_unregister);
	}
	container_close(&c);
	return ret;
}

static void measure_memory(struct run *run, struct result *r, const struct memory *m)
{
	result_latency(&r->ops[OP_REGISTER]);
	result_latency(&r->ops[OP_UNREGISTER]);
	r->how = "one ioctl per call";
	if (measured(run, r, m))
		result_fail(r, backend_error());
}

/* It is not kept: others would have to make do with what is left. */
static void measure_normal(struct run *run, struct result *r)
{
	struct memory m;

	if (!memory_make(&m, SIZE)) {
		result_skip(r, "less than 1 GiB of memory is free");
		return;
	}
	measure_memory(run, r, &m);
	memory_unmake(&m);
}

static void measure_huge(struct run *run, struct result *r)
{
	const char *skip = NULL;
	const struct memory *m = memory_get_huge(&skip);

	if (m && m->size < SIZE)
		skip = "less than 1 GiB of 16 MiB huge pages could be had";
	if (skip)
		result_skip(r, skip);
	else
		measure_memory(run, r, m);
}

void register_run(struct run *run, struct result *r)
{
	if (r->scenario->rig.huge)
		measure_huge(run, r);
	else
		measure_normal(run, r);
}
