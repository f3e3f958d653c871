// SPDX-License-Identifier: GPL-2.0
/* The window that is there without being asked for, through the v2 and the v1 calls. */
#include <errno.h>

#include "fixture.h"

static void v2_registered_memory(void)
{
	const char *why = rig_open();

	CHECK(!why);
	CHECKED(rig_bounce(SZ_2G - SZ_64K));
	OK(vfio_map(&box, RW, SZ_1M, pool, SZ_64K));
	CHECK(edu_reaches(&edu, SZ_1M + SZ_4K, pool + SZ_4K));
	CHECK(edu_is_kept_out(&edu, SZ_1M + SZ_64K, pool + SZ_64K));
	OK(vfio_unmap(&box, SZ_1M, SZ_64K));
	CHECK(edu_is_kept_out(&edu, SZ_1M + SZ_4K, pool + SZ_4K));
}

static void v1_pins_as_it_maps(void)
{
	CHECKED(box_open_v1());
	OK(vfio_enable(&box));
	edu.bounce = mem_alloc(SZ_64K);
	OK(edu_open(&edu, &box, 0));
	CHECKED(rig_bounce(SZ_2G - SZ_64K));
	OK(vfio_map(&box, RW, SZ_1M, pool, 40 * SZ_4K));
	CHECK(edu_reaches(&edu, SZ_1M, pool));
	CHECK(edu_reaches(&edu, SZ_1M + 39 * SZ_4K, pool + 39 * SZ_4K));
	CHECK(edu_is_kept_out(&edu, SZ_1M + 40 * SZ_4K, pool + 40 * SZ_4K));
	OK(vfio_map(&box, VFIO_DMA_MAP_FLAG_READ, SZ_1M, pool + SZ_1M, SZ_4K));
	CHECK(edu_reads(&edu, SZ_1M, pool + SZ_1M));
	CHECK(!edu_writes(&edu, SZ_1M, pool + SZ_1M));
	OK(vfio_unmap(&box, SZ_1M, 40 * SZ_4K));
	CHECK(edu_is_kept_out(&edu, SZ_1M, pool));
}

static const struct test tests[] = {
	TEST(v2_registered_memory, 0),
	TEST(v1_pins_as_it_maps, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "dma_default_window",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_EDU,
		.after = rig_close,
	};

	return run_suite(&suite);
}
