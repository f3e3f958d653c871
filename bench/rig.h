/* SPDX-License-Identifier: GPL-2.0 */
/* A container with a window and registered memory, kept between scenarios. */
#ifndef MTCE_BENCH_RIG_H
#define MTCE_BENCH_RIG_H

#include "backend.h"
#include "plan.h"
#include "scenario.h"

struct rig {
	bool open;
	struct container container;
	struct rig_shape shape;
	struct place place;
	struct place second;	/* with two tables */
	char skip[128];
};

/* IOMMU groups to use; those that are not there are -1. */
struct groups {
	int first;
	int second;
};

/*
 * Makes the rig fit for the scenario, reopening it if need be. *@skip says
 * why this machine cannot run the scenario; otherwise 0 or -errno, with
 * backend_error().
 */
int rig_fit(struct rig *r, const struct scenario *s, const struct backend *b,
	    const struct groups *groups, const char **skip);
/* The memory that scenarios want, before anybody counts: to clear it takes long then. */
void rig_prepare_memory(const struct scenario *s, size_t n);
void rig_close(struct rig *r);

#endif
