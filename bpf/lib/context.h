/* SPDX-License-Identifier: GPL-2.0 */
/* Where a measurement was made: without it, no number means anything. */
#ifndef MTCE_CONTEXT_H
#define MTCE_CONTEXT_H

#include <jansson.h>
#include <stdbool.h>

/* QEMU names itself in the device tree; hardware does not. */
bool mtce_emulated(void);

/* As in a bench.json, of what a tool can tell. */
json_t *mtce_context(int argc, char **argv);

#endif /* MTCE_CONTEXT_H */
