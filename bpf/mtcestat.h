/* SPDX-License-Identifier: GPL-2.0 */
/* What mtcestat's BPF program counts, by processor. */
#ifndef MTCESTAT_H
#define MTCESTAT_H

#include "lib/events.h"

/* All are __u64, so that they can be added up as an array. */
struct mtcestat_counts {
	__u64 calls[MTCE_CALLS];
	__u64 failed;			/* of these calls */
	__u64 mapped;			/* TCEs, by calls */
	__u64 unmapped;
	__u64 kills_tce;		/* stores */
	__u64 kills_pe;
	__u64 queued;			/* TCEs that came into a queue */
	__u64 flushes[MTCE_FLUSHES];
	__u64 flushed;			/* TCEs */
	__u64 dwell_ns;			/* of the oldest, added up over flushes */
	__u64 lock_waits[MTCE_LOCKS];
	__u64 lock_wait_ns;
	__u64 hcall_pages;		/* a guest's, that KVM worked on */
	__u64 hcall_mapped;		/* TCEs */
	__u64 hcall_cleared;
	__u64 hcall_left;		/* to user space */
};

/* A queue is a window's; it is in the map while it is not empty. */
struct mtcestat_queue {
	__u64 container;
	__u64 window;
};

#define MTCESTAT_QUEUES		4096

#endif /* MTCESTAT_H */
