// SPDX-License-Identifier: GPL-2.0
/* needs: tests/guest/lib/shrink.c */
/* The few steps that a failure takes are found, in few tries, and said so that they can be read again. */
#include "../guest/lib/shrink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MANY 10000u

static int failed;
static unsigned int tries;
static bool is_slow;

#define CHECK(cond) do {						\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		failed = 1;						\
	}								\
} while (0)

/* A failure that takes these steps, in any company. */
struct culprits {
	size_t num;
	uint32_t step[10];
};

static bool has(const uint32_t *steps, size_t num, uint32_t step)
{
	size_t i;

	for (i = 0; i < num; i++)
		if (steps[i] == step)
			return true;
	return false;
}

static bool fails(const void *run, const uint32_t *steps, size_t num)
{
	const struct culprits *c = run;
	size_t i;

	tries++;
	if (is_slow)
		sleep(2);
	for (i = 1; i < num; i++)
		CHECK(steps[i - 1] < steps[i]);
	for (i = 0; i < c->num; i++)
		if (!has(steps, num, c->step[i]))
			return false;
	return true;
}

static size_t shrunk(const struct culprits *c, uint32_t *steps, unsigned int seconds)
{
	size_t i;

	for (i = 0; i < MANY; i++)
		steps[i] = i;
	tries = 0;
	return shrink(steps, MANY, fails, c, seconds);
}

static void only_culprits_are_left(void)
{
	static const struct culprits cases[] = {
		{ 1, { 0 } },
		{ 1, { MANY - 1 } },
		{ 2, { 4711, 4712 } },
		{ 2, { 0, MANY - 1 } },
		{ 3, { 17, 5000, 9998 } },
		{ 4, { 1, 2500, 5000, 7500 } },
		{ 10, { 0, 2, 4, 6, 8, 10, 12, 14, 16, 18 } },
	};
	uint32_t steps[MANY];
	size_t i, num;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		num = shrunk(&cases[i], steps, 60);
		CHECK(num == cases[i].num);
		CHECK(!memcmp(steps, cases[i].step, num * sizeof(*steps)));
		CHECK(tries < 40 * cases[i].num);
	}
}

static void time_is_bounded(void)
{
	const struct culprits c = { 1, { 17 } };
	uint32_t steps[MANY];
	size_t num;

	is_slow = true;
	num = shrunk(&c, steps, 3);
	is_slow = false;
	CHECK(tries == 2);
	CHECK(num == MANY / 2);
	CHECK(has(steps, num, 17));
}

static void numbers_survive_being_written(void)
{
	const uint32_t steps[] = { 0, 17, 4294967295u };
	uint32_t back[8];
	char text[64];

	steps_write(text, steps, 3);
	CHECK(!strcmp(text, "0,17,4294967295"));
	CHECK(steps_read(text, back, 8) == 3);
	CHECK(!memcmp(steps, back, sizeof(steps)));
	CHECK(steps_read(text, back, 2) == 2);
	CHECK(steps_read("", back, 8) == 0);
	CHECK(steps_read("no,numbers", back, 8) == 0);
}

int main(void)
{
	only_culprits_are_left();
	time_is_bounded();
	numbers_survive_being_written();
	return failed;
}
