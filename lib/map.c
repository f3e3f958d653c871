// SPDX-License-Identifier: GPL-2.0
/* Maps and unmaps: by mtce's calls, or by those that every v2 back end has. */
#include <errno.h>
#include <string.h>

#include <linux/vfio.h>

#include "internal.h"

#define ACCESS	(VFIO_MTCE_READ | VFIO_MTCE_WRITE)	/* the same bits in v2's calls */

int mtce_op_failed(int error, const struct vfio_mtce_op *op)
{
	return mtce_failed(error, "%s of %#llx bytes at IOVA %#llx: %s",
			   op->op == VFIO_MTCE_OP_MAP ? "map" : "unmap",
			   (unsigned long long)op->size, (unsigned long long)op->iova, mtce_because(error));
}

static int v2_map(struct mtce_container *c, const struct vfio_mtce_op *op)
{
	struct vfio_iommu_type1_dma_map arg = {
		.argsz = sizeof(arg), .flags = op->flags & ACCESS, .vaddr = op->vaddr,
		.iova = op->iova, .size = op->size,
	};
	int ret;

	if ((op->flags & ~(ACCESS | VFIO_MTCE_REPLACE)) || !arg.flags)
		return -EINVAL;
	ret = mtce_ioctl(c->fd, VFIO_IOMMU_MAP_DMA, &arg);
	/* The rest was looked at, so this is what is left. */
	return ret == -EINVAL || ret == -EPERM ? -ERANGE : ret;
}

static int v2_unmap(struct mtce_container *c, const struct vfio_mtce_op *op)
{
	struct vfio_iommu_type1_dma_unmap arg = { .argsz = sizeof(arg), .iova = op->iova, .size = op->size };

	/* A lazy unmap may be done at once: that is as lazy as this back end is. */
	if (op->flags & ~VFIO_MTCE_LAZY)
		return -EINVAL;
	return mtce_ioctl(c->fd, VFIO_IOMMU_UNMAP_DMA, &arg);
}

/* Upstream's back end does not check all of this, and takes the host down or writes elsewhere. */
static int v2_op(struct mtce_container *c, const struct vfio_mtce_op *op)
{
	int ret = mtce_check(c, op->iova, op->vaddr, op->size);

	if (ret)
		return ret;
	if (op->op == VFIO_MTCE_OP_UNMAP)
		return v2_unmap(c, op);
	return mtce_is_registered(c, op->vaddr, op->size) ? v2_map(c, op) : -ENOENT;
}

int mtce_update_call(struct mtce_container *c, const struct vfio_mtce_op *ops, uint32_t num, uint32_t *done)
{
	struct vfio_iommu_mtce_update arg = {
		.argsz = sizeof(arg), .ops = (uintptr_t)ops, .op_len = sizeof(*ops), .op_num = num,
	};
	int ret = mtce_ioctl(c->fd, VFIO_IOMMU_MTCE_UPDATE, &arg);

	/* A call that did not get as far as the driver has written nothing back. */
	*done = ret && arg.op_num >= num ? 0 : arg.op_num;
	return ret;
}

/* What a flag means that this kernel does not know is known here: as on v2. */
static struct vfio_mtce_op as_strict(const struct mtce_container *c, const struct vfio_mtce_op *op)
{
	struct vfio_mtce_op strict = *op;

	if (op->op == VFIO_MTCE_OP_UNMAP && !(c->features & MTCE_LAZY_UNMAPS))
		strict.flags &= ~VFIO_MTCE_LAZY;
	return strict;
}

int mtce_do_op(struct mtce_container *c, const struct vfio_mtce_op *op)
{
	struct vfio_mtce_op strict = as_strict(c, op);
	uint32_t done;
	int ret = has_mtce(c) ? mtce_update_call(c, &strict, 1, &done) : v2_op(c, &strict);

	return ret ? mtce_op_failed(ret, op) : 0;
}

int mtce_dma_map(struct mtce_container *c, unsigned int flags, uint64_t iova, const void *memory, uint64_t size)
{
	struct vfio_mtce_op op = op_map(flags, iova, memory, size);

	return mtce_do_op(c, &op);
}

int mtce_dma_unmap(struct mtce_container *c, unsigned int flags, uint64_t iova, uint64_t size)
{
	struct vfio_mtce_op op = op_unmap(flags, iova, size);

	return mtce_do_op(c, &op);
}

/*
 * Lists
 */

static int list_call(struct mtce_container *c, unsigned int flags, uint64_t iova, const uint64_t *pages, uint32_t num)
{
	struct vfio_iommu_mtce_put_list arg = {
		.argsz = sizeof(arg), .flags = flags, .iova = iova, .list = (uintptr_t)pages, .num = num,
	};

	return mtce_ioctl(c->fd, VFIO_IOMMU_MTCE_PUT_LIST, &arg);
}

/* What was done of a list that failed, in parts. */
static void undo(struct mtce_container *c, uint64_t iova, uint64_t size)
{
	struct vfio_mtce_op op = op_unmap(0, iova, size);
	uint32_t done;

	if (!size)
		return;
	if (has_mtce(c))
		mtce_update_call(c, &op, 1, &done);
	else
		v2_op(c, &op);
}

static int list_by_calls(struct mtce_container *c, unsigned int flags, uint64_t iova, const uint64_t *pages, size_t num,
			 unsigned int shift)
{
	size_t done = 0;

	while (done < num) {
		size_t n = num - done < c->max_list ? num - done : c->max_list;
		int ret = list_call(c, flags, iova + ((uint64_t)done << shift), pages + done, (uint32_t)n);

		if (ret) {
			undo(c, iova, (uint64_t)done << shift);
			return ret;
		}
		done += n;
	}
	return 0;
}

static int list_by_pages(struct mtce_container *c, unsigned int flags, uint64_t iova, const uint64_t *pages, size_t num,
			 unsigned int shift)
{
	uint64_t size = 1ull << shift;
	size_t i;

	for (i = 0; i < num; i++) {
		struct vfio_mtce_op op = op_map(flags, iova + i * size, (void *)(uintptr_t)pages[i], size);
		int ret = v2_op(c, &op);

		if (ret) {
			undo(c, iova, i * size);
			return ret;
		}
	}
	return 0;
}

static int map_list(struct mtce_container *c, unsigned int flags, uint64_t iova, const uint64_t *pages, size_t num)
{
	const struct window *w = mtce_window_of(c, iova);
	int ret;

	if (!num)
		return -EINVAL;
	if (has_mtce(c) && num <= c->max_list)
		return list_call(c, flags, iova, pages, (uint32_t)num);
	if (!w || num > w->size >> w->shift)
		return -ENXIO;
	ret = mtce_check(c, iova, 0, (uint64_t)num << w->shift);
	if (ret)
		return ret;
	return has_mtce(c) ? list_by_calls(c, flags, iova, pages, num, w->shift) :
			     list_by_pages(c, flags, iova, pages, num, w->shift);
}

int mtce_dma_map_list(struct mtce_container *c, unsigned int flags, uint64_t iova, const uint64_t *pages, size_t num)
{
	int ret = map_list(c, flags, iova, pages, num);

	return ret ? mtce_failed(ret, "list of %zu pages at IOVA %#llx: %s", num, (unsigned long long)iova,
				 mtce_because(ret)) : 0;
}

/*
 * Lazy unmaps
 */

int mtce_dma_flush(struct mtce_container *c)
{
	struct vfio_iommu_mtce_flush arg = { .argsz = sizeof(arg) };
	int ret = c->features & MTCE_LAZY_UNMAPS ? mtce_ioctl(c->fd, VFIO_IOMMU_MTCE_FLUSH, &arg) : 0;

	return ret ? mtce_failed(ret, "flush: %s", mtce_because(ret)) : 0;
}

int mtce_dma_lazy(struct mtce_container *c, bool on)
{
	struct vfio_iommu_mtce_mode arg = { .argsz = sizeof(arg), .flags = on ? VFIO_MTCE_LAZY : 0 };
	int ret = c->features & MTCE_LAZY_UNMAPS ? mtce_ioctl(c->fd, VFIO_IOMMU_MTCE_MODE, &arg) : 0;

	return ret ? mtce_failed(ret, "lazy mode cannot be switched %s: %s", on ? "on" : "off", mtce_because(ret)) : 0;
}
