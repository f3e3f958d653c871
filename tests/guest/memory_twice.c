// SPDX-License-Identifier: GPL-2.0
/*
 * The same memory in two containers of one process, as a VMM with two devices on
 * different bridges has it: it is pinned and counted once, and stays both until
 * the last container lets go.
 */
#include <errno.h>
#include <grp.h>
#include <sys/resource.h>
#include <unistd.h>

#include "aftermath.h"
#include "fixture.h"

#define SIZE	(16 * SZ_1M)
#define KB	(SIZE / 1024)

static struct container first = { .fd = -1 }, second = { .fd = -1 };
static uint8_t *mem;

static void open_two(void)
{
	OK(container_open_at(&first, backend->v2, 0));
	OK(container_open_at(&second, backend->v2, 1));
	/* No default window, so that all that is counted is memory. */
	OK(vfio_remove(&first, 0));
	OK(vfio_remove(&second, 0));
	remember_counts();
}

static void is_locked(long kb, long base)
{
	CHECK_IS(mem_locked_kb(0) - base, kb);
}

static void second_costs_nothing(void)
{
	long base;

	CHECKED(open_two());
	base = mem_locked_kb(0);
	OK(vfio_register(&first, mem, SIZE));
	CHECKED(is_locked(KB, base));
	OK(vfio_register(&second, mem, SIZE));
	CHECKED(is_locked(KB, base));
}

static void both_unregister(struct container *a, struct container *b)
{
	long base;

	CHECKED(open_two());
	base = mem_locked_kb(0);
	OK(vfio_register(&first, mem, SIZE));
	OK(vfio_register(&second, mem, SIZE));
	OK(vfio_unregister(a, mem, SIZE));
	CHECKED(is_locked(KB, base));
	CHECK_IS(vfio_unregister(a, mem, SIZE), -ENOENT);
	CHECKED(is_locked(KB, base));
	OK(vfio_unregister(b, mem, SIZE));
	counts_are_back();
}

static void first_unregisters_first(void)
{
	both_unregister(&first, &second);
}

static void second_unregisters_first(void)
{
	both_unregister(&second, &first);
}

static void both_close(struct container *a, struct container *b)
{
	long base;

	CHECKED(open_two());
	base = mem_locked_kb(0);
	OK(vfio_register(&first, mem, SIZE));
	OK(vfio_register(&second, mem, SIZE));
	container_close(a);
	CHECKED(is_locked(KB, base));
	container_close(b);
	counts_are_back();
}

static void first_closes_first(void)
{
	both_close(&first, &second);
}

static void second_closes_first(void)
{
	both_close(&second, &first);
}

static void one_unregisters_the_other_closes(void)
{
	long base;

	CHECKED(open_two());
	base = mem_locked_kb(0);
	OK(vfio_register(&first, mem, SIZE));
	OK(vfio_register(&second, mem, SIZE));
	OK(vfio_unregister(&first, mem, SIZE));
	CHECKED(is_locked(KB, base));
	container_close(&second);
	counts_are_back();
}

/* Unplugged and plugged in again while the other device stays. */
static void comes_and_goes_beside_the_other(void)
{
	long base;
	int i;

	CHECKED(open_two());
	base = mem_locked_kb(0);
	OK(vfio_register(&first, mem, SIZE));
	for (i = 0; i < 3; i++) {
		OK(vfio_register(&second, mem, SIZE));
		CHECKED(is_locked(KB, base));
		OK(vfio_unregister(&second, mem, SIZE));
		CHECKED(is_locked(KB, base));
	}
	OK(vfio_unregister(&first, mem, SIZE));
	counts_are_back();
}

/* What one maps holds it for itself only. */
static void mappings_of_one_do_not_hold_the_other(void)
{
	CHECKED(open_two());
	OK(vfio_register(&first, mem, SIZE));
	OK(vfio_register(&second, mem, SIZE));
	OK(vfio_window(&first, 12, SZ_64M, 1, NULL));
	OK(vfio_map(&first, RW, SZ_1M, mem, SZ_1M));
	OK(vfio_unregister(&second, mem, SIZE));
	CHECK_IS(vfio_unregister(&first, mem, SIZE), -EBUSY);
	OK(vfio_unmap(&first, SZ_1M, SZ_1M));
	OK(vfio_unregister(&first, mem, SIZE));
	OK(vfio_remove(&first, 0));
	counts_are_back();
}

/*
 * Not the same but overlapping: the kernel's list takes only what is equal or
 * apart, and with us an overlap is EBUSY.
 */
static void part_of_it_in_the_other_is_ebusy(void)
{
	long base;

	CHECKED(open_two());
	base = mem_locked_kb(0);
	OK(vfio_register(&first, mem, SIZE));
	CHECK_IS(vfio_register(&second, mem, SIZE / 2), want(-EBUSY, -EINVAL));
	CHECK_IS(vfio_register(&second, mem + SIZE / 2, SIZE), want(-EBUSY, -EINVAL));
	CHECK_IS(vfio_register(&second, mem + SZ_1M, SZ_1M), want(-EBUSY, -EINVAL));
	CHECKED(is_locked(KB, base));
	OK(vfio_register(&second, mem + SIZE, SZ_1M));
	CHECKED(is_locked(KB + 1024, base));
}

/* The limit that libvirt sets counts the memory once. */
static int within_the_limit(void *unused)
{
	struct rlimit r = { .rlim_cur = SIZE + SZ_1M, .rlim_max = SIZE + SZ_1M };
	long base = mem_locked_kb(0);

	if (setrlimit(RLIMIT_MEMLOCK, &r) || setgroups(0, NULL) ||
	    setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		return 1;
	if (vfio_register(&first, mem, SIZE))
		return 2;
	if (vfio_register(&second, mem, SIZE))
		return 3;
	/* It is a limit nevertheless. */
	if (vfio_register(&second, mem + SIZE, 2 * SZ_1M) != -ENOMEM)
		return 4;
	if (vfio_unregister(&first, mem, SIZE) || vfio_unregister(&second, mem, SIZE))
		return 5;
	return mem_locked_kb(0) == base ? 0 : 6;
}

static int opens_and_is_limited(void *unused)
{
	if (container_open_at(&first, backend->v2, 0) || container_open_at(&second, backend->v2, 1))
		return 10;
	return within_the_limit(NULL);
}

static void limit_counts_it_once(void)
{
	long p = mem_pins();

	CHECK_IS(in_child(opens_and_is_limited, NULL), 0);
	CHECK(mem_pins_return_to(p));
}

/* Two processes share nothing: each pays for its own. */
static int registers_in_second(void *unused)
{
	long base = mem_locked_kb(0);

	if (vfio_register(&second, mem, SIZE))
		return 1;
	return mem_locked_kb(0) - base == KB ? 0 : 2;
}

static void another_process_pays_for_itself(void)
{
	OK(container_open_at(&first, backend->v2, 0));
	OK(container_open_at(&second, backend->v2, 1));
	OK(vfio_register(&first, mem, SIZE));
	CHECK_IS(in_child(registers_in_second, NULL), 0);
}

static void before(void)
{
	mem = mem_alloc(2 * SIZE);
}

static void after(void)
{
	container_close(&first);
	container_close(&second);
	mem_free(mem, 2 * SIZE);
}

static const struct test tests[] = {
	TEST(second_costs_nothing, 0),
	TEST(first_unregisters_first, 0),
	TEST(second_unregisters_first, 0),
	TEST(first_closes_first, 0),
	TEST(second_closes_first, 0),
	TEST(one_unregisters_the_other_closes, 0),
	TEST(comes_and_goes_beside_the_other, 0),
	TEST(mappings_of_one_do_not_hold_the_other, NEEDS_NATIVE),
	TEST(part_of_it_in_the_other_is_ebusy, 0),
	TEST(limit_counts_it_once, 0),
	TEST(another_process_pays_for_itself, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "memory_twice",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_GROUPS,
		.before = before,
		.after = after,
	};

	return run_suite(&suite);
}
