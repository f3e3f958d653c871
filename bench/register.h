/* SPDX-License-Identifier: GPL-2.0 */
/* Measures the registration of 1 GiB of memory, and its return. */
#ifndef MTCE_BENCH_REGISTER_H
#define MTCE_BENCH_REGISTER_H

#include "runner.h"

/* What went wrong is in @r->failed. */
void register_run(struct run *run, struct result *r);

#endif
