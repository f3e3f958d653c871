// SPDX-License-Identifier: GPL-2.0
/*
 * Registered memory. The library remembers what is registered, because upstream does not survive every map of memory
 * that is not, and says EINVAL for most mistakes.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "internal.h"

static int registration(struct mtce_container *c, unsigned long request, uint64_t start, uint64_t size)
{
	struct vfio_iommu_spapr_register_memory arg = { .argsz = sizeof(arg), .vaddr = start, .size = size };
	int ret = ioctl(c->fd, request, &arg);

	/* Upstream answers with how many pages it had pinned before it came to a hole... */
	if (ret >= 0)
		return ret ? -EFAULT : 0;
	/* ... and so where another container of the process has a part of it. The shape was looked at. */
	return errno == EINVAL ? -EBUSY : -errno;
}

static bool overlaps(const struct mtce_container *c, uint64_t start, uint64_t size)
{
	size_t i;

	for (i = 0; i < c->num_regions; i++)
		if (start < c->regions[i].start + c->regions[i].size && c->regions[i].start < start + size)
			return true;
	return false;
}

static struct region *find_region(const struct mtce_container *c, uint64_t start, uint64_t size)
{
	size_t i;

	for (i = 0; i < c->num_regions; i++)
		if (c->regions[i].start == start && c->regions[i].size == size)
			return &c->regions[i];
	return NULL;
}

/* Where the region ends that begins at @at or before, or @at itself. */
static uint64_t registered_until(const struct mtce_container *c, uint64_t at)
{
	size_t i;

	for (i = 0; i < c->num_regions; i++)
		if (at >= c->regions[i].start && at - c->regions[i].start < c->regions[i].size)
			return c->regions[i].start + c->regions[i].size;
	return at;
}

bool mtce_is_registered(const struct mtce_container *c, uint64_t start, uint64_t size)
{
	uint64_t at = start, next;

	for (; at - start < size; at = next) {
		next = registered_until(c, at);
		if (next == at)
			return false;
	}
	return true;
}

static bool is_range(uint64_t start, uint64_t size)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	return size && start + size > start && !((start | size) & (page - 1));
}

static int add_region(struct mtce_container *c, uint64_t start, uint64_t size)
{
	struct region *more = reallocarray(c->regions, c->num_regions + 1, sizeof(*more));
	int ret;

	if (!more)
		return -ENOMEM;
	c->regions = more;
	ret = registration(c, VFIO_IOMMU_SPAPR_REGISTER_MEMORY, start, size);
	if (!ret)
		more[c->num_regions++] = (struct region) { .start = start, .size = size };
	return ret;
}

int mtce_register(struct mtce_container *c, void *memory, size_t size)
{
	uint64_t start = (uintptr_t)memory;
	int ret;

	if (!is_range(start, size))
		return mtce_failed(-EINVAL, "%zu bytes at %p cannot be registered: both must be multiples of the system's page size",
				   size, memory);
	ret = overlaps(c, start, size) ? -EBUSY : add_region(c, start, size);
	return ret ? mtce_failed(ret, "%zu bytes at %p cannot be registered: %s", size, memory, mtce_because(ret)) : 0;
}

int mtce_unregister(struct mtce_container *c, void *memory, size_t size)
{
	struct region *r = find_region(c, (uintptr_t)memory, size);
	int ret = r ? registration(c, VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, r->start, r->size) : -ENOENT;

	if (ret)
		return mtce_failed(ret, "%zu bytes at %p cannot be unregistered: %s", size, memory, mtce_because(ret));
	*r = c->regions[--c->num_regions];
	return 0;
}
