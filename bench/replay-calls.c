// SPDX-License-Identifier: GPL-2.0
#include "replay-calls.h"

#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "util.h"

#define GUEST_PAGE 65536ull
#define ARENA_PIECE ((size_t)4 << 20)

/*
 * Arguments stay where they are once they are made.
 */

struct arena {
	struct arena *next;
	size_t used;
	char data[];
};

static void *arena_get(struct arena **a, size_t size)
{
	void *at;

	if (!*a || (*a)->used + size > ARENA_PIECE) {
		struct arena *more = xcalloc(1, sizeof(*more) +
					     (size > ARENA_PIECE ? size : ARENA_PIECE));

		more->next = *a;
		*a = more;
	}
	at = (*a)->data + (*a)->used;
	(*a)->used += (size + 7) & ~(size_t)7;
	return at;
}

#define arena_copy(a, value) memcpy(arena_get(a, sizeof(value)), &(value), sizeof(value))

/*
 * Where pages are
 */

struct maker {
	struct replay_calls *r;
	const struct stream *s;
	const struct replay_way *way;
	const struct memory *memory;
	const uint64_t *window;
	size_t call_room;
	size_t unit_room;
	struct vfio_mtce_op *ops;	/* of the update that is being gathered */
	unsigned int num_ops;
	unsigned int op_room;
};

static uint64_t guest_memory(const struct maker *m, uint64_t address)
{
	return (uintptr_t)m->memory->base + address % m->memory->size;
}

/* Memory of a hypercall's TCE number @i. */
static uint64_t page_of(const struct maker *m, const struct hypercall *h, uint64_t i)
{
	unsigned int shift = m->s->page_shift[h->table];
	uint64_t first = h->tce & ~((1ull << shift) - 1);
	uint64_t at = first + (i << shift), page = at / GUEST_PAGE;

	/* Another guest page than the first: anywhere, but always the same. */
	if (page != first / GUEST_PAGE)
		at = (page * 0x9e3779b97f4a7c15ull >> 24) * GUEST_PAGE + at % GUEST_PAGE;
	return guest_memory(m, at);
}

static uint32_t permissions_of(const struct hypercall *h)
{
	return h->tce & TCE_PERMISSIONS;
}

static uint64_t iova_of(const struct maker *m, const struct hypercall *h, uint64_t i)
{
	return m->window[h->table] + h->ioba - m->s->start[h->table] +
	       (i << m->s->page_shift[h->table]);
}

/*
 * Calls
 */

static void add_call(struct maker *m, unsigned long request, void *arg)
{
	struct replay_calls *r = m->r;

	if (r->num_calls == m->call_room) {
		m->call_room = m->call_room ? 2 * m->call_room : 4096;
		r->call = realloc(r->call, m->call_room * sizeof(*r->call));
		if (!r->call)
			die("not enough memory for the calls of a replay");
	}
	r->call[r->num_calls++] = (struct call) { request, arg };
}

static struct replay_unit *add_unit(struct maker *m, const struct hypercall *h)
{
	struct replay_calls *r = m->r;

	if (r->num_units == m->unit_room) {
		m->unit_room = m->unit_room ? 2 * m->unit_room : 4096;
		r->unit = realloc(r->unit, m->unit_room * sizeof(*r->unit));
		if (!r->unit)
			die("not enough memory for the units of a replay");
	}
	r->unit[r->num_units] = (struct replay_unit) {
		.t_us = h->t_us, .part = h->part,
	};
	return &r->unit[r->num_units++];
}

static void map_pages(struct maker *m, const struct hypercall *h, uint64_t i, uint64_t n)
{
	struct vfio_iommu_type1_dma_map map =
		arg_map(iova_of(m, h, i), (void *)(uintptr_t)page_of(m, h, i),
			n << m->s->page_shift[h->table]);

	map.flags = permissions_of(h);
	add_call(m, VFIO_IOMMU_MAP_DMA, arena_copy(&m->r->arena, map));
}

static void unmap_pages(struct maker *m, const struct hypercall *h, uint64_t i, uint64_t n)
{
	struct vfio_iommu_type1_dma_unmap unmap =
		arg_unmap(iova_of(m, h, i), n << m->s->page_shift[h->table]);

	add_call(m, VFIO_IOMMU_UNMAP_DMA, arena_copy(&m->r->arena, unmap));
}

static void call_each_page(struct maker *m, const struct hypercall *h)
{
	uint64_t i;

	for (i = 0; i < h->npages; i++) {
		if (h->op == HCALL_STUFF)
			unmap_pages(m, h, i, 1);
		else
			map_pages(m, h, i, 1);
	}
}

static void call_list(struct maker *m, const struct hypercall *h)
{
	uint64_t *list = arena_get(&m->r->arena, h->npages * sizeof(*list)), i;
	struct vfio_iommu_mtce_put_list put =
		arg_put_list(iova_of(m, h, 0), list, (unsigned int)h->npages);

	put.flags = permissions_of(h);
	for (i = 0; i < h->npages; i++)
		list[i] = page_of(m, h, i);
	add_call(m, VFIO_IOMMU_MTCE_PUT_LIST, arena_copy(&m->r->arena, put));
}

static void call_hypercall(struct maker *m, const struct hypercall *h)
{
	if (h->op == HCALL_STUFF)
		unmap_pages(m, h, 0, h->npages);
	else if (h->npages == 1)
		map_pages(m, h, 0, 1);
	else
		call_list(m, h);
}

/* The guest sees the memory elsewhere than we do. */
static uint64_t tce_of(const struct maker *m, const struct hypercall *h, uint64_t i)
{
	return GUEST_MEMORY + (page_of(m, h, i) - (uintptr_t)m->memory->base) + permissions_of(h);
}

static void guest_hypercall(struct maker *m, const struct hypercall *h)
{
	struct replay_hcall *call = &m->r->hcall[m->r->num_units - 1];
	uint64_t i;

	*call = (struct replay_hcall) {
		.table = h->table, .put = h->put, .clears = h->op == HCALL_STUFF,
		.ioba = iova_of(m, h, 0), .num = h->npages,
	};
	if (call->clears)
		return;
	if (h->npages > GUEST_LIST)
		die("a list of %llu TCEs, and a hypercall takes %u", (unsigned long long)h->npages,
		    GUEST_LIST);
	call->tces = arena_get(&m->r->arena, h->npages * sizeof(*call->tces));
	for (i = 0; i < h->npages; i++)
		call->tces[i] = tce_of(m, h, i);
}

/*
 * Gathering
 */

static void add_op(struct maker *m, struct vfio_mtce_op op)
{
	struct vfio_mtce_op *last = m->num_ops ? &m->ops[m->num_ops - 1] : NULL;

	/* Pages that lie side by side are one operation. */
	if (last && op.op == VFIO_MTCE_OP_MAP && last->op == op.op && last->flags == op.flags &&
	    last->iova + last->size == op.iova && last->vaddr + last->size == op.vaddr) {
		last->size += op.size;
		return;
	}
	if (m->num_ops == m->op_room) {
		m->op_room = m->op_room ? 2 * m->op_room : 64;
		m->ops = realloc(m->ops, m->op_room * sizeof(*m->ops));
		if (!m->ops)
			die("not enough memory for a batch");
	}
	m->ops[m->num_ops++] = op;
}

static void gather(struct maker *m, const struct hypercall *h)
{
	uint64_t page = 1ull << m->s->page_shift[h->table], i;

	if (h->op == HCALL_STUFF) {
		add_op(m, arg_op(false, iova_of(m, h, 0), NULL, h->npages * page));
		return;
	}
	for (i = 0; i < h->npages; i++) {
		struct vfio_mtce_op op = arg_op(true, iova_of(m, h, i),
						(void *)(uintptr_t)page_of(m, h, i), page);

		op.flags = permissions_of(h);
		add_op(m, op);
	}
}

static void ring(struct maker *m, struct replay_unit *u)
{
	struct vfio_iommu_mtce_update update;
	size_t size = m->num_ops * sizeof(*m->ops);

	if (!m->num_ops)
		return;
	update = arg_update(memcpy(arena_get(&m->r->arena, size), m->ops, size), m->num_ops);
	add_call(m, VFIO_IOMMU_MTCE_UPDATE, arena_copy(&m->r->arena, update));
	u->calls = 1;
	m->num_ops = 0;
}

/*
 * Public
 */

static bool gathers_more(const struct maker *m, const struct replay_unit *u,
			 const struct hypercall *h)
{
	return u && m->num_ops && u->hypercalls < m->way->gather && u->part == h->part;
}

void replay_calls_make(struct replay_calls *r, const struct stream *s, const struct replay_way *way,
		       const struct memory *memory, const uint64_t *window)
{
	struct maker m = { .r = r, .s = s, .way = way, .memory = memory, .window = window };
	struct replay_unit *u = NULL;
	size_t i;

	memset(r, 0, sizeof(*r));
	if (way->kvm)
		r->hcall = xcalloc(s->n, sizeof(*r->hcall));
	for (i = 0; i < s->n; i++) {
		const struct hypercall *h = &s->calls[i];
		size_t before = r->num_calls;

		if (h->op == WINDOW_MADE)
			continue;
		if (!gathers_more(&m, u, h)) {
			if (u)
				ring(&m, u);
			u = add_unit(&m, h);
		}
		u->t_us = h->t_us;
		u->hypercalls++;
		u->tces += h->npages;
		if (way->kvm)
			guest_hypercall(&m, h);
		else if (way->gather)
			gather(&m, h);
		else if (way->per_page)
			call_each_page(&m, h);
		else
			call_hypercall(&m, h);
		u->calls += (unsigned int)(r->num_calls - before);
	}
	if (u)
		ring(&m, u);
	free(m.ops);
}

void replay_calls_free(struct replay_calls *r)
{
	while (r->arena) {
		struct arena *next = r->arena->next;

		free(r->arena);
		r->arena = next;
	}
	free(r->call);
	free(r->unit);
	free(r->hcall);
	memset(r, 0, sizeof(*r));
}
