// SPDX-License-Identifier: GPL-2.0
#include "turn.h"

size_t turn_of_blocks(const struct turns *t, unsigned int round, size_t i)
{
	return round % 2 ? t->backends * t->scenarios - 1 - i : i;
}

size_t turn_of(const struct turns *t, unsigned int round, size_t i)
{
	size_t at = turn_of_blocks(t, round, i), scenario = at / t->backends, backend = at % t->backends;

	if (scenario % 2)
		backend = t->backends - 1 - backend;
	return backend * t->scenarios + scenario;
}
