// SPDX-License-Identifier: GPL-2.0
/* The v1 calls: enable once, then maps pin what they map. */
#include <errno.h>
#include <sys/mman.h>

#include "fixture.h"

static void type_v1_is_offered(void)
{
	CHECKED(box_open_v1());
	CHECK_IS(vfio_call(box.fd, VFIO_CHECK_EXTENSION, (void *)backend->v1), 1);
}

static void info_tells_of_the_window(void)
{
	struct vfio_iommu_spapr_tce_info info;

	CHECKED(box_open_v1());
	OK(vfio_info(&box, &info));
	CHECK(info.dma32_window_size >= SZ_1M);
}

static void map_before_enable_is_eperm(void)
{
	CHECKED(box_open_v1());
	CHECK_IS(vfio_map(&box, RW, SZ_1M, pool, SZ_4K), -EPERM);
	CHECK_IS(vfio_unmap(&box, SZ_1M, SZ_4K), -EPERM);
}

static void enable_twice_is_ebusy(void)
{
	CHECKED(box_open_v1());
	OK(vfio_enable(&box));
	CHECK_IS(vfio_enable(&box), -EBUSY);
	OK(vfio_disable(&box));
	OK(vfio_enable(&box));
}

static void disable_without_enable_is_harmless(void)
{
	long locked = mem_locked_kb(0);

	CHECKED(box_open_v1());
	OK(vfio_disable(&box));
	CHECK_IS(mem_locked_kb(0), locked);
}

static void enable_counts_the_window_as_locked(void)
{
	struct vfio_iommu_spapr_tce_info info;
	long locked = mem_locked_kb(0);

	CHECKED(box_open_v1());
	OK(vfio_info(&box, &info));
	OK(vfio_enable(&box));
	CHECK_IS(mem_locked_kb(0), locked + (long)(info.dma32_window_size / 1024));
	OK(vfio_disable(&box));
	CHECK_IS(mem_locked_kb(0), locked);
}

static void map_after_disable_is_eperm(void)
{
	CHECKED(box_open_v1());
	OK(vfio_enable(&box));
	OK(vfio_map(&box, RW, SZ_1M, pool, SZ_4K));
	OK(vfio_unmap(&box, SZ_1M, SZ_4K));
	OK(vfio_disable(&box));
	CHECK_IS(vfio_map(&box, RW, SZ_1M, pool, SZ_4K), -EPERM);
}

static void map_pins_and_unmap_lets_go(void)
{
	long pins;

	CHECKED(box_open_v1());
	OK(vfio_enable(&box));
	pins = mem_pins();
	OK(vfio_map(&box, RW, SZ_1M, pool, 64 * SZ_4K));
	CHECK(mem_pins() > pins);
	OK(vfio_unmap(&box, SZ_1M, 64 * SZ_4K));
	CHECK(mem_pins_return_to(pins));
}

static void replacing_lets_the_old_page_go(void)
{
	long pins, one;

	CHECKED(box_open_v1());
	OK(vfio_enable(&box));
	pins = mem_pins();
	OK(vfio_map(&box, RW, SZ_1M, pool, SZ_4K));
	one = mem_pins();
	OK(vfio_map(&box, RW, SZ_1M, pool + SZ_64K, SZ_4K));
	CHECK(mem_pins_return_to(one));
	OK(vfio_unmap(&box, SZ_1M, SZ_4K));
	CHECK(mem_pins_return_to(pins));
}

static void inaccessible_memory_is_efault(void)
{
	uint8_t *p = mmap(NULL, 4 * SZ_64K, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long pins;

	CHECKED(box_open_v1());
	OK(vfio_enable(&box));
	pins = mem_pins();
	CHECK_IS(vfio_map(&box, RW, SZ_1M, p, SZ_4K), -EFAULT);
	mprotect(p, SZ_64K, PROT_READ | PROT_WRITE);
	CHECK_IS(vfio_map(&box, RW, SZ_1M, p, 2 * SZ_64K), -EFAULT);
	CHECK(mem_pins_return_to(pins));
	munmap(p, 4 * SZ_64K);
}

/* A device that may write needs memory that its owner may write. */
static void read_only_memory_maps_read_only(void)
{
	uint8_t *p = mmap(NULL, SZ_64K, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECKED(box_open_v1());
	OK(vfio_enable(&box));
	CHECK_IS(vfio_map(&box, RW, SZ_1M, p, SZ_4K), -EFAULT);
	CHECK_IS(vfio_map(&box, VFIO_DMA_MAP_FLAG_WRITE, SZ_1M, p, SZ_4K), -EFAULT);
	OK(vfio_map(&box, VFIO_DMA_MAP_FLAG_READ, SZ_1M, p, SZ_4K));
	OK(vfio_unmap(&box, SZ_1M, SZ_4K));
	munmap(p, SZ_64K);
}

static void malformed_maps_are_einval(void)
{
	CHECKED(box_open_v1());
	OK(vfio_enable(&box));
	CHECK_IS(vfio_map(&box, 0, SZ_1M, pool, SZ_4K), -EINVAL);
	CHECK_IS(vfio_map(&box, RW | 4, SZ_1M, pool, SZ_4K), -EINVAL);
	CHECK_IS(vfio_map(&box, RW, SZ_1M, pool + 1, SZ_4K), -EINVAL);
	CHECK_IS(vfio_map(&box, RW, SZ_1M, pool, SZ_4K + 1), -EINVAL);
	CHECK_IS(vfio_map(&box, RW, 1ull << 40, pool, SZ_4K), -ENXIO);
}

static void close_without_unmap_lets_go(void)
{
	long pins = mem_pins(), locked = mem_locked_kb(0);

	CHECKED(box_open_v1());
	OK(vfio_enable(&box));
	OK(vfio_map(&box, RW, SZ_1M, pool, SZ_1M));
	box_close();
	CHECK(mem_pins_return_to(pins));
	CHECK_IS(mem_locked_kb(0), locked);
}

static void v2_calls_are_enotty(void)
{
	CHECKED(box_open_v1());
	if (backend->native) {
		test_skipped("one type offers all calls");
		return;
	}
	CHECK_IS(vfio_register(&box, pool, SZ_64K), -ENOTTY);
	CHECK_IS(vfio_unregister(&box, pool, SZ_64K), -ENOTTY);
	CHECK_IS(vfio_window(&box, 12, SZ_1M, 1, NULL), -ENOTTY);
	CHECK_IS(vfio_remove(&box, 0), -ENOTTY);
}

static void second_group_is_refused(void)
{
	CHECKED(box_open_v1());
	if (backend->native) {
		test_skipped("the native type takes several groups");
		return;
	}
	CHECK_IS(container_attach(&box, 1), -EBUSY);
}

static const struct test tests[] = {
	TEST(type_v1_is_offered, 0),
	TEST(info_tells_of_the_window, 0),
	TEST(map_before_enable_is_eperm, 0),
	TEST(enable_twice_is_ebusy, 0),
	TEST(disable_without_enable_is_harmless, 0),
	TEST(enable_counts_the_window_as_locked, 0),
	TEST(map_after_disable_is_eperm, 0),
	TEST(map_pins_and_unmap_lets_go, 0),
	TEST(replacing_lets_the_old_page_go, 0),
	TEST(inaccessible_memory_is_efault, 0),
	TEST(read_only_memory_maps_read_only, 0),
	TEST(malformed_maps_are_einval, 0),
	TEST(close_without_unmap_lets_go, 0),
	TEST(v2_calls_are_enotty, 0),
	TEST(second_group_is_refused, NEEDS_GROUPS),
};

int main(void)
{
	static const struct suite suite = {
		.program = "contract_v1",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.after = box_close,
	};

	return run_suite(&suite);
}
