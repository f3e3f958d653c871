/* SPDX-License-Identifier: GPL-2.0 */
/* Measures the end of a large window: closing its container, or removing it. */
#ifndef MTCE_BENCH_TEARDOWN_H
#define MTCE_BENCH_TEARDOWN_H

#include "runner.h"

void teardown_run(struct run *run, struct result *r);

#endif
