// SPDX-License-Identifier: GPL-2.0
/* What a device really reaches through libmtce: the same on every back end. */
#include <errno.h>

#include "../../lib/libmtce.h"
#include "fixture.h"

#define PAGE(n)	(pool + (n) * SZ_64K)
#define SPOT	SZ_1M

static struct mtce_container *c;
static struct mtce_batch *batch;

static const char *begin(void)
{
	struct container groups = { .fd = -1, .groups = 1 };

	if (mtce_open(&c, vfio_group_number(0), backend->native ? MTCE_OPEN_NATIVE : MTCE_OPEN_V2))
		return mtce_error();
	batch = mtce_batch_new(c, 16);
	pool = mem_alloc(POOL_SIZE);
	edu.bounce = mem_alloc(SZ_64K);
	edu.bounce_iova = SZ_64M - SZ_4K;
	if (!batch || mtce_register(c, pool, POOL_SIZE) || mtce_register(c, edu.bounce, SZ_64K))
		return mtce_error();
	groups.group[0] = mtce_group_fd(c, vfio_group_number(0));
	return edu_open(&edu, &groups, 0) ? "cannot open the edu device" : NULL;
}

static void end(void)
{
	edu_close(&edu);
	mtce_batch_free(batch);
	mtce_close(c);
}

static void before(void)
{
	uint64_t start;

	OK(mtce_window_remove(c, 0));
	OK(mtce_window_create(c, 12, SZ_64M, 1, &start));
	CHECK_IS((long)start, 0);
	OK(mtce_dma_map(c, RW, edu.bounce_iova, edu.bounce, SZ_4K));
	mtce_batch_clear(batch);
}

static void one_map_and_its_unmap(void)
{
	OK(mtce_dma_map(c, RW, SPOT, PAGE(0), 2 * SZ_4K));
	CHECK(edu_reaches(&edu, SPOT, PAGE(0)));
	CHECK(edu_reaches(&edu, SPOT + SZ_4K, PAGE(0) + SZ_4K));
	OK(mtce_dma_unmap(c, 0, SPOT, SZ_4K));
	CHECK(edu_is_kept_out(&edu, SPOT, PAGE(0)));
	CHECK(edu_reaches(&edu, SPOT + SZ_4K, PAGE(0) + SZ_4K));
}

static void read_only_stays_read_only(void)
{
	OK(mtce_dma_map(c, VFIO_MTCE_READ, SPOT, PAGE(0), SZ_4K));
	CHECK(edu_reads(&edu, SPOT, PAGE(0)));
	CHECK(!edu_writes(&edu, SPOT, PAGE(0)));
}

static void replaced_page_is_the_new_one(void)
{
	OK(mtce_dma_map(c, RW, SPOT, PAGE(0), SZ_4K));
	OK(mtce_dma_map(c, RW | VFIO_MTCE_REPLACE, SPOT, PAGE(1), SZ_4K));
	CHECK(edu_reaches(&edu, SPOT, PAGE(1)));
	CHECK(!edu_writes(&edu, SPOT, PAGE(0)));
}

static void nothing_happens_before_submit(void)
{
	OK(mtce_batch_map(batch, RW, SPOT, PAGE(0), SZ_4K));
	CHECK(edu_is_kept_out(&edu, SPOT, PAGE(0)));
	OK(mtce_batch_submit(batch, NULL));
	CHECK(edu_reaches(&edu, SPOT, PAGE(0)));
}

static void batch_of_maps_and_unmaps(void)
{
	size_t done;

	OK(mtce_batch_map(batch, RW, SPOT, PAGE(0), 4 * SZ_4K));
	OK(mtce_batch_map(batch, RW, 2 * SPOT, PAGE(9), 40 * SZ_4K));
	OK(mtce_batch_unmap(batch, 0, SPOT + SZ_4K, SZ_4K));
	OK(mtce_batch_map(batch, RW, SPOT + SZ_4K, PAGE(1), SZ_4K));
	OK(mtce_batch_unmap(batch, 0, SPOT + 2 * SZ_4K, SZ_4K));
	OK(mtce_batch_submit(batch, &done));
	CHECK_IS(done, 5);
	CHECK(edu_reaches(&edu, SPOT, PAGE(0)));
	CHECK(edu_reaches(&edu, SPOT + SZ_4K, PAGE(1)));
	CHECK(edu_is_kept_out(&edu, SPOT + 2 * SZ_4K, PAGE(0) + 2 * SZ_4K));
	CHECK(edu_reaches(&edu, 2 * SPOT + 39 * SZ_4K, PAGE(9) + 39 * SZ_4K));
}

static void stopped_batch_did_what_it_says(void)
{
	size_t done;

	OK(mtce_batch_map(batch, RW, SPOT, PAGE(0), SZ_4K));
	OK(mtce_batch_map(batch, RW, SPOT + SZ_4K, pool + POOL_SIZE, SZ_4K));
	OK(mtce_batch_map(batch, RW, SPOT + 2 * SZ_4K, PAGE(2), SZ_4K));
	CHECK_IS(mtce_batch_submit(batch, &done), -ENOENT);
	CHECK_IS(done, 1);
	CHECK(edu_reaches(&edu, SPOT, PAGE(0)));
	CHECK(edu_is_kept_out(&edu, SPOT + 2 * SZ_4K, PAGE(2)));
}

static void list_of_scattered_pages(void)
{
	uint64_t list[20];
	unsigned int i;

	for (i = 0; i < 20; i++)
		list[i] = (uintptr_t)PAGE(19 - i) + (i % 16) * SZ_4K;
	OK(mtce_dma_map_list(c, RW, SPOT, list, 20));
	for (i = 0; i < 20; i += 3)
		CHECK(edu_reaches(&edu, SPOT + i * SZ_4K, (void *)(uintptr_t)list[i]));
	CHECK(edu_is_kept_out(&edu, SPOT + 20 * SZ_4K, PAGE(21)));
}

static void failed_list_maps_nothing(void)
{
	uint64_t list[3] = { (uintptr_t)PAGE(1), (uintptr_t)PAGE(2), 0 };

	CHECK_IS(mtce_dma_map_list(c, RW, SPOT, list, 3), -ENOENT);
	CHECK(edu_is_kept_out(&edu, SPOT, PAGE(1)));
	CHECK(edu_is_kept_out(&edu, SPOT + SZ_4K, PAGE(2)));
}

static void flushed_page_is_out_of_reach(void)
{
	OK(mtce_batch_map(batch, RW, SPOT, PAGE(0), SZ_4K));
	OK(mtce_batch_map(batch, RW, SPOT + SZ_4K, PAGE(1), SZ_4K));
	OK(mtce_batch_submit(batch, NULL));
	CHECK(edu_reaches(&edu, SPOT, PAGE(0)));
	OK(mtce_batch_unmap(batch, VFIO_MTCE_LAZY, SPOT, SZ_4K));
	OK(mtce_batch_submit(batch, NULL));
	OK(mtce_dma_flush(c));
	CHECK(edu_is_kept_out(&edu, SPOT, PAGE(0)));
	CHECK(edu_reaches(&edu, SPOT + SZ_4K, PAGE(1)));
}

/* An IOVA whose kill is owed leads to the new page when the map returns. */
static void lazy_iova_is_used_again(void)
{
	OK(mtce_dma_lazy(c, true));
	OK(mtce_dma_map(c, RW, SPOT, PAGE(0), SZ_4K));
	CHECK(edu_reaches(&edu, SPOT, PAGE(0)));
	OK(mtce_dma_unmap(c, 0, SPOT, SZ_4K));
	OK(mtce_dma_map(c, RW, SPOT, PAGE(1), SZ_4K));
	CHECK(edu_reaches(&edu, SPOT, PAGE(1)));
	CHECK(!edu_writes(&edu, SPOT, PAGE(0)));
	OK(mtce_dma_lazy(c, false));
}

static const struct test tests[] = {
	TEST(one_map_and_its_unmap, 0),
	TEST(read_only_stays_read_only, 0),
	TEST(replaced_page_is_the_new_one, 0),
	TEST(nothing_happens_before_submit, 0),
	TEST(batch_of_maps_and_unmaps, 0),
	TEST(stopped_batch_did_what_it_says, 0),
	TEST(list_of_scattered_pages, 0),
	TEST(failed_list_maps_nothing, 0),
	TEST(flushed_page_is_out_of_reach, 0),
	TEST(lazy_iova_is_used_again, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "lib_dma",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_EDU,
		.begin = begin,
		.before = before,
		.end = end,
	};

	return run_suite(&suite);
}
