// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that the device can still reach may not go away, and memory that it
 * cannot reach any more must.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"

static uint8_t *mem;
static long pins, locked;

#define MEM_SIZE (8 * SZ_64K)

static void before(void)
{
	pins = mem_pins();
	locked = mem_locked_kb(0);
	box_ready();
	mem = mem_alloc(MEM_SIZE);
}

static void after(void)
{
	rig_close();
	mem_free(mem, MEM_SIZE);
}

/* After the body, everything must be as before it: that is the other half of the promise. */
static void nothing_is_left(void)
{
	box_close();
	CHECK(mem_pins_return_to(pins));
	CHECK_IS(mem_locked_kb(0), locked);
}

/*
 * Unregisters memory that is mapped. Where that is refused, nothing has
 * changed; where it is done (clients of v2 rely on it), the entries are gone.
 * Returns true where the test is over.
 */
static bool refused_or_revoked(const void *p, size_t size)
{
	int ret = vfio_unregister(&box, p, size);

	if (!backend->revokes) {
		if (ret != -EBUSY)
			test_failed(__FILE__, __LINE__, "answer %d, not EBUSY", ret);
		return ret != -EBUSY;
	}
	if (ret)
		test_failed(__FILE__, __LINE__, "answer %d, not 0", ret);
	else if (vfio_unregister(&box, p, size) != -ENOENT)
		test_failed(__FILE__, __LINE__, "it is still registered");
	else
		nothing_is_left();
	return true;
}

static void unregister_of_mapped_memory_is_ebusy(void)
{
	OK(vfio_register(&box, mem, MEM_SIZE));
	OK(vfio_map(&box, RW, SZ_1M, mem, SZ_4K));
	if (refused_or_revoked(mem, MEM_SIZE))
		return;
	/* Refused means: still registered, still mapped. */
	OK(vfio_map(&box, RW, SZ_1M + SZ_4K, mem + SZ_4K, SZ_4K));
	OK(vfio_unmap(&box, SZ_1M, 2 * SZ_4K));
	OK(vfio_unregister(&box, mem, MEM_SIZE));
	nothing_is_left();
}

static void unregister_after_unmap_unpins(void)
{
	long held;

	OK(vfio_register(&box, mem, MEM_SIZE));
	held = mem_pins();
	CHECK_IS(held - pins, (long)((MEM_SIZE + POOL_SIZE) / mem_page()));
	OK(vfio_map(&box, RW, SZ_1M, mem, MEM_SIZE));
	OK(vfio_unmap(&box, SZ_1M, MEM_SIZE));
	OK(vfio_unregister(&box, mem, MEM_SIZE));
	CHECK(mem_pins_return_to(held - (long)(MEM_SIZE / mem_page())));
	nothing_is_left();
}

static void partly_unmapped_memory_is_still_busy(void)
{
	OK(vfio_register(&box, mem, MEM_SIZE));
	OK(vfio_map(&box, RW, SZ_1M, mem, MEM_SIZE));
	OK(vfio_unmap(&box, SZ_1M, MEM_SIZE - SZ_4K));
	if (refused_or_revoked(mem, MEM_SIZE))
		return;
	OK(vfio_unmap(&box, SZ_1M + MEM_SIZE - SZ_4K, SZ_4K));
	OK(vfio_unregister(&box, mem, MEM_SIZE));
	nothing_is_left();
}

static void replaced_memory_can_go(void)
{
	OK(vfio_register(&box, mem, MEM_SIZE));
	OK(vfio_map(&box, RW, SZ_1M, mem, 3 * SZ_64K));
	OK(vfio_map(&box, RW, SZ_1M, pool, 3 * SZ_64K));
	OK(vfio_unregister(&box, mem, MEM_SIZE));
	nothing_is_left();
}

/* The same page twice, in one window: counted twice. */
static void two_mappings_of_one_page_count_twice(void)
{
	OK(vfio_register(&box, mem, MEM_SIZE));
	OK(vfio_map(&box, RW, SZ_1M, mem, SZ_4K));
	OK(vfio_map(&box, RW, 2 * SZ_1M, mem, SZ_4K));
	OK(vfio_map(&box, RW, 2 * SZ_1M, mem, SZ_4K));
	OK(vfio_unmap(&box, SZ_1M, SZ_4K));
	OK(vfio_unmap(&box, SZ_1M, SZ_4K));
	if (refused_or_revoked(mem, MEM_SIZE))
		return;
	OK(vfio_unmap(&box, 2 * SZ_1M, SZ_4K));
	OK(vfio_unregister(&box, mem, MEM_SIZE));
	nothing_is_left();
}

static void both_windows_hold_memory(void)
{
	uint64_t second;

	OK(vfio_register(&box, mem, MEM_SIZE));
	OK(vfio_window(&box, 12, SZ_64M, 1, &second));
	OK(vfio_map(&box, RW, SZ_1M, mem, SZ_4K));
	OK(vfio_map(&box, RW, second, mem + SZ_4K, SZ_4K));
	OK(vfio_unmap(&box, SZ_1M, SZ_4K));
	if (refused_or_revoked(mem, MEM_SIZE))
		return;
	OK(vfio_unmap(&box, second, SZ_4K));
	OK(vfio_unregister(&box, mem, MEM_SIZE));
	nothing_is_left();
}

static void window_removal_lets_go_of_memory(void)
{
	uint64_t second;

	OK(vfio_register(&box, mem, MEM_SIZE));
	OK(vfio_window(&box, 12, SZ_64M, 1, &second));
	OK(vfio_map(&box, RW, second + SZ_1M, mem, MEM_SIZE));
	if (refused_or_revoked(mem, MEM_SIZE))
		return;
	OK(vfio_remove(&box, second));
	OK(vfio_unregister(&box, mem, MEM_SIZE));
	nothing_is_left();
}

static void failed_map_holds_nothing(void)
{
	OK(vfio_register(&box, mem, MEM_SIZE / 2));
	CHECK_IS(vfio_map(&box, RW, SZ_1M, mem, MEM_SIZE), want(-ENOENT, -EINVAL));
	OK(vfio_unregister(&box, mem, MEM_SIZE / 2));
	nothing_is_left();
}

static void seam_between_two_regions_counts_in_both(void)
{
	OK(vfio_register(&box, mem, MEM_SIZE / 2));
	OK(vfio_register(&box, mem + MEM_SIZE / 2, MEM_SIZE / 2));
	OK(vfio_map(&box, RW, SZ_1M, mem + MEM_SIZE / 2 - SZ_64K, 2 * SZ_64K));
	if (refused_or_revoked(mem, MEM_SIZE / 2))
		return;
	if (refused_or_revoked(mem + MEM_SIZE / 2, MEM_SIZE / 2))
		return;
	OK(vfio_unmap(&box, SZ_1M, SZ_64K));
	OK(vfio_unregister(&box, mem, MEM_SIZE / 2));
	if (refused_or_revoked(mem + MEM_SIZE / 2, MEM_SIZE / 2))
		return;
	OK(vfio_unmap(&box, SZ_1M + SZ_64K, SZ_64K));
	OK(vfio_unregister(&box, mem + MEM_SIZE / 2, MEM_SIZE / 2));
	nothing_is_left();
}

/* Two containers of one process: each registers and counts by itself. */
static void another_container_may_register_the_same_memory(void)
{
	struct container other;

	OK(container_open_at(&other, backend->v2, 1));
	OK(vfio_register(&other, mem, MEM_SIZE));
	OK(vfio_register(&box, mem, MEM_SIZE));
	OK(vfio_map(&box, RW, SZ_1M, mem, SZ_4K));
	OK(vfio_unregister(&other, mem, MEM_SIZE));
	/* Only the other one let go: this mapping must still hold. */
	OK(vfio_map(&box, RW, SZ_1M + SZ_4K, mem + SZ_4K, SZ_4K));
	OK(vfio_unmap(&box, SZ_1M, 2 * SZ_4K));
	OK(vfio_unregister(&box, mem, MEM_SIZE));
	container_close(&other);
	nothing_is_left();
}

/*
 * The worst of upstream's: unregister, let the address point to other memory,
 * register and map again; the device must reach the new page.
 */
static void new_memory_at_an_old_address(void)
{
	uint8_t *p = mem_alloc(SZ_64K), *same;
	const char *why;

	box_close();
	why = rig_open();
	CHECK(!why);
	CHECKED(rig_window(12, SZ_64M, 1));
	OK(vfio_register(&box, p, SZ_64K));
	OK(vfio_map(&box, RW, SZ_1M, p, SZ_4K));
	if (vfio_unregister(&box, p, SZ_64K)) {
		OK(vfio_unmap(&box, SZ_1M, SZ_4K));
		OK(vfio_unregister(&box, p, SZ_64K));
	}
	munmap(p, SZ_64K);
	same = mmap(p, SZ_64K, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(same == p);
	same[0] = 1;
	OK(vfio_register(&box, same, SZ_64K));
	OK(vfio_map(&box, RW, SZ_1M, same, SZ_4K));
	CHECK(edu_reaches(&edu, SZ_1M, same));
	OK(vfio_unmap(&box, SZ_1M, SZ_4K));
	OK(vfio_unregister(&box, same, SZ_64K));
	edu_close(&edu);
	nothing_is_left();
}

/* What a device wrote must not be lost when the page is only in the page cache. */
/* Revoked entries let the device in no longer. */
static void revoked_memory_is_out_of_reach(void)
{
	const char *why;

	if (!backend->revokes) {
		test_skipped("this back end says EBUSY instead");
		return;
	}
	box_close();
	why = rig_open();
	CHECK(!why);
	CHECKED(rig_window(12, SZ_64M, 1));
	OK(vfio_register(&box, mem, MEM_SIZE));
	OK(vfio_map(&box, RW, SZ_1M, pool, SZ_4K));
	OK(vfio_map(&box, RW, SZ_1M + SZ_4K, mem, 2 * SZ_4K));
	OK(vfio_unregister(&box, mem, MEM_SIZE));
	CHECK(edu_is_kept_out(&edu, SZ_1M + SZ_4K, mem));
	CHECK(edu_is_kept_out(&edu, SZ_1M + 2 * SZ_4K, mem + SZ_4K));
	CHECK(edu_reaches(&edu, SZ_1M, pool));
	OK(vfio_unmap(&box, SZ_1M, 3 * SZ_4K));
	edu_close(&edu);
	nothing_is_left();
}

/* Clean until it goes: no CPU has written. */
static void written_memory_is_dirty_when_it_goes(void)
{
	uint8_t *p = mem_map_clean(SZ_64K);

	if (!p) {
		test_skipped("there is no clean memory, or /proc/kpageflags does not tell");
		return;
	}
	OK(vfio_register(&box, p, SZ_64K));
	OK(vfio_map(&box, RW, SZ_1M, p, SZ_4K));
	CHECK_IS(mem_is_dirty(p), 0);
	OK(vfio_unmap(&box, SZ_1M, SZ_4K));
	OK(vfio_unregister(&box, p, SZ_64K));
	CHECK_IS(mem_is_dirty(p), 1);
	mem_free(p, SZ_64K);
}

/* And what a device could only read stays clean. */
static void memory_that_was_read_stays_clean(void)
{
	uint8_t *p = mem_map_clean(SZ_64K);

	if (!p) {
		test_skipped("there is no clean memory, or /proc/kpageflags does not tell");
		return;
	}
	OK(vfio_register(&box, p, SZ_64K));
	OK(vfio_map(&box, VFIO_DMA_MAP_FLAG_READ, SZ_1M, p, SZ_4K));
	OK(vfio_unmap(&box, SZ_1M, SZ_4K));
	OK(vfio_unregister(&box, p, SZ_64K));
	CHECK_IS(mem_is_dirty(p), 0);
	mem_free(p, SZ_64K);
}

static const struct test tests[] = {
	TEST(unregister_of_mapped_memory_is_ebusy, 0),
	TEST(unregister_after_unmap_unpins, 0),
	TEST(partly_unmapped_memory_is_still_busy, 0),
	TEST(replaced_memory_can_go, 0),
	TEST(two_mappings_of_one_page_count_twice, 0),
	TEST(both_windows_hold_memory, 0),
	TEST(window_removal_lets_go_of_memory, 0),
	TEST(failed_map_holds_nothing, 0),
	TEST(seam_between_two_regions_counts_in_both, 0),
	TEST(another_container_may_register_the_same_memory, NEEDS_GROUPS),
	TEST(new_memory_at_an_old_address, NEEDS_EDU),
	TEST(revoked_memory_is_out_of_reach, NEEDS_EDU | NEEDS_OURS),
	TEST(written_memory_is_dirty_when_it_goes, 0),
	TEST(memory_that_was_read_stays_clean, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "unregister",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.before = before,
		.after = after,
	};

	return run_suite(&suite);
}
