// SPDX-License-Identifier: GPL-2.0
/* A device's registers, mapped into the process, are no memory to be pinned: refused, and nothing stays. */
#include <errno.h>

#include "aftermath.h"
#include "fixture.h"

static uint8_t *bar(void)
{
	return (uint8_t *)edu.bar;
}

static void registers_cannot_be_registered(void)
{
	remember_counts();
	if (backend->ours)
		CHECK_IS(vfio_register(&box, bar(), SZ_64K), -EFAULT);
	else
		CHECK(vfio_register(&box, bar(), SZ_64K) != 0);
	counts_are_back();
}

static void registers_cannot_be_mapped(void)
{
	CHECKED(rig_window(12, SZ_64M, 1));
	remember_counts();
	CHECK(vfio_map(&box, RW, SZ_1M, bar(), SZ_4K) < 0);
	OK(vfio_enable(&box));
	CHECK_IS(vfio_map(&box, RW, SZ_1M, bar(), SZ_4K), -EFAULT);
	OK(vfio_disable(&box));
	counts_are_back();
}

static const struct test tests[] = {
	TEST(registers_cannot_be_registered, 0),
	TEST(registers_cannot_be_mapped, NEEDS_NATIVE),
};

int main(void)
{
	static const struct suite suite = {
		.program = "reports/bar_memory",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_EDU,
		.begin = rig_open,
		.end = rig_close,
	};

	return run_suite(&suite);
}
