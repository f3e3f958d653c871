// SPDX-License-Identifier: GPL-2.0
/*
 * What has an order: entries are replaced and cleared, groups are told, pages
 * go. No device looks, so it takes no time; the calls must succeed here, and
 * oracle.sh says in which order things happened.
 */
#include <errno.h>

#include "fixture.h"

#define AT	SZ_1M

static uint8_t *mem;

/* One entry, a few, and more than are killed one by one. */
static const uint64_t lengths[] = { 1, 8, 64 };

static void before(void)
{
	mem = mem_alloc(SZ_1M);
}

static void after(void)
{
	box_close();
	mem_free(mem, SZ_1M);
}

/* Both groups if there are two: each has to be told. */
static void open_registered(void)
{
	OK(container_open(&box, backend->v2, vfio_devices() > 1 ? 2 : 1));
	OK(vfio_register(&box, mem, SZ_1M));
}

/* The native type takes several groups also where maps pin. */
static void open_enabled(void)
{
	OK(container_open(&box, backend->v1,
			  backend->native && vfio_devices() > 1 ? 2 : 1));
	OK(vfio_enable(&box));
}

static void replace_and_unmap(uint64_t size)
{
	OK(vfio_map(&box, RW, AT, mem, size));
	OK(vfio_map(&box, RW, AT, mem + SZ_1M / 2, size));
	OK(vfio_map(&box, VFIO_DMA_MAP_FLAG_READ, AT, mem + SZ_1M / 2, size));
	OK(vfio_unmap(&box, AT, size));
	OK(vfio_map(&box, RW, AT, mem, size));
	OK(vfio_unmap(&box, AT, size));
}

static void registered_memory(void)
{
	size_t i;

	CHECKED(open_registered());
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		CHECKED(replace_and_unmap(lengths[i] * SZ_4K));
		OK(vfio_unregister(&box, mem, SZ_1M));
		OK(vfio_register(&box, mem, SZ_1M));
	}
}

static void memory_that_maps_pin(void)
{
	size_t i;

	CHECKED(open_enabled());
	for (i = 0; i < ARRAY_SIZE(lengths); i++)
		CHECKED(replace_and_unmap(lengths[i] * SZ_4K));
	OK(vfio_map(&box, RW, AT, mem, SZ_1M));
	OK(vfio_disable(&box));
}

static void memory_that_goes_while_mapped(void)
{
	size_t i;

	CHECKED(open_registered());
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		OK(vfio_map(&box, RW, AT, mem, lengths[i] * SZ_4K));
		if (!backend->revokes) {
			CHECK_IS(vfio_unregister(&box, mem, SZ_1M), -EBUSY);
			OK(vfio_unmap(&box, AT, lengths[i] * SZ_4K));
		}
		OK(vfio_unregister(&box, mem, SZ_1M));
		OK(vfio_register(&box, mem, SZ_1M));
	}
}

static void windows_and_groups_that_go(void)
{
	CHECKED(open_registered());
	OK(vfio_map(&box, RW, AT, mem, SZ_1M));
	OK(vfio_remove(&box, 0));
	OK(vfio_unregister(&box, mem, SZ_1M));
	OK(vfio_register(&box, mem, SZ_1M));
	OK(vfio_window(&box, 12, SZ_64M, 2, NULL));
	OK(vfio_map(&box, RW, AT, mem, SZ_1M));
	if (box.groups > 1) {
		OK(container_detach(&box, 1));
		CHECKED(replace_and_unmap(SZ_64K));
		OK(container_attach(&box, 1));
		CHECKED(replace_and_unmap(SZ_64K));
	}
	box_close();
}

static void lists_and_batches(void)
{
	struct vfio_mtce_op ops[] = {
		map_op(AT, mem, SZ_4K), unmap_op(AT, SZ_4K),
		map_op(AT, mem + SZ_64K, SZ_64K),
		map_op(AT + SZ_4K, mem + 2 * SZ_64K, SZ_4K),
		unmap_op(AT, SZ_1M),
	};
	uint64_t list[64];
	uint32_t done = ARRAY_SIZE(ops), i;

	ops[3].flags |= VFIO_MTCE_REPLACE;
	CHECKED(open_registered());
	OK(mtce_update(&box, ops, &done));
	for (i = 0; i < ARRAY_SIZE(list); i++)
		list[i] = (uintptr_t)mem + (i * 37 % 256) * SZ_4K;
	OK(mtce_put_list(&box, RW, AT, list, 8));
	OK(mtce_put_list(&box, RW | VFIO_MTCE_REPLACE, AT, list + 8, 8));
	OK(mtce_put_list(&box, RW | VFIO_MTCE_REPLACE, AT, list, 64));
	OK(vfio_unmap(&box, AT, SZ_1M));
	OK(vfio_unregister(&box, mem, SZ_1M));
}

static int lazy_unmap(uint64_t iova, uint64_t size)
{
	struct vfio_mtce_op op = lazy_unmap_op(iova, size);
	uint32_t done = 1;

	return mtce_update(&box, &op, &done);
}

/* A few entries far apart wait, too few for a kill of the PE: each is killed before the memory goes. */
static void scattered_lazy_unmaps(void)
{
	int flush, i;

	CHECKED(open_registered());
	for (flush = 0; flush < 2; flush++) {
		for (i = 0; i < 3; i++)
			OK(vfio_map(&box, RW, AT + i * SZ_1M, mem + i * SZ_64K, SZ_4K));
		for (i = 0; i < 3; i++)
			OK(lazy_unmap(AT + i * SZ_1M, SZ_4K));
		if (flush)
			OK(mtce_flush(&box));
		OK(vfio_unregister(&box, mem, SZ_1M));
		OK(vfio_register(&box, mem, SZ_1M));
	}
}

static const struct test tests[] = {
	TEST(registered_memory, 0),
	TEST(memory_that_maps_pin, 0),
	TEST(memory_that_goes_while_mapped, NEEDS_OURS),
	TEST(windows_and_groups_that_go, 0),
	TEST(lists_and_batches, NEEDS_NATIVE),
	TEST(scattered_lazy_unmaps, NEEDS_NATIVE),
};

int main(void)
{
	static const struct suite suite = {
		.program = "kill_order",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.before = before,
		.after = after,
	};

	return run_suite(&suite);
}
