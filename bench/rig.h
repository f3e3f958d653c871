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
	unsigned int page_shift;
	bool v1;
	unsigned int tables;
	struct place place;
	struct place second;	/* with two tables */
};

/*
 * Makes the rig fit for the scenario, reopening it if need be. *@skip says
 * why this machine cannot run the scenario; otherwise 0 or -errno, with
 * backend_error().
 */
int rig_fit(struct rig *r, const struct scenario *s, const struct backend *b, int group,
	    const char **skip);
void rig_close(struct rig *r);

#endif
