// SPDX-License-Identifier: GPL-2.0
/*
 * Unmaps whose kill is delayed, on two CPUs, against everything that has to do the
 * kill for them: a map of the same IOVA, a flush, the end of lazy mode, the queue's
 * length and age, unregistering, a window, a group or the container that goes.
 */
#include <errno.h>
#include <unistd.h>

#include "aftermath.h"
#include "fixture.h"
#include "param.h"
#include "race.h"
#include "traffic.h"

/* Where the traffic is not. */
#define ASIDE		(SPOT + 2 * TRAFFIC_SIZE)

/* So short that a race sees it full, and old, again and again. */
#define SHORT_QUEUE	16
#define SHORT_TIMEOUT	1

static long entries_default, timeout_default;
/* A container that may go, with the second group. */
static struct container second = { .fd = -1 };

static struct traffic lazy_at(uint64_t iova, uint8_t *memory, const int *may_map,
			      const int *may_unmap)
{
	struct traffic t = traffic_at(iova, memory, may_map, may_unmap);

	t.lazy = true;
	return t;
}

/* Nothing waits after a flush; then no page is held by what waited. */
static void nothing_waits(void)
{
	struct vfio_iommu_mtce_info info;

	OK(mtce_flush(&box));
	OK(mtce_info(&box, &info));
	CHECK_IS(info.stats.lazy_pending, 0);
}

static void nothing_is_left(struct traffic *t)
{
	CHECKED(nothing_waits());
	if (t)
		CHECKED(traffic_clear(t));
	rig_after_race();
}

/*
 * Against each other
 */

static void flushes(struct side *s)
{
	race_said(s, "flush", mtce_flush(&box), MAY(0));
}

static void overlap(void)
{
	struct traffic one = lazy_at(SPOT, pool, MAY(0), MAY(0));
	struct traffic two = lazy_at(SPOT, OTHER, MAY(0), MAY(0));
	unsigned int i;

	race_thread("one", traffic_step_and_clear, &one);
	race_thread("other", traffic_step_and_clear, &two);
	race_thread("flushes", flushes, NULL);
	CHECKED(race_run());
	for (i = 0; i < TRAFFIC_ENTRIES; i += 201)
		CHECKED(device_agrees(SPOT + i * SZ_4K, pool + i * SZ_4K, OTHER + i * SZ_4K));
	CHECKED(counters_agree(traffic_live(&one)));
	nothing_is_left(NULL);
}

static void overlapping_lazy_unmaps(void)
{
	overlap();
}

static void overlapping_lazy_unmaps_of_a_short_queue(void)
{
	CHECKED(param_set("lazy_entries", SHORT_QUEUE));
	CHECKED(param_set("lazy_timeout_ms", SHORT_TIMEOUT));
	CHECK(!rig_window(12, RIG_WINDOW, 1));
	overlap();
}

static void disjoint(void)
{
	struct traffic one = lazy_at(SPOT, pool, MAY(0), MAY(0));
	struct traffic two = lazy_at(SPOT + TRAFFIC_SIZE, OTHER, MAY(0), MAY(0));

	one.alone = true;
	two.alone = true;
	race_thread("one", traffic_step, &one);
	race_thread("other", traffic_step, &two);
	CHECKED(race_run());
	CHECKED(traffic_audit(&one));
	CHECKED(traffic_audit(&two));
	CHECKED(counters_agree(traffic_live(&one) + traffic_live(&two)));
	nothing_is_left(NULL);
}

static void disjoint_lazy_unmaps(void)
{
	disjoint();
}

static void disjoint_lazy_unmaps_of_a_short_queue(void)
{
	CHECKED(param_set("lazy_entries", SHORT_QUEUE));
	CHECKED(param_set("lazy_timeout_ms", SHORT_TIMEOUT));
	CHECK(!rig_window(12, RIG_WINDOW, 1));
	disjoint();
}

/* The parameters change while queues are at work. */
static void turns_the_knobs(struct side *s)
{
	param_set("lazy_entries", race_any(s, 2) ? race_any(s, 64) : entries_default);
	param_set("lazy_timeout_ms", race_any(s, 2) ? 1 : timeout_default);
}

static void lazy_unmaps_against_new_parameters(void)
{
	struct traffic t = lazy_at(SPOT, pool, MAY(0), MAY(0));

	t.alone = true;
	race_thread("maps", traffic_step, &t);
	race_thread("parameters", turns_the_knobs, NULL);
	CHECKED(race_run());
	CHECKED(traffic_audit(&t));
	nothing_is_left(&t);
}

/* In a lazy container every unmap is, also the calls of v1 and v2. */
static void turns_lazy_and_back(struct side *s)
{
	race_said(s, "lazy", mtce_mode(&box, VFIO_MTCE_LAZY), MAY(0));
	usleep(race_any(s, 1000));
	race_said(s, "strict", mtce_mode(&box, 0), MAY(0));
}

static void unmaps_against_lazy_mode(void)
{
	struct traffic one = traffic_at(SPOT, pool, MAY(0), MAY(0));
	struct traffic two = traffic_at(SPOT, OTHER, MAY(0), MAY(0));

	race_thread("maps", traffic_step, &one);
	race_thread("mode", turns_lazy_and_back, NULL);
	race_thread("also maps", traffic_step, &two);
	CHECKED(race_run());
	CHECKED(device_agrees(SPOT, pool, OTHER));
	nothing_is_left(&one);
}

/*
 * Against memory and windows
 */

/* What is unmapped can go, however its kill was delayed: never EBUSY. */
static void unmapped_memory_goes(struct side *s)
{
	uint8_t *p = race_arg(s);
	struct vfio_mtce_op op = lazy_unmap_op(ASIDE, SZ_64K);
	uint32_t num = 1;

	race_said(s, "register", vfio_register(&box, p, SZ_64K), MAY(0));
	race_said(s, "map", vfio_map(&box, RW, ASIDE, p, SZ_64K), MAY(0));
	race_said(s, "lazy unmap", mtce_update(&box, &op, &num), MAY(0));
	race_said(s, "unregister", vfio_unregister(&box, p, SZ_64K), MAY(0));
}

static void lazy_unmaps_against_unregister(void)
{
	struct traffic t = lazy_at(SPOT, pool, MAY(0), MAY(0));
	uint8_t *p = mem_alloc(SZ_64K);

	t.alone = true;
	race_thread("maps", traffic_step, &t);
	race_thread("memory", unmapped_memory_goes, p);
	CHECKED(race_run());
	CHECK(edu_is_kept_out(&edu, ASIDE, p));
	mem_free(p, SZ_64K);
	CHECKED(traffic_audit(&t));
	nothing_is_left(&t);
}

static void the_pool_goes_and_comes(struct side *s)
{
	int ret = race_said(s, "unregister", vfio_unregister(&box, pool, POOL_SIZE),
			    backend->revokes ? MAY(0) : MAY(0, -EBUSY));

	if (!ret)
		race_said(s, "register", vfio_register(&box, pool, POOL_SIZE), MAY(0));
}

static void lazy_unmaps_of_memory_that_goes(void)
{
	struct traffic t = lazy_at(SPOT, pool, MAY(0, -ENOENT), MAY(0));

	race_thread("maps", traffic_step_and_clear, &t);
	race_thread("memory", the_pool_goes_and_comes, NULL);
	CHECKED(race_run());
	CHECKED(device_agrees(SPOT, pool, NULL));
	nothing_is_left(&t);
}

static void window_goes_and_comes(struct side *s)
{
	race_said(s, "remove", vfio_remove(&box, 0), MAY(0));
	race_said(s, "create", vfio_window(&box, 12, RIG_WINDOW, 1 + race_any(s, 2), NULL), MAY(0));
}

static void lazy_unmaps_against_window_removal(void)
{
	struct traffic one = lazy_at(SPOT, pool, MAY(0, -ENXIO), MAY(0, -ENXIO));
	struct traffic two = lazy_at(SPOT, OTHER, MAY(0, -ENXIO), MAY(0, -ENXIO));

	race_thread("maps", traffic_step_and_clear, &one);
	race_thread("window", window_goes_and_comes, NULL);
	race_thread("also maps", traffic_step_and_clear, &two);
	race_thread("flushes", flushes, NULL);
	CHECKED(race_run());
	CHECK(!rig_window(12, RIG_WINDOW, 1));
	nothing_is_left(NULL);
}

/*
 * Against groups, and owners that go
 */

static void lazy_unmaps_against_another_group(void)
{
	struct traffic t = lazy_at(SPOT, pool, MAY(0), MAY(0));

	t.alone = true;
	race_thread("maps", traffic_step, &t);
	race_thread("group", group_comes_and_goes, NULL);
	CHECKED(race_run());
	CHECKED(traffic_audit(&t));
	nothing_is_left(&t);
}

static void group_goes_and_comes(struct side *s)
{
	race_said(s, "detach", container_detach(&second, 1), MAY(0));
	race_said(s, "attach", container_attach(&second, 1), MAY(0));
	race_said(s, "set", vfio_call(second.fd, VFIO_SET_IOMMU, (void *)backend->v2), MAY(0));
	race_said(s, "register", vfio_register(&second, pool, POOL_SIZE), MAY(0));
	race_said(s, "mode", mtce_mode(&second, VFIO_MTCE_LAZY), MAY(0));
	race_said(s, "map", vfio_map(&second, RW, SPOT, pool, TRAFFIC_SIZE), MAY(0));
	usleep(race_any(s, 2000));
}

static void flushes_what_may_be_gone(struct side *s)
{
	race_said(s, "flush", mtce_flush(&second), MAY(0, -EINVAL, -ENODEV));
}

static void lazy_unmaps_against_detach(void)
{
	struct traffic t = lazy_at(SPOT, pool, MAY(0, -EINVAL, -ENODEV, -EPERM, -ENOENT),
				   MAY(0, -EINVAL, -ENODEV, -EPERM));

	t.c = &second;
	OK(container_open_at(&second, backend->v2, 1));
	OK(vfio_register(&second, pool, POOL_SIZE));
	race_thread("maps", traffic_step_and_clear, &t);
	race_thread("group", group_goes_and_comes, NULL);
	race_thread("flushes", flushes_what_may_be_gone, NULL);
	CHECKED(race_run());
	container_close(&second);
	counts_are_back();
}

static int prepare(void)
{
	return container_open_at(&second, backend->v2, 1) ||
	       vfio_register(&second, pool, POOL_SIZE) ||
	       mtce_mode(&second, VFIO_MTCE_LAZY);
}

static void owner_goes(enum race_end end)
{
	struct traffic one = lazy_at(SPOT, pool, MAY(0), MAY(0));
	struct traffic two = lazy_at(SPOT, OTHER, MAY(0), MAY(0));

	one.c = &second;
	two.c = &second;
	race_thread("maps", traffic_step_and_clear, &one);
	race_thread("also maps", traffic_step_and_clear, &two);
	CHECKED(race_rounds(NULL, prepare, end));
	counts_are_back();
}

static void lazy_unmaps_and_kill_9(void)
{
	owner_goes(RACE_KILLED);
}

static void lazy_unmaps_and_exec(void)
{
	owner_goes(RACE_EXECS);
}

static const struct test tests[] = {
	TEST(overlapping_lazy_unmaps, 0),
	TEST(overlapping_lazy_unmaps_of_a_short_queue, 0),
	TEST(disjoint_lazy_unmaps, 0),
	TEST(disjoint_lazy_unmaps_of_a_short_queue, 0),
	TEST(lazy_unmaps_against_new_parameters, 0),
	TEST(unmaps_against_lazy_mode, 0),
	TEST(lazy_unmaps_against_unregister, 0),
	TEST(lazy_unmaps_of_memory_that_goes, 0),
	TEST(lazy_unmaps_against_window_removal, 0),
	TEST(lazy_unmaps_against_another_group, NEEDS_GROUPS),
	TEST(lazy_unmaps_against_detach, NEEDS_GROUPS),
	TEST(lazy_unmaps_and_kill_9, NEEDS_GROUPS),
	TEST(lazy_unmaps_and_exec, NEEDS_GROUPS),
};

static bool driver_is_lazy(void)
{
	struct vfio_iommu_mtce_info info = { };

	if (!container_open(&box, backend->v2, 1)) {
		mtce_info(&box, &info);
		box_close();
	}
	return info.flags & VFIO_MTCE_INFO_LAZY;
}

static const char *begin(void)
{
	const char *why = race_possible();

	if (!why && !driver_is_lazy())
		why = "this driver does not announce lazy unmaps";
	entries_default = param_get("lazy_entries");
	timeout_default = param_get("lazy_timeout_ms");
	return why ? why : rig_open();
}

/* A failed test may leave anything. */
static void after(void)
{
	container_close(&second);
	if (box.groups > 1)
		container_detach(&box, 1);
	param_restore();
}

int main(void)
{
	static const struct suite suite = {
		.program = "races_lazy",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_OURS | NEEDS_EDU,
		.begin = begin,
		.before = rig_before_race,
		.after = after,
		.end = rig_close,
	};

	return run_suite(&suite);
}
