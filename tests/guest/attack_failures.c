// SPDX-License-Identifier: GPL-2.0
/*
 * Every call again and again, the n-th of its allocations and user copies failing, until none is left that could
 * (invariant 9). What failed has changed nothing: locked_vm is as before, the auditor finds nothing, and the same call
 * then succeeds. Debug kernels only. Hypercalls are left out: KVM itself warns when it finds no memory.
 */
#include <errno.h>
#include <string.h>

#include "aftermath.h"
#include "audit.h"
#include "failnth.h"
#include "fixture.h"

#define MOST	400		/* no call has so many chances to fail */
#define HUGE	(1ull << 40)	/* a window of two levels */
#define LEAF	(64 * SZ_1M)	/* of a leaf of it */
#define OPS	64u

/**
 * struct attempt - a call, and the way back from it
 * @name: for the report
 * @call: 0 or a negative errno
 * @undo: after its success
 */
struct attempt {
	const char *name;
	int (*call)(void);
	int (*undo)(void);
};

static uint64_t spot;		/* a leaf that is not there yet */
static uint64_t second;		/* start of the second window */
static uint8_t *memory;
static long points;
static bool hands_over;		/* a group comes from the kernel's own use */

/* Where a group changes hands the kernel says -EBUSY for want of memory. */
static bool may_be(int ret)
{
	return !ret || ret == -ENOMEM || ret == -EFAULT || (ret == -EBUSY && hands_over);
}

/* One point. Returns whether something was made to fail. */
static bool attempt_nth(const struct attempt *a, long n)
{
	const long locked = mem_locked_kb(0);
	bool failed;
	int ret;

	if (!failnth_set(n)) {
		test_failed(__FILE__, __LINE__, "fail-nth cannot be set");
		return false;
	}
	ret = a->call();
	failed = failnth_failed();
	if (!may_be(ret) || (ret && !failed))
		test_failed(__FILE__, __LINE__, "%s, chance %ld: %d", a->name, n, ret);
	audit_test();
	if (ret && mem_locked_kb(0) != locked)
		test_failed(__FILE__, __LINE__, "%s, chance %ld: locked memory is %ld KiB, not %ld", a->name, n,
			    mem_locked_kb(0), locked);
	if (ret)
		ret = a->call();
	if (ret)
		test_failed(__FILE__, __LINE__, "%s, after chance %ld: %d", a->name, n, ret);
	ret = a->undo ? a->undo() : 0;
	if (ret || mem_locked_kb(0) != locked)
		test_failed(__FILE__, __LINE__, "%s, undone after chance %ld: %d, locked memory %ld KiB, not %ld",
			    a->name, n, ret, mem_locked_kb(0), locked);
	return failed;
}

static void sweep(const struct attempt *a)
{
	long n;

	for (n = 1; n < MOST && !test_has_failed(); n++)
		if (!attempt_nth(a, n))
			break;
	if (n == MOST)
		test_failed(__FILE__, __LINE__, "%s: %d points and more", a->name, MOST);
	diag("%s: %ld points", a->name, n - 1);
	points += n - 1;
}

static void sweep_all(const struct attempt *a, size_t num)
{
	size_t i;

	for (i = 0; i < num && !test_has_failed(); i++)
		sweep(&a[i]);
}

/*
 * Containers and groups
 */

static int open_box(void)
{
	return container_open(&box, backend->v2, 1);
}

static int close_box(void)
{
	box_close();
	return 0;
}

static void opening(void)
{
	static const struct attempt a = { "open", open_box, close_box };

	hands_over = true;
	sweep(&a);
}

static int join(void)
{
	return container_attach(&box, 1);
}

static int leave(void)
{
	return container_detach(&box, 1);
}

static void groups(void)
{
	static const struct attempt a[] = { { "attach", join, leave }, { "detach", leave, join } };

	CHECKED(box_ready());
	OK(vfio_map(&box, RW, SZ_1M, pool, SZ_1M));
	hands_over = true;
	sweep(&a[0]);
	if (!test_has_failed() && !join())
		sweep(&a[1]);
}

/*
 * Memory and windows
 */

static int add_memory(void)
{
	return vfio_register(&box, memory, SZ_1M);
}

static int drop_memory(void)
{
	return vfio_unregister(&box, memory, SZ_1M);
}

static void memory_comes_and_goes(void)
{
	static const struct attempt add = { "register", add_memory, drop_memory };
	static const struct attempt drop = { "unregister", drop_memory, add_memory };

	CHECKED(box_ready());
	CHECKED(sweep(&add));
	OK(add_memory());
	sweep(&drop);
}

static int create_small(void)
{
	return vfio_window(&box, 12, SZ_64M, 1, &second);
}

static int create_huge(void)
{
	return vfio_window(&box, 12, HUGE, 2, &second);
}

static int remove_it(void)
{
	return vfio_remove(&box, second);
}

static void windows_come_and_go(void)
{
	static const struct attempt create[] = {
		{ "create, one level", create_small, remove_it }, { "create, two levels", create_huge, remove_it },
	};
	static const struct attempt removal = { "remove", remove_it, create_small };

	CHECKED(box_ready());
	CHECKED(sweep_all(create, ARRAY_SIZE(create)));
	OK(create_small());
	sweep(&removal);
}

/*
 * Entries, each time where there is no leaf yet
 */

static int next_spot(void)
{
	int ret = vfio_unmap(&box, spot, 2 * LEAF);

	spot += 2 * LEAF;
	return ret;
}

static int map_two_leaves(void)
{
	return vfio_map(&box, RW, spot + LEAF - SZ_1M, pool, 2 * SZ_1M);
}

static int unmap_some(void)
{
	return vfio_unmap(&box, 0, 2 * SZ_1M);
}

static int map_some(void)
{
	return vfio_map(&box, RW, 0, pool, 2 * SZ_1M);
}

static void box_huge(void)
{
	CHECKED(box_open());
	OK(vfio_register(&box, pool, POOL_SIZE));
	OK(vfio_remove(&box, 0));
	OK(create_huge());
	CHECK_IS((long)second, 0);
	spot = 2 * LEAF;
}

static void maps_and_unmaps(void)
{
	static const struct attempt a[] = {
		{ "map", map_two_leaves, next_spot }, { "map where leaves are", map_some, unmap_some },
	};
	static const struct attempt unmap = { "unmap", unmap_some, map_some };

	CHECKED(box_huge());
	CHECKED(sweep_all(a, ARRAY_SIZE(a)));
	OK(map_some());
	sweep(&unmap);
}

/* Operations before the one that fails are done, so all of them may replace. */
static int update(uint32_t op, uint32_t num)
{
	struct vfio_mtce_op ops[OPS];
	uint32_t i;

	for (i = 0; i < num; i++) {
		ops[i] = map_op(spot + i * (SZ_4K + LEAF / OPS * 2), pool + i * SZ_4K, SZ_4K);
		ops[i].op = op;
		ops[i].flags = op == VFIO_MTCE_OP_MAP ? RW | VFIO_MTCE_REPLACE : VFIO_MTCE_LAZY;
		if (op == VFIO_MTCE_OP_UNMAP)
			ops[i].vaddr = 0;
	}
	return mtce_update(&box, ops, &num);
}

static int update_one(void)
{
	return update(VFIO_MTCE_OP_MAP, 1);
}

static int update_many(void)
{
	return update(VFIO_MTCE_OP_MAP, OPS);
}

static int update_lazy(void)
{
	return update(VFIO_MTCE_OP_UNMAP, OPS);
}

static int put_list(void)
{
	static uint64_t list[512];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(list); i++)
		list[i] = (uintptr_t)pool + i % 64 * SZ_4K;
	return mtce_put_list(&box, RW | VFIO_MTCE_REPLACE, spot + LEAF - SZ_1M, list, ARRAY_SIZE(list));
}

static int lazy_mode(void)
{
	return mtce_mode(&box, VFIO_MTCE_LAZY);
}

static int strict_mode(void)
{
	return mtce_mode(&box, 0);
}

static int flush(void)
{
	return mtce_flush(&box);
}

static int info(void)
{
	struct vfio_iommu_mtce_info i;

	return mtce_info(&box, &i);
}

static void new_calls(void)
{
	static const struct attempt a[] = {
		{ "update, one map", update_one, next_spot }, { "update, many maps", update_many, next_spot },
		{ "put list", put_list, next_spot }, { "lazy mode", lazy_mode, strict_mode },
		{ "update, lazy unmaps", update_lazy, update_many }, { "flush", flush, NULL }, { "info", info, NULL },
	};

	CHECKED(box_huge());
	OK(update_many());
	sweep_all(a, ARRAY_SIZE(a));
}

/*
 * Memory that maps pin
 */

static int enable(void)
{
	return vfio_enable(&box);
}

static int disable(void)
{
	return vfio_disable(&box);
}

static int map_pinned(void)
{
	return vfio_map(&box, RW, SZ_1M, memory, SZ_1M);
}

static int unmap_pinned(void)
{
	return vfio_unmap(&box, SZ_1M, SZ_1M);
}

static void maps_that_pin(void)
{
	static const struct attempt on = { "enable", enable, disable };
	static const struct attempt a[] = {
		{ "map that pins", map_pinned, unmap_pinned },
	};
	static const struct attempt unmap = { "unmap of pinned memory", unmap_pinned, map_pinned };

	CHECKED(box_open_v1());
	CHECKED(sweep(&on));
	OK(enable());
	/* The window of v1 is made at the first use. */
	OK(map_pinned());
	OK(unmap_pinned());
	CHECKED(sweep_all(a, ARRAY_SIZE(a)));
	OK(map_pinned());
	sweep(&unmap);
}

/*
 * Tests
 */

static void before(void)
{
	const char *why = failnth_open();

	if (why) {
		test_skipped("%s", why);
		return;
	}
	if (!pool)
		pool = mem_alloc(POOL_SIZE);
	if (!memory)
		memory = mem_alloc(SZ_1M);
	points = 0;
	hands_over = false;
	remember_counts();
}

static void after(void)
{
	if (box.fd >= 0)
		rig_no_windows();
	box_close();
	if (!points)
		return;
	diag("%ld points in all", points);
	counts_are_back();
}

static const struct test tests[] = {
	TEST(opening, 0),
	TEST(groups, NEEDS_GROUPS),
	TEST(memory_comes_and_goes, 0),
	TEST(windows_come_and_go, 0),
	TEST(maps_and_unmaps, 0),
	TEST(new_calls, NEEDS_NATIVE),
	TEST(maps_that_pin, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "attack_failures",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_OURS,
		.before = before,
		.after = after,
	};

	return run_suite(&suite);
}
