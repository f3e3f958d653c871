/* SPDX-License-Identifier: GPL-2.0 */
/* Of the many steps of a run that failed: the few that it takes. */
#ifndef MTCE_TEST_SHRINK_H
#define MTCE_TEST_SHRINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Runs these steps, and no others, from the beginning. Do they fail? */
typedef bool (*fails_fn)(const void *run, const uint32_t *steps, size_t num);

/**
 * shrink - leave out what a failure does not need
 * @steps: numbers of steps that fail together; those that are left are at its front afterwards
 * @num: how many
 * @fails: tries some of them
 * @run: for @fails
 * @seconds: no try begins later
 *
 * First half of the steps are left out, then quarters, down to single ones, as long as the rest still fails.
 * Returns how many are left: with time enough no single one of them can be left out.
 */
size_t shrink(uint32_t *steps, size_t num, fails_fn fails, const void *run, unsigned int seconds);

/* Numbers as "3,17,204" and back. @text has room for 12 characters a number. */
void steps_write(char *text, const uint32_t *steps, size_t num);
/* Returns how many there are; at most @room. */
size_t steps_read(const char *text, uint32_t *steps, size_t room);

#endif
