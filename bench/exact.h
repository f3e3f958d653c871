/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counting by the lab's plugin (plugin/): exactly what a CPU does between two marks,
 * without what interrupts do.
 */
#ifndef MTCE_BENCH_EXACT_H
#define MTCE_BENCH_EXACT_H

#include <stdbool.h>
#include <stdint.h>

#include "count.h"

/* What a CPU had counted at a mark. */
struct exact_mark {
	uint64_t of[NUM_COUNTED];
	uint64_t cpu;
};

/* By MTCE_COUNTER. False: there is none. It counts from now on. */
bool exact_open(void);
bool exact_present(void);
bool exact_counting(void);
/* The same for a program that may have been started by one that counts: it goes on with that. */
bool exact_join(void);
/* Counting makes the emulator three times slower: off while time is measured. */
void exact_switch(bool on);

void exact_begin(struct exact_mark *m);
void exact_end(const struct exact_mark *m, struct count *c);
/* Instructions of each of symbols_get() between the two, with those of interrupts. */
void exact_functions_begin(void);
const volatile uint64_t *exact_functions_end(enum purity *purity);
/* TCE-kill stores of all CPUs until now. False: *@pe is without those of modules. */
bool exact_kills(uint64_t *all, uint64_t *pe);

#endif
