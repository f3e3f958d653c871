// SPDX-License-Identifier: GPL-2.0
/* Thousands of regions, as a client has them that registers each of its buffers: all are found, all go. */
#include "aftermath.h"
#include "fixture.h"

#define REGIONS	2048u
#define SIZE	(REGIONS * SZ_64K)

static uint8_t *mem;

/* Each number once, in an order that is none. */
static uint8_t *region(unsigned int i)
{
	return mem + (i * 777u % REGIONS) * SZ_64K;
}

static void thousands_of_regions(void)
{
	unsigned int i;

	CHECKED(box_open());
	OK(vfio_remove(&box, 0));
	OK(vfio_window(&box, 12, 2ul * SIZE, 1, NULL));
	remember_counts();
	for (i = 0; i < REGIONS; i++)
		OK(vfio_register(&box, region(i), SZ_64K));
	for (i = 0; i < REGIONS; i++)
		OK(vfio_map(&box, RW, region(i) - mem, region(i), SZ_64K));
	OK(vfio_map(&box, RW, SIZE, mem, SIZE));	/* over every seam */
	OK(vfio_unmap(&box, 0, 2ul * SIZE));
	for (i = 0; i < REGIONS; i++)
		OK(vfio_unregister(&box, region(REGIONS - 1 - i), SZ_64K));
	counts_are_back();
}

static void close_with_thousands_of_regions(void)
{
	const long locked = mem_locked_kb(0);
	unsigned int i;

	remember_counts();
	CHECKED(box_open());
	for (i = 0; i < REGIONS; i++) {
		OK(vfio_register(&box, region(i), SZ_64K));
		OK(vfio_map(&box, RW, region(i) - mem, region(i), SZ_64K));
	}
	box_close();
	/* It waits for its worker for a second: where a kernel checks itself that is not enough for so many. */
	CHECK(mem_locked_returns_to(locked));
	counts_are_back();
}

static void before(void)
{
	mem = mem_alloc(SIZE);
}

static void after(void)
{
	box_close();
	mem_free(mem, SIZE);
}

static const struct test tests[] = {
	TEST(thousands_of_regions, NEEDS_OURS),
	TEST(close_with_thousands_of_regions, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "reports/many_regions",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.before = before,
		.after = after,
	};

	return run_suite(&suite);
}
