// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that nobody has touched yet: the kernel has a page of zeros for all of
 * it. A device must get a page of the process's own, where it sees later writes.
 */
#include <sys/mman.h>

#include "aftermath.h"
#include "fixture.h"

static uint8_t *fresh;

static void make_fresh(int prot)
{
	fresh = mmap(NULL, SZ_64K, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(fresh != MAP_FAILED);
}

static volatile uint8_t sink;

/* Only read by the process so far: there the page of zeros stands. */
static void registered_memory_is_ones_own(void)
{
	CHECKED(make_fresh(PROT_READ | PROT_WRITE));
	sink = *fresh;
	CHECKED(rig_window(12, SZ_64M, 1));
	remember_counts();
	OK(vfio_register(&box, fresh, SZ_64K));
	OK(vfio_map(&box, VFIO_DMA_MAP_FLAG_READ, SZ_1M, fresh, SZ_4K));
	CHECK(edu_reads(&edu, SZ_1M, fresh));
	OK(vfio_unmap(&box, SZ_1M, SZ_4K));
	OK(vfio_unregister(&box, fresh, SZ_64K));
	counts_are_back();
}

static void memory_that_a_map_pins_is_ones_own(void)
{
	CHECKED(make_fresh(PROT_READ | PROT_WRITE));
	sink = *fresh;
	CHECKED(rig_window(12, SZ_64M, 1));
	OK(vfio_enable(&box));
	remember_counts();
	OK(vfio_map(&box, VFIO_DMA_MAP_FLAG_READ, SZ_1M, fresh, SZ_4K));
	CHECK(edu_reads(&edu, SZ_1M, fresh));
	OK(vfio_unmap(&box, SZ_1M, SZ_4K));
	counts_are_back();
	OK(vfio_disable(&box));
}

static void after(void)
{
	if (fresh && fresh != MAP_FAILED)
		munmap(fresh, SZ_64K);
	fresh = NULL;
}

static const struct test tests[] = {
	TEST(registered_memory_is_ones_own, 0),
	TEST(memory_that_a_map_pins_is_ones_own, NEEDS_NATIVE),
};

int main(void)
{
	static const struct suite suite = {
		.program = "reports/zero_page",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_EDU,
		.begin = rig_open,
		.after = after,
		.end = rig_close,
	};

	return run_suite(&suite);
}
