// SPDX-License-Identifier: GPL-2.0
/* needs: bench/count.c bench/plugin/lines.c */
/* The middle of counts, of which some have an interrupt in them; and the plugin's set of lines. */
#include <assert.h>
#include <stdlib.h>

#include "../../bench/count.h"
#include "../../bench/plugin/lines.h"

static struct count make(double instructions, double loads, bool clean)
{
	struct count c = { .clean = clean };

	c.of[COUNTED_INSTRUCTIONS] = instructions;
	c.of[COUNT_LOADS] = loads;
	return c;
}

/* Loads say which one it is. */
static void is(struct count c, double instructions, double loads, bool clean)
{
	assert(c.of[COUNTED_INSTRUCTIONS] == instructions);
	assert(c.of[COUNT_LOADS] == loads);
	assert(c.clean == clean);
}

static void medians(void)
{
	struct count clean[] = { make(9, 1, true), make(7, 2, true), make(8, 3, true), make(6, 4, true) };
	struct count mixed[] = { make(1, 1, false), make(8, 2, true), make(9, 3, false), make(2, 4, false) };
	struct count dirty[] = { make(10, 1, false), make(40, 2, false), make(20, 3, false), make(30, 4, false) };

	/* One that was really seen, so its kinds are of one window. */
	is(count_median(clean, 4), 7, 2, true);
	is(count_median(clean, 1), 6, 4, true);
	is(count_median(mixed, 4), 8, 2, true);
	/* As a counter that does not know of interrupts always had it. */
	is(count_median(dirty, 4), 25, 3, false);
	is(count_median(dirty, 3), 20, 3, false);
	is(count_median(NULL, 0), 0, 0, false);
}

static void sums(void)
{
	struct count a = make(10, 4, true), b = make(2, 1, false);

	count_subtract(&a, &b, 2);
	is(a, 6, 2, true);
	count_scale(&a, 0.5);
	is(a, 3, 1, true);
	count_add(&a, &b);
	is(a, 5, 2, false);
}

static void names(void)
{
	unsigned int i;

	for (i = 0; i < NUM_COUNTED; i++)
		assert(counted_names[i]);
}

static void line_sets(void)
{
	struct lines l;
	uint64_t i;

	lines_make(&l);
	for (i = 0; i < 1000; i++)
		lines_touch(&l, 0xc000000000000000ull + 64 * i);
	assert(lines_take(&l) == 500);
	assert(lines_take(&l) == 0);
	lines_touch(&l, 127);
	lines_touch(&l, 128);
	lines_touch(&l, 0);
	assert(lines_take(&l) == 2);
	/* Far apart or near, too many are said to be too many, and soon forgotten. */
	for (i = 0; i < 1ull << LINES_BITS; i++)
		lines_touch(&l, i << 20);
	assert(lines_take(&l) == COUNT_LINES_MANY);
	lines_touch(&l, 5);
	assert(lines_take(&l) == 1);
	free(l.table);
}

int main(void)
{
	medians();
	sums();
	names();
	line_sets();
	return 0;
}
