// SPDX-License-Identifier: GPL-2.0
#include "stall.h"

#include "clock.h"

#define WATCH_NS 100000000u

static void stall_add(struct stall *s, uint64_t gap)
{
	if (gap < STALL_NS)
		return;
	if (!s->gaps.count)
		histogram_reset(&s->gaps);
	histogram_add(&s->gaps, gap);
	s->lost_ns += gap;
}

void stall_watch(struct stall *s)
{
	uint64_t start = clock_ns(), last = start, now = start;

	while (now - start < WATCH_NS) {
		now = clock_ns();
		stall_add(s, now - last);
		last = now;
	}
	s->watched_ns += now - start;
}
