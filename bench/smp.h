/* SPDX-License-Identifier: GPL-2.0 */
/* One thread against two, each with its own part of the IOVAs. */
#ifndef MTCE_BENCH_SMP_H
#define MTCE_BENCH_SMP_H

#include "rig.h"
#include "runner.h"

/* Returns 0 or -errno, with the sentence in @r->failed. May set @r->skipped. */
int smp_run(struct run *run, struct rig *rig, struct result *r);
/* After all rounds: too few repeats are no result. */
void smp_judge(struct result *r);

#endif
