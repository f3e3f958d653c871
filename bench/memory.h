/* SPDX-License-Identifier: GPL-2.0 */
/* User memory that is mapped for DMA: system pages or 16 MiB huge pages. */
#ifndef MTCE_BENCH_MEMORY_H
#define MTCE_BENCH_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

struct memory {
	char *base;
	size_t size;
	size_t page;	/* physically contiguous and aligned pieces of it */
};

/* Of at least @page bytes per piece, or NULL with a reason in @why. */
const struct memory *memory_get(size_t page, size_t size, const char **why);
/* 1 GiB of 16 MiB pages, or what can be had of it. */
const struct memory *memory_get_huge(const char **why);
/* System pages of one's own. False: there is not so much. */
bool memory_make(struct memory *m, size_t size);
void memory_unmake(struct memory *m);
void memory_free_all(void);

#endif
