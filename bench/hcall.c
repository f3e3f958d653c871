// SPDX-License-Identifier: GPL-2.0
#include "hcall.h"

#include <stdio.h>
#include <stdlib.h>

#include "explain.h"
#include "guest.h"
#include "kprobe.h"
#include "marker.h"
#include "measure.h"
#include "util.h"

#define MEMORY		((size_t)64 << 20)
#define WINDOW		((uint64_t)512 << 20)
#define BATCH_TCES	32u	/* about so many in a batch */
#define CYCLES		16u	/* behind a sample: the median of their batches */
#define EXACT_CYCLES	6u	/* enough where interrupts are left out */

/* A scenario being measured; its batches are made beforehand. */
struct job {
	const struct effort *effort;
	struct result *result;
	const struct scenario *scenario;
	struct container container;
	const struct memory *memory;
	struct guest guest;
	uint64_t window;
	unsigned int guest_shift;	/* of the guest's pages: a TCE or many */
	unsigned int entries;		/* guest pages of a hypercall */
	unsigned int num;		/* hypercalls of a batch */
	struct vmm_call *batch[NUM_OPS];
	const char *how[NUM_OPS];
};

/*
 * Batches
 */

/* Guest page number @i of a batch; @other: those that replace them. */
static uint64_t tce_of(const struct job *j, uint64_t i, bool other)
{
	uint64_t pages = j->memory->size >> j->guest_shift;

	if (other)
		i += pages / 2;
	/* An odd number, and the number of pages is a power of two: each comes once. */
	if (j->scenario->order == SCATTERED)
		i *= 7919;
	return (GUEST_MEMORY + (i % pages << j->guest_shift)) | TCE_RW;
}

static uint64_t ioba_of(const struct job *j, uint64_t i)
{
	return j->window + (i << j->guest_shift);
}

static struct vmm_call map_call(struct job *j, unsigned int k, bool other)
{
	uint64_t tces[GUEST_LIST], first = (uint64_t)k * j->entries;
	unsigned int i;

	if (j->entries == 1)
		return vmm_put(guest_liobn(0), ioba_of(j, first), tce_of(j, first, other));
	for (i = 0; i < j->entries; i++)
		tces[i] = tce_of(j, first + i, other);
	return vmm_list(guest_liobn(0), ioba_of(j, first),
			guest_list(&j->guest, other ? j->num + k : k, tces, j->entries), j->entries);
}

static struct vmm_call unmap_call(struct job *j, unsigned int k)
{
	uint64_t ioba = ioba_of(j, (uint64_t)k * j->entries);

	return j->entries == 1 ? vmm_put(guest_liobn(0), ioba, 0) :
				 vmm_stuff(guest_liobn(0), ioba, j->entries);
}

static struct vmm_call call_of(struct job *j, enum op op, unsigned int k)
{
	return op == OP_UNMAP ? unmap_call(j, k) : map_call(j, k, op == OP_REPLACE);
}

static void make_batch(struct job *j, enum op op)
{
	unsigned int k;

	j->batch[op] = xcalloc(j->num, sizeof(**j->batch));
	for (k = 0; k < j->num; k++)
		j->batch[op][k] = call_of(j, op, k);
	j->how[op] = j->entries == 1 ? "H_PUT_TCE" :
		     op == OP_UNMAP ? "H_STUFF_TCE" : "H_PUT_TCE_INDIRECT";
}

static void make_batches(struct job *j)
{
	const struct scenario *s = j->scenario;

	if (!s->empty)
		make_batch(j, OP_MAP);
	if (s->again == AGAIN_REPLACE)
		make_batch(j, OP_REPLACE);
	make_batch(j, OP_UNMAP);
}

/*
 * Measuring
 */

/* One batch; counts per hypercall. */
static int do_batch(struct job *j, enum op op, unsigned int section, struct count *c)
{
	int ret;

	marker_write(section);
	explain_begin();
	ret = guest_run(&j->guest, j->batch[op], j->num, c);
	/* The way into a guest and back looks like interrupts. */
	explain_end(j->result, op, j->num, DISTURBED);
	marker_write(0);
	count_scale(c, 1.0 / j->num);
	return ret;
}

static int count_batch(struct job *j, enum op op, struct count *c)
{
	struct op_result *o = &j->result->ops[op];
	struct kill_counters before, after;
	bool counted = j->result->backend->counters && !container_kills(&j->container, &before);
	uint64_t exits = guest_exits(&j->guest);
	int ret = do_batch(j, op, o->section, c);

	if (ret)
		return ret;
	o->exits += guest_exits(&j->guest) - exits;
	o->units += j->num;
	if (counted && !container_kills(&j->container, &after)) {
		o->kills += after.kills - before.kills;
		o->kills_pe += after.kills_pe - before.kills_pe;
		o->kill_source = "driver counters";
	}
	if (counted || marker_present()) {
		o->kill_units += j->num;
		o->kill_tces += (uint64_t)j->num * j->scenario->tces;
	}
	return 0;
}

static int count_sample(struct job *j)
{
	struct count samples[NUM_OPS][CYCLES], median;
	unsigned int cycles = exact_counting() ? EXACT_CYCLES : CYCLES, cycle, op;
	int ret = 0;

	for (cycle = 0; cycle < cycles; cycle++)
		for (op = 0; op < NUM_OPS && !ret; op++)
			if (j->batch[op])
				ret = count_batch(j, op, &samples[op][cycle]);
	for (op = 0; op < NUM_OPS && !ret; op++) {
		if (!j->batch[op])
			continue;
		median = count_median(samples[op], cycles);
		/* What it costs to run the guest is taken off, and is not always the same. */
		median.purity = DISTURBED;
		result_sample(&j->result->ops[op], &median);
	}
	return ret;
}

/* Pages that are not there, caches, and what a back end does when it sees its first hypercall. */
static int warm_up(struct job *j)
{
	struct count unused;
	unsigned int op;
	int ret = 0;

	for (op = 0; op < NUM_OPS && !ret; op++)
		if (j->batch[op])
			ret = do_batch(j, op, 0, &unused);
	return ret;
}

/* Where neither a trace nor a counter tells how many kills there were. */
static int kprobe_pass(struct job *j)
{
	struct count unused;
	unsigned int op;
	int ret = 0;

	for (op = 0; op < NUM_OPS && !ret; op++) {
		struct op_result *o = &j->result->ops[op];

		if (!j->batch[op])
			continue;
		o->kill_reason = kprobe_begin();
		ret = do_batch(j, op, 0, &unused);
		if (o->kill_reason)
			continue;
		o->kills = kprobe_end();
		o->kill_units = j->num;
		o->kill_tces = (uint64_t)j->num * j->scenario->tces;
		o->kill_source = "kprobe on pnv_pci_ioda2_tce_invalidate";
	}
	return ret;
}

static int measure(struct job *j)
{
	unsigned int i, op;
	int ret = warm_up(j);

	for (i = 0; i < j->effort->samples && !ret && !interrupted(); i++)
		ret = count_sample(j);
	if (!ret && !marker_present() && !j->result->backend->counters)
		ret = kprobe_pass(j);
	for (op = 0; op < NUM_OPS; op++) {
		j->result->ops[op].how = j->how[op];
		j->result->ops[op].hypercall_null = j->guest.null_cost;
	}
	return ret;
}

/*
 * Coming and going
 */

static int set_up(struct job *j)
{
	struct container *c = &j->container;
	int ret = container_register(c, j->memory->base, j->memory->size);

	if (!ret)
		ret = container_remove_window(c, 0);
	return ret ? ret : container_create_window(c, j->scenario->page_shift, WINDOW, 1, &j->window);
}

static int in_guest(struct job *j)
{
	int ret = guest_open(&j->guest, &j->container, j->memory);

	if (ret)
		return ret;
	ret = guest_table(&j->guest, j->guest_shift, j->window, WINDOW);
	if (!ret) {
		make_batches(j);
		ret = measure(j);
	}
	guest_take_back(&j->guest);
	return ret;
}

static void in_container(struct job *j, unsigned int group)
{
	struct result *r = j->result;
	unsigned int op;

	if (container_open(&j->container, r->backend, (int)group, false)) {
		result_fail(r, backend_error());
		return;
	}
	if (set_up(j))
		result_fail(r, backend_error());
	else if (in_guest(j))
		result_fail(r, guest_error());
	container_close(&j->container);
	guest_close(&j->guest);
	for (op = 0; op < NUM_OPS; op++)
		free(j->batch[op]);
}

static unsigned int shift_of(unsigned int pieces)
{
	unsigned int shift = 0;

	while (1u << shift < pieces)
		shift++;
	return shift;
}

/* By the parameter, and without the timer: the emulator is slow, so it would come in the middle of a pass. */
static void in_lazy_container(struct job *j, unsigned int group)
{
	char before[32];

	if (!guest_lazy(true) || !file_read_line(LAZY_TIMEOUT, before, sizeof(before)) ||
	    !setting_change(LAZY_TIMEOUT, NO_TIMEOUT)) {
		result_skip(j->result, "this vfio_iommu_mtce has no lazy hypercalls");
		return;
	}
	in_container(j, group);
	setting_change(LAZY_TIMEOUT, before);
	guest_lazy(false);
}

void hcall_run(struct run *run, struct result *r)
{
	const struct scenario *s = r->scenario;
	const char *skip = vmm_missing();
	struct job j = {
		.effort = &run->effort, .result = r, .scenario = s,
		.guest_shift = s->page_shift + shift_of(s->piece),
		.entries = s->tces / s->piece,
		.num = s->tces < BATCH_TCES ? BATCH_TCES / s->tces : 1,
	};

	if (!skip)
		j.memory = memory_get((size_t)1 << s->page_shift, MEMORY, &skip);
	if (skip) {
		result_skip(r, skip);
		return;
	}
	r->how = "hypercalls of a KVM guest";
	if (s->lazy && r->backend->counters)
		in_lazy_container(&j, (unsigned int)run->groups.first);
	else
		in_container(&j, (unsigned int)run->groups.first);
}
