// SPDX-License-Identifier: GPL-2.0
/* Several groups in one container: one table, every device, every kill. */
#include <errno.h>

#include "fixture.h"

static struct edu second = { .fd = -1 };

static void open_both(void)
{
	OK(container_open(&box, backend->v2, 2));
	if (!pool)
		pool = mem_alloc(POOL_SIZE);
	edu.bounce = mem_alloc(SZ_64K);
	second.bounce = edu.bounce;
	OK(vfio_register(&box, pool, POOL_SIZE));
	OK(vfio_register(&box, edu.bounce, SZ_64K));
	OK(edu_open(&edu, &box, 0));
	OK(edu_open(&second, &box, 1));
	CHECKED(rig_window(12, SZ_64M, 1));
	second.bounce_iova = edu.bounce_iova;
}

static void both_devices_see_a_mapping(void)
{
	CHECKED(open_both());
	OK(vfio_map(&box, RW, SZ_1M, pool, SZ_4K));
	CHECK(edu_reaches(&edu, SZ_1M, pool));
	CHECK(edu_reaches(&second, SZ_1M, pool));
	OK(vfio_unmap(&box, SZ_1M, SZ_4K));
	CHECK(edu_is_kept_out(&edu, SZ_1M, pool));
	CHECK(edu_is_kept_out(&second, SZ_1M, pool));
}

/* The group that leaves is the one that came first. */
static void one_leaves_the_other_works(void)
{
	CHECKED(open_both());
	OK(vfio_map(&box, RW, SZ_1M, pool, SZ_4K));
	edu_close(&edu);
	OK(container_detach(&box, 0));
	CHECK(edu_reaches(&second, second.bounce_iova, second.bounce));
	CHECK(edu_reaches(&second, SZ_1M, pool));
	OK(vfio_map(&box, RW, 2 * SZ_1M, pool + SZ_64K, SZ_4K));
	CHECK(edu_reaches(&second, 2 * SZ_1M, pool + SZ_64K));
	OK(vfio_remove(&box, 0));
}

/* Windows that exist are given to a group that comes later, with what is in them. */
static void late_group_gets_the_windows(void)
{
	CHECKED(box_ready());
	OK(vfio_map(&box, RW, SZ_1M, pool, SZ_4K));
	OK(container_attach(&box, 1));
	second.bounce = mem_alloc(SZ_64K);
	OK(vfio_register(&box, second.bounce, SZ_64K));
	second.bounce_iova = SZ_64M - SZ_64K;
	OK(vfio_map(&box, RW, second.bounce_iova, second.bounce, SZ_64K));
	OK(edu_open(&second, &box, 1));
	CHECK(edu_reaches(&second, SZ_1M, pool));
}

static void info_counts_groups(void)
{
	struct vfio_iommu_mtce_info info;

	OK(container_open(&box, backend->v2, 2));
	OK(mtce_info(&box, &info));
	CHECK_IS(info.groups, 2);
	OK(container_detach(&box, 1));
	OK(mtce_info(&box, &info));
	CHECK_IS(info.groups, 1);
}

static void after(void)
{
	edu_close(&edu);
	edu_close(&second);
	box_close();
}

static const struct test tests[] = {
	TEST(both_devices_see_a_mapping, 0),
	TEST(one_leaves_the_other_works, 0),
	TEST(late_group_gets_the_windows, 0),
	TEST(info_counts_groups, NEEDS_NATIVE),
};

int main(void)
{
	static const struct suite suite = {
		.program = "multigroup",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_EDU | NEEDS_GROUPS,
		.after = after,
	};

	return run_suite(&suite);
}
