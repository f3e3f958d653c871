/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One operation, as batches, lists and the fast path use it.
 */
#ifndef MTCE_MAP_H
#define MTCE_MAP_H

#include "range.h"
#include "tce.h"

#define MAP_FLAGS	(VFIO_MTCE_READ | VFIO_MTCE_WRITE | VFIO_MTCE_REPLACE)

/**
 * struct mtce_locked - what a call has locked
 * @w: window
 * @s: a stripe of it that is held
 * @stripes: all that are held, a bit each, and sem; 0: only @s, without sem
 */
struct mtce_locked {
	struct mtce_window *w;
	struct mtce_stripe *s;
	unsigned int stripes;
};

/* READ or WRITE or both, and nothing that is not known. */
static inline bool map_flags_valid(u32 flags)
{
	return !(flags & ~MAP_FLAGS) && flags & MTCE_PERM_MASK;
}

/* All but the range of IOVAs, for which see mtce_check_range(). */
static inline bool op_valid(const struct vfio_mtce_op *op)
{
	if (op->op == VFIO_MTCE_OP_MAP)
		return map_flags_valid(op->flags) &&
		       op->vaddr + op->size >= op->vaddr;
	return op->op == VFIO_MTCE_OP_UNMAP && !op->vaddr &&
	       !(op->flags & ~VFIO_MTCE_LAZY);
}

static inline unsigned long index_of(const struct mtce_window *w, u64 iova)
{
	return (iova - w->start) >> w->shift;
}

/* Is the unmap lazy, by its own flag or by the container's mode? */
static inline bool unmap_is_lazy(const struct mtce_container *c, u32 flags)
{
	return (flags | c->ready) & VFIO_MTCE_LAZY;
}

/* map.c */
int mtce_check_range(const struct mtce_window *w, u64 iova, u64 size,
		     u64 vaddr);
int mtce_range_lock(struct mtce_container *c, struct mtce_locked *h, u64 iova,
		    u64 size, u32 entries);
void mtce_range_unlock(struct mtce_container *c, struct mtce_locked *h);
int mtce_do_op(struct mtce_gather *ga, const struct vfio_mtce_op *op);
int mtce_update_one(struct mtce_container *c, struct mtce_call *call,
		    struct mtce_window *w, struct mtce_stripe *s,
		    const struct vfio_mtce_op *op,
		    struct mtce_pins *pins);
int mtce_update_alone(struct mtce_container *c, struct mtce_call *call,
		      const struct vfio_mtce_op *op);

/* flat.c */
bool mtce_flat_one(struct mtce_container *c, struct mtce_window *w,
		   struct mtce_stripe *s, const struct vfio_mtce_op *op);
int mtce_flat_pinned(struct mtce_container *c, const struct vfio_mtce_op *op);

#endif /* MTCE_MAP_H */
