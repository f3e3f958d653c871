/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entries of a table: finding them, setting and clearing one. table.c explains the
 * layout. Names are short because only the files that work on entries include this.
 */
#ifndef MTCE_TCE_H
#define MTCE_TCE_H

#include <linux/bitops.h>
#include <linux/iommu.h>
#include <linux/minmax.h>

#include <asm/tce.h>

#include "gather.h"
#include "lock.h"

/* The most entries in a span; MTCE_KVM_ENTRIES in a window that is shared with KVM. */
#define SPAN_MAX		4096ul

/* Entries that lie side by side in the table and in its shadow. */
struct span {
	u64 *shadow;		/* NULL: not there, so all of them are empty */
	__be64 *tce;		/* NULL: write through it_ops */
	unsigned long n;
};

/* table.c */
__be64 *mtce_walk_levels(const struct mtce_window *w, __be64 *root,
			 unsigned long index);
struct span mtce_span_at(const struct mtce_window *w, unsigned long index,
			 unsigned long max);
bool mtce_one_span(const struct mtce_window *w, unsigned long index,
		   unsigned long n, struct span *s);
bool mtce_span_live(struct mtce_gather *ga, struct span s);
unsigned long mtce_next_touched(const struct mtce_window *w,
				unsigned long index, unsigned long end);

/*
 * Finding
 */

static inline unsigned long level_mask(const struct mtce_window *w)
{
	return (1ul << w->level_shift) - 1;
}

static inline __be64 *walk(const struct mtce_window *w, __be64 *root,
			   unsigned long index)
{
	return w->levels ? mtce_walk_levels(w, root, index) : root + index;
}

/* Inner entries there are the kernel's and big-endian, leaf entries are ours. */
static inline u64 *walk_shadow(const struct mtce_window *w, unsigned long index)
{
	return (__force u64 *)walk(w, w->tbl->it_userspace, index);
}

/* One entry of a direct window whose leaf exists. */
static __always_inline struct span entry_at(const struct mtce_window *w,
					    unsigned long index)
{
	return (struct span){ walk_shadow(w, index),
			      walk(w, (__be64 *)w->tbl->it_base, index), 1 };
}

static inline u64 *flat_shadow(const struct mtce_window *w, unsigned long index)
{
	return (__force u64 *)w->tbl->it_userspace + index;
}

static inline __be64 *flat_tce(const struct mtce_window *w, unsigned long index)
{
	return (__be64 *)w->tbl->it_base + index;
}

/* Through the platform's operations: the shadow, and an exchange of the TCE. */
static inline u64 *shadow_through_ops(const struct mtce_window *w,
				      unsigned long index)
{
	struct iommu_table *tbl = w->tbl;

	return (__force u64 *)w->ops->useraddrptr(tbl, tbl->it_offset + index,
						  false);
}

static inline int exchange(struct mtce_window *w, unsigned long index,
			   unsigned long *hpa, enum dma_data_direction *dir)
{
	struct iommu_table *tbl = w->tbl;

	return w->ops->xchg_no_kill(tbl, tbl->it_offset + index, hpa, dir);
}

/* Entries from @index on that lie in its part, at most @max. */
static inline unsigned long same_part(const struct mtce_window *w,
				      unsigned long index, unsigned long max)
{
	unsigned long part = BIT(w->part_shift);

	return min(max, part - (index & (part - 1)));
}

static inline struct mtce_stripe *stripe_at(struct mtce_window *w,
					    unsigned long index)
{
	return &w->stripe[mtce_stripe_of(index >> w->part_shift)];
}

/* Around every change of entries of one part. A flat window is not shared. */
static inline void span_lock(struct mtce_window *w, unsigned long index)
{
	if (unlikely(w->shared))
		mtce_kvm_lock(stripe_at(w, index));
}

static inline void span_unlock(struct mtce_window *w, unsigned long index)
{
	if (unlikely(w->shared))
		mtce_kvm_unlock(stripe_at(w, index));
}

/*
 * Parts that may hold live entries
 */

/* Before the first entry of a part is set. The caller holds its stripe. */
static inline void touch_part(struct mtce_window *w, unsigned long part)
{
	if (unlikely(!test_bit(part, w->touched)))
		set_bit(part, w->touched);
}

static inline void touch(struct mtce_window *w, unsigned long index,
			 unsigned long n)
{
	unsigned long part = index >> w->part_shift;
	unsigned long last = (index + n - 1) >> w->part_shift;

	do {
		touch_part(w, part);
	} while (part++ != last);
}

/*
 * System pages that maps pin by themselves, counted around a change of entries
 * and under the lock that makes it, see pin.c
 */

static inline long pins_counted(struct mtce_gather *ga, unsigned long index,
				unsigned long n)
{
	return ga->c->enabled ? mtce_pins_count(ga, index, n) : 0;
}

static inline void pins_changed(struct mtce_gather *ga, unsigned long index,
				unsigned long n, long before)
{
	if (ga->c->enabled)
		atomic_long_add(mtce_pins_count(ga, index, n) - before,
				&ga->c->pinned);
}

/*
 * The two stores that set an entry and the two that clear it. Everything that
 * changes an entry of a direct table does it by these.
 */

static __always_inline void tce_set(u64 *shadow, u64 new_shadow, __be64 *tce,
				    u64 new_tce)
{
	*shadow = new_shadow;
	mtce_store_be(tce, new_tce);
}

static __always_inline void tce_clear(u64 *shadow, u64 mark, __be64 *tce)
{
	*shadow = mark;
	WRITE_ONCE(*tce, 0);
}

/* One entry, where there is one group, which has a kill register. */
static __always_inline void kill_sole(const struct mtce_container *c, u64 iova,
				      struct mtce_counts *counts)
{
	mb();	/* the table is written before the bridge is told */
	mtce_store_be((__force void *)c->sole_reg, c->sole_kill | iova);
	mb();	/* told before anything is let go */
	counts->kills_tce++;
}

/* mtce_kill_span(); that kill is inline, which saves 18 of a hypercall's entry. */
static __always_inline void kill_span(struct mtce_container *c,
				      struct mtce_window *w,
				      unsigned long index, unsigned long n,
				      struct mtce_counts *counts)
{
	if (n == 1 && likely(c->sole_reg && READ_ONCE(mtce_kill_threshold)) &&
	    !trace_mtce_kill_enabled())
		kill_sole(c, w->start + ((u64)index << w->shift), counts);
	else
		mtce_kill_span(c, w, index, n, counts);
}

/*
 * One entry of a flat window: the most frequent case
 */

/* A lazy unmap cleared the entry. Does it still wait for its kill? See lazy.c. */
static inline void note_reuse(struct mtce_gather *ga, u64 shadow)
{
	if (shadow == READ_ONCE(ga->w->queue.mark))
		ga->reuse = true;
}

/* An entry goes: count it, if it maps the region of the run. */
static __always_inline bool count_one(struct mtce_gather *ga, u64 shadow)
{
	if (unlikely(shadow - ga->base >= ga->limit))
		return false;
	ga->run++;
	ga->s->counts.unmapped++;
	return true;
}

/*
 * An entry is to be set. True if it is empty, or maps the region of the run and may
 * be replaced; what must be synced for that is noted.
 */
static __always_inline bool make_way(struct mtce_gather *ga, u64 shadow,
				     u32 flags)
{
	if (!shadow)
		return true;
	if (mtce_shadow_live(shadow))
		return flags & VFIO_MTCE_REPLACE && !ga->lazy &&
		       count_one(ga, shadow);
	note_reuse(ga, shadow);
	return true;
}

/* Set an entry. The caller has counted the use of what it maps, and made way. */
static __always_inline void set_one(struct mtce_gather *ga, unsigned long index,
				    u64 shadow, u64 tce)
{
	struct mtce_window *w = ga->w;

	lockdep_assert_held(&ga->s->lock);
	touch_part(w, index >> w->part_shift);
	ga->s->counts.mapped++;
	tce_set(flat_shadow(w, index), shadow, flat_tce(w, index), tce);
	trace_mtce_tce_set(ga->c, w, index, 1);
	gather_kill(ga, &ga->kill, index, 1);
}

/* Make an entry map memory of @r. The caller has made way. */
static __always_inline void map_one(struct mtce_gather *ga, unsigned long index,
				    struct mtce_region *r, unsigned long ua,
				    u32 flags)
{
	u64 hpa = r->hpas[(ua - r->ua) >> PAGE_SHIFT] & PAGE_MASK;
	u64 perm = mtce_tce_perm(flags);

	mtce_region_use(r, 1, perm);
	set_one(ga, index, MTCE_SHADOW_REGION | ua | perm,
		hpa | (ua & ~PAGE_MASK) | perm);
}

/* Clear an entry, if it maps the region of the run. */
static __always_inline bool clear_one(struct mtce_gather *ga,
				      unsigned long index)
{
	struct mtce_window *w = ga->w;
	u64 *shadow = flat_shadow(w, index);

	lockdep_assert_held(&ga->s->lock);
	if (!count_one(ga, *shadow))
		return false;
	tce_clear(shadow, ga->mark, flat_tce(w, index));
	trace_mtce_tce_clear(ga->c, w, index, 1);
	gather_kill(ga, clears_kill(ga), index, 1);
	return true;
}

#endif /* MTCE_TCE_H */
