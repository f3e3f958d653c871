// SPDX-License-Identifier: GPL-2.0
/*
 * Two CPUs in one container at once: maps and unmaps by every call against windows
 * and memory that come and go, and against each other (invariant 8). What a device
 * reaches afterwards, and what the counters say, must be what one of the possible
 * orders would have left.
 */
#include <errno.h>
#include <sys/mman.h>

#include "aftermath.h"
#include "fixture.h"
#include "race.h"
#include "traffic.h"

/*
 * Against windows
 */

static void window_goes_and_comes(struct side *s)
{
	uint64_t start = ~0ull;

	race_said(s, "remove", vfio_remove(&box, 0), MAY(0));
	race_said(s, "create", vfio_window(&box, 12, RIG_WINDOW, 1 + race_any(s, 2), &start), MAY(0));
	if (start)
		race_wrong(s, "create: start", start >> 32);
}

static void maps_against_window_removal(void)
{
	struct traffic one = traffic_at(SPOT, pool, MAY(0, -ENXIO), MAY(0, -ENXIO));
	struct traffic two = traffic_at(SPOT, OTHER, MAY(0, -ENXIO), MAY(0, -ENXIO));

	race_thread("maps", traffic_step, &one);
	race_thread("window", window_goes_and_comes, NULL);
	race_thread("also maps", traffic_step, &two);
	CHECKED(race_run());
	CHECK(!rig_window(12, RIG_WINDOW, 1));
	CHECKED(rig_after_race());
	OK(vfio_map(&box, RW, SPOT, pool, SZ_4K));
	CHECK(edu_reaches(&edu, SPOT, pool));
}

static void makes_and_removes(struct side *s)
{
	uint64_t start = ~0ull;

	if (race_said(s, "create", vfio_window(&box, 12, SZ_1M << race_any(s, 6),
					       1 + race_any(s, 2), &start), MAY(0, -ENOSPC)))
		return;
	if (start && start != 1ull << 59)
		race_wrong(s, "create: start", start >> 32);
	race_said(s, "remove", vfio_remove(&box, start), MAY(0));
}

/* Two windows there may be, and three who want them; each removes what he made. */
static void windows_against_windows(void)
{
	struct traffic low = traffic_at(0, pool, MAY(0, -ENXIO), MAY(0, -ENXIO));

	rig_no_windows();
	remember_counts();
	race_thread("windows", makes_and_removes, NULL);
	race_thread("also windows", makes_and_removes, NULL);
	race_thread("more windows", makes_and_removes, NULL);
	race_thread("maps", traffic_step, &low);
	CHECKED(race_run());
	CHECK_IS(vfio_remove(&box, 0), -ENXIO);
	rig_after_race();
}

static void second_goes_and_comes(struct side *s)
{
	uint64_t start = 0;

	race_said(s, "create", vfio_window(&box, 12, SZ_16M, 2, &start), MAY(0));
	race_said(s, "remove", vfio_remove(&box, start), MAY(0));
}

/* All or none of its operations are in windows that are there when it begins. */
static void spans_two_windows(struct side *s)
{
	struct vfio_mtce_op ops[4] = {
		map_op(SPOT, pool, SZ_64K),
		map_op(1ull << 59, pool, SZ_64K),
		unmap_op(SPOT, SZ_64K),
		unmap_op(1ull << 59, SZ_64K),
	};
	uint32_t done = 4;
	int ret = race_said(s, "update", mtce_update(&box, ops, &done), MAY(0, -ENXIO));

	if (!ret && done != 4)
		race_wrong(s, "update: operations done", done);
	if (ret && done)
		race_said(s, "unmap", vfio_unmap(&box, SPOT, SZ_64K), MAY(0));
}

static void updates_of_two_windows_against_removal(void)
{
	struct traffic first = traffic_at(SPOT + TRAFFIC_SIZE, OTHER, MAY(0), MAY(0));

	first.alone = true;
	race_thread("updates", spans_two_windows, NULL);
	race_thread("window", second_goes_and_comes, NULL);
	race_thread("maps", traffic_step, &first);
	CHECKED(race_run());
	CHECKED(traffic_audit(&first));
	CHECKED(traffic_clear(&first));
	rig_after_race();
}

/*
 * Against memory
 */

struct memory {
	uint8_t *at;
	uint64_t size;
	bool registered;
	const int *may_unregister;
};

static void memory_goes_and_comes(struct side *s)
{
	struct memory *m = race_arg(s);

	if (!m->registered)
		m->registered = !race_said(s, "register", vfio_register(&box, m->at, m->size),
					   MAY(0));
	else
		m->registered = race_said(s, "unregister", vfio_unregister(&box, m->at, m->size),
					  m->may_unregister);
}

/* What unregister may answer while entries map it. */
static const int *may_unregister(void)
{
	static const int both[] = { 0, -EBUSY, RACE_MAY_END }, revoked[] = { 0, RACE_MAY_END };

	return backend->revokes ? revoked : both;
}

static void maps_against_unregister(void)
{
	uint8_t *p = mem_alloc(TRAFFIC_SIZE);
	struct traffic t = traffic_at(SPOT, p, MAY(0, -ENOENT), MAY(0));
	struct memory m = { p, TRAFFIC_SIZE, false, may_unregister() };

	race_thread("maps", traffic_step_and_clear, &t);
	race_thread("memory", memory_goes_and_comes, &m);
	CHECKED(race_run());
	if (m.registered && backend->revokes) {
		OK(vfio_map(&box, RW, SPOT, p, SZ_64K));
		OK(vfio_unregister(&box, p, TRAFFIC_SIZE));
		CHECK(edu_is_kept_out(&edu, SPOT, p));
	} else {
		CHECKED(traffic_clear(&t));
		if (m.registered)
			OK(vfio_unregister(&box, p, TRAFFIC_SIZE));
	}
	mem_free(p, TRAFFIC_SIZE);
	rig_after_race();
}

/* Maps over a seam: the second half of the memory comes and goes. */
static void maps_over_a_seam_against_unregister(void)
{
	uint8_t *p = mem_alloc(TRAFFIC_SIZE);
	struct traffic t = traffic_at(SPOT, p, MAY(0, -ENOENT), MAY(0));
	struct memory m = { p + TRAFFIC_SIZE / 2, TRAFFIC_SIZE / 2, false, may_unregister() };

	OK(vfio_register(&box, p, TRAFFIC_SIZE / 2));
	race_thread("maps", traffic_step_and_clear, &t);
	race_thread("memory", memory_goes_and_comes, &m);
	CHECKED(race_run());
	CHECKED(device_agrees(SPOT, p, NULL));
	CHECKED(traffic_clear(&t));
	if (m.registered)
		OK(vfio_unregister(&box, m.at, m.size));
	OK(vfio_unregister(&box, p, TRAFFIC_SIZE / 2));
	mem_free(p, TRAFFIC_SIZE);
	rig_after_race();
}

/* No map may fail because of memory that it has nothing to do with. */
static void maps_against_other_memory(void)
{
	struct traffic t = traffic_at(SPOT, pool, MAY(0), MAY(0));
	uint8_t *p = mem_alloc(SZ_1M);
	struct memory m = { p, SZ_1M, false, MAY(0) };

	t.alone = true;
	race_thread("maps", traffic_step, &t);
	race_thread("memory", memory_goes_and_comes, &m);
	CHECKED(race_run());
	if (m.registered)
		OK(vfio_unregister(&box, p, SZ_1M));
	mem_free(p, SZ_1M);
	CHECKED(traffic_audit(&t));
	CHECKED(traffic_clear(&t));
	rig_after_race();
}

static long unmoved;

/*
 * Pages that lie in CMA are migrated before they are pinned for long. One that another thread has just pinned does not
 * move, and pin_user_pages() says -ENOMEM then (migrate_longterm_unpinnable_folios()). The kernel counts such pages.
 */
static const int *register_answers(int ret)
{
	static const int usual[] = { 0, -EBUSY, RACE_MAY_END }, unmovable[] = { 0, -EBUSY, -ENOMEM, RACE_MAY_END };

	return ret == -ENOMEM && mem_unmoved() > unmoved ? unmovable : usual;
}

/* Ranges of four blocks, some of which overlap: a block is registered once. */
static void registers_blocks(struct side *s)
{
	static volatile int owners[4];
	unsigned int first = race_any(s, 4), n = 1 + race_any(s, 4 - first), i;
	uint8_t *p = race_arg(s);
	int ret;

	p += first * SZ_1M;
	ret = vfio_register(&box, p, n * SZ_1M);
	if (race_said(s, "register", ret, register_answers(ret)))
		return;
	for (i = first; i < first + n; i++)
		if (__sync_add_and_fetch(&owners[i], 1) != 1)
			race_wrong(s, "owners at once of block", i);
	for (i = first; i < first + n; i++)
		__sync_sub_and_fetch(&owners[i], 1);
	race_said(s, "unregister", vfio_unregister(&box, p, n * SZ_1M), MAY(0));
}

static void register_against_register(void)
{
	uint8_t *p = mem_alloc(4 * SZ_1M);

	unmoved = mem_unmoved();
	race_thread("one", registers_blocks, p);
	race_thread("other", registers_blocks, p);
	CHECKED(race_run());
	mem_free(p, 4 * SZ_1M);
	rig_after_race();
}

/* The pages come and go under those who pin them. */
static void pages_go_and_come(struct side *s)
{
	struct memory *m = race_arg(s);

	if (munmap(m->at, m->size) ||
	    mmap(m->at, m->size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != m->at)
		race_wrong(s, "mmap", errno);
}

static void registers_what_may_be_there(struct side *s)
{
	struct memory *m = race_arg(s);

	if (race_said(s, "register", vfio_register(&box, m->at, m->size), MAY(0, -EFAULT)))
		return;
	race_said(s, "map", vfio_map(&box, RW, SPOT, m->at, m->size), MAY(0));
	race_said(s, "unmap", vfio_unmap(&box, SPOT, m->size), MAY(0));
	race_said(s, "unregister", vfio_unregister(&box, m->at, m->size), MAY(0));
}

static void munmap_against_register(void)
{
	struct memory m = { .at = mem_alloc(SZ_1M), .size = SZ_1M };

	race_thread("register", registers_what_may_be_there, &m);
	race_thread("mm", pages_go_and_come, &m);
	CHECKED(race_run());
	mem_free(m.at, m.size);
	rig_after_race();
}

/*
 * Against each other
 */

static void overlapping_ranges(void)
{
	struct traffic one = traffic_at(SPOT, pool, MAY(0), MAY(0));
	struct traffic two = traffic_at(SPOT, OTHER, MAY(0), MAY(0));
	unsigned int i;

	race_thread("one", traffic_step, &one);
	race_thread("other", traffic_step, &two);
	CHECKED(race_run());
	for (i = 0; i < TRAFFIC_ENTRIES; i += 201)
		CHECKED(device_agrees(SPOT + i * SZ_4K, pool + i * SZ_4K, OTHER + i * SZ_4K));
	CHECKED(counters_agree(traffic_live(&one)));
	rig_after_race();
}

/* Each knows what it left, entry by entry. */
static void disjoint_ranges(void)
{
	/* Their entries meet in one cache line of the table. */
	struct traffic one = traffic_at(SPOT + 8 * SZ_4K, pool, MAY(0), MAY(0));
	struct traffic two = traffic_at(one.iova + TRAFFIC_SIZE, OTHER, MAY(0), MAY(0));
	unsigned int i = TRAFFIC_ENTRIES / 2;

	one.alone = true;
	two.alone = true;
	race_thread("one", traffic_step, &one);
	race_thread("other", traffic_step, &two);
	CHECKED(race_run());
	CHECK_IS(edu_reads(&edu, one.iova + i * SZ_4K, pool + i * SZ_4K), one.live[i]);
	CHECK_IS(edu_reads(&edu, two.iova + i * SZ_4K, OTHER + i * SZ_4K), two.live[i]);
	CHECKED(traffic_audit(&one));
	CHECKED(traffic_audit(&two));
	CHECKED(counters_agree(traffic_live(&one) + traffic_live(&two)));
	CHECKED(traffic_clear(&one));
	CHECKED(traffic_clear(&two));
	rig_after_race();
}

/* New leaves of the table appear on both sides of the border, and under both. */
static void disjoint_ranges_of_a_deep_table(void)
{
	struct traffic one = traffic_at(0, pool, MAY(0), MAY(0));
	struct traffic two = traffic_at(TRAFFIC_SIZE, OTHER, MAY(0), MAY(0));
	uint64_t start = rig_window(12, SZ_2G, 2);

	CHECK(!test_has_failed());
	one.iova += start + SZ_2G / 2 - TRAFFIC_SIZE;
	two.iova = one.iova + TRAFFIC_SIZE;
	one.alone = true;
	two.alone = true;
	race_thread("one", traffic_step, &one);
	race_thread("other", traffic_step, &two);
	CHECKED(race_run());
	CHECKED(traffic_audit(&one));
	CHECKED(traffic_audit(&two));
	CHECK(!rig_window(12, RIG_WINDOW, 1));
	rig_after_race();
}

#define OWNED_MAX	200u

/* Whoever maps without REPLACE owns the range until he unmaps it: nobody else gets in. */
static void owns_for_a_moment(struct side *s)
{
	static volatile int owners;
	/* Different ranges, different calls; one entry is in all of them. */
	unsigned int n = 1 + race_any(s, OWNED_MAX), ahead = race_any(s, n), i;
	uint64_t iova = BORDER - ahead * SZ_4K, pages[OWNED_MAX];
	uint8_t *memory = race_arg(s);
	int ret, now;

	for (i = 0; i < n; i++)
		pages[i] = (uintptr_t)memory + i * SZ_4K;
	if (race_any(s, 2))
		ret = mtce_map(&box, RW, iova, memory, n * SZ_4K);
	else
		ret = mtce_put_list(&box, RW, iova, pages, n);
	if (race_said(s, "map new", ret, MAY(0, -EEXIST)))
		return;
	now = __sync_add_and_fetch(&owners, 1);
	if (now != 1)
		race_wrong(s, "owners at once", now);
	__sync_sub_and_fetch(&owners, 1);
	race_said(s, "unmap", vfio_unmap(&box, iova, n * SZ_4K), MAY(0));
}

static void map_without_replace_is_exclusive(void)
{
	race_thread("one", owns_for_a_moment, pool);
	race_thread("other", owns_for_a_moment, OTHER);
	CHECKED(race_run());
	rig_after_race();
}

static void replaces_all(struct side *s)
{
	uint64_t pages[TRAFFIC_ENTRIES];
	uint8_t *memory = race_arg(s);
	unsigned int i;
	int ret;

	for (i = 0; i < TRAFFIC_ENTRIES; i++)
		pages[i] = (uintptr_t)memory + i * SZ_4K;
	if (race_any(s, 2))
		ret = vfio_map(&box, RW, SPOT, memory, TRAFFIC_SIZE);
	else
		ret = mtce_put_list(&box, RW | VFIO_MTCE_REPLACE, SPOT, pages, TRAFFIC_ENTRIES);
	race_said(s, "replace", ret, MAY(0));
}

/* Of two that replace all of a range, the later one has all of it. */
static void replaced_ranges_do_not_mix(void)
{
	const unsigned int last = TRAFFIC_ENTRIES - 1, middle = 77;
	bool first;

	race_thread("one", replaces_all, pool);
	race_thread("other", replaces_all, OTHER);
	CHECKED(race_run());
	first = edu_reads(&edu, SPOT, pool);
	CHECK_IS(edu_reads(&edu, SPOT + middle * SZ_4K, pool + middle * SZ_4K), first);
	CHECK_IS(edu_reads(&edu, SPOT + last * SZ_4K, pool + last * SZ_4K), first);
	CHECK_IS(edu_reads(&edu, SPOT + last * SZ_4K, OTHER + last * SZ_4K), !first);
	OK(vfio_unmap(&box, SPOT, TRAFFIC_SIZE));
	rig_after_race();
}

/*
 * Against other processes
 */

static void tries_everything(struct side *s)
{
	uint64_t page = (uintptr_t)pool, start;

	race_said(s, "map", vfio_map(&box, RW, SPOT, pool, SZ_4K), MAY(-EPERM));
	race_said(s, "unmap", vfio_unmap(&box, SPOT, TRAFFIC_SIZE), MAY(-EPERM));
	race_said(s, "register", vfio_register(&box, pool, POOL_SIZE), MAY(-EPERM));
	race_said(s, "unregister", vfio_unregister(&box, pool, POOL_SIZE), MAY(-EPERM));
	race_said(s, "create", vfio_window(&box, 12, SZ_1M, 1, &start), MAY(-EPERM));
	race_said(s, "remove", vfio_remove(&box, 0), MAY(-EPERM));
	if (!backend->ours)
		return;
	race_said(s, "update", mtce_map(&box, RW, SPOT, pool, SZ_4K), MAY(-EPERM));
	race_said(s, "put list", mtce_put_list(&box, RW, SPOT, &page, 1), MAY(-EPERM));
	race_said(s, "flush", mtce_flush(&box), MAY(-EPERM));
}

static void forked_child_harms_nothing(void)
{
	struct traffic t = traffic_at(SPOT, pool, MAY(0), MAY(0));

	t.alone = true;
	race_thread("owner", traffic_step, &t);
	race_process("child", tries_everything, NULL);
	CHECKED(race_run());
	CHECKED(traffic_audit(&t));
	CHECKED(traffic_clear(&t));
	rig_after_race();
}

static int leaves(void *unused)
{
	return 0;
}

static void forks(struct side *s)
{
	int ret = in_child(leaves, NULL);

	race_said(s, "fork", ret, MAY(0));
}

/* What is pinned stays the parent's when a child could have got it instead. */
static void forks_while_mapping(void)
{
	struct traffic t = traffic_at(SPOT, pool, MAY(0), MAY(0));

	t.alone = true;
	race_thread("maps", traffic_step, &t);
	race_thread("forks", forks, NULL);
	CHECKED(race_run());
	OK(vfio_map(&box, RW, SPOT, pool, TRAFFIC_SIZE));
	CHECK(edu_reaches(&edu, SPOT, pool));
	CHECK(edu_reaches(&edu, SPOT + TRAFFIC_SIZE - SZ_4K, pool + TRAFFIC_SIZE - SZ_4K));
	CHECKED(traffic_clear(&t));
	rig_after_race();
}

/*
 * Against other groups
 */

static struct container second = { .fd = -1 };

/* One process, the same memory, a container each: neither knows of the other. */
static void two_containers(void)
{
	struct traffic one = traffic_at(SPOT, pool, MAY(0), MAY(0));
	struct traffic two = traffic_at(SPOT, pool, MAY(0), MAY(0));

	two.c = &second;
	OK(container_open_at(&second, backend->v2, 1));
	OK(vfio_register(&second, pool, POOL_SIZE));
	one.alone = true;
	two.alone = true;
	race_thread("one", traffic_step, &one);
	race_thread("other", traffic_step, &two);
	CHECKED(race_run());
	CHECKED(traffic_audit(&one));
	CHECKED(traffic_audit(&two));
	container_close(&second);
	CHECK_IS(edu_reads(&edu, SPOT, pool), one.live[0]);
	CHECKED(traffic_clear(&one));
	rig_after_race();
}

/* The whole life of a container, again and again, beside another that works. */
static void lives(struct side *s)
{
	uint8_t *p = race_arg(s);

	race_said(s, "open", container_open_at(&second, backend->v2, 1), MAY(0));
	race_said(s, "register", vfio_register(&second, p, SZ_1M), MAY(0));
	race_said(s, "map", vfio_map(&second, RW, SPOT, p, SZ_1M), MAY(0));
	container_close(&second);
}

static void another_container_lives_and_dies(void)
{
	struct traffic t = traffic_at(SPOT, pool, MAY(0), MAY(0));
	uint8_t *p = mem_alloc(SZ_1M);

	t.alone = true;
	race_thread("maps", traffic_step, &t);
	race_thread("other container", lives, p);
	CHECKED(race_run());
	mem_free(p, SZ_1M);
	CHECKED(traffic_audit(&t));
	CHECKED(traffic_clear(&t));
	rig_after_race();
}

static void maps_against_another_group(void)
{
	struct traffic t = traffic_at(SPOT, pool, MAY(0), MAY(0));

	t.alone = true;
	race_thread("maps", traffic_step, &t);
	race_thread("group", group_comes_and_goes, NULL);
	CHECKED(race_run());
	CHECKED(traffic_audit(&t));
	CHECK_IS(edu_reads(&edu, SPOT, pool), t.live[0]);
	CHECKED(traffic_clear(&t));
	rig_after_race();
}

/* A failed test may leave anything. */
static void after(void)
{
	container_close(&second);
	if (box.groups > 1)
		container_detach(&box, 1);
}

static const struct test tests[] = {
	TEST(maps_against_window_removal, 0),
	TEST(windows_against_windows, 0),
	TEST(updates_of_two_windows_against_removal, NEEDS_OURS),
	TEST(maps_against_unregister, 0),
	TEST(maps_over_a_seam_against_unregister, NEEDS_OURS),
	TEST(maps_against_other_memory, 0),
	TEST(register_against_register, NEEDS_OURS),
	TEST(munmap_against_register, NEEDS_OURS),
	TEST(overlapping_ranges, 0),
	TEST(disjoint_ranges, 0),
	TEST(disjoint_ranges_of_a_deep_table, 0),
	TEST(map_without_replace_is_exclusive, NEEDS_OURS),
	TEST(replaced_ranges_do_not_mix, NEEDS_OURS),
	TEST(forked_child_harms_nothing, 0),
	TEST(forks_while_mapping, 0),
	TEST(two_containers, NEEDS_GROUPS),
	TEST(another_container_lives_and_dies, NEEDS_GROUPS),
	TEST(maps_against_another_group, NEEDS_GROUPS),
};

static const char *begin(void)
{
	const char *why = race_possible();

	return why ? why : rig_open();
}

int main(void)
{
	static const struct suite suite = {
		.program = "races_container",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_EDU,
		.begin = begin,
		.before = rig_before_race,
		.after = after,
		.end = rig_close,
	};

	return run_suite(&suite);
}
