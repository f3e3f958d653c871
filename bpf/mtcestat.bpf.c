// SPDX-License-Identifier: GPL-2.0
/* mtcestat: counts what the driver does. Every processor has counters of its own. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "lib/events.bpf.h"
#include "lib/lost.bpf.h"
#include "mtcestat.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct mtcestat_counts);
} counts SEC(".maps");

/* How many TCEs wait in each queue. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MTCESTAT_QUEUES);
	__type(key, struct mtcestat_queue);
	__type(value, __u64);
} queues SEC(".maps");

static __always_inline struct mtcestat_counts *get_counts(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counts, &zero);
}

static __always_inline void count_call(void *ctx, const struct mtce_call_end_event *e)
{
	struct mtcestat_counts *c = get_counts();
	__u64 call = mtce_index(e->call);

	if (!c)
		return;
	c->calls[call < MTCE_CALLS ? call : MTCE_CALL_OTHER]++;
	c->failed += e->result < 0;
	c->mapped += e->mapped;
	c->unmapped += e->unmapped;
}

MTCE_ON_CALL_END(count_call)

static __always_inline void count_lock_wait(void *ctx, const struct mtce_lock_wait_event *e)
{
	struct mtcestat_counts *c = get_counts();
	__u64 lock = mtce_index(e->lock);

	if (!c)
		return;
	if (lock < MTCE_LOCKS)
		c->lock_waits[lock]++;
	c->lock_wait_ns += e->wait_ns;
}

MTCE_ON_LOCK_WAIT(count_lock_wait)

static __always_inline void count_kill(void *ctx, const struct mtce_kill_event *e)
{
	struct mtcestat_counts *c = get_counts();

	if (!c)
		return;
	if (e->scope_pe)
		c->kills_pe++;
	else
		c->kills_tce += e->entries;
}

MTCE_ON_KILL(count_kill)

/* Events of one queue come in their order: the driver holds its lock. */
static __always_inline void count_queue(void *ctx, const struct mtce_queue_event *e)
{
	struct mtcestat_queue key = { e->container, e->window };
	struct mtcestat_counts *c = get_counts();

	if (!c)
		return;
	c->queued += e->entries;
	if (bpf_map_update_elem(&queues, &key, &e->queued, BPF_ANY))
		mtce_lose();
}

MTCE_ON_QUEUE(count_queue)

static __always_inline void count_flush(void *ctx, const struct mtce_flush_event *e)
{
	struct mtcestat_queue key = { e->container, e->window };
	struct mtcestat_counts *c = get_counts();
	__u64 reason = mtce_index(e->reason);

	if (!c)
		return;
	if (reason < MTCE_FLUSHES)
		c->flushes[reason]++;
	c->flushed += e->entries;
	c->dwell_ns += e->dwell_ns;
	bpf_map_delete_elem(&queues, &key);
}

MTCE_ON_FLUSH(count_flush)

/* What a page that maps nothing has changed, it has cleared. */
static __always_inline void count_hcall(void *ctx, const struct mtce_hcall_event *e)
{
	struct mtcestat_counts *c = get_counts();

	if (!c)
		return;
	c->hcall_pages++;
	c->hcall_mapped += e->mapped;
	if (!e->mapped)
		c->hcall_cleared += e->killed;
}

MTCE_ON_HCALL(count_hcall)

static __always_inline void count_hcall_left(void *ctx, const struct mtce_hcall_left_event *e)
{
	struct mtcestat_counts *c = get_counts();

	if (c)
		c->hcall_left++;
}

MTCE_ON_HCALL_LEFT(count_hcall_left)

char LICENSE[] SEC("license") = "GPL";
