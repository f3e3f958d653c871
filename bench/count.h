/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was counted between two moments: instructions, and where the lab's plugin
 * counts, their kinds, whose they are, and whether something else came in between.
 */
#ifndef MTCE_BENCH_COUNT_H
#define MTCE_BENCH_COUNT_H

#include <stdbool.h>
#include <stddef.h>

#include "plugin/page.h"

enum {
	COUNTED_INSTRUCTIONS = COUNT_INSTRUCTIONS,
	COUNTED_ROOMS = COUNT_KINDS,
	COUNTED_LINES = COUNTED_ROOMS + COUNT_ROOMS,
	NUM_COUNTED
};

extern const char * const counted_names[NUM_COUNTED];

/* How far what was counted is the work and nothing else. */
enum purity {
	DISTURBED,	/* or nobody knows */
	NO_DISTURBANCE,	/* what interrupts did was left out */
	NO_INTERRUPT,
};

struct count {
	double of[NUM_COUNTED];
	enum purity purity;
};

void count_add(struct count *to, const struct count *c);
void count_subtract(struct count *from, const struct count *c, double times);
void count_scale(struct count *c, double factor);
/*
 * The middle one by instructions of the purest; if all are disturbed, its instructions
 * are the median. Sorts @v.
 */
struct count count_median(struct count *v, size_t n);
/* @c is purer than @than, or as pure and less. */
bool count_is_less(const struct count *c, const struct count *than);

#endif
