// SPDX-License-Identifier: GPL-2.0
/* Batches: maps and unmaps that are gathered, and done together. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct mtce_batch {
	struct mtce_container *container;
	struct vfio_mtce_op *ops;
	size_t num;
	size_t room;
};

static int make_room(struct mtce_batch *b, size_t room)
{
	struct vfio_mtce_op *ops;

	if (room <= b->room)
		return 0;
	ops = reallocarray(b->ops, room, sizeof(*ops));
	if (!ops)
		return mtce_failed(-ENOMEM, "no memory for a batch of %zu operations", room);
	b->ops = ops;
	b->room = room;
	return 0;
}

struct mtce_batch *mtce_batch_new(struct mtce_container *c, size_t room)
{
	struct mtce_batch *b = calloc(1, sizeof(*b));

	if (!b) {
		mtce_failed(-ENOMEM, "no memory for a batch");
		return NULL;
	}
	b->container = c;
	if (!make_room(b, room ? room : 1))
		return b;
	free(b);
	return NULL;
}

void mtce_batch_free(struct mtce_batch *b)
{
	if (!b)
		return;
	free(b->ops);
	free(b);
}

static int add(struct mtce_batch *b, struct vfio_mtce_op op)
{
	int ret = b->num < b->room ? 0 : make_room(b, b->room * 2);

	if (!ret)
		b->ops[b->num++] = op;
	return ret;
}

int mtce_batch_map(struct mtce_batch *b, unsigned int flags, uint64_t iova, const void *memory, uint64_t size)
{
	return add(b, op_map(flags, iova, memory, size));
}

int mtce_batch_unmap(struct mtce_batch *b, unsigned int flags, uint64_t iova, uint64_t size)
{
	if (!(b->container->features & MTCE_LAZY_UNMAPS))
		flags &= ~VFIO_MTCE_LAZY;
	return add(b, op_unmap(flags, iova, size));
}

size_t mtce_batch_count(const struct mtce_batch *b)
{
	return b->num;
}

void mtce_batch_clear(struct mtce_batch *b)
{
	b->num = 0;
}

/* Both: *@done operations are, also on error. */
static int submit_calls(struct mtce_batch *b, size_t *done)
{
	uint32_t max = b->container->max_ops;
	int ret = 0;

	while (*done < b->num && !ret) {
		size_t left = b->num - *done;
		uint32_t now;

		ret = mtce_update_call(b->container, b->ops + *done, left < max ? (uint32_t)left : max, &now);
		*done += now;
	}
	return ret;
}

static int submit_one_by_one(struct mtce_batch *b, size_t *done)
{
	int ret = 0;

	while (*done < b->num && !ret) {
		ret = mtce_do_op(b->container, &b->ops[*done]);
		*done += !ret;
	}
	return ret;
}

/* The first that mtce's look at all operations does not let pass; NULL: it is not seen from here. */
static const struct vfio_mtce_op *malformed(const struct mtce_batch *b)
{
	size_t i;

	for (i = 0; i < b->num; i++)
		if (mtce_check(b->container, b->ops[i].iova, b->ops[i].vaddr, b->ops[i].size))
			return &b->ops[i];
	return NULL;
}

/*
 * What is left begins with the operation that failed, but mtce looks at the shape of all before it does the first, and
 * does not say at which it stopped.
 */
static int submit_failed(int error, const struct mtce_batch *b, size_t done)
{
	bool shape = error == -EINVAL || error == -ENXIO;
	const struct vfio_mtce_op *op = shape ? malformed(b) : &b->ops[0];

	if (!op)
		return mtce_failed(error, "batch of %zu operations: %s", b->num, mtce_because(error));
	if (done || !shape || b->num == 1)
		return mtce_op_failed(error, op);
	return mtce_failed(error, "batch of %zu operations, none of which was done: %s of %#llx bytes at IOVA %#llx: %s", b->num,
			   op->op == VFIO_MTCE_OP_MAP ? "map" : "unmap", (unsigned long long)op->size,
			   (unsigned long long)op->iova, mtce_because(error));
}

int mtce_batch_submit(struct mtce_batch *b, size_t *done)
{
	size_t n = 0;
	int ret = has_mtce(b->container) ? submit_calls(b, &n) : submit_one_by_one(b, &n);

	b->num -= n;
	if (b->num)
		memmove(b->ops, b->ops + n, b->num * sizeof(*b->ops));
	if (done)
		*done = n;
	return ret && has_mtce(b->container) ? submit_failed(ret, b, n) : ret;
}
