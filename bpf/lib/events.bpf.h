/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a BPF program gets at the driver's trace events. There are two ways:
 *
 * btf     a BTF tracepoint gives the arguments of the tracepoint; the fields are
 *	   read from the driver's own structs, by names that libbpf looks up in the
 *	   module's type information when the tool starts
 * record  the classic tracepoint gives a record in a layout that is stable; for
 *	   modules without type information
 *
 * A tool writes one function for an event and says MTCE_ON_<EVENT>(function),
 * which makes a program for each way. attach.c chooses which of them are loaded.
 *
 *	static __always_inline void count(void *ctx,
 *					  const struct mtce_kill_event *e)
 *	{
 *	}
 *
 *	MTCE_ON_KILL(count)
 *
 * The kernel's verifier takes every pointer that a module's tracepoint hands over
 * for one that may be NULL; hence the checks, which are never true but where the
 * driver's trace.h says so.
 *
 * Include vmlinux.h first.
 */
#ifndef MTCE_EVENTS_BPF_H
#define MTCE_EVENTS_BPF_H

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "events.h"

/* How many ns a tick of the time base is; set before loading. */
const volatile struct mtce_rate mtce_rate = { 1, 1 };

static __always_inline __u64 mtce_ticks_to_ns(__u64 ticks)
{
	__u64 num = mtce_rate.num, den = mtce_rate.den;

	if (!den)	/* for the verifier; it is never 0 */
		return 0;
	return ticks / den * num + ticks % den * num / den;
}

/*
 * What is used of the driver's structs. libbpf drops what follows the ___ of a
 * name, and finds the fields wherever they are.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct mtce_call___driver {
	__u32 kind;
	__s32 window;
	__u32 ops;
	__u32 done;
	__u64 pages;
	__u64 iova;
	__u64 mapped;
	__u64 unmapped;
	__u64 began;
	__u64 last;
	__u64 ticks[MTCE_STAGES];
};

struct mtce_kill___driver {
	unsigned long entries;
};

struct mtce_queue___driver {
	struct mtce_kill___driver kill;
	__u64 since;
	unsigned int nr_pages;
};

struct mtce_window___driver {
	__u64 start;
	unsigned int shift;
	int num;
	struct mtce_queue___driver queue;
};

struct mtce_group___driver {
	__u32 pe;
};

#pragma clang attribute pop

static __always_inline __u32 mtce_current_pid(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}

/*
 * @number as the index of an array: only behind this does the verifier believe
 * that @number < size, because the compiler widens the number that it compares
 * and the one that it adds each by itself.
 */
static __always_inline __u64 mtce_index(__u64 number)
{
	barrier_var(number);
	return number;
}

/* Classic records begin with what all tracepoints have. */
struct mtce_record_header {
	__u64 common;
};

/*
 * The kernel refuses a program that reads past the last field of a record, so
 * padding at the end must not be copied.
 */
#define MTCE_COPY_RECORD(e, record, last)				\
	__builtin_memcpy(e, record,					\
			 __builtin_offsetof(typeof(*(e)), last) +	\
			 sizeof((e)->last))

/*
 * mtce_call_end
 */

static __always_inline void
mtce_call_end_read(struct mtce_call_end_event *e, void *container,
		   struct mtce_call___driver *call, long result)
{
	e->container = (__u64)container;
	e->pid = mtce_current_pid();
	e->call = call->kind;
	e->result = result;
	e->window = call->window;
	e->iova = call->iova;
	e->pages = call->pages;
	e->mapped = call->mapped;
	e->unmapped = call->unmapped;
	e->ops = call->ops;
	e->done = call->done;
	e->total_ns = mtce_ticks_to_ns(call->last - call->began);
	e->copy_ns = mtce_ticks_to_ns(call->ticks[MTCE_STAGE_COPY]);
	e->lock_ns = mtce_ticks_to_ns(call->ticks[MTCE_STAGE_LOCK]);
	e->pin_ns = mtce_ticks_to_ns(call->ticks[MTCE_STAGE_PIN]);
	e->write_ns = mtce_ticks_to_ns(call->ticks[MTCE_STAGE_WRITE]);
	e->kill_ns = mtce_ticks_to_ns(call->ticks[MTCE_STAGE_KILL]);
}

struct mtce_call_end_record {
	struct mtce_record_header header;
	struct mtce_call_end_event event;
};

#define MTCE_ON_CALL_END(function)					\
SEC("tp_btf/mtce_call_end")						\
int BPF_PROG(btf_call_end, void *container,				\
	     struct mtce_call___driver *call, long result)		\
{									\
	struct mtce_call_end_event e = {};				\
									\
	if (!call)							\
		return 0;						\
	mtce_call_end_read(&e, container, call, result);		\
	function(ctx, &e);						\
	return 0;							\
}									\
SEC("tp/mtce/mtce_call_end")						\
int record_call_end(struct mtce_call_end_record *ctx)			\
{									\
	struct mtce_call_end_event e = {};				\
									\
	MTCE_COPY_RECORD(&e, &ctx->event, kill_ns);			\
	function(ctx, &e);						\
	return 0;							\
}

/*
 * mtce_lock_wait
 */

static __always_inline void
mtce_lock_wait_read(struct mtce_lock_wait_event *e, void *container,
		    struct mtce_window___driver *window, __u32 lock,
		    __u64 ticks)
{
	e->container = (__u64)container;
	e->wait_ns = mtce_ticks_to_ns(ticks);
	e->window = window ? window->num : -1;
	e->lock = lock;
}

struct mtce_lock_wait_record {
	struct mtce_record_header header;
	struct mtce_lock_wait_event event;
};

#define MTCE_ON_LOCK_WAIT(function)					\
SEC("tp_btf/mtce_lock_wait")						\
int BPF_PROG(btf_lock_wait, void *container,				\
	     struct mtce_window___driver *window, __u32 lock,		\
	     __u64 ticks)						\
{									\
	struct mtce_lock_wait_event e = {};				\
									\
	mtce_lock_wait_read(&e, container, window, lock, ticks);	\
	function(ctx, &e);						\
	return 0;							\
}									\
SEC("tp/mtce/mtce_lock_wait")						\
int record_lock_wait(struct mtce_lock_wait_record *ctx)		\
{									\
	struct mtce_lock_wait_event e = {};				\
									\
	MTCE_COPY_RECORD(&e, &ctx->event, lock);			\
	function(ctx, &e);						\
	return 0;							\
}

/*
 * mtce_kill
 */

static __always_inline void
mtce_kill_read(struct mtce_kill_event *e, void *container,
	       struct mtce_window___driver *window,
	       struct mtce_group___driver *group, __u8 scope_pe,
	       unsigned long index, unsigned long entries)
{
	e->container = (__u64)container;
	e->iova = window->start + ((__u64)index << window->shift);
	e->entries = entries;
	e->window = window->num;
	e->pe = group->pe;
	e->scope_pe = scope_pe;
}

struct mtce_kill_record {
	struct mtce_record_header header;
	struct mtce_kill_event event;
};

#define MTCE_ON_KILL(function)						\
SEC("tp_btf/mtce_kill")							\
int BPF_PROG(btf_kill, void *container,					\
	     struct mtce_window___driver *window,			\
	     struct mtce_group___driver *group, __u8 scope_pe,		\
	     unsigned long index, unsigned long entries)		\
{									\
	struct mtce_kill_event e = {};					\
									\
	if (!window || !group)						\
		return 0;						\
	mtce_kill_read(&e, container, window, group, scope_pe, index,	\
		       entries);					\
	function(ctx, &e);						\
	return 0;							\
}									\
SEC("tp/mtce/mtce_kill")						\
int record_kill(struct mtce_kill_record *ctx)				\
{									\
	struct mtce_kill_event e = {};					\
									\
	MTCE_COPY_RECORD(&e, &ctx->event, scope_pe);			\
	function(ctx, &e);						\
	return 0;							\
}

/*
 * mtce_queue
 */

static __always_inline void
mtce_queue_read(struct mtce_queue_event *e, void *container,
		struct mtce_window___driver *window, unsigned long entries)
{
	e->container = (__u64)container;
	e->entries = entries;
	e->queued = window->queue.kill.entries;
	e->pages = window->queue.nr_pages;
	e->window = window->num;
}

struct mtce_queue_record {
	struct mtce_record_header header;
	struct mtce_queue_event event;
};

#define MTCE_ON_QUEUE(function)						\
SEC("tp_btf/mtce_queue")						\
int BPF_PROG(btf_queue, void *container,				\
	     struct mtce_window___driver *window,			\
	     unsigned long entries)					\
{									\
	struct mtce_queue_event e = {};					\
									\
	if (!window)							\
		return 0;						\
	mtce_queue_read(&e, container, window, entries);		\
	function(ctx, &e);						\
	return 0;							\
}									\
SEC("tp/mtce/mtce_queue")						\
int record_queue(struct mtce_queue_record *ctx)				\
{									\
	struct mtce_queue_event e = {};					\
									\
	MTCE_COPY_RECORD(&e, &ctx->event, window);			\
	function(ctx, &e);						\
	return 0;							\
}

/*
 * mtce_flush
 */

static __always_inline void
mtce_flush_read(struct mtce_flush_event *e, void *container,
		struct mtce_window___driver *window, __u32 reason)
{
	__u64 since = window->queue.since;

	e->container = (__u64)container;
	e->entries = window->queue.kill.entries;
	e->dwell_ns = since ? bpf_ktime_get_ns() - since : 0;
	e->pages = window->queue.nr_pages;
	e->window = window->num;
	e->reason = reason;
}

struct mtce_flush_record {
	struct mtce_record_header header;
	struct mtce_flush_event event;
};

#define MTCE_ON_FLUSH(function)						\
SEC("tp_btf/mtce_flush")						\
int BPF_PROG(btf_flush, void *container,				\
	     struct mtce_window___driver *window, __u32 reason)		\
{									\
	struct mtce_flush_event e = {};					\
									\
	if (!window)							\
		return 0;						\
	mtce_flush_read(&e, container, window, reason);			\
	function(ctx, &e);						\
	return 0;							\
}									\
SEC("tp/mtce/mtce_flush")						\
int record_flush(struct mtce_flush_record *ctx)				\
{									\
	struct mtce_flush_event e = {};					\
									\
	MTCE_COPY_RECORD(&e, &ctx->event, reason);			\
	function(ctx, &e);						\
	return 0;							\
}

/*
 * mtce_hcall
 */

static __always_inline void
mtce_hcall_read(struct mtce_hcall_event *e, void *container,
		struct mtce_window___driver *window, unsigned long index,
		unsigned long pages, unsigned long mapped, unsigned long killed)
{
	e->container = (__u64)container;
	e->iova = window->start + ((__u64)index << window->shift);
	e->pages = pages;
	e->mapped = mapped;
	e->killed = killed;
	e->pid = mtce_current_pid();
	e->tid = bpf_get_current_pid_tgid();
	e->window = window->num;
}

struct mtce_hcall_record {
	struct mtce_record_header header;
	struct mtce_hcall_event event;
};

#define MTCE_ON_HCALL(function)						\
SEC("tp_btf/mtce_hcall")						\
int BPF_PROG(btf_hcall, void *container,				\
	     struct mtce_window___driver *window, unsigned long index,	\
	     unsigned long pages, unsigned long mapped,			\
	     unsigned long killed)					\
{									\
	struct mtce_hcall_event e = {};					\
									\
	if (!window)							\
		return 0;						\
	mtce_hcall_read(&e, container, window, index, pages, mapped,	\
			killed);					\
	function(ctx, &e);						\
	return 0;							\
}									\
SEC("tp/mtce/mtce_hcall")						\
int record_hcall(struct mtce_hcall_record *ctx)				\
{									\
	struct mtce_hcall_event e = {};					\
									\
	MTCE_COPY_RECORD(&e, &ctx->event, window);			\
	function(ctx, &e);						\
	return 0;							\
}

/*
 * mtce_hcall_left
 */

static __always_inline void
mtce_hcall_left_read(struct mtce_hcall_left_event *e, void *container,
		     struct mtce_window___driver *window, unsigned long index)
{
	e->container = (__u64)container;
	e->iova = window->start + ((__u64)index << window->shift);
	e->pid = mtce_current_pid();
	e->tid = bpf_get_current_pid_tgid();
	e->window = window->num;
}

struct mtce_hcall_left_record {
	struct mtce_record_header header;
	struct mtce_hcall_left_event event;
};

#define MTCE_ON_HCALL_LEFT(function)					\
SEC("tp_btf/mtce_hcall_left")						\
int BPF_PROG(btf_hcall_left, void *container,				\
	     struct mtce_window___driver *window, unsigned long index)	\
{									\
	struct mtce_hcall_left_event e = {};				\
									\
	if (!window)							\
		return 0;						\
	mtce_hcall_left_read(&e, container, window, index);		\
	function(ctx, &e);						\
	return 0;							\
}									\
SEC("tp/mtce/mtce_hcall_left")						\
int record_hcall_left(struct mtce_hcall_left_record *ctx)		\
{									\
	struct mtce_hcall_left_event e = {};				\
									\
	MTCE_COPY_RECORD(&e, &ctx->event, window);			\
	function(ctx, &e);						\
	return 0;							\
}

#endif /* MTCE_EVENTS_BPF_H */
