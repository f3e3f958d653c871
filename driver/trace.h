/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints, system "mtce". Off, each is one instruction.
 *
 * Names, order and meaning of fields are an interface: bpf/README.md has them in
 * one table. Fields are only ever added, at the end. They are raw: addresses and
 * sizes in bytes unless they say entries or pages. "container" is an opaque
 * number, the same in all events.
 *
 * Beside calls, these say what happens to entries and to the pages behind them,
 * in the order in which it happens, under the lock that makes it happen;
 * tests/modules checks that order.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM mtce

#if !defined(MTCE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define MTCE_TRACE_H

#include <linux/ktime.h>
#include <linux/tracepoint.h>

#include "call.h"
#include "mtce.h"

/* So that perf and trace-cmd know the numbers behind the names, too. */
#undef EM
#undef E_
#define EM(number, ...)		TRACE_DEFINE_ENUM(number);
#define E_(number, ...)		TRACE_DEFINE_ENUM(number);
MTCE_CALL_NAMES
MTCE_LOCK_NAMES
MTCE_FLUSH_NAMES

#undef EM
#undef E_
#define EM(number, name, ...)	{ number, name },
#define E_(number, name, ...)	{ number, name }

/* An ioctl has come in; nothing of its arguments was read. */
TRACE_EVENT(mtce_call_begin,
	TP_PROTO(const struct mtce_container *c, const struct mtce_call *call),
	TP_ARGS(c, call),
	TP_STRUCT__entry(
		__field(u64, container)
		__field(u32, pid)
		__field(u32, call)
	),
	TP_fast_assign(
		__entry->container = (u64)c;
		__entry->pid = task_tgid_nr(current);
		__entry->call = call->kind;
	),
	TP_printk("container=%llx pid=%u call=%s", __entry->container,
		  __entry->pid, __print_symbolic(__entry->call, MTCE_CALL_NAMES))
);

/* It is about to return @ret, and holds no lock. */
TRACE_EVENT(mtce_call_end,
	TP_PROTO(const struct mtce_container *c, const struct mtce_call *call,
		 long ret),
	TP_ARGS(c, call, ret),
	TP_STRUCT__entry(
		__field(u64, container)
		__field(u32, pid)
		__field(u32, call)
		__field(s32, result)
		__field(s32, window)
		__field(u64, iova)
		__field(u64, pages)
		__field(u64, mapped)
		__field(u64, unmapped)
		__field(u32, ops)
		__field(u32, done)
		__field(u64, total_ns)
		__field(u64, copy_ns)
		__field(u64, lock_ns)
		__field(u64, pin_ns)
		__field(u64, write_ns)
		__field(u64, kill_ns)
	),
	TP_fast_assign(
		__entry->container = (u64)c;
		__entry->pid = task_tgid_nr(current);
		__entry->call = call->kind;
		__entry->result = ret;
		__entry->window = call->window;
		__entry->iova = call->iova;
		__entry->pages = call->pages;
		__entry->mapped = call->mapped;
		__entry->unmapped = call->unmapped;
		__entry->ops = call->ops;
		__entry->done = call->done;
		__entry->total_ns = tb_to_ns(call->last - call->began);
		__entry->copy_ns = tb_to_ns(call->ticks[MTCE_STAGE_COPY]);
		__entry->lock_ns = tb_to_ns(call->ticks[MTCE_STAGE_LOCK]);
		__entry->pin_ns = tb_to_ns(call->ticks[MTCE_STAGE_PIN]);
		__entry->write_ns = tb_to_ns(call->ticks[MTCE_STAGE_WRITE]);
		__entry->kill_ns = tb_to_ns(call->ticks[MTCE_STAGE_KILL]);
	),
	TP_printk("container=%llx pid=%u call=%s result=%d window=%d iova=%#llx pages=%llu mapped=%llu unmapped=%llu ops=%u done=%u total_ns=%llu copy_ns=%llu lock_ns=%llu pin_ns=%llu write_ns=%llu kill_ns=%llu",
		  __entry->container, __entry->pid,
		  __print_symbolic(__entry->call, MTCE_CALL_NAMES), __entry->result,
		  __entry->window, __entry->iova, __entry->pages,
		  __entry->mapped, __entry->unmapped, __entry->ops,
		  __entry->done, __entry->total_ns, __entry->copy_ns,
		  __entry->lock_ns, __entry->pin_ns, __entry->write_ns,
		  __entry->kill_ns)
);

/* A lock was not free, and now it is held. */
TRACE_EVENT(mtce_lock_wait,
	TP_PROTO(const struct mtce_container *c, const struct mtce_window *w,
		 enum mtce_lock lock, u64 ticks),
	TP_ARGS(c, w, lock, ticks),
	TP_STRUCT__entry(
		__field(u64, container)
		__field(u64, wait_ns)
		__field(s32, window)
		__field(u32, lock)
	),
	TP_fast_assign(
		__entry->container = (u64)c;
		__entry->wait_ns = tb_to_ns(ticks);
		__entry->window = w ? w->num : -1;
		__entry->lock = lock;
	),
	TP_printk("container=%llx window=%d lock=%s wait_ns=%llu",
		  __entry->container, __entry->window,
		  __print_symbolic(__entry->lock, MTCE_LOCK_NAMES),
		  __entry->wait_ns)
);

DECLARE_EVENT_CLASS(mtce_entries,
	TP_PROTO(const struct mtce_container *c, const struct mtce_window *w,
		 unsigned long index, unsigned long n),
	TP_ARGS(c, w, index, n),
	TP_STRUCT__entry(
		__field(u64, container)
		__field(u64, iova)
		__field(u64, entries)
		__field(u32, page_shift)
		__field(u32, window)
	),
	TP_fast_assign(
		__entry->container = (u64)c;
		__entry->iova = w->start + ((u64)index << w->shift);
		__entry->entries = n;
		__entry->page_shift = w->shift;
		__entry->window = w->num;
	),
	TP_printk("container=%llx window=%u iova=%#llx entries=%llu page_shift=%u",
		  __entry->container, __entry->window, __entry->iova,
		  __entry->entries, __entry->page_shift)
);

/* Entries were written by a map; the kill for them is still to come. */
DEFINE_EVENT(mtce_entries, mtce_tce_set,
	TP_PROTO(const struct mtce_container *c, const struct mtce_window *w,
		 unsigned long index, unsigned long n),
	TP_ARGS(c, w, index, n));

/* Entries were cleared; the kill for them is still to come. */
DEFINE_EVENT(mtce_entries, mtce_tce_clear,
	TP_PROTO(const struct mtce_container *c, const struct mtce_window *w,
		 unsigned long index, unsigned long n),
	TP_ARGS(c, w, index, n));

/* One group's bridge is about to be told; @pe: of every entry of every window. */
TRACE_EVENT(mtce_kill,
	TP_PROTO(const struct mtce_container *c, const struct mtce_window *w,
		 const struct mtce_group *g, bool pe, unsigned long index,
		 unsigned long n),
	TP_ARGS(c, w, g, pe, index, n),
	TP_STRUCT__entry(
		__field(u64, container)
		__field(u64, iova)
		__field(u64, entries)
		__field(u32, window)
		__field(u32, pe)
		__field(u8, scope_pe)
	),
	TP_fast_assign(
		__entry->container = (u64)c;
		__entry->iova = w->start + ((u64)index << w->shift);
		__entry->entries = n;
		__entry->window = w->num;
		__entry->pe = g->pe;
		__entry->scope_pe = pe;
	),
	TP_printk("container=%llx window=%u pe=%u scope=%s iova=%#llx entries=%llu",
		  __entry->container, __entry->window, __entry->pe,
		  __entry->scope_pe ? "pe" : "tce", __entry->iova,
		  __entry->entries)
);

/* A call's lazy unmaps of @entries TCEs have come into the queue of a window. */
TRACE_EVENT_CONDITION(mtce_queue,
	TP_PROTO(const struct mtce_container *c, const struct mtce_window *w,
		 unsigned long entries),
	TP_ARGS(c, w, entries),
	TP_CONDITION(entries),
	TP_STRUCT__entry(
		__field(u64, container)
		__field(u64, entries)
		__field(u64, queued)
		__field(u32, pages)
		__field(u32, window)
	),
	TP_fast_assign(
		__entry->container = (u64)c;
		__entry->entries = entries;
		__entry->queued = w->queue.kill.entries;
		__entry->pages = w->queue.nr_pages;
		__entry->window = w->num;
	),
	TP_printk("container=%llx window=%u entries=%llu queued=%llu pages=%u",
		  __entry->container, __entry->window, __entry->entries,
		  __entry->queued, __entry->pages)
);

/* All that lazy unmaps left in the queue of a window is about to be done. */
TRACE_EVENT(mtce_flush,
	TP_PROTO(const struct mtce_container *c, const struct mtce_window *w,
		 enum mtce_flush_reason reason),
	TP_ARGS(c, w, reason),
	TP_STRUCT__entry(
		__field(u64, container)
		__field(u64, entries)
		__field(u64, dwell_ns)
		__field(u32, pages)
		__field(u32, window)
		__field(u32, reason)
	),
	TP_fast_assign(
		__entry->container = (u64)c;
		__entry->entries = w->queue.kill.entries;
		__entry->dwell_ns = w->queue.since ?
				    ktime_get_ns() - w->queue.since : 0;
		__entry->pages = w->queue.nr_pages;
		__entry->window = w->num;
		__entry->reason = reason;
	),
	TP_printk("container=%llx window=%u reason=%s entries=%llu pages=%u dwell_ns=%llu",
		  __entry->container, __entry->window,
		  __print_symbolic(__entry->reason, MTCE_FLUSH_NAMES),
		  __entry->entries, __entry->pages, __entry->dwell_ns)
);

/* A group no longer uses a window: the platform has killed its translations. */
TRACE_EVENT(mtce_window_unset,
	TP_PROTO(const struct mtce_container *c, const struct mtce_window *w,
		 const struct mtce_group *g),
	TP_ARGS(c, w, g),
	TP_STRUCT__entry(
		__field(u64, container)
		__field(u32, window)
		__field(u32, pe)
	),
	TP_fast_assign(
		__entry->container = (u64)c;
		__entry->window = w->num;
		__entry->pe = g->pe;
	),
	TP_printk("container=%llx window=%u pe=%u", __entry->container,
		  __entry->window, __entry->pe)
);

/* A page that a map pinned by itself is about to be let go. */
TRACE_EVENT(mtce_unpin,
	TP_PROTO(const struct mtce_container *c, u64 hpa),
	TP_ARGS(c, hpa),
	TP_STRUCT__entry(
		__field(u64, container)
		__field(u64, hpa)
	),
	TP_fast_assign(
		__entry->container = (u64)c;
		__entry->hpa = hpa;
	),
	TP_printk("container=%llx hpa=%#llx", __entry->container, __entry->hpa)
);

DECLARE_EVENT_CLASS(mtce_region,
	TP_PROTO(const struct mtce_container *c, const struct mtce_region *r),
	TP_ARGS(c, r),
	TP_STRUCT__entry(
		__field(u64, container)
		__field(u64, vaddr)
		__field(u64, size)
	),
	TP_fast_assign(
		__entry->container = (u64)c;
		__entry->vaddr = r->ua;
		__entry->size = r->size;
	),
	TP_printk("container=%llx vaddr=%#llx size=%#llx", __entry->container,
		  __entry->vaddr, __entry->size)
);

/* Memory can be mapped from now on. */
DEFINE_EVENT(mtce_region, mtce_register,
	TP_PROTO(const struct mtce_container *c, const struct mtce_region *r),
	TP_ARGS(c, r));

/* The pages of a region are about to be let go. */
DEFINE_EVENT(mtce_region, mtce_unregister,
	TP_PROTO(const struct mtce_container *c, const struct mtce_region *r),
	TP_ARGS(c, r));

/* What a call did in a window is complete, kills and all; locks are still held. */
TRACE_EVENT(mtce_work_done,
	TP_PROTO(const struct mtce_container *c, const struct mtce_window *w),
	TP_ARGS(c, w),
	TP_STRUCT__entry(
		__field(u64, container)
		__field(u32, window)
	),
	TP_fast_assign(
		__entry->container = (u64)c;
		__entry->window = w->num;
	),
	TP_printk("container=%llx window=%u", __entry->container,
		  __entry->window)
);

/*
 * KVM has done a guest's page of a hypercall by itself: @pages entries from @index
 * on, of which @mapped were written; @killed had changed and were killed. Both are
 * 0 where entries were empty and stay so.
 */
TRACE_EVENT(mtce_hcall,
	TP_PROTO(const struct mtce_container *c, const struct mtce_window *w,
		 unsigned long index, unsigned long pages,
		 unsigned long mapped, unsigned long killed),
	TP_ARGS(c, w, index, pages, mapped, killed),
	TP_STRUCT__entry(
		__field(u64, container)
		__field(u64, iova)
		__field(u64, pages)
		__field(u64, mapped)
		__field(u64, killed)
		__field(u32, pid)
		__field(u32, tid)
		__field(u32, window)
	),
	TP_fast_assign(
		__entry->container = (u64)c;
		__entry->iova = w->start + ((u64)index << w->shift);
		__entry->pages = pages;
		__entry->mapped = mapped;
		__entry->killed = killed;
		__entry->pid = task_tgid_nr(current);
		__entry->tid = task_pid_nr(current);
		__entry->window = w->num;
	),
	TP_printk("container=%llx window=%u pid=%u tid=%u iova=%#llx pages=%llu mapped=%llu killed=%llu",
		  __entry->container, __entry->window, __entry->pid,
		  __entry->tid, __entry->iova, __entry->pages,
		  __entry->mapped, __entry->killed)
);

/* KVM leaves a hypercall on an entry to user space. */
TRACE_EVENT(mtce_hcall_left,
	TP_PROTO(const struct mtce_container *c, const struct mtce_window *w,
		 unsigned long index),
	TP_ARGS(c, w, index),
	TP_STRUCT__entry(
		__field(u64, container)
		__field(u64, iova)
		__field(u32, pid)
		__field(u32, tid)
		__field(u32, window)
	),
	TP_fast_assign(
		__entry->container = (u64)c;
		__entry->iova = w->start + ((u64)index << w->shift);
		__entry->pid = task_tgid_nr(current);
		__entry->tid = task_pid_nr(current);
		__entry->window = w->num;
	),
	TP_printk("container=%llx window=%u pid=%u tid=%u iova=%#llx",
		  __entry->container, __entry->window, __entry->pid,
		  __entry->tid, __entry->iova)
);

#endif /* MTCE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
