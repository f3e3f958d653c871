// SPDX-License-Identifier: GPL-2.0
/*
 * A process that forks: pinned pages stay with the parent. The device goes on
 * seeing what the parent writes, and never what the child has.
 */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

static int reports[2], orders[2];
static char word;

/* Tells whether its own copy is still as it was at the fork. */
static int keeps_its_copy(uint8_t *page)
{
	uint8_t copy[64];
	bool same;

	memcpy(copy, page, sizeof(copy));
	if (write(reports[1], "f", 1) != 1 || read(orders[0], &word, 1) != 1)
		return 1;
	same = !memcmp(copy, page, sizeof(copy));
	memset(page, 0xee, sizeof(copy));	/* its own affair */
	return write(reports[1], "w", 1) == 1 && same ? 0 : 2;
}

static void fork_beside(uint8_t *page)
{
	int status;
	pid_t pid;

	CHECK(!pipe(reports) && !pipe(orders));
	CHECK(edu_reaches(&edu, SZ_1M, page));
	pid = fork();
	CHECK(pid >= 0);
	if (!pid)
		_exit(keeps_its_copy(page));
	CHECK(read(reports[0], &word, 1) == 1);
	CHECK(edu_reaches(&edu, SZ_1M, page));		/* while both have it */
	CHECK(write(orders[1], "g", 1) == 1);
	CHECK(read(reports[0], &word, 1) == 1);
	CHECK(edu_reaches(&edu, SZ_1M, page));		/* the child has written */
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_IS(status, 0);
	CHECK(edu_reaches(&edu, SZ_1M, page));
}

static void registered_memory_stays_the_parents(void)
{
	CHECKED(rig_window(12, SZ_64M, 1));
	OK(vfio_map(&box, RW, SZ_1M, pool, SZ_4K));
	CHECKED(fork_beside(pool));
}

static void memory_that_a_map_pins_stays_the_parents(void)
{
	uint8_t *page = mem_alloc(SZ_64K);

	CHECKED(rig_window(12, SZ_64M, 1));
	OK(vfio_enable(&box));
	OK(vfio_map(&box, RW, SZ_1M, page, SZ_4K));
	CHECKED(fork_beside(page));
	OK(vfio_disable(&box));
	mem_free(page, SZ_64K);
}

static void after(void)
{
	close(reports[0]);
	close(reports[1]);
	close(orders[0]);
	close(orders[1]);
}

static const struct test tests[] = {
	TEST(registered_memory_stays_the_parents, 0),
	TEST(memory_that_a_map_pins_stays_the_parents, NEEDS_NATIVE),
};

int main(void)
{
	static const struct suite suite = {
		.program = "reports/copy_on_write",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_EDU,
		.begin = rig_open,
		.after = after,
		.end = rig_close,
	};

	return run_suite(&suite);
}
