// SPDX-License-Identifier: GPL-2.0
/* However a user leaves, nothing stays behind: no pin, no locked page, no live entry. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

/* The second window has the system's own page size, as a guest's has. */
#define SHIFT (mem_page() == SZ_64K ? 16 : 12)

static long pins, locked;

static void before(void)
{
	pins = mem_pins();
	locked = mem_locked_kb(0);
}

static void nothing_is_left(void)
{
	CHECK(mem_pins_return_to(pins));
	CHECK_IS(mem_locked_kb(0), locked);
}

/* Two windows, one of two levels, each with live entries. */
static void fill(void)
{
	uint64_t second;

	CHECKED(box_ready());
	OK(vfio_window(&box, SHIFT, SZ_2G, 2, &second));
	OK(vfio_map(&box, RW, SZ_1M, pool, POOL_SIZE));
	OK(vfio_map(&box, RW, second + SZ_2G - SZ_64K, pool, 1ul << SHIFT));
	OK(vfio_map(&box, RW, second + SZ_1M, pool, POOL_SIZE));
}

static void close_with_live_entries(void)
{
	CHECKED(fill());
	box_close();
	nothing_is_left();
}

static void detach_with_live_entries(void)
{
	CHECKED(fill());
	OK(container_detach(&box, 0));
	/* The last group took the back end with it. */
	CHECK(vfio_map(&box, RW, SZ_1M, pool, SZ_4K) < 0);
	nothing_is_left();
	OK(container_attach(&box, 0));
	OK(vfio_call(box.fd, VFIO_SET_IOMMU, (void *)backend->v2));
	OK(vfio_register(&box, pool, POOL_SIZE));
	OK(vfio_map(&box, RW, SZ_1M, pool, SZ_4K));
	box_close();
	nothing_is_left();
}

static void window_removal_with_live_entries(void)
{
	long with_window;

	CHECKED(box_open());
	OK(vfio_register(&box, pool, POOL_SIZE));
	with_window = mem_locked_kb(0);
	OK(vfio_remove(&box, 0));
	OK(vfio_window(&box, 12, SZ_2G, 1, NULL));
	OK(vfio_map(&box, RW, SZ_1M, pool, POOL_SIZE));
	OK(vfio_remove(&box, 0));
	CHECK_IS(mem_locked_kb(0), with_window);
	OK(vfio_unregister(&box, pool, POOL_SIZE));
	nothing_is_left();
	box_close();
	nothing_is_left();
}

static void v1_close_with_live_entries(void)
{
	CHECKED(box_open_v1());
	OK(vfio_enable(&box));
	OK(vfio_map(&box, RW, SZ_1M, pool, POOL_SIZE));
	box_close();
	nothing_is_left();
}

/* The child maps without end until it is shot in the middle of it. */
static void maps_for_ever(bool v1)
{
	if (container_open(&box, v1 ? backend->v1 : backend->v2, 1))
		_exit(1);
	if (v1 ? vfio_enable(&box) : vfio_register(&box, pool, POOL_SIZE))
		_exit(2);
	for (;;) {
		vfio_map(&box, RW, SZ_1M, pool, POOL_SIZE);
		vfio_map(&box, RW, 2 * SZ_1M, pool, SZ_64K);
		vfio_unmap(&box, SZ_1M, SZ_1M);
		if (backend->native && !v1) {
			uint64_t list[64];
			unsigned int i;

			for (i = 0; i < 64; i++)
				list[i] = (uintptr_t)pool + (63 - i) * SZ_64K;
			mtce_put_list(&box, RW | VFIO_MTCE_REPLACE, SZ_1M, list, 64);
		}
	}
}

static void shoot_mappers(bool v1)
{
	int round, status;
	pid_t pid;

	if (!pool)
		pool = mem_alloc(POOL_SIZE);
	for (round = 0; round < 5; round++) {
		pid = fork();
		if (!pid)
			maps_for_ever(v1);
		usleep(100000 + round * 37000);
		kill(pid, SIGKILL);
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(WIFSIGNALED(status));
	}
	nothing_is_left();
	/* The group is free for the next. */
	CHECKED(box_ready());
	OK(vfio_map(&box, RW, SZ_1M, pool, SZ_1M));
}

static void kill_9_while_mapping(void)
{
	shoot_mappers(false);
}

static void kill_9_while_v1_maps(void)
{
	shoot_mappers(true);
}

static void *map_thread(void *unused)
{
	for (;;) {
		pthread_testcancel();
		vfio_map(&box, RW, SZ_1M, pool, SZ_1M);
		vfio_unmap(&box, SZ_1M, SZ_1M);
	}
	return NULL;
}

/* Another thread maps while this one takes the window away and puts it back. */
static void window_removal_while_mapping(void)
{
	pthread_t thread;
	int round, ret = 0;

	CHECKED(box_ready());
	CHECK(!pthread_create(&thread, NULL, map_thread, NULL));
	for (round = 0; !ret && round < 50; round++) {
		usleep(1000);
		ret = vfio_remove(&box, 0);
		if (!ret)
			ret = vfio_window(&box, 12, SZ_64M, 1, NULL);
	}
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	OK(ret);
	vfio_unmap(&box, SZ_1M, SZ_1M);
	OK(vfio_unregister(&box, pool, POOL_SIZE));
	box_close();
	nothing_is_left();
}

static void many_containers_in_a_row(void)
{
	int i;

	for (i = 0; i < 30; i++) {
		CHECKED(fill());
		box_close();
	}
	nothing_is_left();
}

static const struct test tests[] = {
	TEST(close_with_live_entries, 0),
	TEST(detach_with_live_entries, 0),
	TEST(window_removal_with_live_entries, 0),
	TEST(v1_close_with_live_entries, 0),
	TEST(kill_9_while_mapping, 0),
	TEST(kill_9_while_v1_maps, 0),
	TEST(window_removal_while_mapping, 0),
	TEST(many_containers_in_a_row, 0),
};

/* For module_life.sh: a user in the middle of his work, until his input ends. */
static int hold(void)
{
	const char *why;
	char c;

	if (!backend_select(&why))
		return 4;
	fill();
	if (test_has_failed())
		return 1;
	printf("ready\n");
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct suite suite = {
		.program = "teardown",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.before = before,
		.after = box_close,
	};

	if (argc == 2 && !strcmp(argv[1], "--hold"))
		return hold();
	return run_suite(&suite);
}
