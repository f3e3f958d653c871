// SPDX-License-Identifier: GPL-2.0
/*
 * Huge windows. One that fails half way, for want of memory, shows no device
 * anything (invariants 9 and 11), and one that holds a single entry is gone in no
 * time, whoever else registers memory in the process (invariant 7).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "failnth.h"
#include "fixture.h"

#define HUGE_PAGES	"/sys/kernel/mm/hugepages/hugepages-16384kB/nr_hugepages"
#define HIGH		(1ull << 59)	/* where the platform puts the second window */
#define SMALL		(8 * SZ_1M)	/* the first, for the bounce page */
#define LIMIT_S		5

/*
 * In no time
 */

/*
 * A window of 4K pages, as few levels as can be had. A driver that looks at every
 * entry takes half a minute for it; at the platform's largest, 2^54, minutes.
 */
static int large_window(uint64_t *start, uint64_t *size)
{
	unsigned int shift, levels;
	int ret = -EINVAL;

	for (shift = 51; shift >= 40; shift--)
		for (levels = 2; levels <= 5; levels++) {
			*size = 1ull << shift;
			ret = vfio_window(&box, 12, *size, levels, start);
			if (!ret) {
				diag("window of 2^%u with %u levels", shift, levels);
				return 0;
			}
		}
	return ret;
}

static uint64_t one_entry_in_a_huge_window(void)
{
	uint64_t start = 0, size = 0;

	if (vfio_remove(&box, 0) || large_window(&start, &size) ||
	    vfio_map(&box, RW, start + size / 2, pool, SZ_4K))
		test_failed(__FILE__, __LINE__, "no huge window with an entry");
	return start;
}

static void took(double since)
{
	double s = clock_s() - since;

	if (s > LIMIT_S)
		test_failed(__FILE__, __LINE__, "it took %.1f s", s);
}

static void huge_window_is_removed_at_once(void)
{
	uint64_t start;
	double since;

	CHECKED(box_open());
	OK(vfio_register(&box, pool, POOL_SIZE));
	CHECKED(start = one_entry_in_a_huge_window());
	since = clock_s();
	OK(vfio_remove(&box, start));
	took(since);
}

static void huge_window_is_closed_at_once(void)
{
	double since;

	CHECKED(box_open());
	OK(vfio_register(&box, pool, POOL_SIZE));
	CHECKED(one_entry_in_a_huge_window());
	since = clock_s();
	box_close();
	took(since);
}

/* Memory that a container of upstream's has registered in this process. */
static void upstream_registers_too(void)
{
	struct container other = { .fd = -1 };
	uint8_t *mem = mem_alloc(SZ_1M);
	double since;

	if (container_open_at(&other, VFIO_SPAPR_TCE_v2_IOMMU, 1)) {
		test_skipped("upstream's back end is not there");
		return;
	}
	if (vfio_register(&other, mem, SZ_1M))
		test_failed(__FILE__, __LINE__, "upstream does not register");
	box_open();
	if (!test_has_failed() && !vfio_register(&box, pool, POOL_SIZE))
		one_entry_in_a_huge_window();
	since = clock_s();
	box_close();
	took(since);
	container_close(&other);
	mem_free(mem, SZ_1M);
}

/*
 * For want of memory
 */

/* Where a self-check of the driver may write: the first, the last, and what lies between. */
static void nothing_is_seen(uint64_t start, uint64_t size)
{
	const uint64_t entries = size >> 12;
	const uint64_t at[] = {
		0, entries - 1, entries / 2, (entries - 1) / 2, 8191, 8192,
		(1ull << 18) - 1, (1ull << 20) - 1, (1ull << 21) - 1, 1ull << 21,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(at); i++)
		if (at[i] < entries && edu_sees(&edu, start + (at[i] << 12)))
			test_failed(__FILE__, __LINE__,
				    "the device sees physical memory at entry %#" PRIx64, at[i]);
}

/* It works, or it says that there is no memory and does nothing. */
static void is_of_use(uint64_t start, uint64_t size)
{
	uint64_t at = start + size / 2;
	int ret = vfio_map(&box, RW, at, pool, SZ_4K);

	if (ret == -ENOMEM)
		CHECK(edu_is_kept_out(&edu, at, pool));
	else
		CHECK_IS(ret, 0);
	if (!ret)
		CHECK(edu_reaches(&edu, at, pool));
	OK(vfio_unmap(&box, at, SZ_4K));
	CHECK(edu_is_kept_out(&edu, at, pool));
}

/* A window was created, or was not. */
static void after_create(int ret, uint64_t start, uint64_t size)
{
	if (ret) {
		CHECK_IS(ret, -ENOMEM);
		start = HIGH;
	}
	nothing_is_seen(start, size);
	if (ret || test_has_failed())
		return;
	CHECKED(is_of_use(start, size));
}

/* And proof that the device can tell. */
static void window_for_the_bounce_page(void)
{
	size_t i;

	CHECKED(rig_window(12, SMALL, 1));
	for (i = 0; i < SZ_4K; i++)
		pool[i] = i * 7 >> 3;
	OK(vfio_map(&box, RW, SZ_1M, pool, SZ_4K));
	CHECK(edu_sees(&edu, SZ_1M));
	OK(vfio_unmap(&box, SZ_1M, SZ_4K));
	CHECK(!edu_sees(&edu, SZ_1M));
	CHECK(!edu_sees(&edu, HIGH));
}

/* Sets the kernel's number in a file, unless it is negative. Returns what it is then; -1: it cannot be read. */
static long kernel_number(const char *path, long want)
{
	FILE *f = fopen(path, "r+");
	long n = -1;

	if (!f)
		return -1;
	if (want >= 0) {
		fprintf(f, "%ld", want);
		fflush(f);
		rewind(f);
	}
	if (fscanf(f, "%ld", &n) != 1)
		n = -1;
	fclose(f);
	return n;
}

static long huge_pages(long want)
{
	return kernel_number(HUGE_PAGES, want);
}

static long free_mb(void)
{
	return mem_info_kb("MemFree:") / 1024;
}

#define RESERVE	"/proc/sys/vm/min_free_kbytes"
#define HOLES_MB	256	/* of which every other page is there, and pinned */
#define SPARE_MB	64	/* never less than that is free */
#define RESERVE_KB	16384	/* what the kernel keeps meanwhile: at its usual 5 % it would kill processes */

/* Memory with a pinned page beside each free one: no large piece can be made of it. */
static uint8_t *make_holes(void)
{
	uint8_t *mem = mmap(NULL, HOLES_MB * SZ_1M, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint64_t at;

	if (mem == MAP_FAILED || madvise(mem, HOLES_MB * SZ_1M, MADV_NOHUGEPAGE))
		return NULL;
	memset(mem, 1, HOLES_MB * SZ_1M);
	for (at = 0; at < HOLES_MB * SZ_1M; at += 2 * SZ_64K)
		if (vfio_register(&box, mem + at, SZ_64K))
			return NULL;
	for (at = SZ_64K; at < HOLES_MB * SZ_1M; at += 2 * SZ_64K)
		madvise(mem + at, SZ_64K, MADV_DONTNEED);
	return mem;
}

/* Take pieces of 16 MiB until there is no other, but not all memory. Returns how many, or -1. */
static long take_large_pieces(void)
{
	long n = huge_pages(-1), more;

	if (n < 0)
		return -1;
	while (free_mb() > SPARE_MB) {
		more = huge_pages(n + 1);
		if (more <= n) {
			diag("no large piece is left, but %ld MiB", free_mb());
			return n;
		}
		n = more;
	}
	return -1;
}

/*
 * Two levels for 2^54 bytes: each piece of the table is 16 MiB in one piece. All
 * such pieces are taken; then some are given back, one more each time.
 */
static void give_back_pieces(long taken)
{
	const uint64_t size = 1ull << 54;
	int made = 0, refused = 0, ret;
	uint64_t start;
	long left;

	for (left = 0; left <= 8 && !test_has_failed(); left++) {
		huge_pages(taken - left);
		ret = vfio_window(&box, 12, size, 2, &start);
		diag("%ld pieces: %d", left, ret);
		if (ret && ret != -ENOMEM)
			test_failed(__FILE__, __LINE__, "create says %d", ret);
		nothing_is_seen(ret ? HIGH : start, size);
		if (!ret)
			vfio_remove(&box, start);
		made += !ret;
		refused += !!ret;
	}
	diag("%d windows made, %d refused", made, refused);
	if (!test_has_failed() && !refused)
		test_skipped("memory could not be made short of large pieces");
}

static void no_large_pieces_of_memory(void)
{
	long before = huge_pages(-1), reserve = kernel_number(RESERVE, -1), taken;
	uint8_t *holes;

	CHECKED(window_for_the_bounce_page());
	holes = make_holes();
	CHECK(holes);
	diag("the kernel kept %ld KiB", reserve);
	kernel_number(RESERVE, RESERVE_KB);
	taken = take_large_pieces();
	if (taken < 0)
		test_skipped("memory could not be made short of large pieces");
	else
		give_back_pieces(taken);
	huge_pages(before);
	kernel_number(RESERVE, reserve);
}

/*
 * Fault injection: the n-th allocation of the call fails, for every n
 */

static void sweep(unsigned int levels, uint64_t size)
{
	bool failed = true;
	uint64_t start;
	long n;
	int ret, made = 0;

	for (n = 1; n < 500 && failed && !test_has_failed(); n++) {
		if (!failnth_set(n)) {
			test_failed(__FILE__, __LINE__, "fail-nth cannot be set");
			return;
		}
		ret = vfio_window(&box, 12, size, levels, &start);
		failed = failnth_failed();
		made += !ret;
		after_create(failed && ret == -EFAULT ? -ENOMEM : ret, start, size);
		if (!ret)
			vfio_remove(&box, start);
		if (test_has_failed())
			diag("after the create's chance %ld failed: %d", n, ret);
	}
	diag("%u levels: %ld points, %d windows made", levels, n - 2, made);
	CHECK(!failed && n > 4);
}

static void every_allocation_fails_once(void)
{
	const char *why = failnth_open();

	if (why) {
		test_skipped("%s", why);
		return;
	}
	CHECKED(window_for_the_bounce_page());
	CHECKED(sweep(1, SZ_64M));
	CHECKED(sweep(2, 1ull << 40));
	CHECKED(sweep(3, 1ull << 42));
}

/*
 * Tests
 */

/* The rig for some, a container of its own for others. */
static const char *rig;

static void with_rig(void (*test)(void))
{
	rig = rig_open();
	if (rig)
		test_failed(__FILE__, __LINE__, "%s", rig);
	else
		test();
	rig_close();
}

static void fragmented_memory_shows_nothing(void)
{
	with_rig(no_large_pieces_of_memory);
}

static void failed_allocations_show_nothing(void)
{
	with_rig(every_allocation_fails_once);
}

static void after(void)
{
	box_close();
}

static const struct test tests[] = {
	TEST(failed_allocations_show_nothing, NEEDS_EDU | NEEDS_OURS),
	TEST(huge_window_is_removed_at_once, NEEDS_OURS),
	TEST(huge_window_is_closed_at_once, NEEDS_OURS),
	TEST(upstream_registers_too, NEEDS_NATIVE | NEEDS_GROUPS),
	TEST(fragmented_memory_shows_nothing, NEEDS_EDU | NEEDS_HUGE),
};

int main(void)
{
	static const struct suite suite = {
		.program = "attack_windows",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.after = after,
	};

	return run_suite(&suite);
}
