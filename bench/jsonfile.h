/* SPDX-License-Identifier: GPL-2.0 */
/* JSON as both programs write it. */
#ifndef MTCE_BENCH_JSONFILE_H
#define MTCE_BENCH_JSONFILE_H

#include <jansson.h>
#include <stdint.h>

#include "histogram.h"

/* Digits beyond the third are noise and make files hard to read. */
json_t *json_number(double v);
/* Percentiles, null of too few samples, and every bin that is not empty: [lowest, highest, count]. */
json_t *json_histogram(const struct histogram *h);
void set_number(json_t *o, const char *key, double v);
void set_integer(json_t *o, const char *key, uint64_t v);
void set_text(json_t *o, const char *key, const char *v);

/* Whole or not at all; "-" is stdout. Dies if it cannot be written. */
void jsonfile_write(const json_t *json, const char *path);
/* Dies if it surely cannot be written: said before measuring, not after. */
void jsonfile_check(const char *path);

#endif
