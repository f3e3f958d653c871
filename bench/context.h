/* SPDX-License-Identifier: GPL-2.0 */
/* Where and how a result was made: without it, no number means anything. */
#ifndef MTCE_BENCH_CONTEXT_H
#define MTCE_BENCH_CONTEXT_H

#include <jansson.h>
#include <stdbool.h>

/*
 * Of this machine, now. @file: a JSON object whose members are added and win,
 * or NULL. Dies if that file is no good.
 */
json_t *context_make(const char *file, int argc, char **argv);

/* Which devices are measured: group, PE, host bridge. */
void context_add_group(json_t *context, int number);

#endif
