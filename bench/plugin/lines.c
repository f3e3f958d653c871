// SPDX-License-Identifier: GPL-2.0
#include "lines.h"

#include <stdlib.h>

#define ENTRIES (1ull << LINES_BITS)

void lines_make(struct lines *l)
{
	l->num = 0;
	l->round = 1;
	l->table = calloc(ENTRIES, sizeof(*l->table));
	if (!l->table)
		abort();
}

static uint64_t hash(uint64_t number)
{
	return number * 0x9e3779b97f4a7c15ull >> (64 - LINES_BITS);
}

void lines_touch(struct lines *l, uint64_t address)
{
	uint64_t number = address >> LINE_SHIFT, at = hash(number);

	if (l->num > ENTRIES / 2)
		return;
	for (; l->table[at].round == l->round; at = (at + 1) % ENTRIES)
		if (l->table[at].number == number)
			return;
	l->table[at] = (struct line){ number, l->round };
	l->num++;
}

uint64_t lines_take(struct lines *l)
{
	uint64_t num = l->num;

	l->num = 0;
	l->round++;
	return num > ENTRIES / 2 ? COUNT_LINES_MANY : num;
}
