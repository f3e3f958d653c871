// SPDX-License-Identifier: GPL-2.0
/*
 * The calls of the VFIO back end vfio_iommu_mtce, on an IOMMU group whose
 * devices are bound to vfio-pci: VFIO_MTCE_GROUP=3 ./vfio_mtce_test
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/types.h>
#include <linux/vfio.h>
#include <linux/vfio_mtce.h>

#include "kselftest_harness.h"

#define TCE_PAGE	4096ull
#define POOL		0x100000ull
/* A map that fails at IOVA 0 locks up a back end that does not check it. */
#define SPOT		0x200000ull
#define RW		(VFIO_MTCE_READ | VFIO_MTCE_WRITE)

FIXTURE(container)
{
	int fd;
	int group;
	char *pool;
};

/* 0, or the errno. */
static int call(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) < 0 ? errno : 0;
}

FIXTURE_SETUP(container)
{
	struct vfio_iommu_spapr_register_memory reg = { .argsz = sizeof(reg) };
	const char *number = getenv("VFIO_MTCE_GROUP");
	char path[64];

	if (!number)
		SKIP(return, "VFIO_MTCE_GROUP is not set");
	self->fd = open("/dev/vfio/vfio", O_RDWR);
	if (self->fd < 0)
		SKIP(return, "no /dev/vfio/vfio");
	if (ioctl(self->fd, VFIO_CHECK_EXTENSION, VFIO_SPAPR_MTCE_IOMMU) <= 0)
		SKIP(return, "vfio_iommu_mtce is not loaded");

	snprintf(path, sizeof(path), "/dev/vfio/%s", number);
	self->group = open(path, O_RDWR);
	ASSERT_GE(self->group, 0);
	ASSERT_EQ(call(self->group, VFIO_GROUP_SET_CONTAINER, &self->fd), 0);
	ASSERT_EQ(ioctl(self->fd, VFIO_SET_IOMMU, VFIO_SPAPR_MTCE_IOMMU), 0);

	self->pool = mmap(NULL, POOL, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(self->pool, MAP_FAILED);
	reg.vaddr = (uintptr_t)self->pool;
	reg.size = POOL;
	ASSERT_EQ(call(self->fd, VFIO_IOMMU_SPAPR_REGISTER_MEMORY, &reg), 0);
}

FIXTURE_TEARDOWN(container)
{
	if (self->group > 0)
		close(self->group);
	if (self->fd > 0)
		close(self->fd);
	if (self->pool)
		munmap(self->pool, POOL);
}

static int update(int fd, struct vfio_mtce_op *ops, unsigned int *num)
{
	struct vfio_iommu_mtce_update u = {
		.argsz = sizeof(u), .ops = (uintptr_t)ops,
		.op_len = sizeof(*ops), .op_num = *num,
	};
	int ret = call(fd, VFIO_IOMMU_MTCE_UPDATE, &u);

	*num = u.op_num;
	return ret;
}

static struct vfio_mtce_op map_op(char *memory, __u64 iova, __u64 size)
{
	return (struct vfio_mtce_op){
		.op = VFIO_MTCE_OP_MAP, .flags = RW, .iova = iova,
		.size = size, .vaddr = (uintptr_t)memory,
	};
}

static struct vfio_mtce_op unmap_op(__u64 iova, __u64 size)
{
	return (struct vfio_mtce_op){
		.op = VFIO_MTCE_OP_UNMAP, .iova = iova, .size = size,
	};
}

static void get_stats(int fd, struct vfio_iommu_mtce_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	if (ioctl(fd, VFIO_IOMMU_MTCE_INFO, info))
		memset(info, 0xff, sizeof(*info));
}

TEST_F(container, info_has_limits)
{
	struct vfio_iommu_mtce_info info;

	get_stats(self->fd, &info);
	EXPECT_EQ(info.groups, 1);
	EXPECT_GE(info.max_ops, 512);
	EXPECT_GE(info.max_list, 512);
	EXPECT_EQ(info.stats.registered_bytes, POOL);
}

TEST_F(container, many_operations_are_one_call)
{
	struct vfio_mtce_op ops[32];
	struct vfio_iommu_mtce_info before, after;
	unsigned int i, n = 32;

	for (i = 0; i < n; i++)
		ops[i] = map_op(self->pool + (31 - i) * TCE_PAGE,
				SPOT + i * TCE_PAGE, TCE_PAGE);
	get_stats(self->fd, &before);
	ASSERT_EQ(update(self->fd, ops, &n), 0);
	EXPECT_EQ(n, 32);
	get_stats(self->fd, &after);
	EXPECT_EQ(after.windows, 1);
	EXPECT_EQ(after.stats.tces_mapped - before.stats.tces_mapped, 32);
	EXPECT_EQ(after.stats.calls - before.stats.calls, 1);

	ops[0] = unmap_op(SPOT, 32 * TCE_PAGE);
	n = 1;
	ASSERT_EQ(update(self->fd, ops, &n), 0);
	get_stats(self->fd, &after);
	EXPECT_EQ(after.stats.tces_unmapped - before.stats.tces_unmapped, 32);
}

TEST_F(container, first_failure_ends_the_call)
{
	struct vfio_mtce_op ops[3] = {
		map_op(self->pool, SPOT, TCE_PAGE),
		map_op(self->pool, SPOT, TCE_PAGE),
		map_op(self->pool, SPOT + TCE_PAGE, TCE_PAGE),
	};
	unsigned int n = 3;

	EXPECT_EQ(update(self->fd, ops, &n), EEXIST);
	EXPECT_EQ(n, 1);
	/* The third was not done. */
	n = 1;
	EXPECT_EQ(update(self->fd, ops + 2, &n), 0);
}

TEST_F(container, malformed_operations_do_nothing)
{
	struct vfio_mtce_op ops[2] = {
		map_op(self->pool, SPOT, TCE_PAGE),
		map_op(self->pool, SPOT + 1, TCE_PAGE),
	};
	struct vfio_iommu_mtce_info before, after;
	unsigned int n = 2;

	get_stats(self->fd, &before);
	EXPECT_EQ(update(self->fd, ops, &n), EINVAL);
	EXPECT_EQ(n, 0);
	ops[1] = map_op(self->pool, 1ull << 50, TCE_PAGE);
	n = 2;
	EXPECT_EQ(update(self->fd, ops, &n), ENXIO);
	EXPECT_EQ(n, 0);
	get_stats(self->fd, &after);
	EXPECT_EQ(after.stats.tces_mapped, before.stats.tces_mapped);
}

TEST_F(container, only_registered_memory_is_mapped)
{
	struct vfio_mtce_op op;
	unsigned int n = 1;
	char *elsewhere;

	elsewhere = mmap(NULL, POOL, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(elsewhere, MAP_FAILED);
	op = map_op(elsewhere, SPOT, TCE_PAGE);
	EXPECT_EQ(update(self->fd, &op, &n), ENOENT);
	munmap(elsewhere, POOL);
}

TEST_F(container, a_list_is_all_or_nothing)
{
	__u64 pages[8];
	struct vfio_iommu_mtce_put_list list = {
		.argsz = sizeof(list), .flags = RW, .iova = SPOT,
		.list = (uintptr_t)pages, .num = 8,
	};
	struct vfio_mtce_op op = map_op(self->pool, SPOT + 5 * TCE_PAGE,
					TCE_PAGE);
	struct vfio_iommu_mtce_info before, after;
	unsigned int i, n = 1;

	for (i = 0; i < 8; i++)
		pages[i] = (uintptr_t)self->pool + (7 - i) * TCE_PAGE;
	ASSERT_EQ(update(self->fd, &op, &n), 0);
	get_stats(self->fd, &before);
	EXPECT_EQ(call(self->fd, VFIO_IOMMU_MTCE_PUT_LIST, &list), EEXIST);
	get_stats(self->fd, &after);
	EXPECT_EQ(after.stats.tces_mapped, before.stats.tces_mapped);

	list.flags |= VFIO_MTCE_REPLACE;
	EXPECT_EQ(call(self->fd, VFIO_IOMMU_MTCE_PUT_LIST, &list), 0);
	get_stats(self->fd, &after);
	EXPECT_EQ(after.stats.tces_mapped - before.stats.tces_mapped, 8);
}

TEST_F(container, lazy_unmaps_wait_for_a_flush)
{
	struct vfio_iommu_mtce_flush flush = { .argsz = sizeof(flush) };
	struct vfio_mtce_op op = map_op(self->pool, SPOT, TCE_PAGE);
	struct vfio_iommu_mtce_info info;
	unsigned int n = 1;

	get_stats(self->fd, &info);
	if (!(info.flags & VFIO_MTCE_INFO_LAZY) || !info.lazy_entries)
		SKIP(return, "no unmap is lazy");
	ASSERT_EQ(update(self->fd, &op, &n), 0);
	op = unmap_op(SPOT, TCE_PAGE);
	op.flags = VFIO_MTCE_LAZY;
	n = 1;
	ASSERT_EQ(update(self->fd, &op, &n), 0);
	EXPECT_EQ(call(self->fd, VFIO_IOMMU_MTCE_FLUSH, &flush), 0);
	get_stats(self->fd, &info);
	EXPECT_EQ(info.stats.lazy_pending, 0);
	/* By the flush, or by the timeout before it. */
	EXPECT_EQ(info.stats.flushes_explicit + info.stats.flushes_timeout, 1);
}

TEST_F(container, mapped_memory_cannot_go)
{
	struct vfio_iommu_spapr_register_memory reg = {
		.argsz = sizeof(reg), .vaddr = (uintptr_t)self->pool,
		.size = POOL,
	};
	struct vfio_mtce_op op = map_op(self->pool, SPOT, TCE_PAGE);
	unsigned int n = 1;

	ASSERT_EQ(update(self->fd, &op, &n), 0);
	EXPECT_EQ(call(self->fd, VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, &reg),
		  EBUSY);
	op = unmap_op(SPOT, TCE_PAGE);
	n = 1;
	ASSERT_EQ(update(self->fd, &op, &n), 0);
	EXPECT_EQ(call(self->fd, VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, &reg), 0);
}

TEST_F(container, padding_and_flags_are_checked)
{
	struct vfio_iommu_mtce_update u = { .argsz = sizeof(u), .flags = 1 };
	struct vfio_iommu_mtce_mode mode = { .argsz = sizeof(mode),
					     .flags = ~0u };
	struct vfio_mtce_op op = unmap_op(SPOT, TCE_PAGE);
	unsigned int n = 1;

	EXPECT_EQ(call(self->fd, VFIO_IOMMU_MTCE_UPDATE, &u), EINVAL);
	EXPECT_EQ(call(self->fd, VFIO_IOMMU_MTCE_MODE, &mode), EINVAL);
	op.vaddr = 1;
	EXPECT_EQ(update(self->fd, &op, &n), EINVAL);
}

TEST_HARNESS_MAIN
