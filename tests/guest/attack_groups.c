// SPDX-License-Identifier: GPL-2.0
/*
 * A group that is not like the others joins while kills are owed. A kill of a
 * whole PE does not remember which entries it is for; a bridge that has no such
 * kill must not come into it. What is killed is read from the tracepoint
 * mtce_kill; oracle.sh says the same of the pages (invariants 3 and 4).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "param.h"

#define TRACING	"/sys/kernel/tracing/instances/mtce_attack"
#define AT	SZ_1M
#define ENTRIES	64
#define IOVA(i)	(AT + (uint64_t)(i) * 2 * SZ_4K)	/* none is next to another */

/*
 * Watching kills
 */

static bool write_to(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	bool ok;

	if (!f)
		return false;
	ok = fputs(text, f) >= 0;
	return !fclose(f) && ok;
}

static const char *watch_begin(void)
{
	if (mkdir(TRACING, 0700) && errno != EEXIST)
		return "there is no tracefs to watch kills with";
	if (!write_to(TRACING "/events/mtce/mtce_kill/enable", "1"))
		return "vfio_iommu_mtce has no tracepoints here";
	return NULL;
}

static void watch_end(void)
{
	write_to(TRACING "/events/mtce/mtce_kill/enable", "0");
	rmdir(TRACING);
}

static void watch_from_now(void)
{
	CHECK(write_to(TRACING "/trace", ""));
}

static void note_kill(const char *line, bool *killed)
{
	const char *scope = strstr(line, " scope="), *iova = strstr(line, " iova=");
	uint64_t first, n;
	int i;

	if (!scope || !iova || sscanf(iova, " iova=%" SCNx64 " entries=%" SCNu64, &first, &n) != 2)
		return;
	for (i = 0; i < ENTRIES; i++)
		killed[i] |= !strncmp(scope, " scope=pe", 9) || IOVA(i) - first < n * SZ_4K;
}

/* Every entry was killed since watch_from_now(). */
static void all_are_killed(void)
{
	bool killed[ENTRIES] = { false };
	FILE *f = fopen(TRACING "/trace", "r");
	char line[512];
	int i, n = 0;

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		note_kill(line, killed);
	fclose(f);
	for (i = 0; i < ENTRIES; i++)
		n += killed[i];
	if (n != ENTRIES)
		diag("%d of %d entries were killed", n, ENTRIES);
	CHECK_IS(n, ENTRIES);
}

/*
 * Owing kills
 */

static void open_group(int group)
{
	struct vfio_iommu_mtce_info info;

	/* Whatever the variant: it is the second group that is a stranger. */
	CHECKED(param_set("direct", 1));
	OK(container_open_at(&box, backend->v2, group));
	if (!pool)
		pool = mem_alloc(POOL_SIZE);
	OK(vfio_register(&box, pool, POOL_SIZE));
	OK(vfio_remove(&box, 0));
	OK(vfio_window(&box, 12, SZ_64M, 1, NULL));
	OK(mtce_info(&box, &info));
	if (!(info.flags & VFIO_MTCE_INFO_PE_KILL))
		test_skipped("this bridge has no kill of a PE");
}

static void map_all(void)
{
	int i;

	for (i = 0; i < ENTRIES; i++)
		OK(vfio_map(&box, RW, IOVA(i), pool + i * SZ_64K, SZ_4K));
}

/* They wait in the queue, more than are remembered one by one. */
static void owe_all(void)
{
	struct vfio_mtce_op op;
	uint32_t done;
	int i;

	CHECKED(map_all());
	CHECKED(watch_from_now());
	for (i = 0; i < ENTRIES; i++) {
		op = lazy_unmap_op(IOVA(i), SZ_4K);
		done = 1;
		OK(mtce_update(&box, &op, &done));
	}
}

/* The second group comes, and only the platform can kill for it. */
static void stranger_joins(void)
{
	struct vfio_iommu_mtce_info info;

	CHECKED(param_set("direct", 0));
	OK(container_attach(&box, 1));
	OK(mtce_info(&box, &info));
	CHECK_IS(info.groups, 2);
	CHECK_IS(info.flags & VFIO_MTCE_INFO_PE_KILL, 0);
}

static void owe_and_let_join(void)
{
	struct vfio_iommu_mtce_info info;

	CHECKED(open_group(0));
	CHECKED(owe_all());
	OK(mtce_info(&box, &info));
	CHECK_IS(info.stats.lazy_pending, ENTRIES);
	CHECKED(stranger_joins());
}

/*
 * Tests
 */

static void stranger_joins_then_flush(void)
{
	CHECKED(owe_and_let_join());
	OK(mtce_flush(&box));
	CHECKED(all_are_killed());
}

static void stranger_joins_then_unregister(void)
{
	CHECKED(owe_and_let_join());
	OK(vfio_unregister(&box, pool, POOL_SIZE));
	CHECKED(all_are_killed());
}

static void stranger_joins_then_timeout(void)
{
	CHECKED(param_set("lazy_timeout_ms", 500));
	CHECKED(owe_and_let_join());
	sleep(2);
	CHECKED(all_are_killed());
}

static void stranger_joins_then_reuse(void)
{
	CHECKED(owe_and_let_join());
	OK(vfio_map(&box, RW, IOVA(5), pool, SZ_4K));
	OK(vfio_unmap(&box, IOVA(5), SZ_4K));
	OK(mtce_flush(&box));
	CHECKED(all_are_killed());
}

/* The other way round: what was owed entry by entry is done when PEs can be killed again. */
static void stranger_leaves(void)
{
	CHECKED(open_group(0));
	CHECKED(stranger_joins());
	CHECKED(owe_all());
	OK(container_detach(&box, 1));
	OK(mtce_flush(&box));
	CHECKED(all_are_killed());
}

static void before(void)
{
	param_set("lazy_timeout_ms", 600000);
	param_set("lazy_entries", 100000);
}

static void after(void)
{
	box_close();
	param_restore();
}

static const struct test tests[] = {
	TEST(stranger_joins_then_flush, 0),
	TEST(stranger_joins_then_unregister, 0),
	TEST(stranger_joins_then_timeout, 0),
	TEST(stranger_joins_then_reuse, 0),
	TEST(stranger_leaves, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "attack_groups",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_NATIVE | NEEDS_GROUPS,
		.begin = watch_begin,
		.before = before,
		.after = after,
		.end = watch_end,
	};

	return run_suite(&suite);
}
