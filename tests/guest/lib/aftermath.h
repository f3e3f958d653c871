/* SPDX-License-Identifier: GPL-2.0 */
/* What must be true after a race, whoever won. All of it fails the test. */
#ifndef MTCE_TEST_AFTERMATH_H
#define MTCE_TEST_AFTERMATH_H

#include <stdint.h>

#include "mem.h"

/* Remember what is pinned and locked now, and do so at the end of a test. */
void remember_counts(void);
void counts_are_back(void);
void pins_are_back(void);

#define RIG_WINDOW	(8 * SZ_1M)

/* The same with a rig: one window with nothing in it but the bounce page. */
void rig_before_race(void);
/* No entry refers to the pool, by any count, and nothing else is left. */
void rig_after_race(void);

/* The device finds a or b (may be NULL) there, or neither; and the kernel agrees. */
void device_agrees(uint64_t iova, uint8_t *a, uint8_t *b);
/* So many entries and the bounce page are live by the driver's counters. Empties the window. */
void counters_agree(unsigned int live);

#endif
