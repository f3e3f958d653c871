// SPDX-License-Identifier: GPL-2.0
/* mtcesnoop: sends each call and hypercall that passes the filter. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "lib/events.bpf.h"
#include "lib/lost.bpf.h"
#include "mtcesnoop.h"

const volatile struct mtcesnoop_filter filter;

/* Its size is set before loading. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

/* Calls that did not pass. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} filtered SEC(".maps");

static __always_inline bool result_passes(__s32 result)
{
	if (filter.failed && result >= 0)
		return false;
	if (!filter.by_result)
		return true;
	return filter.result ? result == filter.result : result >= 0;
}

/*
 * Where a number came as a pointer the verifier allows no arithmetic; behind a
 * helper that reads it from the stack it is a number.
 */
static __always_inline bool container_passes(const struct mtce_call_end_event *e)
{
	__u64 container = 0;

	if (!filter.container_mask)
		return true;
	bpf_probe_read_kernel(&container, sizeof(container), &e->container);
	return (container & filter.container_mask) == filter.container;
}

static __always_inline bool passes(const struct mtce_call_end_event *e)
{
	return (!filter.pid || e->pid == filter.pid) &&
	       (!filter.calls || (filter.calls & (1u << (e->call & 31)))) &&
	       e->total_ns >= filter.min_ns &&
	       result_passes(e->result) && container_passes(e);
}

static __always_inline void count_filtered(void)
{
	__u32 zero = 0;
	__u64 *n = bpf_map_lookup_elem(&filtered, &zero);

	if (n)
		(*n)++;
}

static __always_inline void send_from(const struct mtce_call_end_event *e, __u64 tid)
{
	struct mtcesnoop_event *event;

	if (!passes(e)) {
		count_filtered();
		return;
	}
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		mtce_lose();
		return;
	}
	event->ktime = bpf_ktime_get_ns();
	event->call = *e;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	event->tid = tid;
	bpf_ringbuf_submit(event, 0);
}

static __always_inline void send_call(void *ctx, const struct mtce_call_end_event *e)
{
	send_from(e, 0);
}

MTCE_ON_CALL_END(send_call)

/* Loaded only if they are wanted (mtcesnoop.c). */
static __always_inline void send_hcall(void *ctx, const struct mtce_hcall_event *e)
{
	struct mtce_call_end_event call = {
		.container = e->container,
		.pid = e->pid,
		.call = MTCESNOOP_HCALL,
		.window = e->window,
		.iova = e->iova,
		.pages = e->pages,
		.mapped = e->mapped,
		.unmapped = e->killed,
	};

	send_from(&call, e->tid);
}

MTCE_ON_HCALL(send_hcall)

static __always_inline void send_hcall_left(void *ctx, const struct mtce_hcall_left_event *e)
{
	struct mtce_call_end_event call = {
		.container = e->container,
		.pid = e->pid,
		.call = MTCESNOOP_LEFT,
		.window = e->window,
		.iova = e->iova,
	};

	send_from(&call, e->tid);
}

MTCE_ON_HCALL_LEFT(send_hcall_left)

char LICENSE[] SEC("license") = "GPL";
