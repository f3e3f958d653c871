/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the instructions of a call go, function by function, for each back end.
 * Counted by the lab's plugin.
 */
#ifndef MTCE_BENCH_EXPLAIN_H
#define MTCE_BENCH_EXPLAIN_H

#include "result.h"
#include "runner.h"

/* From now on passes are looked into. Dies without the plugin. */
void explain_open(void);
/* Around a pass of @units. One that is less pure than @least does not count. */
void explain_begin(void);
void explain_end(const struct result *r, enum op op, unsigned int units, enum purity least);
/* A table for each step of the scenarios. False: nothing could be explained. */
bool explain_print(const struct run *run);

#endif
