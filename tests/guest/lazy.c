// SPDX-License-Identifier: GPL-2.0
/*
 * Lazy unmaps: entries go at once, kills and pages when they should, and
 * nothing that a page still waits for can get it (invariants 3 and 4).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "param.h"

#define SPOT		SZ_1M
#define FAR		(32 * SZ_1M)
#define MANY		512u
#define LONG_MS		600000	/* no flush by time unless a test wants it */

static struct vfio_iommu_mtce_info was, is;

static void before(void)
{
	param_set("lazy_timeout_ms", LONG_MS);
	param_set("lazy_entries", 4096);
	box_ready();
	mtce_info(&box, &was);
}

static void after(void)
{
	box_close();
	param_restore();
}

static int update(const struct vfio_mtce_op *ops, uint32_t num)
{
	uint32_t done = num;
	int ret = mtce_update(&box, ops, &done);

	return ret ? ret : done == num ? 0 : -EPROTO;
}

static int lazy_unmap(uint64_t iova, uint64_t size)
{
	struct vfio_mtce_op op = lazy_unmap_op(iova, size);

	return update(&op, 1);
}

/* Since the last look; and the next look starts here. */
#define SINCE(field)	((long)(is.stats.field - was.stats.field))
static void look(void)
{
	was = is;
	mtce_info(&box, &is);
}

static long kills_since(void)
{
	return SINCE(kills_tce) + SINCE(kills_pe);
}

static long flushes_since(void)
{
	return SINCE(flushes_full) + SINCE(flushes_timeout) + SINCE(flushes_explicit) +
	       SINCE(flushes_reuse) + SINCE(flushes_teardown);
}

/* Maps @n entries at SPOT, ready to be unmapped, and looks. */
static void mapped(unsigned long n)
{
	OK(vfio_map(&box, RW, SPOT, pool, n * SZ_4K));
	mtce_info(&box, &is);
	look();
}

static void containers_begin_strict(void)
{
	CHECKED(mapped(3));
	CHECK(is.flags & VFIO_MTCE_INFO_LAZY);
	CHECK(!(is.flags & VFIO_MTCE_INFO_LAZY_MODE));
	CHECK_IS(is.lazy_entries, 4096);
	OK(vfio_unmap(&box, SPOT, 3 * SZ_4K));
	look();
	CHECK_IS(is.stats.lazy_pending, 0);
	CHECK(kills_since() > 0);
}

static void entries_go_at_once_kills_later(void)
{
	CHECKED(mapped(8));
	OK(lazy_unmap(SPOT, 8 * SZ_4K));
	look();
	CHECK_IS(SINCE(tces_unmapped), 8);
	CHECK_IS(is.stats.lazy_pending, 8);
	CHECK_IS(kills_since(), 0);
	CHECK_IS(flushes_since(), 0);
}

static void flush_kills_once(void)
{
	CHECKED(mapped(8));
	OK(lazy_unmap(SPOT, 8 * SZ_4K));
	OK(mtce_flush(&box));
	look();
	CHECK_IS(is.stats.lazy_pending, 0);
	CHECK_IS(SINCE(flushes_explicit), 1);
	CHECK_IS(flushes_since(), 1);
	CHECK(kills_since() >= 1 && kills_since() <= 8);
}

static void flush_of_nothing_is_free(void)
{
	CHECKED(mapped(1));
	OK(mtce_flush(&box));
	look();
	CHECK_IS(flushes_since(), 0);
	CHECK_IS(kills_since(), 0);
}

static void flush_and_mode_check_their_flags(void)
{
	struct vfio_iommu_mtce_flush flush = { .argsz = sizeof(flush), .flags = 1 };
	struct vfio_iommu_mtce_mode mode = { .argsz = sizeof(mode), .flags = 1 };

	CHECK_IS(vfio_call(box.fd, VFIO_IOMMU_MTCE_FLUSH, &flush), -EINVAL);
	CHECK_IS(vfio_call(box.fd, VFIO_IOMMU_MTCE_MODE, &mode), -EINVAL);
	mode.flags = VFIO_MTCE_LAZY | 1u << 31;
	CHECK_IS(vfio_call(box.fd, VFIO_IOMMU_MTCE_MODE, &mode), -EINVAL);
	CHECKED(mtce_info(&box, &is));
	CHECK(!(is.flags & VFIO_MTCE_INFO_LAZY_MODE));
}

/* Whether 512 entries cost one kill, and how many they cost where a PE cannot be killed. */
static void many_single_pages_share_one_kill(void)
{
	struct vfio_mtce_op ops[MANY];
	unsigned int i;

	CHECKED(mapped(MANY));
	for (i = 0; i < MANY; i++)
		ops[i] = lazy_unmap_op(SPOT + (uint64_t)(i * 7 % MANY) * SZ_4K, SZ_4K);
	OK(update(ops, MANY));
	look();
	CHECK_IS(SINCE(tces_unmapped), MANY);
	if (is.flags & VFIO_MTCE_INFO_PE_KILL) {
		CHECK_IS(is.stats.lazy_pending, MANY);
		CHECK_IS(kills_since(), 0);
	}
	OK(mtce_flush(&box));
	OK(mtce_info(&box, &is));
	CHECK_IS(SINCE(kills_tce) + SINCE(kills_pe),
		 is.flags & VFIO_MTCE_INFO_PE_KILL ? (long)is.groups : (long)MANY);
}

/* 8 neighbours unmapped one by one, in either direction, are one range. */
static void neighbours_become_one_range(void)
{
	unsigned int i;

	param_set("kill_threshold", 1000);
	CHECKED(mapped(64));
	for (i = 0; i < 32; i++)
		OK(lazy_unmap(SPOT + i * SZ_4K, SZ_4K));
	for (i = 64; i > 32; i--)
		OK(lazy_unmap(SPOT + (i - 1) * SZ_4K, SZ_4K));
	OK(mtce_flush(&box));
	look();
	/* More ranges than are remembered would have made it a kill of the PE. */
	CHECK_IS(SINCE(kills_pe), 0);
	CHECK_IS(SINCE(kills_tce), 64);
}

static void full_queue_is_flushed(void)
{
	unsigned int i;

	param_set("lazy_entries", 10);
	CHECKED(mapped(25));
	for (i = 0; i < 25; i++)
		OK(lazy_unmap(SPOT + i * SZ_4K, SZ_4K));
	look();
	CHECK_IS(SINCE(flushes_full), 2);
	CHECK_IS(is.stats.lazy_pending, 5);
}

static void no_entries_means_strict(void)
{
	param_set("lazy_entries", 0);
	CHECKED(mapped(2));
	OK(lazy_unmap(SPOT, 2 * SZ_4K));
	look();
	CHECK_IS(is.stats.lazy_pending, 0);
	CHECK_IS(flushes_since(), 0);
	CHECK(kills_since() > 0);
}

/* Until nothing waits for its kill, or for 20 s. */
static void wait_for_kill(void)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	int left;

	for (left = 20000; left; left--) {
		OK(mtce_info(&box, &is));
		if (!is.stats.lazy_pending)
			break;
		nanosleep(&ms, NULL);
	}
	CHECK_IS(is.stats.lazy_pending, 0);
}

static void old_queue_is_flushed(void)
{
	param_set("lazy_timeout_ms", 50);
	CHECKED(mapped(2));
	OK(lazy_unmap(SPOT, SZ_4K));
	OK(lazy_unmap(SPOT + SZ_4K, SZ_4K));
	CHECKED(wait_for_kill());
	CHECK_IS(SINCE(flushes_timeout), 1);
	CHECK_IS(flushes_since(), 1);
}

/* Also where something waited by a longer one before. */
static void shorter_timeout_counts_from_the_next_unmap_on(void)
{
	CHECKED(mapped(2));
	OK(lazy_unmap(SPOT, SZ_4K));
	OK(mtce_flush(&box));
	param_set("lazy_timeout_ms", 50);
	OK(lazy_unmap(SPOT + SZ_4K, SZ_4K));
	CHECKED(wait_for_kill());
	CHECK_IS(SINCE(flushes_timeout), 1);
}

/* The kill that a map owes anyway covers the queue as well. */
static void map_of_a_waiting_iova_flushes(void)
{
	CHECKED(mapped(8));
	OK(lazy_unmap(SPOT, 8 * SZ_4K));
	OK(vfio_map(&box, RW, SPOT + 3 * SZ_4K, pool + SZ_1M, SZ_4K));
	look();
	if (!(is.flags & VFIO_MTCE_INFO_PE_KILL)) {
		CHECK_IS(is.stats.lazy_pending, 8);
		CHECK_IS(kills_since(), 1);
		return;
	}
	CHECK_IS(SINCE(flushes_reuse), 1);
	CHECK_IS(is.stats.lazy_pending, 0);
	CHECK_IS(SINCE(kills_pe), (long)is.groups);
	CHECK_IS(SINCE(kills_tce), 0);
}

static void range_and_list_see_reuse_too(void)
{
	uint64_t list[32];
	unsigned int i;

	for (i = 0; i < 32; i++)
		list[i] = (uintptr_t)pool + i * SZ_64K;
	CHECKED(mapped(64));
	if (!(is.flags & VFIO_MTCE_INFO_PE_KILL)) {
		test_skipped("there is no kill of a whole PE");
		return;
	}
	OK(lazy_unmap(SPOT + 40 * SZ_4K, SZ_4K));
	OK(vfio_unmap(&box, SPOT, 64 * SZ_4K));
	OK(vfio_map(&box, RW, SPOT, pool, 64 * SZ_4K));
	look();
	CHECK_IS(SINCE(flushes_reuse), 1);
	OK(lazy_unmap(SPOT, 64 * SZ_4K));
	OK(mtce_put_list(&box, RW, SPOT + 63 * SZ_4K, list, 32));
	look();
	CHECK_IS(SINCE(flushes_reuse), 1);
	CHECK_IS(is.stats.lazy_pending, 0);
}

static void map_elsewhere_leaves_the_queue(void)
{
	CHECKED(mapped(8));
	OK(lazy_unmap(SPOT, 8 * SZ_4K));
	OK(vfio_map(&box, RW, FAR, pool, SZ_4K));
	OK(vfio_unmap(&box, FAR, SZ_4K));
	look();
	CHECK_IS(flushes_since(), 0);
	CHECK_IS(is.stats.lazy_pending, 8);
	/* Reused only once: what a flush has done is over. */
	OK(mtce_flush(&box));
	OK(mtce_info(&box, &is));
	look();
	OK(vfio_map(&box, RW, SPOT, pool, 8 * SZ_4K));
	look();
	CHECK_IS(flushes_since(), 0);
}

static void waiting_memory_can_be_unregistered(void)
{
	long pins = mem_pins();
	uint8_t *mem = mem_alloc(SZ_1M);

	OK(vfio_register(&box, mem, SZ_1M));
	OK(vfio_map(&box, RW, SPOT, mem, SZ_1M));
	OK(mtce_info(&box, &is));
	look();
	OK(lazy_unmap(SPOT, SZ_1M));
	CHECK_IS(mem_pins() - pins, (long)(SZ_1M / mem_page()));
	OK(vfio_unregister(&box, mem, SZ_1M));
	look();
	CHECK_IS(SINCE(flushes_teardown), 1);
	CHECK(mem_pins_return_to(pins));
	mem_free(mem, SZ_1M);
}

/* Unregister flushes for memory that waits; memory that is mapped stays busy. */
static void mapped_memory_is_still_busy(void)
{
	CHECKED(mapped(4));
	OK(lazy_unmap(SPOT, 3 * SZ_4K));
	CHECK_IS(vfio_unregister(&box, pool, POOL_SIZE), -EBUSY);
	OK(lazy_unmap(SPOT + 3 * SZ_4K, SZ_4K));
	OK(vfio_unregister(&box, pool, POOL_SIZE));
}

/* v1: a page that the map pinned itself stays until the kill, also when its user has gone. */
static void pinned_pages_stay_until_the_flush(void)
{
	const unsigned long n = 20;
	long pins, page = mem_page();
	uint8_t *mem;

	OK(vfio_enable(&box));
	pins = mem_pins();
	mem = mem_alloc(n * page);
	OK(vfio_map(&box, RW, SPOT, mem, n * page));
	OK(lazy_unmap(SPOT, n * page));
	CHECK(mem_pins() > pins);
	mem_free(mem, n * page);
	CHECK(mem_pins() > pins);
	OK(mtce_flush(&box));
	CHECK(mem_pins_return_to(pins));
}

/* A strict unmap is done when the call returns, but not what lazy ones before it left. */
static void pinned_pages_stay_when_a_strict_unmap_follows(void)
{
	uint8_t *mem = mem_alloc(SZ_1M);
	unsigned long n;
	long pins;

	OK(vfio_enable(&box));
	pins = mem_pins();
	for (n = 1; n <= 20; n++) {
		struct vfio_mtce_op ops[] = {
			lazy_unmap_op(SPOT, n * SZ_4K), unmap_op(FAR, SZ_4K),
		};

		OK(vfio_map(&box, RW, SPOT, mem, n * SZ_4K));
		OK(vfio_map(&box, RW, FAR, mem, SZ_4K));
		OK(update(ops, 2));
		look();
		CHECK_IS(is.stats.lazy_pending, n);
		CHECK_IS(mem_pins() - pins, n);
		OK(mtce_flush(&box));
		CHECK(mem_pins_return_to(pins));
	}
	mem_free(mem, SZ_1M);
}

/* More of them than the queue holds. */
static void pinned_pages_are_bounded(void)
{
	const unsigned long size = 2048 * SZ_4K;
	long pins;
	uint8_t *mem;

	OK(vfio_enable(&box));
	pins = mem_pins();
	mem = mem_alloc(size);
	OK(vfio_map(&box, RW, FAR, mem, size));
	OK(mtce_info(&box, &is));
	look();
	OK(lazy_unmap(FAR, size));
	look();
	CHECK_IS(SINCE(tces_unmapped), 2048);
	CHECK(SINCE(flushes_full) >= 3);
	OK(vfio_disable(&box));
	CHECK(mem_pins_return_to(pins));
	mem_free(mem, size);
}

static void mode_makes_every_unmap_lazy(void)
{
	struct vfio_mtce_op op = unmap_op(SPOT + SZ_4K, SZ_4K);

	OK(mtce_mode(&box, VFIO_MTCE_LAZY));
	CHECKED(mapped(2));
	CHECK(is.flags & VFIO_MTCE_INFO_LAZY_MODE);
	OK(vfio_unmap(&box, SPOT, SZ_4K));
	OK(update(&op, 1));
	look();
	CHECK_IS(is.stats.lazy_pending, 2);
	CHECK_IS(kills_since(), 0);
	OK(mtce_mode(&box, 0));
	look();
	CHECK_IS(is.stats.lazy_pending, 0);
	CHECK_IS(SINCE(flushes_explicit), 1);
	CHECK(!(is.flags & VFIO_MTCE_INFO_LAZY_MODE));
	OK(vfio_map(&box, RW, SPOT, pool, SZ_4K));
	OK(vfio_unmap(&box, SPOT, SZ_4K));
	look();
	CHECK_IS(is.stats.lazy_pending, 0);
}

static void window_removal_lets_everything_go(void)
{
	OK(vfio_enable(&box));
	CHECKED(mapped(8));
	OK(lazy_unmap(SPOT, 8 * SZ_4K));
	OK(vfio_remove(&box, 0));
	look();
	CHECK_IS(is.stats.lazy_pending, 0);
	CHECK_IS(SINCE(flushes_teardown), 1);
	OK(vfio_unregister(&box, pool, POOL_SIZE));
}

static void both_windows_are_flushed(void)
{
	uint64_t second;

	OK(vfio_window(&box, 16, SZ_64M, 1, &second));
	OK(vfio_map(&box, RW, second, pool, 4 * SZ_64K));
	CHECKED(mapped(4));
	OK(lazy_unmap(SPOT, 4 * SZ_4K));
	OK(lazy_unmap(second, 4 * SZ_64K));
	look();
	CHECK_IS(is.stats.lazy_pending, 8);
	OK(vfio_unregister(&box, pool, POOL_SIZE));
	look();
	CHECK_IS(is.stats.lazy_pending, 0);
	CHECK_IS(SINCE(flushes_teardown), 2);
}

static void close_lets_everything_go(void)
{
	long pins, locked;

	CHECKED(box_close());
	pins = mem_pins();
	locked = mem_locked_kb(0);
	CHECKED(box_ready());
	CHECKED(mapped(100));
	OK(lazy_unmap(SPOT, 77 * SZ_4K));
	CHECKED(box_close());
	CHECK(mem_pins_return_to(pins));
	CHECK_IS(mem_locked_kb(0), locked);
}

static void detach_flushes_first(void)
{
	CHECKED(mapped(4));
	OK(container_attach(&box, 1));
	OK(mtce_info(&box, &is));
	look();
	OK(lazy_unmap(SPOT, 4 * SZ_4K));
	OK(container_detach(&box, 1));
	look();
	CHECK_IS(is.stats.lazy_pending, 0);
	CHECK_IS(SINCE(flushes_teardown), 1);
	CHECK(kills_since() >= 2);
}

/* Maps, lazy and strict unmaps in one call: each gets what it asked for. */
static void one_update_mixes_everything(void)
{
	struct vfio_mtce_op ops[6];

	CHECKED(mapped(8));
	ops[0] = lazy_unmap_op(SPOT, 2 * SZ_4K);
	ops[1] = map_op(FAR, pool, 2 * SZ_4K);
	ops[2] = unmap_op(SPOT + 2 * SZ_4K, 2 * SZ_4K);
	ops[3] = lazy_unmap_op(SPOT + 4 * SZ_4K, SZ_4K);
	ops[4] = map_op(FAR + SZ_1M, pool, SZ_4K);
	ops[5] = lazy_unmap_op(FAR, SZ_4K);
	OK(update(ops, 6));
	look();
	CHECK_IS(SINCE(tces_mapped), 3);
	CHECK_IS(SINCE(tces_unmapped), 6);
	CHECK_IS(is.stats.lazy_pending, 4);
	CHECK(is_live(&box, FAR + SZ_4K, pool, SZ_4K));
	CHECK(!is_live(&box, SPOT, pool, 5 * SZ_4K));
	OK(vfio_unmap(&box, 0, SZ_64M));
	OK(vfio_unregister(&box, pool, POOL_SIZE));
}

/* Unmapped lazily and mapped again in one call. */
static void one_update_reuses_its_own(void)
{
	struct vfio_mtce_op ops[2];

	CHECKED(mapped(4));
	ops[0] = lazy_unmap_op(SPOT, 4 * SZ_4K);
	ops[1] = map_op(SPOT, pool + SZ_1M, 4 * SZ_4K);
	OK(update(ops, 2));
	look();
	CHECK(is_live(&box, SPOT, pool, SZ_4K));
	if (is.flags & VFIO_MTCE_INFO_PE_KILL) {
		CHECK_IS(is.stats.lazy_pending, 0);
		CHECK_IS(SINCE(flushes_reuse), 1);
		CHECK_IS(SINCE(kills_pe), (long)is.groups);
	}
	CHECK_IS(vfio_unregister(&box, pool, POOL_SIZE), -EBUSY);
	OK(vfio_unmap(&box, SPOT, 4 * SZ_4K));
	OK(vfio_unregister(&box, pool, POOL_SIZE));
}

/* Each entry of another region: more runs than a call remembers. */
static void many_regions_wait(void)
{
	enum { REGIONS = 40 };
	struct vfio_mtce_op ops[REGIONS];
	uint8_t *mem = mem_alloc(REGIONS * SZ_64K);
	unsigned int i;

	for (i = 0; i < REGIONS; i++) {
		OK(vfio_register(&box, mem + i * SZ_64K, SZ_64K));
		OK(vfio_map(&box, RW, SPOT + i * SZ_4K, mem + i * SZ_64K, SZ_4K));
		ops[i] = lazy_unmap_op(SPOT + i * SZ_4K, SZ_4K);
	}
	OK(lazy_unmap(SPOT, REGIONS * SZ_4K));
	for (i = 0; i < REGIONS; i++)
		OK(vfio_unregister(&box, mem + i * SZ_64K, SZ_64K));
	for (i = 0; i < REGIONS; i++) {
		OK(vfio_register(&box, mem + i * SZ_64K, SZ_64K));
		OK(vfio_map(&box, RW, SPOT + i * SZ_4K, mem + i * SZ_64K, SZ_4K));
	}
	OK(update(ops, REGIONS));
	for (i = 0; i < REGIONS; i++)
		OK(vfio_unregister(&box, mem + i * SZ_64K, SZ_64K));
	mem_free(mem, REGIONS * SZ_64K);
}

static const struct test tests[] = {
	TEST(containers_begin_strict, 0),
	TEST(entries_go_at_once_kills_later, 0),
	TEST(flush_kills_once, 0),
	TEST(flush_of_nothing_is_free, 0),
	TEST(flush_and_mode_check_their_flags, 0),
	TEST(many_single_pages_share_one_kill, 0),
	TEST(neighbours_become_one_range, 0),
	TEST(full_queue_is_flushed, 0),
	TEST(no_entries_means_strict, 0),
	TEST(old_queue_is_flushed, 0),
	TEST(shorter_timeout_counts_from_the_next_unmap_on, 0),
	TEST(map_of_a_waiting_iova_flushes, 0),
	TEST(range_and_list_see_reuse_too, 0),
	TEST(map_elsewhere_leaves_the_queue, 0),
	TEST(waiting_memory_can_be_unregistered, 0),
	TEST(mapped_memory_is_still_busy, 0),
	TEST(pinned_pages_stay_until_the_flush, 0),
	TEST(pinned_pages_stay_when_a_strict_unmap_follows, 0),
	TEST(pinned_pages_are_bounded, 0),
	TEST(mode_makes_every_unmap_lazy, 0),
	TEST(window_removal_lets_everything_go, 0),
	TEST(both_windows_are_flushed, 0),
	TEST(close_lets_everything_go, 0),
	TEST(detach_flushes_first, NEEDS_GROUPS),
	TEST(one_update_mixes_everything, 0),
	TEST(one_update_reuses_its_own, 0),
	TEST(many_regions_wait, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "lazy",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_NATIVE,
		.before = before,
		.after = after,
	};

	return run_suite(&suite);
}
