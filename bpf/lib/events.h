/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The driver's trace events as tools see them, in BPF and in user space alike.
 * What fields mean is in README.md.
 *
 * A struct NAME_event has the fields of the tracepoint NAME in the tracepoint's
 * own order, so it is also the layout of its record behind the common header;
 * attach.c compares the two when the tool starts.
 */
#ifndef MTCE_EVENTS_H
#define MTCE_EVENTS_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#include "../../driver/names.h"

#define MTCE_MODULE	"vfio_iommu_mtce"

struct mtce_call_end_event {
	__u64 container;
	__u32 pid;
	__u32 call;
	__s32 result;
	__s32 window;
	__u64 iova;
	__u64 pages;
	__u64 mapped;
	__u64 unmapped;
	__u32 ops;
	__u32 done;
	__u64 total_ns;
	__u64 copy_ns;
	__u64 lock_ns;
	__u64 pin_ns;
	__u64 write_ns;
	__u64 kill_ns;
};

struct mtce_lock_wait_event {
	__u64 container;
	__u64 wait_ns;
	__s32 window;
	__u32 lock;
};

struct mtce_kill_event {
	__u64 container;
	__u64 iova;
	__u64 entries;
	__u32 window;
	__u32 pe;
	__u8 scope_pe;
};

struct mtce_queue_event {
	__u64 container;
	__u64 entries;
	__u64 queued;
	__u32 pages;
	__u32 window;
};

struct mtce_flush_event {
	__u64 container;
	__u64 entries;
	__u64 dwell_ns;
	__u32 pages;
	__u32 window;
	__u32 reason;
};

/* A guest's page of a hypercall: done by KVM in the kernel; left by it to user space. */
struct mtce_hcall_event {
	__u64 container;
	__u64 iova;
	__u64 pages;
	__u64 mapped;
	__u64 killed;
	__u32 pid;
	__u32 tid;
	__u32 window;
};

struct mtce_hcall_left_event {
	__u64 container;
	__u64 iova;
	__u32 pid;
	__u32 tid;
	__u32 window;
};

/* The time base in nanoseconds: ticks * num / den. Where they come from: attach.c. */
struct mtce_rate {
	__u64 num;
	__u64 den;
};

/* Names of numbers; what the driver may add one day is "unknown". */
const char *mtce_call_name(unsigned int call);
const char *mtce_reason_name(unsigned int reason);
const char *mtce_lock_name(unsigned int lock);
const char *mtce_stage_name(unsigned int stage);

/* The other way, or -1. */
int mtce_call_number(const char *name);

#endif /* MTCE_EVENTS_H */
