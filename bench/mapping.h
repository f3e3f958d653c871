/* SPDX-License-Identifier: GPL-2.0 */
/* Measures maps and unmaps of a plan, and the null ioctl, in a rig. */
#ifndef MTCE_BENCH_MAPPING_H
#define MTCE_BENCH_MAPPING_H

#include "rig.h"
#include "runner.h"

/* Both: 0, or -errno with the reason in @r->failed. */
int mapping_run(struct run *run, struct rig *rig, struct result *r);
int mapping_null(struct run *run, struct rig *rig, struct result *r);

#endif
