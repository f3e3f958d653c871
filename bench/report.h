/* SPDX-License-Identifier: GPL-2.0 */
/* Results as JSON. The format is described in README.md. */
#ifndef MTCE_BENCH_REPORT_H
#define MTCE_BENCH_REPORT_H

#include <jansson.h>

#include "floor.h"
#include "runner.h"

#define REPORT_SCHEMA 1

json_t *report_make(json_t *context, const struct floor *f, const struct run *run);

#endif
