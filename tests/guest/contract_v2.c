// SPDX-License-Identifier: GPL-2.0
/* The v2 calls, errno by errno. Where upstream's errno differs from the contract's, both are given. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "fixture.h"

static void the_type_is_offered(void)
{
	int v2 = backend->v2;

	CHECKED(box_open());
	CHECK_IS(vfio_call(box.fd, VFIO_CHECK_EXTENSION, (void *)(long)v2), 1);
	CHECK_IS(vfio_call(box.fd, VFIO_CHECK_EXTENSION, (void *)0x7ffful), 0);
}

static void info_tells_of_windows(void)
{
	struct vfio_iommu_spapr_tce_info info;

	CHECKED(box_open());
	OK(vfio_info(&box, &info));
	CHECK(info.dma32_window_size >= SZ_1M);
	CHECK(info.flags & VFIO_IOMMU_SPAPR_INFO_DDW);
	CHECK(info.ddw.pgsizes & SZ_4K);
	CHECK(info.ddw.pgsizes & SZ_64K);
	CHECK(info.ddw.max_dynamic_windows_supported == 2);
	CHECK(info.ddw.levels >= 1);
}

static void map_before_register_is_eperm(void)
{
	CHECKED(box_open());
	CHECK_IS(vfio_map(&box, RW, 0, pool, SZ_4K), -EPERM);
	CHECK_IS(vfio_unmap(&box, 0, SZ_4K), -EPERM);
	CHECK_IS(vfio_unregister(&box, pool, SZ_64K), -EPERM);
}

static void map_outside_every_window_is_enxio(void)
{
	CHECKED(box_ready());
	CHECK_IS(vfio_map(&box, RW, SZ_64M, pool, SZ_4K), -ENXIO);
	CHECK_IS(vfio_unmap(&box, SZ_64M, SZ_4K), -ENXIO);
	CHECK_IS(vfio_map(&box, RW, 1ull << 59, pool, SZ_4K), -ENXIO);
	CHECK_IS(vfio_map(&box, RW, -SZ_4K, pool, SZ_4K), -ENXIO);
}

static void map_without_read_and_write_is_einval(void)
{
	CHECKED(box_ready());
	CHECK_IS(vfio_map(&box, 0, 0, pool, SZ_4K), -EINVAL);
}

static void unknown_flags_are_einval(void)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .size = SZ_4K,
	};
	struct vfio_iommu_spapr_register_memory reg = {
		.argsz = sizeof(reg), .vaddr = (uintptr_t)pool, .size = SZ_64K,
	};
	struct vfio_iommu_spapr_tce_create create = {
		.argsz = sizeof(create), .page_shift = 12, .window_size = SZ_1M,
		.levels = 1,
	};
	struct vfio_iommu_spapr_tce_remove gone = { .argsz = sizeof(gone) };
	unsigned int bit;

	CHECKED(box_ready());
	for (bit = 2; bit < 32; bit++)
		CHECK_IS(vfio_map(&box, RW | 1u << bit, 0, pool, SZ_4K), -EINVAL);
	for (bit = 0; bit < 32; bit++) {
		unmap.flags = 1u << bit;
		reg.flags = 1u << bit;
		create.flags = 1u << bit;
		gone.flags = 1u << bit;
		CHECK_IS(vfio_call(box.fd, VFIO_IOMMU_UNMAP_DMA, &unmap), -EINVAL);
		CHECK_IS(vfio_call(box.fd, VFIO_IOMMU_SPAPR_REGISTER_MEMORY, &reg), -EINVAL);
		CHECK_IS(vfio_call(box.fd, VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, &reg), -EINVAL);
		CHECK_IS(vfio_call(box.fd, VFIO_IOMMU_SPAPR_TCE_CREATE, &create), -EINVAL);
		CHECK_IS(vfio_call(box.fd, VFIO_IOMMU_SPAPR_TCE_REMOVE, &gone), -EINVAL);
	}
	/* The window is still there. */
	OK(vfio_map(&box, RW, 0, pool, SZ_4K));
}

static void unregistered_memory_is_enoent(void)
{
	uint8_t *p = mem_alloc(SZ_64K);

	CHECKED(box_ready());
	CHECK_IS(vfio_map(&box, RW, SZ_1M, p, SZ_4K), want(-ENOENT, -EINVAL));
	CHECK_IS(vfio_map(&box, RW, SZ_1M, pool + POOL_SIZE - SZ_4K, 2 * SZ_4K),
		 want(-ENOENT, -EINVAL));
	CHECK_IS(vfio_map(&box, RW, SZ_1M, NULL, SZ_4K), want(-ENOENT, -EINVAL));
	mem_free(p, SZ_64K);
}

static void unmap_of_what_was_never_mapped_succeeds(void)
{
	CHECKED(box_ready());
	OK(vfio_unmap(&box, SZ_1M, SZ_4K));
	OK(vfio_unmap(&box, 0, SZ_64M));
}

static void register_twice_is_ebusy(void)
{
	CHECKED(box_ready());
	CHECK_IS(vfio_register(&box, pool, POOL_SIZE), -EBUSY);
}

static void register_overlap_is_ebusy(void)
{
	CHECKED(box_ready());
	CHECK_IS(vfio_register(&box, pool + SZ_64K, SZ_64K), -EBUSY);
	CHECK_IS(vfio_register(&box, pool, SZ_64K), -EBUSY);
}

static void register_checks_its_range(void)
{
	CHECKED(box_open());
	CHECK_IS(vfio_register(&box, pool + 1, SZ_64K), -EINVAL);
	CHECK_IS(vfio_register(&box, pool, SZ_64K + 1), -EINVAL);
	CHECK_IS(vfio_register(&box, pool, mem_page() / 2), -EINVAL);
}

static void register_needs_memory_behind_it(void)
{
	uint8_t *p = mmap(NULL, 4 * SZ_64K, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long pins = mem_pins(), locked = mem_locked_kb(0);

	CHECKED(box_open());
	CHECK_IS(vfio_register(&box, p, 4 * SZ_64K), -EFAULT);
	CHECK_IS(vfio_register(&box, (void *)SZ_64K, SZ_64K), -EFAULT);
	CHECK(mem_pins_return_to(pins));
	CHECK_IS(mem_locked_kb(0), locked);
	munmap(p, 4 * SZ_64K);
}

/* What was pinned before the hole is let go. */
static void register_finds_a_hole(void)
{
	uint8_t *p = mmap(NULL, 4 * SZ_64K, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long pins = mem_pins(), locked = mem_locked_kb(0);

	CHECKED(box_open());
	mprotect(p, SZ_64K, PROT_READ | PROT_WRITE);
	CHECK_IS(vfio_register(&box, p, 4 * SZ_64K), -EFAULT);
	CHECK(mem_pins_return_to(pins));
	CHECK_IS(mem_locked_kb(0), locked);
	munmap(p, 4 * SZ_64K);
}

static void unregister_wants_the_exact_region(void)
{
	CHECKED(box_ready());
	CHECK_IS(vfio_unregister(&box, pool, POOL_SIZE - SZ_64K), -ENOENT);
	CHECK_IS(vfio_unregister(&box, pool + SZ_64K, POOL_SIZE - SZ_64K), -ENOENT);
	CHECK_IS(vfio_unregister(&box, pool + 1, POOL_SIZE), -EINVAL);
	OK(vfio_unregister(&box, pool, POOL_SIZE));
	CHECK_IS(vfio_unregister(&box, pool, POOL_SIZE), -ENOENT);
}

static void window_parameters_are_checked(void)
{
	CHECKED(box_open());
	OK(vfio_remove(&box, 0));
	CHECK_IS(vfio_window(&box, 13, SZ_1M, 1, NULL), -EINVAL);
	CHECK_IS(vfio_window(&box, 0, SZ_1M, 1, NULL), -EINVAL);
	CHECK_IS(vfio_window(&box, 12, 0, 1, NULL), -EINVAL);
	CHECK_IS(vfio_window(&box, 12, SZ_1M + SZ_4K, 1, NULL), -EINVAL);
	CHECK_IS(vfio_window(&box, 12, SZ_1M, 0, NULL), -EINVAL);
	CHECK_IS(vfio_window(&box, 12, SZ_1M, 6, NULL), -EINVAL);
}

static void third_window_is_enospc(void)
{
	uint64_t second;

	CHECKED(box_ready());
	OK(vfio_window(&box, 16, SZ_64M, 1, &second));
	CHECK(second >= 1ull << 32);
	CHECK_IS(vfio_window(&box, 12, SZ_1M, 1, NULL), -ENOSPC);
	OK(vfio_remove(&box, second));
	OK(vfio_window(&box, 12, SZ_1M, 1, &second));
}

static void remove_takes_a_windows_start(void)
{
	CHECKED(box_ready());
	CHECK_IS(vfio_remove(&box, SZ_64M), want(-ENXIO, -EINVAL));
	CHECK_IS(vfio_remove(&box, 1ull << 59), want(-ENXIO, -EINVAL));
	OK(vfio_remove(&box, 0));
	CHECK_IS(vfio_remove(&box, 0), want(-ENXIO, -EINVAL));
	CHECK_IS(vfio_map(&box, RW, 0, pool, SZ_4K), -ENXIO);
}

static void remove_takes_the_exact_start(void)
{
	CHECKED(box_ready());
	CHECK(vfio_remove(&box, SZ_1M) < 0);
	OK(vfio_map(&box, RW, SZ_1M, pool, SZ_4K));
}

/* The first window call after a group arrived finds the platform's window. */
static void default_window_needs_no_call(void)
{
	CHECKED(box_open());
	OK(vfio_register(&box, pool, POOL_SIZE));
	OK(vfio_map(&box, RW, SZ_1M, pool, SZ_4K));
	OK(vfio_remove(&box, 0));
	CHECK_IS(vfio_map(&box, RW, SZ_1M, pool, SZ_4K), -ENXIO);
}

static void default_window_counts_as_one(void)
{
	uint64_t start = 0;

	CHECKED(box_open());
	OK(vfio_window(&box, 12, SZ_1M, 1, &start));
	CHECK(start >= 1ull << 32);
	CHECK_IS(vfio_window(&box, 12, SZ_1M, 1, NULL), -ENOSPC);
}

static void addresses_must_be_aligned(void)
{
	CHECKED(box_ready());
	CHECK_IS(vfio_map(&box, RW, 0, pool + 1, SZ_4K), -EINVAL);
	CHECK_IS(vfio_map(&box, RW, 0, pool + 2048, SZ_4K), -EINVAL);
	CHECK_IS(vfio_map(&box, RW, 0, pool, SZ_4K + 1), -EINVAL);
	CHECK_IS(vfio_map(&box, RW, 0, pool, 2048), -EINVAL);
	CHECK_IS(vfio_unmap(&box, 0, SZ_4K + 1), -EINVAL);
}

/* 16M entries over plain pages, touched backwards so that they do not lie in order by chance. */
static void memory_must_be_contiguous_over_an_entry(void)
{
	size_t size = 2 * SZ_16M, page = mem_page(), n;
	uint8_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *at = (uint8_t *)(((uintptr_t)p + SZ_16M - 1) & -SZ_16M);
	struct vfio_iommu_spapr_tce_info info;
	uint64_t start;

	CHECK(p != MAP_FAILED);
	madvise(p, size, MADV_NOHUGEPAGE);
	for (n = size / page; n--;)
		p[n * page] = 1;
	CHECKED(box_open());
	OK(vfio_info(&box, &info));
	if (!(info.ddw.pgsizes & SZ_16M)) {
		test_skipped("this bridge has no TCEs of 16M");
		return;
	}
	OK(vfio_remove(&box, 0));
	OK(vfio_window(&box, 24, 4 * SZ_16M, 1, &start));
	OK(vfio_register(&box, at, SZ_16M));
	CHECK_IS(vfio_map(&box, RW, start + SZ_16M, at, SZ_16M), want(-ERANGE, -EINVAL));
	OK(vfio_unregister(&box, at, SZ_16M));
	mem_free(p, size);
}

static void locked_memory_is_counted(void)
{
	long before = mem_locked_kb(0);

	CHECKED(box_open());
	OK(vfio_register(&box, pool, POOL_SIZE));
	CHECK_IS(mem_locked_kb(0), before + (long)(POOL_SIZE / 1024));
	OK(vfio_unregister(&box, pool, POOL_SIZE));
	CHECK_IS(mem_locked_kb(0), before);
	OK(vfio_remove(&box, 0));
	OK(vfio_window(&box, 12, SZ_2G, 1, NULL));
	CHECK(mem_locked_kb(0) >= before + 4096);
	OK(vfio_remove(&box, 0));
	CHECK_IS(mem_locked_kb(0), before);
}

static void v1_calls_are_enotty(void)
{
	CHECKED(box_open());
	CHECK_IS(vfio_enable(&box), backend->native ? 0 : -ENOTTY);
	CHECK_IS(vfio_disable(&box), backend->native ? 0 : -ENOTTY);
}

static void unknown_calls_are_enotty(void)
{
	uint8_t zero[256] = { };
	int nr;

	CHECKED(box_open());
	for (nr = 100; nr < 256; nr++) {
		bool known = (nr >= 100 && nr <= 121) || (nr >= 200 && nr <= 204);

		if (!known)
			CHECK_IS(vfio_call(box.fd, _IO(';', nr), zero), -ENOTTY);
	}
	CHECK_IS(vfio_call(box.fd, _IO('!', 113), zero), -ENOTTY);
	CHECK_IS(vfio_call(box.fd, VFIO_IOMMU_MTCE_INFO, zero), want(-EINVAL, -ENOTTY));
}

/* False, and the test is skipped, where the platform has no EEH. */
static bool has_eeh(void)
{
	if (vfio_call(box.fd, VFIO_CHECK_EXTENSION, (void *)(long)VFIO_EEH) == 1)
		return true;
	test_skipped("the platform has no EEH");
	return false;
}

static void eeh_calls_are_checked(void)
{
	struct vfio_eeh_pe_op op = { .argsz = sizeof(op), .op = VFIO_EEH_PE_GET_STATE };

	CHECKED(box_open());
	if (!has_eeh())
		return;
	CHECK(vfio_call(box.fd, VFIO_EEH_PE_OP, &op) >= 0);
	op.flags = 1;
	CHECK_IS(vfio_call(box.fd, VFIO_EEH_PE_OP, &op), -EINVAL);
	op.flags = 0;
	op.op = 999;
	CHECK_IS(vfio_call(box.fd, VFIO_EEH_PE_OP, &op), -EINVAL);
	op.op = VFIO_EEH_PE_GET_STATE;
	op.argsz = 4;
	CHECK_IS(vfio_call(box.fd, VFIO_EEH_PE_OP, &op), -EINVAL);
}

/* What a VMM does for a guest that recovers from an error; an injected one is refused, for it is of no known type. */
static void eeh_operations_reach_the_platform(void)
{
	static const uint32_t ops[] = {
		VFIO_EEH_PE_ENABLE, VFIO_EEH_PE_UNFREEZE_IO, VFIO_EEH_PE_UNFREEZE_DMA,
		VFIO_EEH_PE_RESET_HOT, VFIO_EEH_PE_RESET_DEACTIVATE,
		VFIO_EEH_PE_RESET_FUNDAMENTAL, VFIO_EEH_PE_RESET_DEACTIVATE,
		VFIO_EEH_PE_CONFIGURE, VFIO_EEH_PE_DISABLE,
	};
	struct vfio_eeh_pe_op op = { .argsz = sizeof(op) };
	size_t i;
	int ret;

	CHECKED(box_open());
	if (!has_eeh())
		return;
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		op.op = ops[i];
		OK(vfio_call(box.fd, VFIO_EEH_PE_OP, &op));
	}
	op.op = VFIO_EEH_PE_GET_STATE;
	CHECK_IS(vfio_call(box.fd, VFIO_EEH_PE_OP, &op), VFIO_EEH_PE_STATE_NORMAL);
	op.op = VFIO_EEH_PE_INJECT_ERR;
	op.err.type = 99;
	ret = vfio_call(box.fd, VFIO_EEH_PE_OP, &op);
	CHECK(ret == -EINVAL || ret == -ERANGE);
}

/* The kind of operation says how long the argument is: it is read in two steps. */
static void eeh_argument_that_ends_too_early_is_efault(void)
{
	const size_t head = offsetof(struct vfio_eeh_pe_op, err);
	struct vfio_eeh_pe_op op = { .argsz = sizeof(op), .op = VFIO_EEH_PE_INJECT_ERR };
	uint8_t *mem, *arg;

	CHECKED(box_open());
	if (!has_eeh())
		return;
	mem = mem_alloc(2 * SZ_64K);
	arg = mem + SZ_64K - head;
	memcpy(arg, &op, head);
	mem_free(mem + SZ_64K, SZ_64K);
	CHECK_IS(vfio_call(box.fd, VFIO_EEH_PE_OP, arg), -EFAULT);
	CHECK_IS(vfio_call(box.fd, VFIO_EEH_PE_OP, mem + SZ_64K), -EFAULT);
	mem_free(mem, SZ_64K);
}

static const struct test tests[] = {
	TEST(the_type_is_offered, 0),
	TEST(info_tells_of_windows, 0),
	TEST(map_before_register_is_eperm, 0),
	TEST(map_outside_every_window_is_enxio, 0),
	TEST(map_without_read_and_write_is_einval, 0),
	TEST(unknown_flags_are_einval, 0),
	TEST(unregistered_memory_is_enoent, 0),
	TEST(unmap_of_what_was_never_mapped_succeeds, 0),
	TEST(register_twice_is_ebusy, 0),
	TEST(register_overlap_is_ebusy, 0),
	TEST(register_checks_its_range, 0),
	TEST(register_needs_memory_behind_it, 0),
	TEST(register_finds_a_hole, 0),
	TEST(unregister_wants_the_exact_region, 0),
	TEST(window_parameters_are_checked, 0),
	TEST(third_window_is_enospc, 0),
	TEST(remove_takes_a_windows_start, 0),
	TEST(remove_takes_the_exact_start, 0),
	TEST(default_window_needs_no_call, 0),
	TEST(default_window_counts_as_one, 0),
	TEST(addresses_must_be_aligned, 0),
	TEST(memory_must_be_contiguous_over_an_entry, 0),
	TEST(locked_memory_is_counted, 0),
	TEST(v1_calls_are_enotty, 0),
	TEST(unknown_calls_are_enotty, 0),
	TEST(eeh_calls_are_checked, 0),
	TEST(eeh_operations_reach_the_platform, 0),
	TEST(eeh_argument_that_ends_too_early_is_efault, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "contract_v2",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.after = box_close,
	};

	return run_suite(&suite);
}
