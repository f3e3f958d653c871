// SPDX-License-Identifier: GPL-2.0
/* RLIMIT_MEMLOCK holds for a user without CAP_IPC_LOCK, and a refusal changes no count. */
#include <errno.h>
#include <grp.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fixture.h"
#include "stall.h"

#define NOBODY 65534

/* The descriptors were opened by root, as a management daemon would. */
static bool become_nobody(unsigned long limit)
{
	struct rlimit r = { .rlim_cur = limit, .rlim_max = limit };

	return !setrlimit(RLIMIT_MEMLOCK, &r) && !setgroups(0, NULL) &&
	       !setresgid(NOBODY, NOBODY, NOBODY) &&
	       !setresuid(NOBODY, NOBODY, NOBODY);
}

static int registers(void *unused)
{
	long locked = mem_locked_kb(0);

	if (!become_nobody(SZ_1M))
		return 1;
	if (vfio_register(&box, pool, 2 * SZ_1M) != -ENOMEM)
		return 2;
	if (mem_locked_kb(0) != locked)
		return 3;
	if (vfio_register(&box, pool, SZ_1M))
		return 4;
	if (vfio_register(&box, pool + SZ_1M, SZ_64K) != -ENOMEM)
		return 5;
	if (vfio_unregister(&box, pool, SZ_1M))
		return 6;
	return mem_locked_kb(0) == locked ? 0 : 7;
}

static void register_over_the_limit_is_enomem(void)
{
	long pins = mem_pins();

	CHECKED(box_open());
	CHECK_IS(in_child(registers, NULL), 0);
	box_close();
	CHECK(mem_pins_return_to(pins));
}

/*
 * A range of which what the driver keeps, 8 bytes a page, would take a quarter of what is
 * free. Nothing is there: the limit is looked at first.
 */
static struct {
	uint64_t size;
	long array_kb;
	long least_kb;		/* that was free meanwhile */
} huge;

#define HUGE_AT	((void *)(1ul << 40))

static int registers_it(void *unused)
{
	return vfio_register(&box, HUGE_AT, huge.size);
}

static int registers_a_huge_range(void *unused)
{
	long now, before = mem_info_kb("MemFree:");
	struct async caller;

	if (!become_nobody(SZ_1M))
		return 1;
	huge.array_kb = before / 4 < (long)SZ_1M ? before / 4 : (long)SZ_1M;
	huge.size = huge.array_kb * 1024ul / 8 * mem_page();
	huge.least_kb = before;
	async_start(&caller, registers_it, NULL);
	while (!async_done(&caller, 0)) {
		now = mem_info_kb("MemFree:");
		if (now < huge.least_kb)
			huge.least_kb = now;
	}
	if (async_result(&caller) != -ENOMEM)
		return 2;
	diag("%ld KiB would be kept of it, %ld KiB less were free meanwhile",
	     huge.array_kb, before - huge.least_kb);
	return before - huge.least_kb < huge.array_kb / 4 ? 0 : 3;
}

static void register_over_the_limit_allocates_nothing(void)
{
	CHECKED(box_open());
	CHECK_IS(in_child(registers_a_huge_range, NULL), 0);
}

/* A table is memory too: 2 GiB of 4K entries are 4 MiB. */
static int makes_a_window(void *unused)
{
	long locked = mem_locked_kb(0);

	if (!become_nobody(SZ_1M))
		return 1;
	if (vfio_remove(&box, 0))
		return 2;
	if (vfio_window(&box, 12, SZ_2G, 1, NULL) != -ENOMEM)
		return 3;
	if (mem_locked_kb(0) != locked)
		return 4;
	if (vfio_window(&box, 12, SZ_64M, 1, NULL))
		return 5;
	return 0;
}

static void window_over_the_limit_is_enomem(void)
{
	CHECKED(box_open());
	CHECK_IS(in_child(makes_a_window, NULL), 0);
}

static int enables(void *unused)
{
	long locked = mem_locked_kb(0);

	if (!become_nobody(SZ_1M))
		return 1;
	if (vfio_enable(&box) != -ENOMEM)
		return 2;
	if (vfio_map(&box, RW, SZ_1M, pool, SZ_4K) != -EPERM)
		return 3;
	return mem_locked_kb(0) == locked ? 0 : 4;
}

static void enable_over_the_limit_is_enomem(void)
{
	CHECKED(box_open_v1());
	CHECK_IS(in_child(enables, NULL), 0);
}

static const struct test tests[] = {
	TEST(register_over_the_limit_is_enomem, 0),
	TEST(register_over_the_limit_allocates_nothing, 0),
	TEST(window_over_the_limit_is_enomem, 0),
	TEST(enable_over_the_limit_is_enomem, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "memory_limit",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.after = box_close,
	};

	return run_suite(&suite);
}
