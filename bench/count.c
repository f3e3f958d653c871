// SPDX-License-Identifier: GPL-2.0
#include "count.h"

#include <stdlib.h>

const char * const counted_names[NUM_COUNTED] = {
	[COUNT_INSTRUCTIONS] = "instructions",
	[COUNT_LOADS] = "loads",
	[COUNT_STORES] = "stores",
	[COUNT_RESERVES] = "load_reserve",
	[COUNT_CONDITIONALS] = "store_conditional",
	[COUNT_SYNC] = "sync",
	[COUNT_LWSYNC] = "lwsync",
	[COUNT_ISYNC] = "isync",
	[COUNT_MMIO_LOADS] = "mmio_loads",
	[COUNT_MMIO_STORES] = "mmio_stores",
	[COUNT_FAULTS] = "faults",
	[COUNT_SYSCALLS] = "system_calls",
	[COUNT_INTERRUPTS] = "interrupts",
	[COUNT_INTERRUPTED] = "instructions_of_interrupts",
	[COUNT_DISTURBANCES] = "disturbances",
	[COUNTED_ROOMS + COUNT_ROOM_KERNEL] = "kernel",
	[COUNTED_ROOMS + COUNT_ROOM_USER] = "user",
	[COUNTED_ROOMS + COUNT_ROOM_BACKEND] = "back_end",
	[COUNTED_ROOMS + COUNT_ROOM_VFIO] = "vfio",
	[COUNTED_ROOMS + COUNT_ROOM_IOMMU] = "platform_iommu",
	[COUNTED_LINES] = "lines",
};

void count_add(struct count *to, const struct count *c)
{
	count_subtract(to, c, -1);
	if (c->purity < to->purity)
		to->purity = c->purity;
}

void count_subtract(struct count *from, const struct count *c, double times)
{
	size_t i;

	for (i = 0; i < NUM_COUNTED; i++)
		from->of[i] -= c->of[i] * times;
}

void count_scale(struct count *c, double factor)
{
	size_t i;

	for (i = 0; i < NUM_COUNTED; i++)
		c->of[i] *= factor;
}

/* The purest first. */
static int compare(const void *a, const void *b)
{
	const struct count *x = a, *y = b;
	double dx = x->of[COUNTED_INSTRUCTIONS], dy = y->of[COUNTED_INSTRUCTIONS];

	if (x->purity != y->purity)
		return x->purity > y->purity ? -1 : 1;
	return (dx > dy) - (dx < dy);
}

struct count count_median(struct count *v, size_t n)
{
	struct count median = { .purity = DISTURBED };
	size_t num = 0;

	if (!n)
		return median;
	qsort(v, n, sizeof(*v), compare);
	while (num < n && v[num].purity == v[0].purity)
		num++;
	median = v[(num - 1) / 2];
	if (median.purity != DISTURBED)
		return median;
	median.of[COUNTED_INSTRUCTIONS] += v[n / 2].of[COUNTED_INSTRUCTIONS];
	median.of[COUNTED_INSTRUCTIONS] /= 2;
	return median;
}

bool count_is_less(const struct count *c, const struct count *than)
{
	return compare(c, than) < 0;
}
