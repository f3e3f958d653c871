// SPDX-License-Identifier: GPL-2.0
/* libmtce promises the same of every back end: what calls answer, errno by errno, and a sentence for each failure. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../../lib/libmtce.h"
#include "fixture.h"

#define SPOT	SZ_1M

static struct mtce_container *c;

static unsigned int open_flags(void)
{
	return backend->native ? MTCE_OPEN_NATIVE : MTCE_OPEN_V2;
}

static void open_default(unsigned int flags)
{
	int ret = mtce_open(&c, vfio_group_number(0), flags);

	if (ret)
		test_failed(__FILE__, __LINE__, "mtce_open: %d, %s", ret, mtce_error());
	if (!pool)
		pool = mem_alloc(POOL_SIZE);
}

static void window(uint64_t size)
{
	uint64_t start;

	OK(mtce_window_remove(c, 0));
	OK(mtce_window_create(c, 12, size, 1, &start));
	CHECK_IS((long)start, 0);
}

static void before(void)
{
	CHECKED(open_default(open_flags()));
	OK(mtce_register(c, pool, POOL_SIZE));
	window(SZ_64M);
}

static void after(void)
{
	mtce_close(c);
	c = NULL;
}

/* The call fails with this errno, and the sentence has these words. */
#define FAILS(call, error, words) do {						\
	CHECK_IS(call, error);							\
	if (!strstr(mtce_error(), words)) {					\
		test_failed(__FILE__, __LINE__, "says: %s", mtce_error());	\
		return;								\
	}									\
} while (0)

/* Live or not, asked with a map that may not replace. Only mtce can tell. */
static bool live(uint64_t iova)
{
	int ret = mtce_dma_map(c, RW, iova, pool, SZ_4K);

	if (!ret)
		mtce_dma_unmap(c, 0, iova, SZ_4K);
	return ret == -EEXIST;
}

static void kind_is_the_back_ends(void)
{
	enum mtce_kind kind = backend->native ? MTCE_NATIVE : backend->ours ? MTCE_TAKEN_OVER : MTCE_PLAIN;

	CHECK_IS(mtce_kind(c), kind);
	CHECK(strlen(mtce_kind_name(kind)) > 3);
	CHECK_IS(mtce_features(c), backend->ours ? MTCE_BATCHES | MTCE_LISTS | MTCE_LAZY_UNMAPS : 0);
}

/* Where mtce's own type is offered, it is what a program gets that does not care. */
static void best_kind_is_found(void)
{
	after();
	CHECKED(open_default(0));
	CHECK_IS(mtce_kind(c), access("/sys/module/vfio_iommu_mtce", F_OK) ? MTCE_PLAIN : MTCE_NATIVE);
}

static void plain_calls_on_request(void)
{
	after();
	CHECKED(open_default(MTCE_OPEN_PLAIN));
	CHECK_IS(mtce_kind(c), MTCE_PLAIN);
	CHECK_IS(mtce_features(c), 0);
	OK(mtce_register(c, pool, POOL_SIZE));
	OK(mtce_dma_map(c, RW, SPOT, pool, SZ_4K));
	OK(mtce_dma_unmap(c, VFIO_MTCE_LAZY, SPOT, SZ_4K));
}

static void open_says_what_is_wrong(void)
{
	struct mtce_container *other;

	FAILS(mtce_open(&other, 99999, 0), -ENOENT, "/dev/vfio/99999");
	CHECK(!other);
	FAILS(mtce_open(&other, vfio_group_number(0), 0), -EBUSY, "used by another program");
	FAILS(mtce_open(&other, vfio_group_number(0), MTCE_OPEN_V2 | MTCE_OPEN_NATIVE), -EINVAL, "one of its flags");
	FAILS(mtce_open(&other, vfio_group_number(0), 0x80), -EINVAL, "0x80");
	FAILS(mtce_join(c, 99999), -ENOENT, "bind the devices");
	FAILS(mtce_device(c, "ffff:00:00.0"), -ENODEV, "ffff:00:00.0");
	FAILS(mtce_group_fd(c, 99999), -ENODEV, "99999");
	CHECK(mtce_group_fd(c, vfio_group_number(0)) >= 0);
	CHECK(mtce_fd(c) >= 0);
}

/* Several of these take a host down that gets them unchecked. */
static void bad_maps_are_refused(void)
{
	void *unregistered = mem_alloc(SZ_64K);

	FAILS(mtce_dma_map(c, RW, SPOT + 1, pool, SZ_4K), -EINVAL, "multiples");
	FAILS(mtce_dma_map(c, RW, SPOT, pool + 1, SZ_4K), -EINVAL, "map of 0x1000 bytes at IOVA 0x100000");
	FAILS(mtce_dma_map(c, RW, SPOT, pool, SZ_4K + 1), -EINVAL, "multiples");
	FAILS(mtce_dma_map(c, RW, SPOT, pool, 0), -EINVAL, "map of 0 bytes");
	FAILS(mtce_dma_map(c, RW, 0, pool, 0), -EINVAL, "map of 0 bytes");
	FAILS(mtce_dma_map(c, RW, SPOT, pool, -SZ_4K), -EINVAL, "multiples");
	FAILS(mtce_dma_map(c, 0, SPOT, pool, SZ_4K), -EINVAL, "a map reads or writes");
	FAILS(mtce_dma_map(c, RW | 0x100, SPOT, pool, SZ_4K), -EINVAL, "flag");
	FAILS(mtce_dma_map(c, RW, SZ_64M, pool, SZ_4K), -ENXIO, "one DMA window");
	FAILS(mtce_dma_map(c, RW, SZ_64M - SZ_4K, pool, 2 * SZ_4K), -ENXIO, "one DMA window");
	FAILS(mtce_dma_map(c, RW, SPOT, unregistered, SZ_4K), -ENOENT, "not registered");
	FAILS(mtce_dma_map(c, RW, 0, unregistered, SZ_4K), -ENOENT, "not registered");
	FAILS(mtce_dma_map(c, RW, SPOT, pool + POOL_SIZE - SZ_4K, 2 * SZ_4K), -ENOENT, "not registered");
	mem_free(unregistered, SZ_64K);
}

static void bad_unmaps_are_refused(void)
{
	FAILS(mtce_dma_unmap(c, 0, SPOT + 1, SZ_4K), -EINVAL, "unmap of 0x1000 bytes at IOVA 0x100001");
	FAILS(mtce_dma_unmap(c, 0, 0, 0), -EINVAL, "unmap of 0 bytes");
	FAILS(mtce_dma_unmap(c, 0x100, SPOT, SZ_4K), -EINVAL, "flag");
	FAILS(mtce_dma_unmap(c, 0, SZ_64M - SZ_4K, 2 * SZ_4K), -ENXIO, "one DMA window");
	OK(mtce_dma_unmap(c, 0, SPOT, SZ_4K));
}

static void bad_lists_are_refused(void)
{
	uint64_t list[2] = { (uintptr_t)pool, (uintptr_t)pool + 1 };

	FAILS(mtce_dma_map_list(c, RW, SPOT, list, 0), -EINVAL, "list of 0 pages");
	FAILS(mtce_dma_map_list(c, RW, SPOT, list, 2), -EINVAL, "list of 2 pages at IOVA 0x100000");
	list[1] = 0;
	FAILS(mtce_dma_map_list(c, RW, SPOT, list, 2), -ENOENT, "not registered");
	FAILS(mtce_dma_map_list(c, RW, SPOT + 1, list, 1), -EINVAL, "multiples");
	FAILS(mtce_dma_map_list(c, RW, SZ_64M - SZ_4K, list, 2), -ENXIO, "one DMA window");
	if (backend->ours)
		CHECK(!live(SPOT));
}

static void memory_is_registered_once(void)
{
	FAILS(mtce_register(c, pool, POOL_SIZE), -EBUSY, "in use");
	FAILS(mtce_register(c, pool + SZ_1M, SZ_64K), -EBUSY, "in use");
	FAILS(mtce_register(c, pool + 1, SZ_64K), -EINVAL, "page size");
	FAILS(mtce_register(c, pool, 0), -EINVAL, "page size");
	FAILS(mtce_unregister(c, pool, POOL_SIZE / 2), -ENOENT, "not registered");
	OK(mtce_unregister(c, pool, POOL_SIZE));
	FAILS(mtce_unregister(c, pool, POOL_SIZE), -ENOENT, "not registered");
	FAILS(mtce_dma_map(c, RW, SPOT, pool, SZ_4K), -ENOENT, "not registered");
}

/* A range may lie across two pieces. */
static void memory_in_pieces(void)
{
	OK(mtce_unregister(c, pool, POOL_SIZE));
	OK(mtce_register(c, pool + SZ_1M, SZ_1M));
	OK(mtce_register(c, pool, SZ_1M));
	OK(mtce_dma_map(c, RW, SPOT, pool, 2 * SZ_1M));
	FAILS(mtce_dma_map(c, RW, SPOT + 4 * SZ_1M, pool + SZ_1M, 2 * SZ_1M), -ENOENT, "not registered");
	OK(mtce_dma_unmap(c, 0, SPOT, 2 * SZ_1M));
}

static void windows_are_counted(void)
{
	uint64_t start;

	FAILS(mtce_window_create(c, 11, SZ_64M, 1, &start), -EINVAL, "2^11");
	FAILS(mtce_window_create(c, 64, SZ_64M, 1, &start), -EINVAL, "2^64");
	FAILS(mtce_window_create(c, 12, SZ_64M + SZ_4K, 1, &start), -EINVAL, "powers of two");
	FAILS(mtce_window_create(c, 24, SZ_64K, 1, &start), -EINVAL, "powers of two");
	FAILS(mtce_window_remove(c, SZ_1M), -ENXIO, "no DMA window");
	OK(mtce_window_create(c, 12, SZ_64M, 1, &start));
	OK(mtce_dma_map(c, RW, start + SPOT, pool, SZ_4K));
	FAILS(mtce_window_create(c, 12, SZ_64M, 1, &start), -ENOSPC, "both DMA windows");
	OK(mtce_window_remove(c, start));
	FAILS(mtce_dma_map(c, RW, start + SPOT, pool, SZ_4K), -ENXIO, "one DMA window");
}

static void live_entries_are_told_where_mtce_is(void)
{
	OK(mtce_dma_map(c, RW, SPOT, pool, SZ_4K));
	if (backend->ours)
		FAILS(mtce_dma_map(c, RW, SPOT, pool, SZ_4K), -EEXIST, "VFIO_MTCE_REPLACE");
	else
		OK(mtce_dma_map(c, RW, SPOT, pool, SZ_4K));
	OK(mtce_dma_map(c, RW | VFIO_MTCE_REPLACE, SPOT, pool + SZ_4K, SZ_4K));
}

/* What is done is gone from the batch; what failed can be mended and submitted again. */
static void batch_stops_where_it_fails(void)
{
	struct mtce_batch *b = mtce_batch_new(c, 1);
	size_t done = 99;

	CHECK(b);
	OK(mtce_batch_map(b, RW, SPOT, pool, SZ_4K));
	OK(mtce_batch_map(b, RW, SPOT + SZ_4K, pool + POOL_SIZE, SZ_4K));
	OK(mtce_batch_map(b, RW, SPOT + 2 * SZ_4K, pool, SZ_4K));
	CHECK_IS(mtce_batch_count(b), 3);
	FAILS(mtce_batch_submit(b, &done), -ENOENT, "IOVA 0x101000");
	CHECK_IS(done, 1);
	CHECK_IS(mtce_batch_count(b), 2);
	if (backend->ours)
		CHECK(live(SPOT) && !live(SPOT + SZ_4K) && !live(SPOT + 2 * SZ_4K));
	FAILS(mtce_batch_submit(b, NULL), -ENOENT, "IOVA 0x101000");
	mtce_batch_clear(b);
	CHECK_IS(mtce_batch_count(b), 0);
	OK(mtce_batch_unmap(b, 0, SPOT, SZ_4K));
	OK(mtce_batch_submit(b, &done));
	CHECK_IS(done, 1);
	OK(mtce_batch_submit(b, &done));
	CHECK_IS(done, 0);
	if (backend->ours)
		CHECK(!live(SPOT));
	mtce_batch_free(b);
}

static void malformed_batch_says_so(void)
{
	struct mtce_batch *b = mtce_batch_new(c, 2);
	size_t done;

	CHECK(b);
	OK(mtce_batch_map(b, RW, SPOT, pool, SZ_4K));
	OK(mtce_batch_map(b, RW, SPOT + SZ_4K, pool, 0));
	FAILS(mtce_batch_submit(b, &done), -EINVAL, "map of 0 bytes at IOVA 0x101000");
	if (backend->ours)
		CHECK(strstr(mtce_error(), "batch of 2 operations, none of which was done"));
	CHECK_IS(done, backend->ours ? 0 : 1);
	CHECK_IS(mtce_batch_count(b), 2 - done);
	mtce_batch_free(b);
}

/* One more than a call of the kernel takes. */
#define MANY	65537u

static void batches_of_any_length(void)
{
	struct mtce_batch *b = mtce_batch_new(c, 0);
	size_t done, i;

	CHECK(b);
	window(8 * SZ_64M);
	for (i = 0; i < MANY; i++)
		OK(mtce_batch_map(b, RW, i * SZ_4K, pool + i % 1024 * SZ_4K, SZ_4K));
	OK(mtce_batch_submit(b, &done));
	CHECK_IS(done, MANY);
	if (backend->ours)
		CHECK(live((MANY - 1) * SZ_4K) && !live(MANY * SZ_4K));
	OK(mtce_batch_map(b, RW, MANY * SZ_4K, pool, SZ_4K));
	for (i = 0; i < MANY; i++)
		OK(mtce_batch_unmap(b, 0, i * SZ_4K, i == MANY - 1 ? 0 : SZ_4K));
	FAILS(mtce_batch_submit(b, &done), -EINVAL, "");
	CHECK_IS(done, backend->ours ? MANY - 1 : MANY);
	mtce_batch_free(b);
}

static void lists_of_any_length(void)
{
	static uint64_t list[MANY];
	size_t i;

	window(8 * SZ_64M);
	for (i = 0; i < MANY; i++)
		list[i] = (uintptr_t)pool + i * 7 % 1024 * SZ_4K;
	OK(mtce_dma_map_list(c, RW, SPOT, list, MANY));
	if (backend->ours)
		CHECK(live(SPOT + (MANY - 1ul) * SZ_4K) && !live(SPOT + MANY * SZ_4K));
	OK(mtce_dma_unmap(c, 0, SPOT, MANY * SZ_4K));
	list[MANY - 1] = 0;
	FAILS(mtce_dma_map_list(c, RW, SPOT, list, MANY), -ENOENT, "list of 65537 pages");
	if (backend->ours)
		CHECK(!live(SPOT) && !live(SPOT + (MANY - 2ul) * SZ_4K));
}

static unsigned long pending(void)
{
	struct vfio_iommu_mtce_info info;

	return mtce_get_info(c, &info, sizeof(info)) ? 99999 : info.stats.lazy_pending;
}

/* Within the driver's 10 ms; so it is looked at until it was seen. */
static bool lazy_was_seen(void)
{
	int tries;

	for (tries = 0; tries < 100; tries++) {
		if (mtce_dma_map(c, RW, SPOT, pool, 16 * SZ_4K) ||
		    mtce_dma_unmap(c, VFIO_MTCE_LAZY, SPOT, 16 * SZ_4K))
			return false;
		if (pending() == 16)
			return true;
	}
	return false;
}

static void lazy_unmaps_and_flush(void)
{
	struct mtce_batch *b = mtce_batch_new(c, 2);

	if (backend->ours) {
		CHECK(lazy_was_seen());
		OK(mtce_dma_flush(c));
		CHECK_IS(pending(), 0);
	}
	OK(mtce_batch_map(b, RW, SPOT, pool, SZ_4K));
	OK(mtce_batch_unmap(b, VFIO_MTCE_LAZY, SPOT, SZ_4K));
	OK(mtce_batch_submit(b, NULL));
	OK(mtce_dma_lazy(c, true));
	OK(mtce_dma_map(c, RW, SPOT, pool, SZ_4K));
	OK(mtce_dma_unmap(c, 0, SPOT, SZ_4K));
	OK(mtce_dma_lazy(c, false));
	OK(mtce_dma_flush(c));
	if (backend->ours)
		CHECK_IS(pending(), 0);
	mtce_batch_free(b);
}

static void counters_where_mtce_is(void)
{
	struct vfio_iommu_mtce_info first, then;

	if (!backend->ours) {
		FAILS(mtce_get_info(c, &first, sizeof(first)), -EOPNOTSUPP, "nobody else counts");
		return;
	}
	OK(mtce_get_info(c, &first, sizeof(first)));
	OK(mtce_dma_map(c, RW, SPOT, pool, 17 * SZ_4K));
	OK(mtce_get_info(c, &then, sizeof(then)));
	CHECK_IS(then.stats.tces_mapped - first.stats.tces_mapped, 17);
	CHECK_IS(then.windows, 1);
	FAILS(mtce_get_info(c, &then, 8), -EINVAL, "counters");
}

static void second_group_joins(void)
{
	int fd;

	OK(mtce_join(c, vfio_group_number(1)));
	CHECK(mtce_group_fd(c, vfio_group_number(1)) >= 0);
	fd = mtce_device(c, vfio_device_name(1));
	CHECK(fd >= 0);
	close(fd);
	OK(mtce_dma_map(c, RW, SPOT, pool, SZ_4K));
	OK(mtce_dma_unmap(c, 0, SPOT, SZ_4K));
}

static void close_leaves_nothing(void)
{
	long locked, pins;

	after();
	locked = mem_locked_kb(0);
	pins = mem_pins();
	CHECKED(before());
	CHECK(mem_locked_kb(0) > locked);
	OK(mtce_dma_map(c, RW, SPOT, pool, SZ_1M));
	after();
	CHECK_IS(mem_locked_kb(0), locked);
	CHECK(mem_pins_return_to(pins));
	mtce_close(NULL);
	mtce_batch_free(NULL);
}

static const struct test tests[] = {
	TEST(kind_is_the_back_ends, 0),
	TEST(best_kind_is_found, 0),
	TEST(plain_calls_on_request, 0),
	TEST(open_says_what_is_wrong, 0),
	TEST(bad_maps_are_refused, 0),
	TEST(bad_unmaps_are_refused, 0),
	TEST(bad_lists_are_refused, 0),
	TEST(memory_is_registered_once, 0),
	TEST(memory_in_pieces, 0),
	TEST(windows_are_counted, 0),
	TEST(live_entries_are_told_where_mtce_is, 0),
	TEST(batch_stops_where_it_fails, 0),
	TEST(malformed_batch_says_so, 0),
	TEST(batches_of_any_length, 0),
	TEST(lists_of_any_length, 0),
	TEST(lazy_unmaps_and_flush, 0),
	TEST(counters_where_mtce_is, 0),
	TEST(second_group_joins, NEEDS_GROUPS),
	TEST(close_leaves_nothing, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "lib_contract",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.before = before,
		.after = after,
	};

	return run_suite(&suite);
}
