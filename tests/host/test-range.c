// SPDX-License-Identifier: GPL-2.0
/* needs: */
/* The driver's range arithmetic, at every edge that 64 bits have. */
#include "../../driver/range.h"

#include <stdio.h>

#define MAX (~0ull)

static int failed;

#define CHECK(cond) do {						\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		failed = 1;						\
	}								\
} while (0)

static void valid(void)
{
	CHECK(!mtce_range_valid(0, 0));
	CHECK(!mtce_range_valid(MAX, 0));
	CHECK(mtce_range_valid(0, 1));
	CHECK(mtce_range_valid(0, MAX));
	CHECK(mtce_range_valid(1, MAX));
	CHECK(!mtce_range_valid(2, MAX));
	CHECK(mtce_range_valid(MAX, 1));
	CHECK(!mtce_range_valid(MAX, 2));
	CHECK(mtce_range_valid(MAX - 4095, 4096));
	CHECK(!mtce_range_valid(MAX - 4095, 4097));
}

static void inside(void)
{
	CHECK(mtce_range_inside(0, 4096, 0, 4096));
	CHECK(!mtce_range_inside(0, 4097, 0, 4096));
	CHECK(!mtce_range_inside(4096, 1, 0, 4096));
	CHECK(mtce_range_inside(4095, 1, 0, 4096));
	CHECK(!mtce_range_inside(MAX, 1, 0, 4096));
	CHECK(!mtce_range_inside(0, MAX, 0, 4096));
	CHECK(!mtce_range_inside(4095, MAX, 0, 4096));
	CHECK(!mtce_range_inside(1ull << 59, MAX, 1ull << 59, 1ull << 31));
	CHECK(mtce_range_inside((1ull << 59) + 8, 8, 1ull << 59, 16));
	CHECK(!mtce_range_inside((1ull << 59) - 8, 8, 1ull << 59, 16));
	CHECK(!mtce_range_inside(5, 1, 0, 0));
	/* An outer range that ends with the address space. */
	CHECK(mtce_range_inside(MAX, 1, MAX - 15, 16));
	CHECK(!mtce_range_inside(MAX, 2, MAX - 15, 16));
}

/* 128 bits cannot overflow: the plain formula is the model. */
static void inside_agrees_with_the_plain_formula(void)
{
	static const unsigned long long at[] = {
		0, 1, 2, 4095, 4096, 4097, 1ull << 31, 1ull << 59,
		(1ull << 59) + 4096, 1ull << 63, MAX - 4096, MAX - 1, MAX
	};
	const int n = sizeof(at) / sizeof(*at);
	int a, b, c, d;

	for (a = 0; a < n; a++)
		for (b = 0; b < n; b++)
			for (c = 0; c < n; c++)
				for (d = 0; d < n; d++) {
					unsigned __int128 end = at[c];
					bool plain;

					end += at[d];
					/* Outer ranges do not wrap, inner ones are not empty. */
					if (end > (unsigned __int128)MAX + 1 || !at[b])
						continue;
					plain = at[a] >= at[c] &&
						(unsigned __int128)at[a] + at[b] <= end;
					CHECK(mtce_range_inside(at[a], at[b], at[c], at[d]) == plain);
				}
}

static void overlaps(void)
{
	CHECK(mtce_range_overlaps(0, 4096, 4095, 1));
	CHECK(!mtce_range_overlaps(0, 4096, 4096, 1));
	CHECK(!mtce_range_overlaps(4096, 1, 0, 4096));
	CHECK(mtce_range_overlaps(4095, 2, 4096, 1));
	CHECK(mtce_range_overlaps(0, MAX, 5, 1));
	CHECK(mtce_range_overlaps(MAX, 1, 1, MAX));
	CHECK(!mtce_range_overlaps(MAX, 1, 0, 1));
}

static void aligned(void)
{
	CHECK(mtce_range_aligned(0, 4096, 12));
	CHECK(!mtce_range_aligned(0, 4097, 12));
	CHECK(!mtce_range_aligned(1, 4096, 12));
	CHECK(!mtce_range_aligned(2048, 4096, 12));
	CHECK(!mtce_range_aligned(4096, 65536, 16));
	CHECK(mtce_range_aligned(MAX - 65535, 65536, 16));
	CHECK(mtce_range_aligned(5, 7, 0));
}

int main(void)
{
	valid();
	inside();
	inside_agrees_with_the_plain_formula();
	overlaps();
	aligned();
	return failed;
}
