// SPDX-License-Identifier: GPL-2.0
#include "ways.h"

#include <stddef.h>

#define PAGE	4096u
#define WRITE	VFIO_MTCE_WRITE		/* reading a disk writes memory */

static void *address(uint64_t page)
{
	return (void *)(uintptr_t)page;
}

/* The next IOVAs in order, round the range. */
static void place(struct pages *p)
{
	uint64_t size = (uint64_t)p->num * PAGE;
	unsigned int i;

	if (p->iova_next + size > p->iova_start + p->iova_size)
		p->iova_next = p->iova_start;
	for (i = 0; i < p->num; i++)
		p->iova[i] = p->iova_next + (uint64_t)i * PAGE;
	p->iova_next += size;
}

/* A batch or a list is one call, where the kernel has such calls. */
static void count(struct pages *p, unsigned int feature, unsigned int otherwise)
{
	p->calls += mtce_features(p->container) & feature ? 1 : otherwise;
}

/*
 * A call a page
 */

static int call_map(struct pages *p)
{
	unsigned int i;
	int ret = 0;

	place(p);
	for (i = 0; i < p->num && !ret; i++)
		ret = mtce_dma_map(p->container, WRITE, p->iova[i], address(p->page[i]), PAGE);
	p->calls += i;
	return ret;
}

static int call_unmap(struct pages *p)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < p->num && !ret; i++)
		ret = mtce_dma_unmap(p->container, 0, p->iova[i], PAGE);
	p->calls += i;
	return ret;
}

/*
 * A batch
 */

static int batch_map(struct pages *p)
{
	unsigned int i;
	int ret = 0;

	place(p);
	for (i = 0; i < p->num && !ret; i++)
		ret = mtce_batch_map(p->batch, WRITE, p->iova[i], address(p->page[i]), PAGE);
	count(p, MTCE_BATCHES, p->num);
	return ret ? ret : mtce_batch_submit(p->batch, NULL);
}

static int batch_unmap_with(struct pages *p, unsigned int flags)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < p->num && !ret; i++)
		ret = mtce_batch_unmap(p->batch, flags, p->iova[i], PAGE);
	count(p, MTCE_BATCHES, p->num);
	return ret ? ret : mtce_batch_submit(p->batch, NULL);
}

static int batch_unmap(struct pages *p)
{
	return batch_unmap_with(p, 0);
}

static int lazy_unmap(struct pages *p)
{
	return batch_unmap_with(p, VFIO_MTCE_LAZY);
}

static int lazy_end(struct pages *p)
{
	count(p, MTCE_LAZY_UNMAPS, 0);
	return mtce_dma_flush(p->container);
}

/*
 * A list: the pages follow each other at the device, so that they go as one range
 */

static int list_map(struct pages *p)
{
	place(p);
	count(p, MTCE_LISTS, p->num);
	return mtce_dma_map_list(p->container, WRITE, p->iova[0], p->page, p->num);
}

static int list_unmap(struct pages *p)
{
	p->calls++;
	return mtce_dma_unmap(p->container, 0, p->iova[0], (uint64_t)p->num * PAGE);
}

/*
 * Everything once: the device reaches the whole pool all the time
 */

static int once_begin(struct pages *p)
{
	p->calls++;
	return mtce_dma_map(p->container, WRITE, p->iova_start, p->pool, p->pool_size);
}

static int once_map(struct pages *p)
{
	unsigned int i;

	for (i = 0; i < p->num; i++)
		p->iova[i] = p->iova_start + (p->page[i] - (uintptr_t)p->pool);
	return 0;
}

static int once_end(struct pages *p)
{
	p->calls++;
	return mtce_dma_unmap(p->container, 0, p->iova_start, p->pool_size);
}

const struct way ways[] = {
	{ "call", "each page in a call of its own, as v2 has them", true,
	  NULL, call_map, call_unmap, NULL },
	{ "batch", "the pages of a round in one batch, and out in another", false,
	  NULL, batch_map, batch_unmap, NULL },
	{ "list", "the pages of a round in one list, and out as one range", false,
	  NULL, list_map, list_unmap, NULL },
	{ "lazy", "batches, with unmaps whose kills come later", false,
	  NULL, batch_map, lazy_unmap, lazy_end },
	{ "once", "everything mapped once, and always in reach of the device", false,
	  once_begin, once_map, NULL, once_end },
};

const unsigned int num_ways = sizeof(ways) / sizeof(*ways);
