// SPDX-License-Identifier: GPL-2.0
/* What a device really reaches through the tables: update and put list. */
#include <errno.h>

#include "fixture.h"

#define PAGE(n)	(pool + (n) * SZ_64K)
#define SPOT	SZ_1M

/* Backwards, forwards, twice the same page, out of the middle of a system page. */
static void list_of_scattered_pages(void)
{
	uint64_t list[40];
	unsigned int i;

	CHECKED(rig_window(12, SZ_64M, 1));
	for (i = 0; i < 40; i++)
		list[i] = (uintptr_t)PAGE(39 - i) + (i % 16) * SZ_4K;
	list[7] = list[3];
	OK(mtce_put_list(&box, RW, SPOT, list, 40));
	for (i = 0; i < 40; i += 3)
		CHECK(edu_reaches(&edu, SPOT + i * SZ_4K, (void *)list[i]));
	CHECK(edu_reads(&edu, SPOT + 7 * SZ_4K, (void *)list[3]));
	CHECK(edu_is_kept_out(&edu, SPOT + 40 * SZ_4K, PAGE(41)));
}

static void failed_list_keeps_the_old_mapping(void)
{
	uint64_t list[3] = { (uintptr_t)PAGE(1), 0, (uintptr_t)PAGE(2) };

	CHECKED(rig_window(12, SZ_64M, 1));
	OK(vfio_map(&box, RW, SPOT, PAGE(0), 3 * SZ_4K));
	CHECK_IS(mtce_put_list(&box, RW | VFIO_MTCE_REPLACE, SPOT, list, 3), -ENOENT);
	CHECK(edu_reaches(&edu, SPOT, PAGE(0)));
	CHECK(edu_reaches(&edu, SPOT + 2 * SZ_4K, PAGE(0) + 2 * SZ_4K));
}

static void list_with_64k_pages(void)
{
	uint64_t list[3] = { (uintptr_t)PAGE(5), (uintptr_t)PAGE(3), (uintptr_t)PAGE(9) };

	if (mem_page() < SZ_64K) {
		test_skipped("system pages are smaller than 64K");
		return;
	}
	CHECKED(rig_window(16, SZ_64M, 1));
	OK(mtce_put_list(&box, RW, SPOT, list, 3));
	CHECK(edu_reaches(&edu, SPOT + SZ_64K - 256, PAGE(6) - 256));
	CHECK(edu_reaches(&edu, SPOT + SZ_64K, PAGE(3)));
	CHECK(edu_reaches(&edu, SPOT + 2 * SZ_64K + SZ_4K, PAGE(9) + SZ_4K));
}

static void read_only_list_stays_read_only(void)
{
	uint64_t list[2] = { (uintptr_t)PAGE(5), (uintptr_t)PAGE(3) };

	CHECKED(rig_window(12, SZ_64M, 1));
	OK(mtce_put_list(&box, VFIO_MTCE_READ, SPOT, list, 2));
	CHECK(edu_reads(&edu, SPOT + SZ_4K, PAGE(3)));
	CHECK(!edu_writes(&edu, SPOT + SZ_4K, PAGE(3)));
}

static void update_of_many_ranges(void)
{
	struct vfio_mtce_op ops[4];
	uint32_t num = 4;

	CHECKED(rig_window(12, SZ_64M, 1));
	ops[0] = map_op(SPOT, PAGE(0), 4 * SZ_4K);
	ops[1] = map_op(SPOT + SZ_1M, PAGE(9), 40 * SZ_4K);
	ops[2] = unmap_op(SPOT + SZ_4K, SZ_4K);
	ops[3] = map_op(SPOT + 4 * SZ_4K, PAGE(1), SZ_4K);
	OK(mtce_update(&box, ops, &num));
	CHECK_IS(num, 4);
	CHECK(edu_reaches(&edu, SPOT, PAGE(0)));
	CHECK(edu_is_kept_out(&edu, SPOT + SZ_4K, PAGE(0) + SZ_4K));
	CHECK(edu_reaches(&edu, SPOT + 4 * SZ_4K, PAGE(1)));
	CHECK(edu_reaches(&edu, SPOT + SZ_1M + 39 * SZ_4K, PAGE(9) + 39 * SZ_4K));
}

/* The first operation reaches the device, the failed one and what follows it do not. */
static void stopped_update_did_what_it_says(void)
{
	struct vfio_mtce_op ops[3];
	uint32_t num = 3;

	CHECKED(rig_window(12, SZ_64M, 1));
	OK(vfio_map(&box, RW, SPOT + SZ_4K, PAGE(9), SZ_4K));
	ops[0] = map_op(SPOT, PAGE(0), SZ_4K);
	ops[1] = map_op(SPOT + SZ_4K, PAGE(1), SZ_4K);
	ops[2] = map_op(SPOT + 2 * SZ_4K, PAGE(2), SZ_4K);
	CHECK_IS(mtce_update(&box, ops, &num), -EEXIST);
	CHECK_IS(num, 1);
	CHECK(edu_reaches(&edu, SPOT, PAGE(0)));
	CHECK(edu_reaches(&edu, SPOT + SZ_4K, PAGE(9)));
	CHECK(edu_is_kept_out(&edu, SPOT + 2 * SZ_4K, PAGE(2)));
}

static void refused_overlap_keeps_the_old_page(void)
{
	CHECKED(rig_window(12, SZ_64M, 1));
	OK(mtce_map(&box, RW, SPOT + SZ_4K, PAGE(0), SZ_4K));
	CHECK_IS(mtce_map(&box, RW, SPOT, PAGE(1), 3 * SZ_4K), -EEXIST);
	CHECK(edu_reaches(&edu, SPOT + SZ_4K, PAGE(0)));
	CHECK(edu_is_kept_out(&edu, SPOT, PAGE(1)));
	CHECK(edu_is_kept_out(&edu, SPOT + 2 * SZ_4K, PAGE(1) + 2 * SZ_4K));
}

static void replace_reaches_the_new_page(void)
{
	CHECKED(rig_window(12, SZ_64M, 1));
	OK(mtce_map(&box, RW, SPOT + SZ_4K, PAGE(0), SZ_4K));
	OK(mtce_map(&box, RW | VFIO_MTCE_REPLACE, SPOT, PAGE(1), 3 * SZ_4K));
	CHECK(edu_reaches(&edu, SPOT + SZ_4K, PAGE(1) + SZ_4K));
	CHECK(edu_reaches(&edu, SPOT + 2 * SZ_4K, PAGE(1) + 2 * SZ_4K));
	CHECK(!edu_writes(&edu, SPOT + SZ_4K, PAGE(0)));
}

/* From read-write to read-only over the same page. */
static void replace_changes_the_access(void)
{
	CHECKED(rig_window(12, SZ_64M, 1));
	OK(mtce_map(&box, RW, SPOT, PAGE(0), SZ_4K));
	OK(mtce_map(&box, VFIO_MTCE_READ | VFIO_MTCE_REPLACE, SPOT, PAGE(0), SZ_4K));
	CHECK(edu_reads(&edu, SPOT, PAGE(0)));
	CHECK(!edu_writes(&edu, SPOT, PAGE(0)));
}

static void both_windows_in_one_update(void)
{
	/* A 64K entry wants memory that is contiguous, as 64K system pages are. */
	unsigned int shift = mem_page() < SZ_64K ? 12 : 16;
	struct vfio_mtce_op ops[3];
	uint32_t num = 3;
	uint64_t second;

	CHECKED(rig_window(12, SZ_64M, 1));
	OK(vfio_window(&box, shift, SZ_64M, 1, &second));
	ops[0] = map_op(SPOT, PAGE(0), SZ_4K);
	ops[1] = map_op(second, PAGE(1), SZ_64K);
	ops[2] = map_op(SPOT + SZ_4K, PAGE(2), SZ_4K);
	OK(mtce_update(&box, ops, &num));
	CHECK(edu_reaches(&edu, SPOT, PAGE(0)));
	CHECK(edu_reaches(&edu, second + SZ_4K, PAGE(1) + SZ_4K));
	CHECK(edu_reaches(&edu, SPOT + SZ_4K, PAGE(2)));
}

static const struct test tests[] = {
	TEST(list_of_scattered_pages, 0),
	TEST(failed_list_keeps_the_old_mapping, 0),
	TEST(list_with_64k_pages, 0),
	TEST(read_only_list_stays_read_only, 0),
	TEST(update_of_many_ranges, 0),
	TEST(stopped_update_did_what_it_says, 0),
	TEST(refused_overlap_keeps_the_old_page, 0),
	TEST(replace_reaches_the_new_page, 0),
	TEST(replace_changes_the_access, 0),
	TEST(both_windows_in_one_update, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "dma_new",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_EDU | NEEDS_NATIVE,
		.begin = rig_open,
		.after = rig_no_windows,
		.end = rig_close,
	};

	return run_suite(&suite);
}
