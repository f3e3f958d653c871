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
void memory_free_all(void);

#endif
