// SPDX-License-Identifier: GPL-2.0
/* Update, put list, info and flush, errno by errno. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fixture.h"

#define SPOT SZ_1M

/* What one operation alone gives. */
static int single(struct vfio_mtce_op op)
{
	uint32_t num = 1;
	int ret = mtce_update(&box, &op, &num);

	if (num != !ret)
		test_failed(__FILE__, __LINE__, "%d operations done, answer %d",
			    num, ret);
	return ret;
}

static void info_tells_limits(void)
{
	struct vfio_iommu_mtce_info info;

	CHECKED(box_open());
	OK(mtce_info(&box, &info));
	CHECK(info.max_ops >= 512);
	CHECK(info.max_list >= 512);
	CHECK(info.pgsizes & SZ_4K);
	CHECK(info.pgsizes & SZ_64K);
	CHECK_IS(info.groups, 1);
	CHECK_IS(info.flags & ~(VFIO_MTCE_INFO_PE_KILL | VFIO_MTCE_INFO_DIRECT |
				VFIO_MTCE_INFO_LAZY | VFIO_MTCE_INFO_LAZY_MODE), 0);
}

static void info_ignores_flags_that_come_in(void)
{
	struct vfio_iommu_mtce_info info = { .argsz = sizeof(info), .flags = ~0u };

	CHECKED(box_open());
	OK(vfio_call(box.fd, VFIO_IOMMU_MTCE_INFO, &info));
}

static void info_counts_windows(void)
{
	struct vfio_iommu_mtce_info info;

	CHECKED(box_ready());
	OK(mtce_info(&box, &info));
	CHECK_IS(info.windows, 1);
	OK(vfio_window(&box, 16, SZ_64M, 1, NULL));
	OK(mtce_info(&box, &info));
	CHECK_IS(info.windows, 2);
	OK(vfio_remove(&box, 0));
	OK(mtce_info(&box, &info));
	CHECK_IS(info.windows, 1);
}

static void info_counts_what_is_done(void)
{
	struct vfio_iommu_mtce_info a, b;

	CHECKED(box_ready());
	OK(mtce_info(&box, &a));
	CHECK_IS(a.stats.registered_bytes, (long)POOL_SIZE);
	OK(vfio_map(&box, RW, SPOT, pool, 7 * SZ_4K));
	OK(mtce_map(&box, RW | VFIO_MTCE_REPLACE, SPOT, pool, 5 * SZ_4K));
	OK(vfio_unmap(&box, SPOT, 13 * SZ_4K));
	OK(mtce_info(&box, &b));
	CHECK_IS(b.stats.tces_mapped - a.stats.tces_mapped, 12);
	CHECK_IS(b.stats.tces_unmapped - a.stats.tces_unmapped, 12);
	CHECK_IS(b.stats.calls - a.stats.calls, 3);
	CHECK(b.stats.kills_tce + b.stats.kills_pe >
	      a.stats.kills_tce + a.stats.kills_pe);
	OK(vfio_unregister(&box, pool, POOL_SIZE));
	OK(mtce_info(&box, &b));
	CHECK_IS(b.stats.registered_bytes, 0);
}

static long kills(void)
{
	struct vfio_iommu_mtce_info info;

	if (mtce_info(&box, &info))
		return -1;
	return info.stats.kills_tce + info.stats.kills_pe;
}

/* By the calls of v2. A map, too: a bridge may remember that there was nothing. */
static void single_page_is_killed_by_each_call(void)
{
	long before;

	CHECKED(box_ready());
	before = kills();
	OK(vfio_map(&box, RW, SPOT, pool, SZ_4K));
	CHECK_IS(kills() - before, 1);
	OK(vfio_map(&box, RW, SPOT, pool + SZ_4K, SZ_4K));	/* replaces */
	CHECK_IS(kills() - before, 2);
	OK(vfio_unmap(&box, SPOT, SZ_4K));
	CHECK_IS(kills() - before, 3);
	OK(vfio_unmap(&box, SPOT, SZ_4K));			/* nothing is there */
	CHECK_IS(kills() - before, 3);
	OK(vfio_map(&box, RW, SPOT, pool, SZ_4K));		/* the driver knows the region by now */
	CHECK_IS(kills() - before, 4);
}

/* What an update of @num single pages kills, all at its end. */
static void update_kills(const struct vfio_mtce_op *ops, uint32_t num)
{
	struct vfio_iommu_mtce_info a, b;
	uint32_t done = num;
	bool pe;

	OK(mtce_info(&box, &a));
	pe = a.flags & VFIO_MTCE_INFO_PE_KILL && num > a.kill_threshold;
	OK(mtce_update(&box, ops, &done));
	OK(mtce_info(&box, &b));
	CHECK_IS(b.stats.kills_pe - a.stats.kills_pe, pe);
	CHECK_IS(b.stats.kills_tce - a.stats.kills_tce, pe ? 0 : (long)num);
}

/*
 * Maps too: a bridge may remember that there was nothing. No more pages than the
 * driver can name, so that it depends on the threshold alone what is killed.
 */
static void single_pages_are_killed_in_the_end(void)
{
	static const uint32_t counts[] = { 2, 8, 9, 16 };
	struct vfio_mtce_op maps[16], unmaps[16];
	unsigned int i;

	CHECKED(box_ready());
	for (i = 0; i < ARRAY_SIZE(maps); i++) {
		maps[i] = map_op(SPOT + i * SZ_64K, pool + i * SZ_4K, SZ_4K);
		unmaps[i] = unmap_op(SPOT + i * SZ_64K, SZ_4K);
	}
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		CHECKED(update_kills(maps, counts[i]));
		CHECKED(update_kills(unmaps, counts[i]));
	}
}

static void flush_answers_at_once(void)
{
	struct vfio_iommu_mtce_flush arg = { .argsz = sizeof(arg), .flags = 1 };

	CHECKED(box_open());
	OK(mtce_flush(&box));
	CHECK_IS(vfio_call(box.fd, VFIO_IOMMU_MTCE_FLUSH, &arg), -EINVAL);
}

static void zero_entries_probe(void)
{
	struct vfio_mtce_op op;
	uint32_t num = 0;
	uint64_t one = (uintptr_t)pool;

	CHECKED(box_ready());
	OK(mtce_update(&box, &op, &num));
	CHECK_IS(num, 0);
	OK(mtce_update(&box, NULL, &num));
	OK(mtce_put_list(&box, RW, SPOT, &one, 0));
	OK(mtce_put_list(&box, RW, SPOT, NULL, 0));
}

static void map_before_register_is_eperm(void)
{
	uint64_t one;

	CHECKED(box_open());
	one = (uintptr_t)pool;
	CHECK_IS(single(map_op(SPOT, pool, SZ_4K)), -EPERM);
	CHECK_IS(mtce_put_list(&box, RW, SPOT, &one, 1), -EPERM);
}

static void malformed_operations_are_einval(void)
{
	struct vfio_mtce_op good = map_op(SPOT, pool, SZ_4K), op;
	struct vfio_mtce_op un = unmap_op(SPOT, SZ_4K);
	unsigned int bit;

	CHECKED(box_ready());
	good = map_op(SPOT, pool, SZ_4K);
#define BAD(from, ...) do {						\
	op = from;							\
	__VA_ARGS__;							\
	CHECK_IS(single(op), -EINVAL);					\
} while (0)
	BAD(good, op.op = 2);
	BAD(good, op.op = ~0u);
	BAD(good, op.flags = 0);
	BAD(good, op.flags = VFIO_MTCE_REPLACE);
	for (bit = 3; bit < 32; bit++)
		BAD(good, op.flags |= 1u << bit);
	BAD(good, op.iova += 1);
	BAD(good, op.iova += 2048);
	BAD(good, op.size = 0);
	BAD(good, op.size += 1);
	BAD(good, op.size = -SZ_4K);
	BAD(good, op.iova = -SZ_4K, op.size = 2 * SZ_4K);
	BAD(good, op.vaddr += 1);
	BAD(good, op.vaddr = -SZ_4K, op.size = 2 * SZ_4K);
	for (bit = 0; bit < 32; bit++)
		if (1u << bit != VFIO_MTCE_LAZY)
			BAD(un, op.flags = 1u << bit);
	BAD(un, op.vaddr = 1);
	BAD(un, op.vaddr = (uintptr_t)pool);
	BAD(un, op.size = 0);
	BAD(un, op.size = 100);
	BAD(un, op.iova += 1);
#undef BAD
	CHECK(!is_live(&box, SPOT, pool, 2 * SZ_4K));
}

static void a_map_is_never_lazy(void)
{
	uint64_t one;

	CHECKED(box_ready());
	one = (uintptr_t)pool;
	CHECK_IS(mtce_map(&box, RW | VFIO_MTCE_LAZY, SPOT, pool, SZ_4K), -EINVAL);
	CHECK_IS(mtce_put_list(&box, RW | VFIO_MTCE_LAZY, SPOT, &one, 1), -EINVAL);
}

static void ranges_outside_a_window_are_enxio(void)
{
	CHECKED(box_ready());
	CHECK_IS(single(map_op(SZ_64M, pool, SZ_4K)), -ENXIO);
	CHECK_IS(single(map_op(SZ_64M - SZ_4K, pool, 2 * SZ_4K)), -ENXIO);
	CHECK_IS(single(unmap_op(SZ_64M - SZ_4K, 2 * SZ_4K)), -ENXIO);
	CHECK_IS(single(map_op(0, pool, 1ull << 40)), -ENXIO);
	CHECK_IS(single(unmap_op(0, 1ull << 62)), -ENXIO);
	CHECK_IS(single(unmap_op(1ull << 59, SZ_4K)), -ENXIO);
	CHECK(!is_live(&box, SZ_64M - SZ_4K, pool, SZ_4K));
}

static void live_entry_is_eexist_and_stays(void)
{
	CHECKED(box_ready());
	OK(mtce_map(&box, RW, SPOT + SZ_4K, pool, SZ_4K));
	CHECK_IS(single(map_op(SPOT, pool, 3 * SZ_4K)), -EEXIST);
	CHECK(!is_live(&box, SPOT, pool, SZ_4K));
	CHECK(is_live(&box, SPOT + SZ_4K, pool, SZ_4K));
	CHECK(!is_live(&box, SPOT + 2 * SZ_4K, pool, SZ_4K));
	OK(mtce_map(&box, RW | VFIO_MTCE_REPLACE, SPOT, pool, 3 * SZ_4K));
	CHECK_IS(single(map_op(SPOT, pool, SZ_4K)), -EEXIST);
}

static void unregistered_memory_is_enoent(void)
{
	CHECKED(box_ready());
	CHECK_IS(single(map_op(SPOT, NULL, SZ_4K)), -ENOENT);
	CHECK_IS(single(map_op(SPOT, pool + POOL_SIZE - SZ_4K, 2 * SZ_4K)), -ENOENT);
	CHECK(!is_live(&box, SPOT, pool, 2 * SZ_4K));
}

static void first_failure_ends_the_update(void)
{
	struct vfio_mtce_op ops[4];
	uint32_t num = 4;

	CHECKED(box_ready());
	ops[0] = map_op(SPOT, pool, SZ_4K);
	ops[1] = map_op(SPOT + SZ_4K, pool, SZ_4K);
	ops[2] = map_op(SPOT, pool, 4 * SZ_4K);
	ops[3] = map_op(SPOT + SZ_64K, pool, SZ_4K);
	CHECK_IS(mtce_update(&box, ops, &num), -EEXIST);
	CHECK_IS(num, 2);
	CHECK(is_live(&box, SPOT, pool, SZ_4K));
	CHECK(is_live(&box, SPOT + SZ_4K, pool, SZ_4K));
	CHECK(!is_live(&box, SPOT + 2 * SZ_4K, pool, 2 * SZ_4K));
	CHECK(!is_live(&box, SPOT + SZ_64K, pool, SZ_4K));
}

/* The last entry is malformed: not even the first may be done. */
static void shape_of_all_is_checked_before_the_first(void)
{
	struct vfio_mtce_op ops[3];
	uint32_t num;
	int i;

	CHECKED(box_ready());
	for (i = 0; i < 8; i++) {
		static const int answers[] = {
			-EINVAL, -EINVAL, -EINVAL, -EINVAL, -ENXIO, -EINVAL,
			-EINVAL, -EINVAL
		};

		ops[0] = map_op(SPOT, pool, SZ_4K);
		ops[1] = unmap_op(SPOT, SZ_4K);
		ops[2] = map_op(SPOT + SZ_64K, pool, SZ_4K);
		if (i == 0)
			ops[2].flags = 0x100;
		if (i == 1)
			ops[2].op = 7;
		if (i == 2)
			ops[2].size = 0;
		if (i == 3)
			ops[2].iova += 8;
		if (i == 4)
			ops[2].iova = SZ_64M;
		if (i == 5)
			ops[2].iova = -SZ_4K, ops[2].size = 2 * SZ_4K;
		if (i == 6)
			ops[2].vaddr += 8;
		if (i == 7)
			ops[2].vaddr = -SZ_4K;
		/* Without the unmap, so that the map would show. */
		ops[1] = map_op(SPOT + SZ_4K, pool, SZ_4K);
		num = 3;
		CHECK_IS(mtce_update(&box, ops, &num), answers[i]);
		CHECK_IS(num, 0);
		CHECK(!is_live(&box, SPOT, pool, 2 * SZ_4K));
	}
}

/* Of many unmaps of one page one is malformed, wherever it is. */
static void shape_of_every_unmap_is_checked(void)
{
	struct vfio_mtce_op ops[64];
	uint32_t num = ARRAY_SIZE(ops), odd, i;

	CHECKED(box_ready());
	OK(vfio_map(&box, RW, SPOT, pool, num * SZ_4K));
	for (odd = 0; odd < num; odd += 21) {
		for (i = 0; i < ARRAY_SIZE(ops); i++)
			ops[i] = unmap_op(SPOT + i * SZ_4K, SZ_4K);
		ops[odd].vaddr = SZ_4K;
		CHECK_IS(mtce_update(&box, ops, &num), -EINVAL);
		ops[odd].vaddr = 0;
		ops[odd].iova = SZ_64M;
		num = ARRAY_SIZE(ops);
		CHECK_IS(mtce_update(&box, ops, &num), -ENXIO);
		CHECK_IS(num, 0);
		num = ARRAY_SIZE(ops);
		CHECK(is_live(&box, SPOT, pool, SZ_4K));
		CHECK(is_live(&box, SPOT + 63 * SZ_4K, pool, SZ_4K));
	}
}

static void operations_are_done_in_order(void)
{
	struct vfio_mtce_op ops[5];
	uint32_t num = 5;

	CHECKED(box_ready());
	ops[0] = map_op(SPOT, pool, SZ_4K);
	ops[1] = unmap_op(SPOT, SZ_4K);
	ops[2] = map_op(SPOT, pool + SZ_4K, 2 * SZ_4K);
	ops[3] = unmap_op(SPOT + SZ_4K, SZ_4K);
	ops[4] = map_op(SPOT + SZ_4K, pool, SZ_4K);
	OK(mtce_update(&box, ops, &num));
	CHECK_IS(num, 5);
	CHECK(is_live(&box, SPOT, pool, SZ_4K));
	CHECK(is_live(&box, SPOT + SZ_4K, pool, SZ_4K));
	CHECK(!is_live(&box, SPOT + 2 * SZ_4K, pool, SZ_4K));
}

static int update_of_length(const void *ops, uint32_t len, uint32_t *num)
{
	struct vfio_iommu_mtce_update arg = {
		.argsz = sizeof(arg), .ops = (uintptr_t)ops, .op_len = len,
		.op_num = *num,
	};
	int ret = vfio_call(box.fd, VFIO_IOMMU_MTCE_UPDATE, &arg);

	*num = arg.op_num;
	return ret;
}

static void longer_elements_must_end_in_zeros(void)
{
	struct { struct vfio_mtce_op op; uint64_t more; } ops[2] = { };
	uint32_t num = 2;

	CHECKED(box_ready());
	ops[0].op = map_op(SPOT, pool, SZ_4K);
	ops[1].op = map_op(SPOT + SZ_4K, pool, SZ_4K);
	OK(update_of_length(ops, sizeof(*ops), &num));
	CHECK_IS(num, 2);
	ops[0].op = unmap_op(SPOT, 2 * SZ_4K);
	ops[1].op = map_op(SPOT, pool, SZ_4K);
	ops[1].more = 1;
	CHECK_IS(update_of_length(ops, sizeof(*ops), &num), -E2BIG);
	CHECK_IS(num, 0);
	CHECK(is_live(&box, SPOT, pool, SZ_4K));
	ops[1].more = 1ull << 63;
	num = 2;
	CHECK_IS(update_of_length(ops, sizeof(*ops), &num), -E2BIG);
}

static void shorter_elements_are_einval(void)
{
	struct vfio_mtce_op op;
	uint32_t num, len;

	CHECKED(box_ready());
	op = map_op(SPOT, pool, SZ_4K);
	for (len = 0; len < sizeof(op); len++) {
		num = 1;
		CHECK_IS(update_of_length(&op, len, &num), -EINVAL);
		CHECK_IS(num, 0);
	}
}

static void reserved_fields_must_be_zero(void)
{
	struct vfio_mtce_op op;
	struct vfio_iommu_mtce_update update = {
		.argsz = sizeof(update), .ops = (uintptr_t)&op,
		.op_len = sizeof(op), .op_num = 1,
	};
	struct vfio_iommu_mtce_put_list list = {
		.argsz = sizeof(list), .flags = RW, .iova = SPOT, .num = 1,
	};
	uint64_t one;

	CHECKED(box_ready());
	op = map_op(SPOT, pool, SZ_4K);
	one = (uintptr_t)pool;
	list.list = (uintptr_t)&one;
	update.flags = 1;
	CHECK_IS(vfio_call(box.fd, VFIO_IOMMU_MTCE_UPDATE, &update), -EINVAL);
	update.flags = 0;
	update.op_num = 1;
	update.__reserved = 1ull << 40;
	CHECK_IS(vfio_call(box.fd, VFIO_IOMMU_MTCE_UPDATE, &update), -EINVAL);
	list.__pad = 1;
	CHECK_IS(vfio_call(box.fd, VFIO_IOMMU_MTCE_PUT_LIST, &list), -EINVAL);
	list.__pad = 0;
	list.__reserved = 1;
	CHECK_IS(vfio_call(box.fd, VFIO_IOMMU_MTCE_PUT_LIST, &list), -EINVAL);
	list.__reserved = 0;
	CHECK(!is_live(&box, SPOT, pool, SZ_4K));
	OK(vfio_call(box.fd, VFIO_IOMMU_MTCE_PUT_LIST, &list));
}

static void more_than_the_limit_is_e2big(void)
{
	struct vfio_iommu_mtce_info info;
	struct vfio_mtce_op *ops;
	uint64_t *list;
	uint32_t num, i;

	CHECKED(box_ready());
	OK(vfio_remove(&box, 0));
	OK(vfio_window(&box, 12, SZ_2G, 1, NULL));
	OK(mtce_info(&box, &info));
	num = info.max_ops + 1;
	ops = calloc(num, sizeof(*ops));
	list = calloc(info.max_list + 1ul, sizeof(*list));
	CHECK(ops && list);
	for (i = 0; i < num; i++)
		ops[i] = unmap_op(SPOT, SZ_4K);
	CHECK_IS(mtce_update(&box, ops, &num), -E2BIG);
	CHECK_IS(num, 0);
	num = ~0u;
	CHECK_IS(mtce_update(&box, ops, &num), -E2BIG);
	num = info.max_ops;
	OK(mtce_update(&box, ops, &num));
	CHECK_IS(num, info.max_ops);
	for (i = 0; i <= info.max_list; i++)
		list[i] = (uintptr_t)pool + i % (POOL_SIZE / SZ_4K) * SZ_4K;
	CHECK_IS(mtce_put_list(&box, RW, 0, list, info.max_list + 1), -E2BIG);
	CHECK_IS(mtce_put_list(&box, RW, 0, list, ~0u), -E2BIG);
	OK(mtce_put_list(&box, RW, 0, list, info.max_list));
	free(ops);
	free(list);
}

/* The array's last page is missing: copied once, so nothing is done. */
static void array_that_cannot_be_read_is_efault(void)
{
	uint8_t *p = mem_alloc(2 * SZ_64K);
	struct vfio_mtce_op *ops = (void *)(p + SZ_64K - 2 * sizeof(*ops));
	uint64_t *list = (void *)ops;
	uint32_t num = 3;

	CHECKED(box_ready());
	mprotect(p + SZ_64K, SZ_64K, PROT_NONE);
	ops[0] = map_op(SPOT, pool, SZ_4K);
	ops[1] = map_op(SPOT + SZ_4K, pool, SZ_4K);
	CHECK_IS(mtce_update(&box, ops, &num), -EFAULT);
	CHECK_IS(num, 0);
	for (num = 0; num < 8; num++)
		list[num] = (uintptr_t)pool;
	CHECK_IS(mtce_put_list(&box, RW, SPOT, list, 9), -EFAULT);
	CHECK_IS(mtce_put_list(&box, RW, SPOT, NULL, 1), -EFAULT);
	num = 1;
	CHECK_IS(mtce_update(&box, NULL, &num), -EFAULT);
	/* Kernel addresses are nobody's arrays. */
	CHECK_IS(mtce_put_list(&box, RW, SPOT, (void *)0xc000000000000000ul, 1), -EFAULT);
	CHECK(!is_live(&box, SPOT, pool, 3 * SZ_4K));
	OK(mtce_put_list(&box, RW, SPOT, list, 8));
	munmap(p, 2 * SZ_64K);
}

/* How many were done cannot be said. They are done all the same: one is not undone, nor are two. */
static void answer_that_cannot_be_written_is_efault(void)
{
	struct vfio_mtce_op ops[3] = {
		map_op(SPOT, pool, SZ_4K), map_op(SPOT + SZ_4K, pool, SZ_4K),
		map_op(SPOT + 2 * SZ_4K, pool, SZ_4K),
	};
	struct vfio_iommu_mtce_update *u = mem_alloc(SZ_64K);
	uint32_t num;

	CHECKED(box_ready());
	for (num = 1; num <= 2; num++) {
		mprotect(u, SZ_64K, PROT_READ | PROT_WRITE);
		*u = (struct vfio_iommu_mtce_update) {
			.argsz = sizeof(*u),
			.ops = (uintptr_t)(ops + num - 1),
			.op_len = sizeof(*ops),
			.op_num = num,
		};
		mprotect(u, SZ_64K, PROT_READ);
		CHECK_IS(vfio_call(box.fd, VFIO_IOMMU_MTCE_UPDATE, u), -EFAULT);
		CHECK_IS(u->op_num, num);
	}
	for (num = 0; num < ARRAY_SIZE(ops); num++)
		CHECK(is_live(&box, SPOT + num * SZ_4K, pool, SZ_4K));
	mem_free(u, SZ_64K);
}

static void list_is_one_operation(void)
{
	uint64_t list[3];

	CHECKED(box_ready());
	list[0] = (uintptr_t)pool;
	list[1] = (uintptr_t)pool + 5 * SZ_4K;
	list[2] = 0;
	CHECK_IS(mtce_put_list(&box, RW, SPOT, list, 3), -ENOENT);
	CHECK(!is_live(&box, SPOT, pool, 3 * SZ_4K));
	list[2] = (uintptr_t)pool + 8;
	CHECK_IS(mtce_put_list(&box, RW, SPOT, list, 3), -EINVAL);
	CHECK(!is_live(&box, SPOT, pool, 3 * SZ_4K));
	list[2] = (uintptr_t)pool;
	OK(mtce_put_list(&box, RW, SPOT, list, 3));
	CHECK_IS(mtce_put_list(&box, RW, SPOT + 2 * SZ_4K, list, 3), -EEXIST);
	CHECK(!is_live(&box, SPOT + 3 * SZ_4K, pool, 2 * SZ_4K));
	OK(mtce_put_list(&box, RW | VFIO_MTCE_REPLACE, SPOT + 2 * SZ_4K, list, 3));
	CHECK(is_live(&box, SPOT + 4 * SZ_4K, pool, SZ_4K));
	CHECK_IS(mtce_put_list(&box, RW, SZ_64M - SZ_4K, list, 2), -ENXIO);
	CHECK_IS(mtce_put_list(&box, RW, SPOT + 1, list, 2), -EINVAL);
	CHECK_IS(mtce_put_list(&box, 0, 2 * SPOT, list, 2), -EINVAL);
	CHECK_IS(mtce_put_list(&box, RW | 8, 2 * SPOT, list, 2), -EINVAL);
	CHECK_IS(mtce_put_list(&box, RW, -SZ_4K, list, 2), -ENXIO);
}

static void v1_and_v2_calls_keep_replacing(void)
{
	CHECKED(box_ready());
	OK(vfio_map(&box, RW, SPOT, pool, SZ_4K));
	OK(vfio_map(&box, RW, SPOT, pool, SZ_4K));
	CHECK(is_live(&box, SPOT, pool, SZ_4K));
}

/* Enabled instead of registered: an update pins what it maps. */
static void enabled_container_updates_too(void)
{
	long pins;

	CHECKED(box_open());
	OK(vfio_enable(&box));
	pins = mem_pins();
	OK(mtce_map(&box, RW, SPOT, pool, 33 * SZ_4K));
	CHECK(mem_pins() > pins);
	OK(mtce_unmap(&box, SPOT, 33 * SZ_4K));
	CHECK(mem_pins_return_to(pins));
}

/* One that is refused for its range looks at no memory, and says that nothing was done. */
static void enabled_container_refuses_ranges(void)
{
	CHECKED(box_open());
	OK(vfio_enable(&box));
	CHECK_IS(single(map_op(SPOT, pool, 0)), -EINVAL);
	CHECK_IS(single(map_op(-SZ_4K, pool, 2 * SZ_4K)), -EINVAL);
	OK(single(map_op(SPOT, pool, SZ_4K)));
}

/* TCE pages larger than a system page: pinned as one, if they are one. */
static void enabled_container_pins_large_pages(void)
{
	uint8_t *huge = mem_alloc_huge(), *aligned;
	uint8_t *small = mmap(NULL, 2 * SZ_16M, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t start;
	long pins;

	CHECK(huge && small != MAP_FAILED);
	madvise(small, 2 * SZ_16M, MADV_NOHUGEPAGE);
	memset(small, 1, 2 * SZ_16M);
	aligned = small + (-(uintptr_t)small & (SZ_16M - 1));
	CHECKED(box_open());
	OK(vfio_enable(&box));
	OK(vfio_remove(&box, 0));
	OK(vfio_window(&box, 24, 16 * SZ_16M, 1, &start));
	pins = mem_pins();
	OK(mtce_map(&box, RW, start + SZ_16M, huge, SZ_16M));
	CHECK(mem_pins() > pins);
	CHECK_IS(mtce_map(&box, RW, start, aligned, SZ_16M), -ERANGE);
	CHECK_IS(mtce_map(&box, RW, start, huge + SZ_64K, SZ_16M), -EINVAL);
	OK(mtce_unmap(&box, start, 16 * SZ_16M));
	mprotect(small, 2 * SZ_16M, PROT_NONE);
	CHECK_IS(mtce_map(&box, RW, start, aligned, SZ_16M), -EFAULT);
	CHECK(mem_pins_return_to(pins));
	mem_free(small, 2 * SZ_16M);
	mem_free(huge, SZ_16M);
}

static const struct test tests[] = {
	TEST(info_tells_limits, 0),
	TEST(info_ignores_flags_that_come_in, 0),
	TEST(info_counts_windows, 0),
	TEST(info_counts_what_is_done, 0),
	TEST(single_page_is_killed_by_each_call, 0),
	TEST(single_pages_are_killed_in_the_end, 0),
	TEST(flush_answers_at_once, 0),
	TEST(zero_entries_probe, 0),
	TEST(map_before_register_is_eperm, 0),
	TEST(malformed_operations_are_einval, 0),
	TEST(a_map_is_never_lazy, 0),
	TEST(ranges_outside_a_window_are_enxio, 0),
	TEST(live_entry_is_eexist_and_stays, 0),
	TEST(unregistered_memory_is_enoent, 0),
	TEST(first_failure_ends_the_update, 0),
	TEST(shape_of_every_unmap_is_checked, 0),
	TEST(shape_of_all_is_checked_before_the_first, 0),
	TEST(operations_are_done_in_order, 0),
	TEST(longer_elements_must_end_in_zeros, 0),
	TEST(shorter_elements_are_einval, 0),
	TEST(reserved_fields_must_be_zero, 0),
	TEST(more_than_the_limit_is_e2big, 0),
	TEST(array_that_cannot_be_read_is_efault, 0),
	TEST(answer_that_cannot_be_written_is_efault, 0),
	TEST(list_is_one_operation, 0),
	TEST(v1_and_v2_calls_keep_replacing, 0),
	TEST(enabled_container_updates_too, 0),
	TEST(enabled_container_refuses_ranges, 0),
	TEST(enabled_container_pins_large_pages, NEEDS_HUGE),
};

int main(void)
{
	static const struct suite suite = {
		.program = "contract_new",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_NATIVE,
		.after = box_close,
	};

	return run_suite(&suite);
}
