/* SPDX-License-Identifier: GPL-2.0 */
/* A line that says where a long run is and how long it will take. */
#ifndef MTCE_BENCH_PROGRESS_H
#define MTCE_BENCH_PROGRESS_H

#include <stddef.h>

/* @items are done in each of @rounds. */
void progress_begin(size_t items, unsigned int rounds);
/* Item @item of @round, both from 0, begins. */
void progress(unsigned int round, size_t item, const char *backend, const char *scenario);
void progress_end(void);

#endif
