/* SPDX-License-Identifier: GPL-2.0 */
/* What mtcesnoop's BPF program is asked for, and what it sends. */
#ifndef MTCESNOOP_H
#define MTCESNOOP_H

#include "lib/events.h"

#define MTCESNOOP_COMM	16	/* the kernel's TASK_COMM_LEN */

/* Behind the driver's kinds of calls: hypercalls, a guest's page each. */
#define MTCESNOOP_HCALL	MTCE_CALLS
#define MTCESNOOP_LEFT	(MTCE_CALLS + 1)
#define MTCESNOOP_HCALLS	(1u << MTCESNOOP_HCALL | 1u << MTCESNOOP_LEFT)

/* Which calls are sent. All of it is 0 for "any". */
struct mtcesnoop_filter {
	__u32 pid;
	__u32 calls;			/* a bit for each kind; 0: any but hypercalls */
	__u64 min_ns;
	__u64 container;		/* in the bits of @container_mask */
	__u64 container_mask;
	__u32 by_result;
	__s32 result;			/* -errno; 0: any success */
	__u32 failed;
};

/* A hypercall has of a call what both have; unmapped is killed. */
struct mtcesnoop_event {
	__u64 ktime;
	struct mtce_call_end_event call;
	char comm[MTCESNOOP_COMM];
	__u64 tid;			/* of a hypercall */
};

#endif /* MTCESNOOP_H */
