/* SPDX-License-Identifier: GPL-2.0 */
/* A set of lines of memory. */
#ifndef MTCE_PLUGIN_LINES_H
#define MTCE_PLUGIN_LINES_H

#include <stdint.h>

#include "page.h"

#define LINE_SHIFT	7		/* POWER8's lines have 128 bytes */
#define LINES_BITS	18

struct lines {
	uint64_t num;
	uint64_t round;		/* an entry of an older one is empty */
	struct line {
		uint64_t number;
		uint64_t round;
	} *table;
};

void lines_make(struct lines *l);
void lines_touch(struct lines *l, uint64_t address);
/* How many there were, or COUNT_LINES_MANY if there was no room; none are left. */
uint64_t lines_take(struct lines *l);

#endif
