// SPDX-License-Identifier: GPL-2.0
/* needs: bench/count.c bench/plugin/lines.c */
/* The middle of counts, of which some have an interrupt in them; and the plugin's set of lines. */
#include <assert.h>
#include <stdlib.h>

#include "../../bench/count.h"
#include "../../bench/plugin/lines.h"

static struct count make(double instructions, double loads, enum purity purity)
{
	struct count c = { .purity = purity };

	c.of[COUNTED_INSTRUCTIONS] = instructions;
	c.of[COUNT_LOADS] = loads;
	return c;
}

/* Loads say which one it is. */
static void is(struct count c, double instructions, double loads, enum purity purity)
{
	assert(c.of[COUNTED_INSTRUCTIONS] == instructions);
	assert(c.of[COUNT_LOADS] == loads);
	assert(c.purity == purity);
}

static void medians(void)
{
	struct count clean[] = { make(9, 1, NO_INTERRUPT), make(7, 2, NO_INTERRUPT), make(8, 3, NO_INTERRUPT), make(6, 4, NO_INTERRUPT) };
	struct count mixed[] = { make(1, 1, DISTURBED), make(8, 2, NO_INTERRUPT), make(9, 3, DISTURBED), make(2, 4, DISTURBED) };
	struct count dirty[] = { make(10, 1, DISTURBED), make(40, 2, DISTURBED), make(20, 3, DISTURBED), make(30, 4, DISTURBED) };

	/* One that was really seen, so its kinds are of one window. */
	is(count_median(clean, 4), 7, 2, NO_INTERRUPT);
	is(count_median(clean, 1), 6, 4, NO_INTERRUPT);
	is(count_median(mixed, 4), 8, 2, NO_INTERRUPT);
	/* Where interrupts were left out comes second. */
	mixed[0] = make(5, 7, NO_DISTURBANCE);
	mixed[1] = make(6, 8, NO_DISTURBANCE);
	mixed[2] = make(7, 9, NO_DISTURBANCE);
	mixed[3] = make(1, 1, DISTURBED);
	is(count_median(mixed, 4), 6, 8, NO_DISTURBANCE);
	/* As a counter that does not know of interrupts always had it. */
	is(count_median(dirty, 4), 25, 3, DISTURBED);
	is(count_median(dirty, 3), 20, 3, DISTURBED);
	is(count_median(NULL, 0), 0, 0, DISTURBED);
}

/* The purest first, whatever others say. */
static void less(void)
{
	struct count a = make(8, 1, NO_INTERRUPT), b = make(9, 2, NO_INTERRUPT), c = make(1, 3, NO_DISTURBANCE);

	assert(count_is_less(&a, &b));
	assert(!count_is_less(&b, &a));
	assert(!count_is_less(&a, &a));
	assert(count_is_less(&b, &c));
	assert(!count_is_less(&c, &b));
}

static void sums(void)
{
	struct count a = make(10, 4, NO_INTERRUPT), b = make(2, 1, DISTURBED);

	count_subtract(&a, &b, 2);
	is(a, 6, 2, NO_INTERRUPT);
	count_scale(&a, 0.5);
	is(a, 3, 1, NO_INTERRUPT);
	count_add(&a, &b);
	is(a, 5, 2, DISTURBED);
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
	less();
	sums();
	names();
	line_sets();
	return 0;
}
