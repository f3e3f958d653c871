/* SPDX-License-Identifier: GPL-2.0 */
/* What this machine charges for nothing: the floor under every result. */
#ifndef MTCE_BENCH_FLOOR_H
#define MTCE_BENCH_FLOOR_H

#include "histogram.h"

struct floor {
	double getppid;		/* instructions; the cheapest system call */
	double clock_read;	/* instructions */
	struct histogram clock_pair;	/* ns between two reads of the clock */
};

void floor_measure(struct floor *f);

#endif
