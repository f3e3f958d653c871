// SPDX-License-Identifier: GPL-2.0
/* needs: bench/turn.c */
/* Back ends take turns within a scenario, and none is favoured. */
#include <assert.h>
#include <string.h>

#include "../../bench/turn.h"

#define BACKENDS 3u
#define SCENARIOS 7u
#define ALL (BACKENDS * SCENARIOS)

static const struct turns t = { BACKENDS, SCENARIOS };

static unsigned int backend_at(unsigned int round, size_t i)
{
	return (unsigned int)(turn_of(&t, round, i) / SCENARIOS);
}

static unsigned int scenario_at(unsigned int round, size_t i)
{
	return (unsigned int)(turn_of(&t, round, i) % SCENARIOS);
}

static void each_once(size_t (*order)(const struct turns *t, unsigned int round, size_t i))
{
	unsigned int round, i, seen[ALL];

	for (round = 0; round < 4; round++) {
		memset(seen, 0, sizeof(seen));
		for (i = 0; i < ALL; i++)
			seen[order(&t, round, i)]++;
		for (i = 0; i < ALL; i++)
			assert(seen[i] == 1);
	}
}

/* All back ends of a scenario, then the next scenario, which begins with the back end that was last. */
static void within_a_scenario(void)
{
	unsigned int round;
	size_t i;

	for (round = 0; round < 4; round++)
		for (i = 0; i + 1 < ALL; i++) {
			if ((i + 1) % BACKENDS)
				assert(scenario_at(round, i) == scenario_at(round, i + 1));
			else
				assert(backend_at(round, i) == backend_at(round, i + 1));
		}
}

/* A B, B A: where a back end stands in its scenario, over two rounds. */
static void none_is_first(void)
{
	unsigned int place[BACKENDS][SCENARIOS] = { 0 }, round, b, s;
	size_t i;

	for (round = 0; round < 2; round++)
		for (i = 0; i < ALL; i++)
			place[backend_at(round, i)][scenario_at(round, i)] += (unsigned int)(i % BACKENDS);
	for (b = 0; b < BACKENDS; b++)
		for (s = 0; s < SCENARIOS; s++)
			assert(place[b][s] == BACKENDS - 1);
}

static void blocks(void)
{
	assert(turn_of_blocks(&t, 0, 0) == 0 && turn_of_blocks(&t, 0, 1) == 1);
	assert(turn_of_blocks(&t, 1, 0) == ALL - 1);
}

int main(void)
{
	each_once(turn_of);
	each_once(turn_of_blocks);
	within_a_scenario();
	none_is_first();
	blocks();
	return 0;
}
