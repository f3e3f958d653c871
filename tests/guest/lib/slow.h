/* SPDX-License-Identifier: GPL-2.0 */
/* A kernel function that takes long, or an mm that stays locked: tests/modules/slow_main.c. */
#ifndef MTCE_TEST_SLOW_H
#define MTCE_TEST_SLOW_H

#include <stdbool.h>

/* Its parameters are the module's. False, and the test is skipped: the module cannot be loaded. */
bool slow_load(const char *parameters);
/* The next call of @function takes @ms; only one about @page, if that is not NULL. */
bool slow_function(const char *function, const void *page, int ms);
/* Waits until the function has begun; fails the test if that takes more than @limit_ms. */
void slow_has_begun(int limit_ms);
/* Its function, or the mm, is as before. */
void slow_end(void);

#endif
