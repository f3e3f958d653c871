// SPDX-License-Identifier: GPL-2.0
/*
 * Two CPUs in a container that goes away under them: its group is detached, it is
 * closed, its owner is killed, exits or becomes another program. Nothing may stay
 * behind: no pin, no locked page, no live entry (invariants 5, 6, 8).
 */
#include <errno.h>
#include <unistd.h>

#include "aftermath.h"
#include "fixture.h"
#include "race.h"
#include "traffic.h"

static void before(void)
{
	remember_counts();
	race_new();
}

/*
 * Detach. EINVAL is VFIO's answer while no back end is chosen, ENODEV ours while
 * it goes; then a new container begins, without owner (EPERM) and memory (ENOENT).
 */

static void group_goes_and_comes(struct side *s)
{
	race_said(s, "detach", container_detach(&box, 0), MAY(0));
	race_said(s, "attach", container_attach(&box, 0), MAY(0));
	race_said(s, "set", vfio_call(box.fd, VFIO_SET_IOMMU, (void *)backend->v2), MAY(0));
	race_said(s, "register", vfio_register(&box, pool, TRAFFIC_SIZE), MAY(0));
	race_said(s, "map", vfio_map(&box, RW, SPOT, pool, TRAFFIC_SIZE), MAY(0));
}

static void maps_against_detach(void)
{
	struct traffic t = traffic_at(SPOT, pool,
				      MAY(0, -EINVAL, -ENODEV, -EPERM, -ENOENT),
				      MAY(0, -EINVAL, -ENODEV, -EPERM));

	CHECKED(box_open());
	OK(vfio_register(&box, pool, TRAFFIC_SIZE));
	race_thread("maps", traffic_step, &t);
	race_thread("group", group_goes_and_comes, NULL);
	CHECKED(race_run());
	OK(vfio_unmap(&box, SPOT, TRAFFIC_SIZE));
	OK(vfio_unregister(&box, pool, TRAFFIC_SIZE));
	box_close();
	counts_are_back();
}

/* Every other time there is as little as possible between two groups. */
static void group_hurries(struct side *s)
{
	race_said(s, "detach", container_detach(&box, 0), MAY(0));
	race_said(s, "attach", container_attach(&box, 0), MAY(0));
	race_said(s, "set", vfio_call(box.fd, VFIO_SET_IOMMU, (void *)backend->v2), MAY(0));
	if (race_any(s, 2))
		usleep(race_any(s, 20000));
}

static void memory_and_windows(struct side *s)
{
	uint64_t start;

	race_said(s, "register", vfio_register(&box, OTHER, SZ_1M),
		  MAY(0, -EINVAL, -ENODEV, -EBUSY));
	if (!race_said(s, "create", vfio_window(&box, 12, SZ_16M, 1, &start),
		       MAY(0, -EINVAL, -ENODEV, -ENOSPC)))
		race_said(s, "remove", vfio_remove(&box, start), MAY(0, -EINVAL, -ENODEV, -ENXIO));
	race_said(s, "unregister", vfio_unregister(&box, OTHER, SZ_1M),
		  MAY(0, -EINVAL, -ENODEV, -EPERM, -ENOENT));
}

static void memory_and_windows_against_detach(void)
{
	CHECKED(box_open());
	race_thread("memory and windows", memory_and_windows, NULL);
	race_thread("group", group_hurries, NULL);
	CHECKED(race_run());
	box_close();
	counts_are_back();
}

/*
 * Close
 */

/* The descriptor that others use while it is open, closed, or somebody else's. */
static struct container open_to_all = { .fd = -1 };

/* A call on the old group's descriptor may still hold the group. */
static void opens_and_closes(struct side *s)
{
	struct container c = { .fd = -1 };

	if (race_said(s, "open", container_open(&c, backend->v2, 1), MAY(0, -EBUSY)))
		return;
	open_to_all.fd = c.fd;
	race_said(s, "register", vfio_register(&c, pool, TRAFFIC_SIZE), MAY(0));
	race_said(s, "map", vfio_map(&c, RW, SPOT, pool, TRAFFIC_SIZE), MAY(0));
	usleep(race_any(s, 2000));
	container_close(&c);
}

static void maps_against_close(void)
{
	struct traffic t = traffic_at(SPOT, pool,
				      MAY(0, -EINVAL, -ENODEV, -EPERM, -ENOENT, -EBADF, -ENOTTY),
				      MAY(0, -EINVAL, -ENODEV, -EPERM, -EBADF, -ENOTTY));

	t.c = &open_to_all;
	race_thread("maps", traffic_step, &t);
	race_thread("container", opens_and_closes, NULL);
	CHECKED(race_run());
	counts_are_back();
}

/*
 * The owner goes
 */

static int prepare(void)
{
	if (container_open(&box, backend->v2, 1))
		return 1;
	return vfio_register(&box, pool, POOL_SIZE / 2) || vfio_remove(&box, 0) ||
	       vfio_window(&box, 12, SZ_64M, 2, NULL);
}

/* What else may be in flight when a process dies. */
static void memory_windows_and_pages(struct side *s)
{
	uint64_t start = ~0ull;

	race_said(s, "register", vfio_register(&box, OTHER, SZ_1M), MAY(0));
	race_said(s, "create", vfio_window(&box, 12, SZ_16M, 1 + race_any(s, 2), &start), MAY(0));
	race_said(s, "map", vfio_map(&box, RW, start, OTHER, SZ_1M), MAY(0));
	race_said(s, "remove", vfio_remove(&box, start), MAY(0));
	race_said(s, "unregister", vfio_unregister(&box, OTHER, SZ_1M), MAY(0));
}

static void owner_goes(enum race_end end)
{
	struct traffic one = traffic_at(SPOT, pool, MAY(0), MAY(0));
	struct traffic two = traffic_at(SPOT, pool, MAY(0), MAY(0));

	race_thread("maps", traffic_step, &one);
	race_thread("also maps", traffic_step, &two);
	race_thread("memory and windows", memory_windows_and_pages, NULL);
	CHECKED(race_rounds(NULL, prepare, end));
	counts_are_back();
	/* The group is free for the next. */
	CHECKED(box_ready());
	OK(vfio_map(&box, RW, SPOT, pool, TRAFFIC_SIZE));
}

static void kill_9_in_the_middle(void)
{
	owner_goes(RACE_KILLED);
}

static void exit_in_the_middle(void)
{
	owner_goes(RACE_EXITS);
}

static void exec_in_the_middle(void)
{
	owner_goes(RACE_EXECS);
}

/*
 * The owner goes, the container stays: it is another's too
 */

static void open_for_a_child(void)
{
	if (box.fd >= 0)
		CHECK_IS(vfio_map(&box, RW, SPOT, pool, SZ_4K), -EPERM);
	box_close();
	box_open();
}

static int prepare_opened(void)
{
	return vfio_register(&box, pool, POOL_SIZE / 2) || vfio_remove(&box, 0) ||
	       vfio_window(&box, 12, SZ_64M, 2, NULL);
}

static void memory_goes_container_stays(enum race_end end)
{
	struct traffic one = traffic_at(SPOT, pool, MAY(0), MAY(0));
	struct traffic two = traffic_at(SPOT, pool, MAY(0), MAY(0));

	race_thread("maps", traffic_step, &one);
	race_thread("also maps", traffic_step, &two);
	race_thread("memory and windows", memory_windows_and_pages, NULL);
	CHECKED(race_rounds(open_for_a_child, prepare_opened, end));
	CHECK_IS(vfio_map(&box, RW, SPOT, pool, SZ_4K), -EPERM);
	box_close();
	counts_are_back();
}

static void container_survives_a_killed_owner(void)
{
	memory_goes_container_stays(RACE_KILLED);
}

static void container_survives_an_exec(void)
{
	memory_goes_container_stays(RACE_EXECS);
}

/*
 * v1: what a map pins goes with what allowed it to
 */

static void is_enabled_and_disabled(struct side *s)
{
	race_said(s, "enable", vfio_enable(&box), MAY(0));
	usleep(race_any(s, 1000));
	race_said(s, "disable", vfio_disable(&box), MAY(0));
}

static void v1_maps_against_disable(void)
{
	struct traffic t = traffic_at(SPOT, pool, MAY(0, -EPERM), MAY(0, -EPERM));

	t.no_lists = true;
	CHECKED(box_open_v1());
	race_thread("maps", traffic_step, &t);
	race_thread("enable", is_enabled_and_disabled, NULL);
	CHECKED(race_run());
	/* The default window stays, and is counted, but nothing is mapped in it. */
	if (backend->ours)
		CHECKED(pins_are_back());
	box_close();
	counts_are_back();
}

static int prepare_v1(void)
{
	return container_open(&box, backend->v1, 1) || vfio_enable(&box);
}

static void v1_kill_9_in_the_middle(void)
{
	struct traffic one = traffic_at(SPOT, pool, MAY(0), MAY(0));
	struct traffic two = traffic_at(SPOT, pool, MAY(0), MAY(0));

	one.no_lists = true;
	two.no_lists = true;
	race_thread("maps", traffic_step, &one);
	race_thread("also maps", traffic_step, &two);
	CHECKED(race_rounds(NULL, prepare_v1, RACE_KILLED));
	counts_are_back();
}

/* The next user's device finds nothing where the others worked. */
static void nobody_inherits(void)
{
	uint8_t *shared = mem_alloc_shared(POOL_SIZE), *own = pool;

	pool = shared;
	CHECKED(owner_goes(RACE_KILLED));
	box_close();
	pool = own;
	CHECK(!rig_open());
	CHECKED(rig_bounce(SZ_64M));
	CHECK(edu_is_kept_out(&edu, SPOT, shared));
	CHECK(edu_is_kept_out(&edu, SPOT + TRAFFIC_SIZE - SZ_4K, shared + TRAFFIC_SIZE - SZ_4K));
}

static const struct test tests[] = {
	TEST(maps_against_detach, 0),
	TEST(memory_and_windows_against_detach, 0),
	TEST(maps_against_close, 0),
	TEST(kill_9_in_the_middle, 0),
	TEST(exit_in_the_middle, 0),
	TEST(exec_in_the_middle, 0),
	TEST(container_survives_a_killed_owner, 0),
	TEST(container_survives_an_exec, 0),
	TEST(v1_maps_against_disable, 0),
	TEST(v1_kill_9_in_the_middle, 0),
	TEST(nobody_inherits, NEEDS_EDU),
};

static const char *begin(void)
{
	if (!pool)
		pool = mem_alloc(POOL_SIZE);
	return race_possible();
}

int main(void)
{
	static const struct suite suite = {
		.program = "races_exit",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.begin = begin,
		.before = before,
		.after = rig_close,
	};

	return run_suite(&suite);
}
