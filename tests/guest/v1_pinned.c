// SPDX-License-Identifier: GPL-2.0
/*
 * v1: VFIO_IOMMU_ENABLE counts the system pages of the 32-bit window, once. What
 * maps pin by themselves stays within that, also where a system page is larger
 * than a TCE page; and who maps memory in one piece needs no more. So does what calls
 * have pinned that still wait for a page (userfaultfd), also after the end of all else.
 */
#include <errno.h>
#include <sys/mman.h>

#include "aftermath.h"
#include "fixture.h"
#include "stall.h"

#define SPARE	256	/* pages beyond the limit */
#define STEP	SZ_16M

static uint8_t *mem;
static uint64_t start, window;	/* the 32-bit window */
static unsigned long limit;	/* system pages that ENABLE counts */

static bool memory_is_enough(void)
{
	return mem_info_kb("MemAvailable:") * 1024ul >= window + 300 * SZ_1M;
}

static void enable_and_measure(void)
{
	struct vfio_iommu_spapr_tce_info info;
	long locked;

	CHECKED(box_open_v1());
	OK(vfio_info(&box, &info));
	start = info.dma32_window_start;
	window = info.dma32_window_size;
	locked = mem_locked_kb(0);
	OK(vfio_enable(&box));
	limit = (mem_locked_kb(0) - locked) * 1024 / mem_page();
	CHECK_IS(limit, (long)(window / mem_page()));
	if (!memory_is_enough())
		test_skipped("too little memory to pin more than a window");
}

static uint8_t *page(unsigned long i)
{
	return mem + i * mem_page();
}

/* TCE number @at maps page number @i. */
static int map_page(unsigned long at, unsigned long i)
{
	return vfio_map(&box, RW, start + at * SZ_4K, page(i), SZ_4K);
}

/* One TCE for each page, until it is refused: how many pages. */
static unsigned long pin_all(int *ret)
{
	unsigned long i;

	*ret = 0;
	for (i = 0; i < limit + SPARE && !*ret; i++)
		*ret = map_page(i, i);
	return *ret ? i - 1 : i;
}

static bool can_be_tried(void)
{
	if (mem_page() == SZ_4K)
		test_skipped("a system page is a TCE page here: a window cannot pin more");
	enable_and_measure();
	if (test_has_failed() || mem_page() == SZ_4K)
		return false;
	return memory_is_enough();
}

static void pins_no_more_than_is_counted(void)
{
	unsigned long n;
	long pins;
	int ret;

	if (!can_be_tried())
		return;
	pins = mem_pins();
	n = pin_all(&ret);
	diag("%lu pages of %zu KiB mapped, %ld pinned, %lu counted", n, mem_page() / 1024,
	     mem_pins() - pins, limit);
	CHECK_IS(ret, -ENOMEM);
	CHECK_IS(n, limit);
	CHECK(mem_pins() - pins <= (long)limit);
}

/* At the limit: no page more, but the page that a neighbour maps already, and one for one that goes. */
static void counts_pages_not_entries(void)
{
	unsigned long n, i;
	int ret;

	if (!can_be_tried())
		return;
	n = pin_all(&ret);
	CHECK_IS(n, limit);
	OK(vfio_unmap(&box, start + 7 * SZ_4K, SZ_4K));		/* room for one */
	for (i = 0; i < 64; i++)
		OK(vfio_map(&box, RW, start + (n + i) * SZ_4K, page(n) + (i & 15) * SZ_4K, SZ_4K));
	CHECK_IS(map_page(n + 64, n + 1), -ENOMEM);
	/* The page is there by other entries: nothing gets free. */
	OK(vfio_unmap(&box, start + n * SZ_4K, SZ_4K));
	CHECK_IS(map_page(n + 64, n + 1), -ENOMEM);
	OK(vfio_unmap(&box, start + 8 * SZ_4K, SZ_4K));
	OK(map_page(n + 64, n + 1));
	CHECK_IS(map_page(n + 65, n + 2), -ENOMEM);
	/* A map that replaces frees what it replaces, if not before. */
	OK(vfio_unmap(&box, start + 9 * SZ_4K, SZ_4K));
	OK(map_page(10, n + 2));
}

/* A refusal changes nothing, also in the middle of a range. */
static void refused_range_pins_nothing(void)
{
	unsigned long n;
	long pins;
	int ret;

	if (!can_be_tried())
		return;
	n = pin_all(&ret);
	CHECK_IS(n, limit);
	OK(vfio_unmap(&box, start, 4 * SZ_4K));		/* room for four */
	pins = mem_pins();
	CHECK_IS(vfio_map(&box, RW, start + n * SZ_4K, page(n), 8 * mem_page()), -ENOMEM);
	CHECK_IS(mem_pins(), pins);
	OK(vfio_map(&box, RW, start + n * SZ_4K, page(n), 4 * mem_page()));
	CHECK_IS(map_page(n + 1024, n + 5), -ENOMEM);
}

/* All of the window, sixteen TCEs to a page: what upstream's limit is enough for. */
static void whole_window_in_one_piece(void)
{
	uint64_t at;

	CHECKED(enable_and_measure());
	if (!memory_is_enough())
		return;
	for (at = 0; at < window; at += STEP)
		OK(vfio_map(&box, RW, start + at, mem + at, STEP));
}

/* And once more: what was let go can be pinned again. */
static void room_comes_back(void)
{
	unsigned long n;
	int ret, round;

	if (!can_be_tried())
		return;
	for (round = 0; round < 2; round++) {
		n = pin_all(&ret);
		CHECK_IS(n, limit);
		OK(vfio_unmap(&box, start, window));
	}
	OK(vfio_disable(&box));
	OK(vfio_enable(&box));
	n = pin_all(&ret);
	CHECK_IS(n, limit);
}

/* An entry between two of its page makes one page of them: there is room for another. */
static void filled_gap_joins_its_neighbours(void)
{
	unsigned long n, gap;
	int ret;

	if (!can_be_tried())
		return;
	n = pin_all(&ret);
	CHECK_IS(n, limit);
	gap = limit + 16;
	OK(vfio_unmap(&box, start, 2 * SZ_4K));		/* room for two */
	OK(map_page(gap, n));
	OK(vfio_map(&box, RW, start + (gap + 2) * SZ_4K, page(n) + 2 * SZ_4K, SZ_4K));
	CHECK_IS(map_page(gap + 16, n + 1), -ENOMEM);
	OK(vfio_map(&box, RW, start + (gap + 1) * SZ_4K, page(n) + SZ_4K, SZ_4K));
	OK(map_page(gap + 16, n + 1));
	CHECK_IS(map_page(gap + 17, n + 2), -ENOMEM);
	/* The gap opens again: its neighbours are two, so one must go before the next. */
	OK(vfio_unmap(&box, start + (gap + 1) * SZ_4K, SZ_4K));
	OK(vfio_unmap(&box, start + 2 * SZ_4K, SZ_4K));
	CHECK_IS(map_page(gap + 17, n + 2), -ENOMEM);
	OK(vfio_unmap(&box, start + 3 * SZ_4K, SZ_4K));
	OK(map_page(gap + 17, n + 2));
}

/*
 * Calls that wait for their last page
 */

#define CALLS	2
#define OVER	16	/* pages of each call that the limit has no room for */

static struct half {
	struct stall mem;
	struct async caller;
	uint64_t iova;
} half[CALLS];

static int map_half(void *arg)
{
	struct half *h = arg;

	return vfio_map(&box, RW, h->iova, h->mem.mem, h->mem.size);
}

static void serve(struct half *h)
{
	stall_serve(&h->mem, "", 1);
}

/* Half of the window, and a little. */
static void open_half(struct half *h, uint64_t iova)
{
	h->iova = iova;
	if (!stall_open_last(&h->mem, limit / 2 + OVER))
		test_failed(__FILE__, __LINE__, "no memory that can be waited for");
}

/* None of the calls maps anything yet, and each alone is within the limit. */
static void calls_together_pin_no_more(void)
{
	long pins;

	if (stall_possible()) {
		test_skipped("%s", stall_possible());
		return;
	}
	CHECKED(enable_and_measure());
	CHECKED(open_half(&half[0], start));
	CHECKED(open_half(&half[1], start + window / 2 - OVER * mem_page()));
	pins = mem_pins();
	async_start(&half[0].caller, map_half, &half[0]);
	CHECK(stall_seen(&half[0].mem, STALL_LIMIT_MS));
	async_start(&half[1].caller, map_half, &half[1]);
	async_done(&half[1].caller, STALL_LIMIT_MS);
	diag("%ld pages pinned by calls that wait, %lu counted", mem_pins() - pins, limit);
	CHECK(mem_pins() - pins <= (long)limit);
	CHECK(async_done(&half[1].caller, 0));
	CHECK_IS(async_result(&half[1].caller), -ENOMEM);
	serve(&half[0]);
	OK(async_result(&half[0].caller));
	/* Nobody waits any more: there is room for the other. */
	OK(vfio_unmap(&box, start, window));
	CHECK_IS(mem_pins(), pins);
	serve(&half[1]);
	OK(map_half(&half[1]));
}

/*
 * What a call that waits has pinned stays counted, though nothing is enabled any more:
 * otherwise a user could pin any amount with one container after the other.
 */

static long locked_pages(void)
{
	return mem_locked_kb(0) * 1024 / mem_page();
}

static void wait_for_half(void)
{
	CHECKED(open_half(&half[0], start));
	async_start(&half[0].caller, map_half, &half[0]);
	CHECK(stall_seen(&half[0].mem, STALL_LIMIT_MS));
}

static int disables(void)
{
	return vfio_disable(&box);
}

static int detaches(void)
{
	return container_detach(&box, 0);
}

/* The last group's file: VFIO lets the container go, whose own file the call holds. */
static int closes(void)
{
	container_close(&box);
	return 0;
}

static void stays_counted(int (*end)(void), int answer)
{
	long pins, locked;

	if (stall_possible()) {
		test_skipped("%s", stall_possible());
		return;
	}
	locked = locked_pages();
	CHECKED(enable_and_measure());
	pins = mem_pins();
	CHECKED(wait_for_half());
	OK(end());
	diag("%ld pages pinned by a call that waits, %ld counted", mem_pins() - pins,
	     locked_pages() - locked);
	CHECK(!async_done(&half[0].caller, 0));
	CHECK(mem_pins() > pins);
	CHECK(locked_pages() - locked >= mem_pins() - pins);
	serve(&half[0]);
	CHECK_IS(async_result(&half[0].caller), answer);
	box_close();
	CHECK_IS(locked_pages(), locked);
	CHECK(mem_pins_return_to(pins));
}

static void stays_counted_when_disabled(void)
{
	stays_counted(disables, -EPERM);
}

static void stays_counted_when_the_group_leaves(void)
{
	stays_counted(detaches, -ENODEV);
}

static void stays_counted_when_all_is_closed(void)
{
	stays_counted(closes, -ENODEV);
}

static void close_half(struct half *h)
{
	if (h->caller.started) {
		serve(h);
		async_result(&h->caller);
	}
	stall_close(&h->mem);
}

static void before(void)
{
	size_t size = SZ_2G + 1024 * mem_page();
	int i;

	for (i = 0; i < CALLS; i++)
		half[i].mem.fd = -1;
	remember_counts();
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(mem != MAP_FAILED);
}

static void after(void)
{
	int i;

	for (i = 0; i < CALLS; i++)
		close_half(&half[i]);
	box_close();
	mem_free(mem, SZ_2G + 1024 * mem_page());
	counts_are_back();
}

static const struct test tests[] = {
	TEST(pins_no_more_than_is_counted, 0),
	TEST(counts_pages_not_entries, 0),
	TEST(refused_range_pins_nothing, 0),
	TEST(whole_window_in_one_piece, 0),
	TEST(room_comes_back, 0),
	TEST(filled_gap_joins_its_neighbours, 0),
	TEST(calls_together_pin_no_more, NEEDS_OURS),
	TEST(stays_counted_when_disabled, NEEDS_OURS),
	TEST(stays_counted_when_the_group_leaves, NEEDS_OURS),
	TEST(stays_counted_when_all_is_closed, NEEDS_OURS),
};

int main(void)
{
	static const struct suite suite = {
		.program = "v1_pinned",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.before = before,
		.after = after,
	};

	return run_suite(&suite);
}
