// SPDX-License-Identifier: GPL-2.0
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/* Where the ranges of a plan lie; range g is number g over all units. */
struct layout {
	const struct place *where;
	const struct memory *memory;
	enum order order;
	bool iova_scattered;
	unsigned int ranges;	/* of a unit */
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
	l->where = where;
	l->memory = where->memory;
	l->ranges = s->tces / s->piece;
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

static uint64_t layout_window(const struct layout *l, unsigned int unit)
{
	return unit % 2 ? l->where->other : l->where->window;
}

static uint64_t layout_iova(struct layout *l, unsigned int g)
{
	return layout_window(l, g / l->ranges) +
	       (uint64_t)l->bytes * (l->iova_scattered ? l->iova_slot[g] : g);
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

/* Of a POWER8's caches. Where an array begins in one decides how the kernel copies it. */
#define LINE 128

/* What the calls point to lives as long as the plan. */
static void *plan_keep(struct plan *p, size_t n, size_t size)
{
	size_t bytes = (n * size + LINE - 1) / LINE * LINE;
	void *args = aligned_alloc(LINE, bytes);

	if (!args)
		die("out of memory");
	memset(args, 0, bytes);
	return p->args[p->num_args++] = args;
}

static void calls_make(struct calls *c, unsigned int calls, unsigned int per_unit,
		       const char *how)
{
	c->call = xcalloc(calls + 1, sizeof(*c->call));
	c->per_unit = per_unit;
	c->how = how;
}

static void calls_point(struct calls *c, unsigned int calls, unsigned int per_unit,
			unsigned long request, void *args, size_t arg_size,
			const char *how)
{
	unsigned int i;

	calls_make(c, calls, per_unit, how);
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

/* One unit of *@first, then one of *@second, and so on; theirs are freed. */
static void calls_alternate(struct calls *c, struct calls *first, const struct calls *second,
			    unsigned int units, const char *how)
{
	struct calls both = { .unlike = true };
	unsigned int u;

	calls_make(&both, units * (first->per_unit + second->per_unit),
		   first->per_unit + second->per_unit, how);
	for (u = 0; u < units; u++) {
		struct call *to = &both.call[u * both.per_unit];

		memcpy(to, &first->call[u * first->per_unit], first->per_unit * sizeof(*to));
		memcpy(to + first->per_unit, &second->call[u * second->per_unit],
		       second->per_unit * sizeof(*to));
	}
	free(first->call);
	free(second->call);
	*c = both;
}

static void calls_flush_each(struct calls *c, unsigned int units, const char *how)
{
	struct calls flushes;

	calls_point(&flushes, units, 1, VFIO_IOMMU_MTCE_FLUSH, &arg_flush, 0, NULL);
	calls_alternate(c, c, &flushes, units, how);
}

/* One MAP_DMA for each range. @shift: other pages than those of shift 0. */
static void plan_map_ranges(struct plan *p, struct calls *c, struct layout *l, unsigned int shift,
			    const char *how)
{
	unsigned int n = p->units * l->ranges, g;
	struct vfio_iommu_type1_dma_map *map = plan_keep(p, n, sizeof(*map));

	for (g = 0; g < n; g++)
		map[g] = arg_map(layout_iova(l, g), layout_memory(l, g + shift), l->bytes);
	calls_point(c, n, l->ranges, VFIO_IOMMU_MAP_DMA, map, sizeof(*map), how);
}

/* One UNMAP_DMA for each range. */
static void plan_unmap_ranges(struct plan *p, struct calls *c, struct layout *l, const char *how)
{
	unsigned int n = p->units * l->ranges, g;
	struct vfio_iommu_type1_dma_unmap *unmap = plan_keep(p, n, sizeof(*unmap));

	for (g = 0; g < n; g++)
		unmap[g] = arg_unmap(layout_iova(l, g), l->bytes);
	calls_point(c, n, l->ranges, VFIO_IOMMU_UNMAP_DMA, unmap, sizeof(*unmap), how);
}

/* A list's IOVAs are one range: anybody clears it with one call. */
static void plan_unmap_units(struct plan *p, struct calls *c, struct layout *l)
{
	struct vfio_iommu_type1_dma_unmap *unmap = plan_keep(p, p->units, sizeof(*unmap));
	unsigned int u;

	for (u = 0; u < p->units; u++)
		unmap[u] = arg_unmap(layout_iova(l, u * l->ranges), l->ranges * l->bytes);
	calls_point(c, p->units, 1, VFIO_IOMMU_UNMAP_DMA, unmap, sizeof(*unmap), "one UNMAP_DMA");
}

/* What each range of an update is: an unmap, a map, or an unmap and a map. */
struct operations {
	bool unmap;
	bool map;
	uint32_t unmap_flags;
	uint32_t map_flags;
	unsigned int shift;
};

static void plan_update(struct plan *p, struct calls *c, struct layout *l,
			const struct operations *o)
{
	unsigned int ops = l->ranges * (o->unmap + o->map), g, u, i;
	struct vfio_mtce_op *op = plan_keep(p, p->units * ops, sizeof(*op));
	struct vfio_iommu_mtce_update *update = plan_keep(p, p->units, sizeof(*update));

	for (u = 0; u < p->units; u++) {
		struct vfio_mtce_op *to = &op[u * ops];

		for (i = 0; i < l->ranges && o->unmap; i++, to++) {
			*to = arg_op(false, layout_iova(l, u * l->ranges + i), NULL, l->bytes);
			to->flags |= o->unmap_flags;
		}
		for (i = 0; i < l->ranges && o->map; i++, to++) {
			g = u * l->ranges + i;
			*to = arg_op(true, layout_iova(l, g), layout_memory(l, g + o->shift),
				     l->bytes);
			to->flags |= o->map_flags;
		}
		update[u] = arg_update(&op[u * ops], ops);
	}
	calls_point(c, p->units, 1, VFIO_IOMMU_MTCE_UPDATE, update, sizeof(*update),
		    "one UPDATE");
}

static void plan_put_list(struct plan *p, struct calls *c, struct layout *l, unsigned int shift,
			  uint32_t flags)
{
	unsigned int n = p->units * l->ranges, g;
	uint64_t *list = plan_keep(p, n, sizeof(*list));
	struct vfio_iommu_mtce_put_list *put = plan_keep(p, p->units, sizeof(*put));

	for (g = 0; g < n; g++)
		list[g] = (uintptr_t)layout_memory(l, g + shift);
	for (g = 0; g < p->units; g++) {
		put[g] = arg_put_list(layout_iova(l, g * l->ranges), &list[g * l->ranges],
				      l->ranges);
		put[g].flags |= flags;
	}
	calls_point(c, p->units, 1, VFIO_IOMMU_MTCE_PUT_LIST, put, sizeof(*put),
		    "one PUT_LIST");
}

static const char *how_ranges(const struct scenario *s, const char *one)
{
	if (s->tces == s->piece)
		return one;
	return s->piece > 1 ? "ioctl per range" : "ioctl per page";
}

/* Some pages further, so that no entry stays as it is. */
#define OTHER_PAGES 1u

static void plan_replace(struct plan *p, struct layout *l, const struct scenario *s, bool batch)
{
	static const struct operations replace = {
		.map = true, .map_flags = VFIO_MTCE_REPLACE, .shift = OTHER_PAGES,
	};

	if (batch && s->work == WORK_UPDATE)
		plan_update(p, &p->again, l, &replace);
	else if (batch && s->work == WORK_LIST)
		plan_put_list(p, &p->again, l, OTHER_PAGES, VFIO_MTCE_REPLACE);
	else
		plan_map_ranges(p, &p->again, l, OTHER_PAGES, how_ranges(s, "one MAP_DMA"));
}

static void plan_remap(struct plan *p, struct layout *l, const struct scenario *s, bool batch)
{
	struct operations remap = {
		.unmap = true, .map = true, .shift = OTHER_PAGES,
		.unmap_flags = s->lazy ? VFIO_MTCE_LAZY : 0,
	};
	struct calls maps, unmaps;

	if (batch && s->work == WORK_UPDATE) {
		plan_update(p, &p->again, l, &remap);
		return;
	}
	plan_unmap_ranges(p, &unmaps, l, NULL);
	plan_map_ranges(p, &maps, l, OTHER_PAGES, NULL);
	calls_alternate(&p->again, &unmaps, &maps, p->units,
			how_ranges(s, "one UNMAP_DMA, one MAP_DMA"));
}

static void plan_maps(struct plan *p, struct layout *l, const struct scenario *s, bool batch)
{
	static const struct operations map = { .map = true };

	if (batch && s->work == WORK_UPDATE)
		plan_update(p, &p->map, l, &map);
	else if (batch && s->work == WORK_LIST)
		plan_put_list(p, &p->map, l, 0, 0);
	else
		plan_map_ranges(p, &p->map, l, 0, how_ranges(s, "one MAP_DMA"));
}

static void plan_unmaps(struct plan *p, struct layout *l, const struct scenario *s, bool batch)
{
	struct operations unmap = { .unmap = true, .unmap_flags = s->lazy ? VFIO_MTCE_LAZY : 0 };

	if (s->work == WORK_LIST)
		plan_unmap_units(p, &p->unmap, l);
	else if (batch && s->work == WORK_UPDATE)
		plan_update(p, &p->unmap, l, &unmap);
	else
		plan_unmap_ranges(p, &p->unmap, l, how_ranges(s, "one UNMAP_DMA"));
}

static void plan_flushes(struct plan *p, const struct scenario *s)
{
	if (s->flush_each)
		calls_flush_each(&p->unmap, p->units,
				 s->lazy ? "one lazy UPDATE, one FLUSH" :
					   "lazy UNMAP_DMAs, one FLUSH");
	else
		calls_end_with_flush(&p->unmap, p->units * p->unmap.per_unit,
				     s->lazy ? "one lazy UPDATE; a FLUSH in the end" :
					       "one UNMAP_DMA, lazy; a FLUSH in the end");
}

void plan_make(struct plan *p, const struct scenario *s, const struct backend *b,
	       const struct place *where, unsigned int units)
{
	struct layout l;

	memset(p, 0, sizeof(*p));
	p->units = units;
	layout_make(&l, s, where);
	plan_maps(p, &l, s, b->batch);
	plan_unmaps(p, &l, s, b->batch);
	if (s->again == AGAIN_REPLACE)
		plan_replace(p, &l, s, b->batch);
	else if (s->again == AGAIN_REMAP)
		plan_remap(p, &l, s, b->batch);
	if (b->batch && (s->lazy || s->lazy_mode))
		plan_flushes(p, s);
	layout_free(&l);
}

void plan_free(struct plan *p)
{
	size_t i;

	free(p->map.call);
	free(p->again.call);
	free(p->unmap.call);
	for (i = 0; i < p->num_args; i++)
		free(p->args[i]);
	memset(p, 0, sizeof(*p));
}
