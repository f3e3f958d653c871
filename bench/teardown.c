// SPDX-License-Identifier: GPL-2.0
#include "teardown.h"

#include <stdio.h>

#include "kprobe.h"
#include "marker.h"
#include "measure.h"
#include "memory.h"
#include "util.h"

/* What is mapped more than once lies there more than once. */
#define PIECES ((size_t)1024)
#define EXACT_TIMES 2u	/* as often where the plugin counts: one of them is chosen */

struct teardown {
	struct result *result;
	struct container container;
	const struct memory *memory;
	uint64_t window;
	size_t registered;
	struct moment step;	/* when it began */
};

static void step_begin(struct teardown *t)
{
	measure_begin(&t->step);
}

static void step_end(struct teardown *t, enum op op)
{
	struct op_result *o = &t->result->ops[op];
	struct count counted;

	measure_end(&t->step, &counted);
	result_sample(o, &counted);
	o->units++;
}

static int fill_window(struct teardown *t)
{
	const struct scenario *s = t->result->scenario;
	size_t bytes = (size_t)s->piece << s->page_shift;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < s->tces && !ret; i += s->piece)
		ret = container_map(&t->container, t->window + ((uint64_t)i << s->page_shift),
				    t->memory->base, bytes);
	return ret;
}

static int prepare(struct teardown *t, int group)
{
	int ret = container_open(&t->container, t->result->backend, group, false);

	if (ret)
		return ret;
	ret = container_register(&t->container, t->memory->base, t->registered);
	if (!ret)
		ret = container_remove_window(&t->container, 0);
	if (ret || t->result->scenario->work == WORK_CLOSE_EMPTY)
		return ret;
	step_begin(t);
	ret = container_create_window(&t->container, t->result->scenario->page_shift,
				      (uint64_t)t->result->scenario->window_mib << 20, 1,
				      &t->window);
	if (ret)
		return ret;
	step_end(t, OP_CREATE);
	return t->result->scenario->left ? fill_window(t) : 0;
}

/* What is left mapped is none of the measured part. */
static int use_window(struct teardown *t)
{
	const struct scenario *s = t->result->scenario;
	int ret;

	if (!s->tces || s->left)
		return 0;
	ret = fill_window(t);
	return ret ? ret : container_unmap(&t->container, t->window,
					   (size_t)s->tces << s->page_shift);
}

static void account_pass(struct op_result *o, const struct scenario *s)
{
	o->kill_tces += s->tces;
	o->kill_units++;
}

/* The kills of a pass: by the trace, or by the driver's counters. */
static void account(struct teardown *t, const struct kill_counters *before, bool counted)
{
	struct op_result *o = &t->result->ops[OP_TOTAL];
	struct kill_counters after;

	if (marker_present())
		account_pass(o, t->result->scenario);
	if (t->container.fd < 0) {
		o->kill_reason = "who counts kills cannot be asked after the container is closed";
		return;
	}
	if (!counted || container_kills(&t->container, &after))
		return;
	o->kills += after.kills - before->kills;
	o->kills_pe += after.kills_pe - before->kills_pe;
	o->kill_source = "driver counters";
	if (!marker_present())
		account_pass(o, t->result->scenario);
}

/* Everything between the marks is one section: use the window, end it. */
static int measured_part(struct teardown *t)
{
	bool remove = t->result->scenario->work == WORK_REMOVE;
	struct kill_counters before = { 0 };
	bool counted = t->result->backend->counters && !container_kills(&t->container, &before);
	struct moment start;
	int ret;

	marker_write(t->result->ops[OP_TOTAL].section);
	measure_begin(&start);
	ret = use_window(t);
	step_begin(t);
	if (!ret && remove)
		ret = container_remove_window(&t->container, t->window);
	else
		container_close(&t->container);
	step_end(t, remove ? OP_REMOVE : OP_CLOSE);
	t->step = start;
	step_end(t, OP_TOTAL);
	marker_write(0);
	if (!ret)
		account(t, &before, counted);
	return ret;
}

static int teardown_once(struct teardown *t, int group)
{
	int ret = prepare(t, group);

	if (!ret)
		ret = measured_part(t);
	container_close(&t->container);
	return ret;
}

/*
 * Upstream's kills on hardware: a pass of its own, which counts no
 * instructions. Not for a close: while the group goes home the kernel calls
 * the probed function for a table that no PE has yet, which kills nothing.
 */
static int kprobe_once(struct teardown *t, int group)
{
	struct op_result *o = &t->result->ops[OP_TOTAL];
	int ret = prepare(t, group);

	if (!ret) {
		o->kill_reason = kprobe_begin();
		ret = use_window(t);
		if (!ret)
			ret = container_remove_window(&t->container, t->window);
		if (!o->kill_reason) {
			o->kills = kprobe_end();
			o->kill_source = "kprobe on pnv_pci_ioda2_tce_invalidate";
			account_pass(o, t->result->scenario);
		}
	}
	container_close(&t->container);
	return ret;
}

static bool wants_kprobe(const struct result *r)
{
	return r->scenario->work == WORK_REMOVE && !marker_present() && !r->backend->counters &&
	       !r->ops[OP_TOTAL].kill_source;
}

void teardown_run(struct run *run, struct result *r)
{
	const struct scenario *s = r->scenario;
	struct teardown t = {
		.result = r,
		.container = { .fd = -1, .group_fd = -1, .second_fd = -1 },
		.registered = PIECES << s->page_shift,
	};
	unsigned int i, passes = run->effort.teardowns * (exact_counting() ? EXACT_TIMES : 1);
	const char *skip = NULL;

	r->how = s->work == WORK_REMOVE ? "TCE_REMOVE" : "close";
	t.memory = memory_get((size_t)1 << s->page_shift, t.registered, &skip);
	if (!t.memory) {
		result_skip(r, skip);
		return;
	}
	for (i = 0; i < passes && !r->failed[0] && !interrupted(); i++)
		if (teardown_once(&t, run->groups.first))
			result_fail(r, backend_error());
	if (!r->failed[0] && !interrupted() && wants_kprobe(r) && kprobe_once(&t, run->groups.first))
		result_fail(r, backend_error());
}
