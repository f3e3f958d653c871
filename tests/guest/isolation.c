// SPDX-License-Identifier: GPL-2.0
/*
 * "You leave it clean, but who came before you?": what the reviewer of the
 * first such driver asked in 2012, each question a test.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

#define SPOT (SZ_1M * 3)

/* Maps the pool at SPOT in the default window, then leaves in the way that @how names. */
enum how { CLOSES, EXITS, IS_KILLED, CRASHES };

static void map_and_leave(enum how how)
{
	if (container_open(&box, backend->v2, 1))
		_exit(1);
	if (vfio_register(&box, pool, POOL_SIZE) ||
	    vfio_map(&box, RW, SPOT, pool, POOL_SIZE))
		_exit(2);
	switch (how) {
	case CLOSES:
		box_close();
		_exit(0);
	case EXITS:
		_exit(0);
	case IS_KILLED:
		kill(getpid(), SIGKILL);
		pause();
		break;
	case CRASHES:
		raise(SIGSEGV);
		break;
	}
	_exit(3);
}

/* Shared, so that the parent sees what a device writes there after its user is gone. */
static uint8_t *shared_pool(void)
{
	static uint8_t *p;

	if (!p)
		p = mem_alloc_shared(POOL_SIZE);
	return p;
}

static bool leave_by(enum how how)
{
	int status;
	pid_t pid;

	if (!pool)
		pool = mem_alloc(POOL_SIZE);
	pid = fork();

	if (!pid)
		map_and_leave(how);
	if (waitpid(pid, &status, 0) != pid)
		return false;
	switch (how) {
	case IS_KILLED:
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	case CRASHES:
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
	default:
		return WIFEXITED(status) && !WEXITSTATUS(status);
	}
}

static void nobody_inherits(enum how how)
{
	uint8_t *own = pool;
	long pins = mem_pins();

	pool = shared_pool();
	if (!leave_by(how))
		test_failed(__FILE__, __LINE__, "the child did not do its part");
	CHECK(mem_pins_return_to(pins));
	pool = own;
	CHECK(!rig_open());
	CHECKED(rig_bounce(SZ_64M));
	CHECK(edu_is_kept_out(&edu, SPOT, shared_pool()));
	CHECK(edu_is_kept_out(&edu, SPOT + POOL_SIZE - SZ_4K,
			      shared_pool() + POOL_SIZE - SZ_4K));
}

static void table_is_clean_after_close(void)
{
	nobody_inherits(CLOSES);
}

static void table_is_clean_after_kill_9(void)
{
	nobody_inherits(IS_KILLED);
}

static void table_is_clean_after_a_crash(void)
{
	nobody_inherits(CRASHES);
}

/* The same asked of the table itself: no entry of the whole window is live. */
static void default_window_arrives_empty(void)
{
	uint64_t iova;

	CHECK(leave_by(EXITS));
	CHECKED(box_open());
	OK(vfio_register(&box, pool, POOL_SIZE));
	for (iova = 0; iova < SZ_64M; iova += POOL_SIZE)
		OK(mtce_map(&box, RW, iova, pool, POOL_SIZE));
}

/* "won't this happily map overlapping entries with no indication?" */
static void overlapping_map_says_so(void)
{
	CHECKED(box_ready());
	OK(mtce_map(&box, RW, SPOT + 4 * SZ_4K, pool, SZ_4K));
	CHECK_IS(mtce_map(&box, RW, SPOT, pool, 5 * SZ_4K), -EEXIST);
	CHECK_IS(mtce_map(&box, RW, SPOT + 4 * SZ_4K, pool, 5 * SZ_4K), -EEXIST);
	CHECK(!is_live(&box, SPOT, pool, 4 * SZ_4K));
}

static void map_with_neither_read_nor_write_is_refused(void)
{
	CHECKED(box_ready());
	CHECK_IS(vfio_map(&box, 0, SPOT, pool, SZ_4K), -EINVAL);
	if (backend->native) {
		CHECK_IS(mtce_map(&box, 0, SPOT, pool, SZ_4K), -EINVAL);
		CHECK_IS(mtce_map(&box, VFIO_MTCE_REPLACE, SPOT, pool, SZ_4K), -EINVAL);
	}
}

/* Rounding a size up would silently map what nobody asked for. */
static void nothing_is_rounded(void)
{
	CHECKED(box_ready());
	CHECK_IS(vfio_map(&box, RW, SPOT, pool, SZ_4K - 1), -EINVAL);
	CHECK_IS(vfio_map(&box, RW, SPOT, pool, SZ_4K + 8), -EINVAL);
	CHECK_IS(vfio_map(&box, RW, SPOT, pool + 8, SZ_4K), -EINVAL);
	CHECK_IS(vfio_unmap(&box, SPOT, SZ_4K + 8), -EINVAL);
	if (backend->ours) {
		CHECK_IS(vfio_map(&box, RW, SPOT + 8, pool, SZ_4K), -EINVAL);
		CHECK_IS(vfio_unmap(&box, SPOT + 8, SZ_4K), -EINVAL);
	}
	if (backend->native)
		CHECK(!is_live(&box, SPOT, pool, 2 * SZ_4K));
}

/* In a 64K window, 4K is not aligned. */
static void alignment_is_that_of_the_window(void)
{
	uint64_t start;

	CHECKED(box_open());
	OK(vfio_register(&box, pool, POOL_SIZE));
	OK(vfio_remove(&box, 0));
	OK(vfio_window(&box, 16, SZ_64M, 1, &start));
	CHECK_IS(vfio_map(&box, RW, start + SZ_1M, pool, SZ_4K), -EINVAL);
	CHECK_IS(vfio_map(&box, RW, start + SZ_1M, pool + SZ_4K, SZ_64K), -EINVAL);
	CHECK_IS(vfio_unmap(&box, start + SZ_1M, SZ_4K), -EINVAL);
	if (backend->ours)
		CHECK_IS(vfio_map(&box, RW, start + SZ_1M + SZ_4K, pool, SZ_64K), -EINVAL);
}

static const struct test tests[] = {
	TEST(table_is_clean_after_close, NEEDS_EDU),
	TEST(table_is_clean_after_kill_9, NEEDS_EDU),
	TEST(table_is_clean_after_a_crash, NEEDS_EDU),
	TEST(default_window_arrives_empty, NEEDS_NATIVE),
	TEST(overlapping_map_says_so, NEEDS_NATIVE),
	TEST(map_with_neither_read_nor_write_is_refused, 0),
	TEST(nothing_is_rounded, 0),
	TEST(alignment_is_that_of_the_window, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "isolation",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.after = rig_close,
	};

	return run_suite(&suite);
}
