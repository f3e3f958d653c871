// SPDX-License-Identifier: GPL-2.0
/*
 * Firmware does not take a window from a group: its bridge goes on walking the table.
 * Then nothing may be left in the table, and every bridge is told. If firmware refuses
 * again, the table is not freed, even if the group could not have the window again in
 * between. tests/modules/refuse_main.c makes firmware refuse.
 */
#include <errno.h>

#include "fixture.h"
#include "kmod.h"

#define MODULE	"mtce_refuse"
#define ALWAYS	1000

static uint64_t kills(void)
{
	struct vfio_iommu_mtce_info info;

	if (mtce_info(&box, &info))
		return 0;
	return info.stats.kills_tce + info.stats.kills_pe;
}

/* The next @n requests to take a window are refused. */
static void refuse(int n)
{
	kmod_set(MODULE, "refuse", n);
}

/* The next @n requests to set one. */
static void refuse_sets(int n)
{
	kmod_set(MODULE, "refuse_sets", n);
}

static long still_to_refuse(void)
{
	return kmod_get(MODULE, "refuse");
}

static void open_mapped(int groups)
{
	uint64_t start;

	OK(container_open(&box, backend->v2, groups));
	if (!pool)
		pool = mem_alloc(POOL_SIZE);
	OK(vfio_register(&box, pool, POOL_SIZE));
	OK(vfio_remove(&box, 0));
	OK(vfio_window(&box, 12, SZ_64M, 1, &start));
	CHECK_IS(start, 0);
	OK(vfio_map(&box, RW, SZ_1M, pool, SZ_4K));
}

/*
 * A window that @groups share is removed, or a group of two leaves, and firmware
 * refuses to take it, and to set it again, so many times. What the table mapped is free,
 * each bridge was told, and there is no window: the other group has lost it too, for it
 * had the same table.
 */
static void goes_refused(int groups, int times, int set_times)
{
	uint64_t before;

	CHECKED(open_mapped(groups));
	before = kills();
	CHECKED(refuse(times));
	CHECKED(refuse_sets(set_times));
	OK(groups == 1 ? vfio_remove(&box, 0) : container_detach(&box, 1));
	CHECK_IS(kills() - before, groups);
	CHECK_IS(vfio_unmap(&box, SZ_1M, SZ_4K), -ENXIO);
	OK(vfio_unregister(&box, pool, POOL_SIZE));
}

/* What a window that goes from @groups leaves in locked_vm, in KiB. */
static void what_is_left(int groups, int times, int set_times, long *left)
{
	long before;

	CHECKED(box_open());
	before = mem_locked_kb(0);
	box_close();
	CHECKED(goes_refused(groups, times, set_times));
	*left = mem_locked_kb(0) - before;
}

/* Asked again when the table is empty, firmware takes the window. */
static void removed_window(void)
{
	long left = 0;

	CHECKED(what_is_left(1, 1, 0, &left));
	CHECK_IS(still_to_refuse(), 0);
	CHECK_IS(left, 0);
}

/* The table stays, and counted: a user gets no more of them than he may lock. */
static void removed_window_stays(void)
{
	long left = 0;

	CHECKED(what_is_left(1, ALWAYS, 0, &left));
	CHECK(left > 0);
}

/* The platform does not know any more that the group has the table; its bridge does. */
static void removed_window_that_cannot_be_set_again_stays(void)
{
	long left = 0;

	CHECKED(what_is_left(1, ALWAYS, ALWAYS, &left));
	CHECK(left > 0);
}

static void group_leaves(void)
{
	CHECKED(goes_refused(2, 1, 0));
	CHECK_IS(still_to_refuse(), 0);
}

static void group_leaves_for_good(void)
{
	CHECKED(goes_refused(2, ALWAYS, 0));
}

static void window_of_a_group_that_leaves_stays(void)
{
	long left = 0;

	CHECKED(what_is_left(2, ALWAYS, ALWAYS, &left));
	CHECK(left > 0);
}

/* Another window can be made, and works. */
static void another_window(void)
{
	uint64_t start;

	CHECKED(group_leaves_for_good());
	CHECKED(refuse(0));
	OK(vfio_register(&box, pool, POOL_SIZE));
	OK(vfio_window(&box, 12, SZ_64M, 1, &start));
	OK(vfio_map(&box, RW, start + SZ_1M, pool, SZ_4K));
	OK(vfio_unmap(&box, start + SZ_1M, SZ_4K));
}

static void last_group_leaves(void)
{
	CHECKED(open_mapped(1));
	CHECKED(refuse(1));
	OK(container_detach(&box, 0));
	CHECK_IS(still_to_refuse(), 0);
}

static const char *load(void)
{
	return kmod_load(MODULE, "");
}

static void after(void)
{
	refuse(0);
	refuse_sets(0);
	box_close();
}

static const struct test tests[] = {
	TEST(removed_window, NEEDS_NATIVE),
	TEST(removed_window_stays, NEEDS_NATIVE),
	TEST(removed_window_that_cannot_be_set_again_stays, NEEDS_NATIVE),
	TEST(group_leaves, NEEDS_NATIVE | NEEDS_GROUPS),
	TEST(group_leaves_for_good, NEEDS_NATIVE | NEEDS_GROUPS),
	TEST(window_of_a_group_that_leaves_stays, NEEDS_NATIVE | NEEDS_GROUPS),
	TEST(another_window, NEEDS_NATIVE | NEEDS_GROUPS),
	TEST(last_group_leaves, NEEDS_OURS),
};

static void unload(void)
{
	kmod_unload(MODULE);
}

int main(void)
{
	static const struct suite suite = {
		.program = "window_refused",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_OURS,
		.begin = load,
		.after = after,
		.end = unload,
	};

	return run_suite(&suite);
}
