/* SPDX-License-Identifier: GPL-2.0 */
/* The running kernel's functions, by address. */
#ifndef MTCE_BENCH_SYMBOLS_H
#define MTCE_BENCH_SYMBOLS_H

#include <stddef.h>

#include "plugin/page.h"

struct symbol {
	uint64_t start;
	enum count_room room;
	uint32_t flags;	/* COUNT_KILLS_APART: if it kills, it kills a whole PE */
	char *name;
};

/* Read once. Sorted; the first stands for all of user space. Dies if the kernel does not tell. */
const struct symbol *symbols_get(size_t *num);

#endif
