/* SPDX-License-Identifier: GPL-2.0 */
/* How long a page that is unmapped lazily waits for its kill, if nobody asks for it. */
#ifndef MTCE_BENCH_WAIT_H
#define MTCE_BENCH_WAIT_H

#include "rig.h"
#include "runner.h"

/* 0, or -errno with the reason in @r->failed. */
int wait_run(struct run *run, struct rig *rig, struct result *r);

#endif
