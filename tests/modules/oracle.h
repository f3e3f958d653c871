/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mtce_oracle: a TCE cache for a machine that has none.
 *
 * QEMU's PHB3 walks the table for every DMA, so a translation whose kill was
 * forgotten, or came too late, does no harm there and no DMA test can see it.
 * This module follows what a back end does with entries, kills and pages, keeps
 * a model of the worst cache that a bridge could have (oracle_model.h has the
 * rules), and says what would have been reached after it was let go.
 *
 * Two back ends can be watched:
 *  - ours, through the tracepoints of driver/trace.h. It trusts them: a kill is
 *    taken to be done where the tracepoint says so. (lab run --count-kills
 *    counts the stores from outside.)
 *  - with upstream=1 also vfio_iommu_spapr_tce on a v1 container, through
 *    kprobes. It unpins before it kills, which shows that the model can see.
 *
 * What a table holds and which groups use it is read from the kernel's structs,
 * not believed of the driver. Probes run under the lock that covers the entries
 * which they are told of, on several CPUs at once, without sleeping.
 *
 * Load it before the first container is opened. Results are in
 * /sys/kernel/debug/mtce_oracle: "counters", lines of a name and a number, and
 * "violations", the first of them in words, which are in the kernel log too.
 * A run in which "forgot" or "unknown" is not 0 proves nothing: repeat it with a
 * larger nodes_shift, and load the module earlier.
 */
#ifndef MTCE_ORACLE_H
#define MTCE_ORACLE_H

#include <linux/spinlock.h>
#include <linux/types.h>

#include "oracle_model.h"

struct iommu_table;

/* What was seen, so that a test can tell "nothing wrong" from "nothing done". */
enum oracle_event {
	SEEN_SET,
	SEEN_CLEAR,
	SEEN_KILL_TCE,
	SEEN_KILL_PE,
	SEEN_UNSET,
	SEEN_UNPIN,
	SEEN_REGISTER,
	SEEN_UNREGISTER,
	SEEN_DONE,
	SEEN_EVENTS
};

extern struct oracle oracle;
extern raw_spinlock_t oracle_lock;	/* the model, and the counts */
extern u64 oracle_seen[SEEN_EVENTS];

/* Entries between two moments in which interrupts may come. */
#define ORACLE_CHUNK	64ul

/* Call with oracle_lock. */
u64 oracle_groups_of(struct iommu_table *tbl);

/* Each back end's probes; stop() waits for those that run. */
int oracle_mtce_start(void);
void oracle_mtce_stop(void);
int oracle_upstream_start(void);
void oracle_upstream_stop(void);

#endif
