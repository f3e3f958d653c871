/* SPDX-License-Identifier: GPL-2.0 */
/* What one thread's calls take, alone and beside another thread's in the same table. */
#ifndef MTCE_BENCH_BESIDE_H
#define MTCE_BENCH_BESIDE_H

#include "rig.h"
#include "runner.h"

/* 0, or -errno with the reason in @r->failed. */
int beside_run(struct run *run, struct rig *rig, struct result *r);

#endif
