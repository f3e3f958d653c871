/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long the machine stands still by itself: a loop reads the clock, and what
 * lies between two reads is an interrupt, a hypervisor's or an emulator's doing.
 * Latencies of that size are not the back end's.
 */
#ifndef MTCE_BENCH_STALL_H
#define MTCE_BENCH_STALL_H

#include <stdint.h>

#include "histogram.h"

#define STALL_NS 10000u		/* from here on it is one */

struct stall {
	struct histogram gaps;	/* ns, those of STALL_NS and more */
	uint64_t watched_ns;
	uint64_t lost_ns;	/* in those gaps */
};

void stall_watch(struct stall *s);	/* for a tenth of a second, and adds */

#endif
