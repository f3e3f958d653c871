// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that take an upstream host down, or fill its log. Here they must be
 * refused, and the table must be as it was.
 */
#include <errno.h>
#include <sys/mman.h>

#include "fixture.h"

#define HUGE	(1ull << 62)

/* A live entry at each end of the window; the native type can ask for them afterwards. */
static void window_with_landmarks(void)
{
	CHECKED(box_ready());
	OK(vfio_map(&box, RW, 0, pool, SZ_4K));
	OK(vfio_map(&box, RW, SZ_64M - SZ_4K, pool + SZ_4K, SZ_4K));
}

static void landmarks_stand(void)
{
	if (!backend->native)
		return;
	CHECK(is_live(&box, 0, pool, SZ_4K));
	CHECK(is_live(&box, SZ_64M - SZ_4K, pool, SZ_4K));
	CHECK(!is_live(&box, SZ_4K, pool, SZ_4K));
	CHECK(!is_live(&box, SZ_64M - 2 * SZ_4K, pool, SZ_4K));
}

static void range_past_the_windows_end(void)
{
	CHECKED(window_with_landmarks());
	CHECK_IS(vfio_map(&box, RW, SZ_64M - SZ_4K, pool, 2 * SZ_4K), -ENXIO);
	CHECK_IS(vfio_map(&box, RW, SZ_64M - SZ_64K, pool, SZ_1M), -ENXIO);
	CHECK_IS(vfio_map(&box, RW, 0, pool, SZ_64M + SZ_4K), -ENXIO);
	landmarks_stand();
}

static void unmap_past_the_windows_end(void)
{
	CHECKED(window_with_landmarks());
	CHECK_IS(vfio_unmap(&box, SZ_64M - SZ_4K, 2 * SZ_4K), -ENXIO);
	CHECK_IS(vfio_unmap(&box, 0, SZ_64M + SZ_4K), -ENXIO);
	landmarks_stand();
}

static void zero_size_at_iova_0(void)
{
	CHECKED(window_with_landmarks());
	CHECK_IS(vfio_map(&box, RW, 0, pool, 0), -EINVAL);
	CHECK_IS(vfio_unmap(&box, 0, 0), -EINVAL);
	landmarks_stand();
}

/* Undoing what was not begun is a kill of nothing, the zero size again. */
static void failed_map_at_iova_0(void)
{
	uint8_t *p = mem_alloc(SZ_64K);

	CHECKED(window_with_landmarks());
	CHECK_IS(vfio_map(&box, RW, 0, p, SZ_4K), -ENOENT);
	CHECK_IS(vfio_map(&box, RW, 0, NULL, SZ_4K), -ENOENT);
	landmarks_stand();
	mem_free(p, SZ_64K);
}

static void zero_size_elsewhere(void)
{
	CHECKED(window_with_landmarks());
	CHECK_IS(vfio_map(&box, RW, SZ_1M, pool, 0), -EINVAL);
	CHECK_IS(vfio_unmap(&box, SZ_1M, 0), -EINVAL);
	landmarks_stand();
}

static void huge_size(void)
{
	CHECKED(window_with_landmarks());
	/* Wrong twice: as a range of IOVAs, and as memory that nobody can have. */
	CHECK(vfio_map(&box, RW, 0, pool, HUGE) < 0);
	CHECK_IS(vfio_unmap(&box, 0, HUGE), -ENXIO);
	CHECK(vfio_map(&box, RW, SZ_4K, pool, -2 * SZ_4K) < 0);
	CHECK(vfio_unmap(&box, SZ_4K, -2 * SZ_4K) < 0);
	landmarks_stand();
}

static void wrapping_range(void)
{
	CHECKED(window_with_landmarks());
	CHECK_IS(vfio_map(&box, RW, SZ_4K, pool, -SZ_4K), -EINVAL);
	CHECK_IS(vfio_unmap(&box, SZ_64M - SZ_4K, -SZ_4K), -EINVAL);
	CHECK_IS(vfio_map(&box, RW, 0, (void *)-SZ_4K, 2 * SZ_4K), -EINVAL);
	landmarks_stand();
}

static void unaligned_iova(void)
{
	CHECKED(window_with_landmarks());
	CHECK_IS(vfio_map(&box, RW, SZ_1M + 1, pool, SZ_4K), -EINVAL);
	CHECK_IS(vfio_map(&box, RW, SZ_1M + 2048, pool, SZ_4K), -EINVAL);
	CHECK_IS(vfio_unmap(&box, SZ_1M + 2048, SZ_4K), -EINVAL);
	CHECK_IS(vfio_unmap(&box, 1, SZ_4K), -EINVAL);
	landmarks_stand();
}

/* The first four are multiples of 64, or 12 and 16 behind one. */
static void strange_page_shift(void)
{
	static const unsigned int shifts[] = { 64, 76, 128, 140, 144, 255, 0x80000000, ~0u };
	unsigned int i;

	CHECKED(box_open());
	OK(vfio_remove(&box, 0));
	for (i = 0; i < ARRAY_SIZE(shifts); i++)
		CHECK_IS(vfio_window(&box, shifts[i], SZ_64M, 1, NULL), -EINVAL);
}

static void window_smaller_than_a_page(void)
{
	CHECKED(box_open());
	OK(vfio_remove(&box, 0));
	CHECK_IS(vfio_window(&box, 16, SZ_4K, 1, NULL), -EINVAL);
	CHECK_IS(vfio_window(&box, 24, SZ_64K, 1, NULL), -EINVAL);
	CHECK_IS(vfio_window(&box, 12, 1, 1, NULL), -EINVAL);
}

static void window_too_large_to_allocate(void)
{
	unsigned int shift;
	long locked = mem_locked_kb(0);

	CHECKED(box_open());
	OK(vfio_remove(&box, 0));
	for (shift = 38; shift < 64; shift++) {
		int ret = vfio_window(&box, 12, 1ull << shift, 1, NULL);

		CHECK(ret == -ENOMEM || ret == -EINVAL);
	}
	CHECK_IS(mem_locked_kb(0), locked);
}

static void register_nothing(void)
{
	CHECKED(box_open());
	CHECK_IS(vfio_register(&box, pool, 0), -EINVAL);
	CHECK_IS(vfio_register(&box, NULL, 0), -EINVAL);
}

static void register_more_than_there_is(void)
{
	long pins = mem_pins(), locked = mem_locked_kb(0);
	int ret;

	CHECKED(box_open());
	ret = vfio_register(&box, pool, 1ull << 45);
	CHECK(ret == -ENOMEM || ret == -EFAULT);
	ret = vfio_register(&box, pool, HUGE);
	CHECK(ret == -ENOMEM || ret == -EFAULT || ret == -EINVAL);
	CHECK(mem_pins_return_to(pins));
	CHECK_IS(mem_locked_kb(0), locked);
}

static void register_wrapping(void)
{
	CHECKED(box_open());
	CHECK_IS(vfio_register(&box, pool, -SZ_64K), -EINVAL);
	CHECK_IS(vfio_register(&box, (void *)-SZ_64K, 2 * SZ_64K), -EINVAL);
}

static const struct test tests[] = {
	TEST(range_past_the_windows_end, 0),
	TEST(unmap_past_the_windows_end, 0),
	TEST(zero_size_at_iova_0, 0),
	TEST(failed_map_at_iova_0, 0),
	TEST(zero_size_elsewhere, 0),
	TEST(huge_size, 0),
	TEST(wrapping_range, 0),
	TEST(unaligned_iova, 0),
	TEST(strange_page_shift, 0),
	TEST(window_smaller_than_a_page, 0),
	TEST(window_too_large_to_allocate, 0),
	TEST(register_nothing, 0),
	TEST(register_more_than_there_is, 0),
	TEST(register_wrapping, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "host_killers",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.after = box_close,
	};

	return run_suite(&suite);
}
