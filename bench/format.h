/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers in few columns. All return @buf. */
#ifndef MTCE_BENCH_FORMAT_H
#define MTCE_BENCH_FORMAT_H

#include <stddef.h>

/* Three or four digits that matter: 0.002, 15.6, 280, 1897, 526k, 72.5M; "-" for NAN. */
const char *format_number(char *buf, size_t size, double v);
/* Nanoseconds as microseconds. */
const char *format_us(char *buf, size_t size, double ns);

#endif
