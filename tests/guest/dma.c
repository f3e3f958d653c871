// SPDX-License-Identifier: GPL-2.0
/* What a device really reaches through the tables: the v2 calls. */
#include <errno.h>

#include "fixture.h"

#define PAGE(n)	(pool + (n) * SZ_64K)	/* one system page each, whatever its size */

static void mapped_page_is_seen_both_ways(void)
{
	CHECKED(rig_window(12, SZ_64M, 1));
	OK(vfio_map(&box, RW, SZ_1M, PAGE(0), SZ_4K));
	CHECK(edu_reads(&edu, SZ_1M, PAGE(0)));
	CHECK(edu_writes(&edu, SZ_1M, PAGE(0)));
	CHECK(edu_reaches(&edu, SZ_1M + 0xf00, PAGE(0) + 0xf00));
}

static void unmapped_page_is_not_seen(void)
{
	CHECKED(rig_window(12, SZ_64M, 1));
	CHECK(edu_is_kept_out(&edu, SZ_1M, PAGE(0)));
	OK(vfio_map(&box, RW, SZ_1M, PAGE(0), SZ_4K));
	CHECK(edu_reads(&edu, SZ_1M, PAGE(0)));
	OK(vfio_unmap(&box, SZ_1M, SZ_4K));
	CHECK(edu_is_kept_out(&edu, SZ_1M, PAGE(0)));
}

static void read_only_stays_read_only(void)
{
	CHECKED(rig_window(12, SZ_64M, 1));
	OK(vfio_map(&box, VFIO_DMA_MAP_FLAG_READ, SZ_1M, PAGE(0), SZ_4K));
	CHECK(edu_reads(&edu, SZ_1M, PAGE(0)));
	CHECK(!edu_writes(&edu, SZ_1M, PAGE(0)));
}

/* The platform gives read access with write access (pnv_tce_xchg); reads are not checked. */
static void write_access_lets_the_device_write(void)
{
	CHECKED(rig_window(12, SZ_64M, 1));
	OK(vfio_map(&box, VFIO_DMA_MAP_FLAG_WRITE, SZ_1M, PAGE(0), SZ_4K));
	CHECK(edu_writes(&edu, SZ_1M, PAGE(0)));
	CHECK(!edu_writes(&edu, SZ_1M + SZ_4K, PAGE(0) + SZ_4K));
}

/* QEMU relies on it: the v2 call replaces without being asked. */
static void second_map_reaches_the_new_page(void)
{
	CHECKED(rig_window(12, SZ_64M, 1));
	OK(vfio_map(&box, RW, SZ_1M, PAGE(0), SZ_4K));
	CHECK(edu_reads(&edu, SZ_1M, PAGE(0)));
	OK(vfio_map(&box, RW, SZ_1M, PAGE(1), SZ_4K));
	CHECK(edu_reaches(&edu, SZ_1M, PAGE(1)));
	CHECK(!edu_writes(&edu, SZ_1M, PAGE(0)));
}

/* The second half of the new memory is not registered. */
static void failed_map_keeps_the_old_mapping(void)
{
	uint8_t *mixed = mem_alloc(2 * SZ_64K);
	int ret;

	CHECKED(rig_window(12, SZ_64M, 1));
	OK(vfio_register(&box, mixed, SZ_64K));
	OK(vfio_map(&box, RW, SZ_1M, PAGE(0), 2 * SZ_64K));
	ret = vfio_map(&box, RW, SZ_1M, mixed, 2 * SZ_64K);
	vfio_unregister(&box, mixed, SZ_64K);
	CHECK_IS(ret, want(-ENOENT, -EINVAL));
	CHECK(edu_reaches(&edu, SZ_1M, PAGE(0)));
	CHECK(edu_reaches(&edu, SZ_1M + SZ_64K - SZ_4K, PAGE(1) - SZ_4K));
	CHECK(edu_reaches(&edu, SZ_1M + SZ_64K, PAGE(1)));
	CHECK(!edu_writes(&edu, SZ_1M, mixed));
}

static void partial_unmap_leaves_the_neighbours(void)
{
	CHECKED(rig_window(12, SZ_64M, 1));
	OK(vfio_map(&box, RW, SZ_1M, PAGE(0), 3 * SZ_4K));
	OK(vfio_unmap(&box, SZ_1M + SZ_4K, SZ_4K));
	CHECK(edu_reads(&edu, SZ_1M, PAGE(0)));
	CHECK(edu_is_kept_out(&edu, SZ_1M + SZ_4K, PAGE(0) + SZ_4K));
	CHECK(edu_reads(&edu, SZ_1M + 2 * SZ_4K, PAGE(0) + 2 * SZ_4K));
}

/* Sixteen 4K entries of one 64K page, and pages that are not neighbours in memory. */
static void every_entry_of_a_long_range_is_right(void)
{
	static const unsigned int at[] = { 0, 1, 15, 16, 17, 511, 512, 1000, 1022 };
	unsigned int i;

	CHECKED(rig_window(12, SZ_64M, 1));
	OK(vfio_map(&box, RW, SZ_1M, pool, 1023 * SZ_4K));
	for (i = 0; i < ARRAY_SIZE(at); i++)
		CHECK(edu_reads(&edu, SZ_1M + at[i] * SZ_4K, pool + at[i] * SZ_4K));
	CHECK(edu_is_kept_out(&edu, SZ_1M - SZ_4K, pool));
	CHECK(edu_is_kept_out(&edu, SZ_1M + 1023 * SZ_4K, pool + 1023 * SZ_4K));
	OK(vfio_unmap(&box, SZ_1M, 1023 * SZ_4K));
	for (i = 0; i < ARRAY_SIZE(at); i++)
		CHECK(!edu_writes(&edu, SZ_1M + at[i] * SZ_4K, pool + at[i] * SZ_4K));
}

static void range_that_ends_with_the_window(void)
{
	CHECKED(rig_window(12, SZ_64M, 1));
	OK(vfio_map(&box, RW, SZ_64M - 3 * SZ_4K, PAGE(3), 2 * SZ_4K));
	CHECK(edu_reads(&edu, SZ_64M - 2 * SZ_4K, PAGE(3) + SZ_4K));
	OK(vfio_map(&box, RW, 0, PAGE(2), SZ_4K));
	CHECK(edu_reaches(&edu, 0, PAGE(2)));
}

static void window_with_64k_pages(void)
{
	if (mem_page() < SZ_64K) {
		test_skipped("system pages are smaller than 64K");
		return;
	}
	CHECKED(rig_window(16, SZ_64M, 1));
	OK(vfio_map(&box, RW, SZ_1M, PAGE(0), 3 * SZ_64K));
	CHECK(edu_reaches(&edu, SZ_1M + SZ_64K - 256, PAGE(1) - 256));
	CHECK(edu_reaches(&edu, SZ_1M + 2 * SZ_64K, PAGE(2)));
	CHECK(edu_is_kept_out(&edu, SZ_1M + 3 * SZ_64K, PAGE(3)));
}

/* The bounce page is the huge page's last 4K. */
static void window_with_16m_pages(void)
{
	uint8_t *huge = mem_alloc_huge();
	uint8_t *old_bounce = edu.bounce;
	uint64_t start;
	int ret;

	CHECK(huge);
	rig_no_windows();
	OK(vfio_window(&box, 24, 4 * SZ_16M, 1, &start));
	OK(vfio_register(&box, huge, SZ_16M));
	ret = vfio_map(&box, RW, start + SZ_16M, huge, SZ_16M);
	if (!ret) {
		edu.bounce = huge + SZ_16M - SZ_4K;
		edu.bounce_iova = start + 2 * SZ_16M - SZ_4K;
		if (!edu_reaches(&edu, start + SZ_16M + 5 * SZ_1M, huge + 5 * SZ_1M))
			test_failed(__FILE__, __LINE__, "the device is kept out");
		edu.bounce = old_bounce;
	}
	vfio_unmap(&box, start + SZ_16M, SZ_16M);
	OK(vfio_unregister(&box, huge, SZ_16M));
	mem_free(huge, SZ_16M);
	OK(ret);
}

static void second_window_above_4g(void)
{
	uint64_t start = 0;

	CHECKED(rig_window(12, SZ_64M, 1));
	OK(vfio_window(&box, 12, SZ_2G, 1, &start));
	CHECK(start >= 1ull << 32);
	OK(vfio_map(&box, RW, start + SZ_2G - SZ_4K, PAGE(0), SZ_4K));
	OK(vfio_map(&box, RW, SZ_1M, PAGE(1), SZ_4K));
	CHECK(edu_reaches(&edu, start + SZ_2G - SZ_4K, PAGE(0)));
	CHECK(edu_reaches(&edu, SZ_1M, PAGE(1)));
	OK(vfio_unmap(&box, start + SZ_2G - SZ_4K, SZ_4K));
	CHECK(edu_is_kept_out(&edu, start + SZ_2G - SZ_4K, PAGE(0)));
	CHECK(edu_reads(&edu, SZ_1M, PAGE(1)));
}

static void check_levels(unsigned int levels)
{
	uint64_t start = rig_window(12, SZ_2G, levels);

	CHECK(!test_has_failed());
	OK(vfio_map(&box, RW, start + SZ_2G / 2 - SZ_64K, PAGE(0), 2 * SZ_64K));
	CHECK(edu_reaches(&edu, start + SZ_2G / 2 - SZ_4K, PAGE(1) - SZ_4K));
	CHECK(edu_reaches(&edu, start + SZ_2G / 2, PAGE(1)));
	/* Unmapping what has no table below it yet must do nothing. */
	OK(vfio_unmap(&box, start, SZ_64M));
	OK(vfio_unmap(&box, start + SZ_2G / 2 - SZ_64K, 2 * SZ_64K));
	CHECK(edu_is_kept_out(&edu, start + SZ_2G / 2, PAGE(1)));
}

static void two_table_levels(void)
{
	check_levels(2);
}

static void three_table_levels(void)
{
	check_levels(3);
}

static void window_removal_stops_dma(void)
{
	uint64_t start;

	CHECKED(rig_window(12, SZ_64M, 1));
	OK(vfio_window(&box, 12, SZ_64M, 1, &start));
	OK(vfio_map(&box, RW, start, PAGE(0), SZ_4K));
	CHECK(edu_reads(&edu, start, PAGE(0)));
	OK(vfio_remove(&box, start));
	CHECK(edu_is_kept_out(&edu, start, PAGE(0)));
	OK(vfio_window(&box, 12, SZ_64M, 1, &start));
	CHECK(edu_is_kept_out(&edu, start, PAGE(0)));
}

/* Registered as two regions that touch, mapped as one range across the seam. */
static void memory_in_adjacent_pieces_maps_as_one(void)
{
	uint8_t *p = mem_alloc(4 * SZ_64K);
	int ret;

	CHECKED(rig_window(12, SZ_64M, 1));
	OK(vfio_register(&box, p, 2 * SZ_64K));
	OK(vfio_register(&box, p + 2 * SZ_64K, 2 * SZ_64K));
	ret = vfio_map(&box, RW, SZ_1M, p + SZ_64K, 2 * SZ_64K);
	if (!ret && (!edu_reaches(&edu, SZ_1M, p + SZ_64K) ||
		     !edu_reaches(&edu, SZ_1M + SZ_64K, p + 2 * SZ_64K)))
		test_failed(__FILE__, __LINE__, "the device is kept out");
	vfio_unmap(&box, SZ_1M, 2 * SZ_64K);
	OK(vfio_unregister(&box, p, 2 * SZ_64K));
	OK(vfio_unregister(&box, p + 2 * SZ_64K, 2 * SZ_64K));
	OK(ret);
}

static const struct test tests[] = {
	TEST(mapped_page_is_seen_both_ways, 0),
	TEST(unmapped_page_is_not_seen, 0),
	TEST(read_only_stays_read_only, 0),
	TEST(write_access_lets_the_device_write, 0),
	TEST(second_map_reaches_the_new_page, 0),
	TEST(failed_map_keeps_the_old_mapping, 0),
	TEST(partial_unmap_leaves_the_neighbours, 0),
	TEST(every_entry_of_a_long_range_is_right, 0),
	TEST(range_that_ends_with_the_window, 0),
	TEST(window_with_64k_pages, 0),
	TEST(window_with_16m_pages, NEEDS_HUGE),
	TEST(second_window_above_4g, 0),
	TEST(two_table_levels, 0),
	TEST(three_table_levels, 0),
	TEST(window_removal_stops_dma, 0),
	TEST(memory_in_adjacent_pieces_maps_as_one, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "dma",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_EDU,
		.begin = rig_open,
		.after = rig_no_windows,
		.end = rig_close,
	};

	return run_suite(&suite);
}
