// SPDX-License-Identifier: GPL-2.0
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/* Where the ranges of a plan lie; range g is number g over all units. */
struct layout {
	uint64_t window;
	const struct memory *memory;
	enum order order;
	bool iova_scattered;
	size_t bytes;		/* of a range */
	size_t stride;		/* of user memory: a scattered range has a page of its own */
	unsigned int slots;	/* strides in the memory */
	unsigned int *iova_slot;
	unsigned int *memory_slot;
	uint32_t random;
};

/* The same "random" numbers in every run: results must compare. */
static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static unsigned int *permutation(unsigned int n, uint32_t *random)
{
	unsigned int *v = xcalloc(n, sizeof(*v));
	unsigned int i;

	for (i = 0; i < n; i++)
		v[i] = i;
	for (i = n; i > 1; i--) {
		unsigned int j = next_random(random) % i, tmp = v[i - 1];

		v[i - 1] = v[j];
		v[j] = tmp;
	}
	return v;
}

static void layout_make(struct layout *l, const struct scenario *s,
			const struct place *where)
{
	size_t page = (size_t)1 << s->page_shift;

	memset(l, 0, sizeof(*l));
	l->window = where->window;
	l->memory = where->memory;
	l->order = s->order;
	l->iova_scattered = s->order == SCATTERED && s->work != WORK_LIST;
	l->bytes = s->piece * page;
	l->stride = l->bytes;
	/* Small TCEs over large system pages: a system page each. */
	if (s->order == SCATTERED && l->stride < l->memory->page &&
	    l->memory->size / l->memory->page >= s->tces / s->piece)
		l->stride = l->memory->page;
	l->slots = (unsigned int)(l->memory->size / l->stride);
	l->random = 2463534242u;
	l->iova_slot = permutation(WINDOW_TCES / s->piece, &l->random);
	l->memory_slot = permutation(l->slots, &l->random);
}

static void layout_free(struct layout *l)
{
	free(l->iova_slot);
	free(l->memory_slot);
}

static uint64_t layout_iova(struct layout *l, unsigned int g)
{
	return l->window + (uint64_t)l->bytes * (l->iova_scattered ? l->iova_slot[g] : g);
}

static void *layout_memory(struct layout *l, unsigned int g)
{
	unsigned int slot = g % l->slots;
	size_t inner = 0;

	if (l->order == DESCENDING)
		slot = l->slots - 1 - slot;
	if (l->order == SCATTERED) {
		slot = l->memory_slot[slot];
		if (l->stride > l->bytes)
			inner = next_random(&l->random) % (l->stride / l->bytes) * l->bytes;
	}
	return l->memory->base + slot * l->stride + inner;
}

unsigned int plan_capacity(const struct scenario *s)
{
	return WINDOW_TCES / s->tces;
}

const char *plan_impossible(const struct scenario *s, const struct memory *memory)
{
	static char why[96];
	size_t need = (size_t)s->piece << s->page_shift;

	if (memory->size >= need)
		return NULL;
	snprintf(why, sizeof(why), "needs %zu MiB in one piece of %zu KiB pages, got %zu MiB",
		 need >> 20, memory->page >> 10, memory->size >> 20);
	return why;
}

static void calls_point(struct calls *c, unsigned int calls, unsigned int per_unit,
			unsigned long request, void *args, size_t arg_size,
			const char *how)
{
	unsigned int i;

	c->call = xcalloc(calls + 1, sizeof(*c->call));
	c->per_unit = per_unit;
	c->how = how;
	for (i = 0; i < calls; i++) {
		c->call[i].request = request;
		c->call[i].arg = (char *)args + i * arg_size;
	}
}

/* Kills that are delayed belong to the unmaps that owe them. */
static void calls_end_with_flush(struct calls *c, unsigned int calls, const char *how)
{
	c->call[calls].request = VFIO_IOMMU_MTCE_FLUSH;
	c->call[calls].arg = &arg_flush;
	c->flush = true;
	c->how = how;
}

/* One MAP_DMA for each range. */
static void plan_map_ranges(struct plan *p, struct layout *l, unsigned int ranges,
			    const char *how)
{
	struct vfio_iommu_type1_dma_map *map = xcalloc(p->units * ranges, sizeof(*map));
	unsigned int g;

	for (g = 0; g < p->units * ranges; g++)
		map[g] = arg_map(layout_iova(l, g), layout_memory(l, g), l->bytes);
	p->args[0] = map;
	calls_point(&p->map, p->units * ranges, ranges, VFIO_IOMMU_MAP_DMA, map,
		    sizeof(*map), how);
}

/* One UNMAP_DMA for each range; @ranges of them a unit, @bytes each. */
static void plan_unmap_ranges(struct plan *p, struct layout *l, unsigned int ranges,
			      size_t bytes, const char *how)
{
	struct vfio_iommu_type1_dma_unmap *unmap = xcalloc(p->units * ranges, sizeof(*unmap));
	unsigned int g;

	for (g = 0; g < p->units * ranges; g++) {
		uint64_t iova = bytes == l->bytes ? layout_iova(l, g) : l->window + g * bytes;

		unmap[g] = arg_unmap(iova, bytes);
	}
	p->args[1] = unmap;
	calls_point(&p->unmap, p->units * ranges, ranges, VFIO_IOMMU_UNMAP_DMA, unmap,
		    sizeof(*unmap), how);
}

static void plan_update(struct plan *p, struct layout *l, unsigned int ranges, bool map,
			bool lazy)
{
	struct vfio_mtce_op *op = xcalloc(p->units * ranges, sizeof(*op));
	struct vfio_iommu_mtce_update *update = xcalloc(p->units, sizeof(*update));
	unsigned int g;

	for (g = 0; g < p->units * ranges; g++)
		op[g] = arg_op(map, layout_iova(l, g), layout_memory(l, g), l->bytes);
	for (g = 0; g < p->units * ranges && lazy; g++)
		op[g].flags |= VFIO_MTCE_LAZY;
	for (g = 0; g < p->units; g++)
		update[g] = arg_update(&op[g * ranges], ranges);
	p->args[map ? 0 : 1] = op;
	p->args[map ? 2 : 3] = update;
	calls_point(map ? &p->map : &p->unmap, p->units, 1, VFIO_IOMMU_MTCE_UPDATE,
		    update, sizeof(*update), "one UPDATE");
}

static void plan_put_list(struct plan *p, struct layout *l, unsigned int pages)
{
	uint64_t *list = xcalloc(p->units * pages, sizeof(*list));
	struct vfio_iommu_mtce_put_list *put = xcalloc(p->units, sizeof(*put));
	unsigned int g;

	for (g = 0; g < p->units * pages; g++)
		list[g] = (uintptr_t)layout_memory(l, g);
	for (g = 0; g < p->units; g++)
		put[g] = arg_put_list(layout_iova(l, g * pages), &list[g * pages], pages);
	p->args[0] = list;
	p->args[2] = put;
	calls_point(&p->map, p->units, 1, VFIO_IOMMU_MTCE_PUT_LIST, put, sizeof(*put),
		    "one PUT_LIST");
}

void plan_make(struct plan *p, const struct scenario *s, const struct backend *b,
	       const struct place *where, unsigned int units)
{
	unsigned int ranges = s->tces / s->piece;
	const char *each = s->piece > 1 ? "ioctl per range" : "ioctl per page";
	struct layout l;

	memset(p, 0, sizeof(*p));
	p->units = units;
	layout_make(&l, s, where);
	if (s->work == WORK_UPDATE && b->batch) {
		plan_update(p, &l, ranges, true, false);
		plan_update(p, &l, ranges, false, s->lazy);
	} else if (s->work == WORK_LIST) {
		if (b->batch)
			plan_put_list(p, &l, ranges);
		else
			plan_map_ranges(p, &l, ranges, each);
		/* Its IOVAs are one range: anybody clears it with one call. */
		plan_unmap_ranges(p, &l, 1, s->tces * l.bytes, "one UNMAP_DMA");
	} else {
		plan_map_ranges(p, &l, ranges, ranges > 1 ? each : "one MAP_DMA");
		plan_unmap_ranges(p, &l, ranges, l.bytes, ranges > 1 ? each : "one UNMAP_DMA");
	}
	if (b->batch && (s->lazy || s->lazy_mode))
		calls_end_with_flush(&p->unmap, units * p->unmap.per_unit,
				     s->lazy ? "one lazy UPDATE; a FLUSH in the end" :
					       "one UNMAP_DMA, lazy; a FLUSH in the end");
	layout_free(&l);
}

void plan_free(struct plan *p)
{
	size_t i;

	free(p->map.call);
	free(p->unmap.call);
	for (i = 0; i < ARRAY_SIZE(p->args); i++)
		free(p->args[i]);
	memset(p, 0, sizeof(*p));
}
