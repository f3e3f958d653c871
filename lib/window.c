// SPDX-License-Identifier: GPL-2.0
/* DMA windows: where they are, and which pages they have. */
#include <errno.h>

#include <linux/vfio.h>

#include "internal.h"

#define DEFAULT_SHIFT	12	/* of the platform's window */

int mtce_windows_begin(struct mtce_container *c)
{
	struct vfio_iommu_spapr_tce_info info = { .argsz = sizeof(info) };
	int ret = mtce_ioctl(c->fd, VFIO_IOMMU_SPAPR_TCE_GET_INFO, &info);

	if (ret)
		return mtce_failed(ret, "the default DMA window is not known: %s", mtce_because(ret));
	c->windows[0] = (struct window) {
		.start = info.dma32_window_start, .size = info.dma32_window_size, .shift = DEFAULT_SHIFT,
	};
	return 0;
}

static bool is_power_of_two(uint64_t n)
{
	return n && !(n & (n - 1));
}

int mtce_window_create(struct mtce_container *c, unsigned int page_shift, uint64_t size, unsigned int levels,
		       uint64_t *start)
{
	struct vfio_iommu_spapr_tce_create arg = {
		.argsz = sizeof(arg), .page_shift = page_shift, .window_size = size, .levels = levels,
	};
	struct window *w = c->windows;
	int ret;

	/* Upstream shifts by anything and divides by the rest. */
	if (page_shift < 12 || page_shift > 34 || !is_power_of_two(size) || size >> page_shift == 0)
		return mtce_failed(-EINVAL, "a DMA window of %#llx bytes with pages of 2^%u cannot be: both are powers of two, the pages 4K or larger",
				   (unsigned long long)size, page_shift);
	while (w < c->windows + MAX_WINDOWS && w->size)
		w++;
	ret = w == c->windows + MAX_WINDOWS ? -ENOSPC : mtce_ioctl(c->fd, VFIO_IOMMU_SPAPR_TCE_CREATE, &arg);
	if (ret)
		return mtce_failed(ret, "a DMA window of %#llx bytes with pages of 2^%u cannot be created: %s",
				   (unsigned long long)size, page_shift, mtce_because(ret));
	*w = (struct window) { .start = arg.start_addr, .size = size, .shift = page_shift };
	*start = arg.start_addr;
	return 0;
}

int mtce_window_remove(struct mtce_container *c, uint64_t start)
{
	struct vfio_iommu_spapr_tce_remove arg = { .argsz = sizeof(arg), .start_addr = start };
	struct window *w;
	int ret;

	for (w = c->windows; w < c->windows + MAX_WINDOWS; w++)
		if (w->size && w->start == start)
			break;
	if (w == c->windows + MAX_WINDOWS)
		return mtce_failed(-ENXIO, "no DMA window of the container begins at %#llx", (unsigned long long)start);
	ret = mtce_ioctl(c->fd, VFIO_IOMMU_SPAPR_TCE_REMOVE, &arg);
	if (ret)
		return mtce_failed(ret, "the DMA window at %#llx cannot be removed: %s", (unsigned long long)start,
				   mtce_because(ret));
	w->size = 0;
	return 0;
}

const struct window *mtce_window_of(const struct mtce_container *c, uint64_t iova)
{
	const struct window *w;

	for (w = c->windows; w < c->windows + MAX_WINDOWS; w++)
		if (w->size && iova >= w->start && iova - w->start < w->size)
			return w;
	return NULL;
}

int mtce_check(const struct mtce_container *c, uint64_t iova, uint64_t vaddr, uint64_t size)
{
	const struct window *w = mtce_window_of(c, iova);

	if (!size || iova + size - 1 < iova || (vaddr && vaddr + size - 1 < vaddr))
		return -EINVAL;
	if (!w)
		return -ENXIO;
	if ((iova | vaddr | size) & ((1ull << w->shift) - 1))
		return -EINVAL;
	if (size > w->size - (iova - w->start))
		return -ENXIO;
	return 0;
}
