/* SPDX-License-Identifier: GPL-2.0 */
/* Fault injection: the n-th allocation or user copy of this thread fails. Debug kernels only. */
#ifndef MTCE_TEST_FAILNTH_H
#define MTCE_TEST_FAILNTH_H

#include <stdbool.h>

/* Why nothing can be made to fail, or NULL. Say once which kinds do. */
const char *failnth_open(void);
/* The n-th chance to fail from now on, counted over all kinds, fails. */
bool failnth_set(long n);
/* No chance is left that fails. Did one? */
bool failnth_failed(void);

#endif
