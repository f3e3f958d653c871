/* SPDX-License-Identifier: GPL-2.0 */
/* Who comes when. Results are ordered by back end, then by scenario. */
#ifndef MTCE_BENCH_TURN_H
#define MTCE_BENCH_TURN_H

#include <stddef.h>

struct turns {
	size_t backends;
	size_t scenarios;
};

/*
 * Which result comes at place @i of a round: back ends take turns within a scenario. The last of a scenario is the
 * first of the next, and every second round goes backwards; so none is always the first.
 */
size_t turn_of(const struct turns *t, unsigned int round, size_t i);
/* Every second round backwards, each back end through all scenarios. */
size_t turn_of_blocks(const struct turns *t, unsigned int round, size_t i);

#endif
