/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How table.c, fill.c and clear.c get at entries; the layout is explained in
 * table.c. Names are short because nobody else includes this.
 */
#ifndef MTCE_TABLE_H
#define MTCE_TABLE_H

#include <linux/bitops.h>
#include <linux/iommu.h>
#include <linux/minmax.h>

#include <asm/tce.h>

#include "mtce.h"
#include "trace.h"

/* Entries of a shared window that are changed under one spinlock. */
#define SHARED_SPAN_MAX	512ul

/* A run of entries that lie side by side in both tables. */
struct span {
	u64 *shadow;		/* NULL: not there, so all of them are empty */
	__be64 *tce;		/* NULL: write through it_ops */
	unsigned long n;
};

static inline unsigned long level_mask(const struct mtce_window *w)
{
	return (1ul << w->level_shift) - 1;
}

/* The leaf entry for @index below @root, or NULL where there is no leaf. */
static inline __be64 *walk_levels(const struct mtce_window *w, __be64 *root,
				  unsigned long index)
{
	unsigned int level;

	for (level = w->levels; level; level--) {
		unsigned long slot = index >> (level * w->level_shift);
		u64 child = be64_to_cpu(READ_ONCE(root[slot & level_mask(w)]));

		if (!child)
			return NULL;
		root = __va(child & ~(u64)(TCE_PCI_READ | TCE_PCI_WRITE));
	}
	return root + (index & level_mask(w));
}

static __always_inline __be64 *walk(const struct mtce_window *w, __be64 *root,
				    unsigned long index)
{
	return w->levels ? walk_levels(w, root, index) : root + index;
}

/* Inner entries there are the kernel's and big-endian, leaf entries are ours. */
static __always_inline u64 *walk_shadow(const struct mtce_window *w,
					unsigned long index)
{
	return (__force u64 *)walk(w, w->tbl->it_userspace, index);
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

static inline u64 *shadow_through_ops(const struct mtce_window *w,
				      unsigned long index)
{
	struct iommu_table *tbl = w->tbl;

	return (__force u64 *)w->ops->useraddrptr(tbl, tbl->it_offset + index,
						  false);
}

static __always_inline struct span span_at(const struct mtce_window *w,
					   unsigned long index,
					   unsigned long max)
{
	struct iommu_table *tbl = w->tbl;
	unsigned long left = level_mask(w) + 1 - (index & level_mask(w));
	struct span s = { .n = min3(max, left, MTCE_SPAN_MAX) };

	if (unlikely(w->shared))
		s.n = min(same_part(w, index, s.n), SHARED_SPAN_MAX);
	if (w->direct) {
		s.shadow = walk_shadow(w, index);
		if (s.shadow)
			s.tce = walk(w, (__be64 *)tbl->it_base, index);
		return s;
	}
	s.shadow = shadow_through_ops(w, index);
	if (s.shadow)
		s.n = 1;
	return s;
}

/* One entry of a direct window, whose leaf is there. */
static __always_inline struct span entry_at(const struct mtce_window *w,
					    unsigned long index)
{
	return (struct span){ walk_shadow(w, index),
			      walk(w, (__be64 *)w->tbl->it_base, index), 1 };
}

/*
 * The usual case, a few entries side by side that are there and are written
 * directly: true, and all of them in one span.
 */
static __always_inline bool one_span(const struct mtce_window *w,
				     unsigned long index, unsigned long n,
				     struct span *s)
{
	struct iommu_table *tbl = w->tbl;

	if (!w->direct || w->shared ||
	    (index & level_mask(w)) + n > level_mask(w) + 1 ||
	    n > MTCE_SPAN_MAX)
		return false;
	s->n = n;
	s->shadow = walk_shadow(w, index);
	s->tce = s->shadow ? walk(w, (__be64 *)tbl->it_base, index) : NULL;
	return s->tce;
}

/*
 * Around every change of entries of one part. In a flat window there is nothing
 * to do, for that is not shared.
 */
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

/* One entry through the platform's operations. */
static inline int exchange(struct mtce_window *w, unsigned long index,
			   unsigned long *hpa, enum dma_data_direction *dir)
{
	struct iommu_table *tbl = w->tbl;

	return w->ops->xchg_no_kill(tbl, tbl->it_offset + index, hpa, dir);
}

/*
 * Around a change of entries that may be of pages that maps pin by themselves,
 * under the lock that makes the change: how many system pages they are, see pin.c.
 */
static inline long mtce_pins_counted(struct mtce_work *wk, unsigned long index,
				     unsigned long n)
{
	return wk->c->enabled ? mtce_pins_count(wk, index, n) : 0;
}

static inline void mtce_pins_changed(struct mtce_work *wk, unsigned long index,
				     unsigned long n, long before)
{
	if (wk->c->enabled)
		atomic_long_add(mtce_pins_count(wk, index, n) - before,
				&wk->c->pinned);
}

/*
 * Which parts may hold something
 */

/* To be set before the first entry of a part is: the caller holds its stripe. */
static __always_inline void touch_part(struct mtce_window *w,
				       unsigned long part)
{
	if (unlikely(!test_bit(part, w->touched)))
		set_bit(part, w->touched);
}

static __always_inline void touch(struct mtce_window *w, unsigned long index,
				  unsigned long n)
{
	unsigned long part = index >> w->part_shift;
	unsigned long last = (index + n - 1) >> w->part_shift;

	do {
		touch_part(w, part);
	} while (part++ != last);
}

/* First index from @index on that may be live, or @end. */
static inline unsigned long next_touched(const struct mtce_window *w,
					 unsigned long index,
					 unsigned long end)
{
	unsigned long last_bit = (end - 1) >> w->part_shift;
	unsigned long bit = index >> w->part_shift;

	if (test_bit(bit, w->touched))
		return index;
	bit = find_next_bit(w->touched, last_bit + 1, bit + 1);
	return bit > last_bit ? end : bit << w->part_shift;
}

/*
 * Owing: entries were changed, and before anybody else gets at them the bridge
 * is to be told.
 */

static __always_inline void owe_set(struct mtce_work *wk, unsigned long index,
				    unsigned long n)
{
	lockdep_assert_held(&wk->s->lock);
	trace_mtce_tce_set(wk->c, wk->w, index, n);
	mtce_kill_add(wk, &wk->kill, index, n);
}

/* Where the kill of a cleared entry is owed. */
static __always_inline struct mtce_kill *owed_by_clears(struct mtce_work *wk)
{
	return unlikely(wk->lazy) ? &wk->lazy_kill : &wk->kill;
}

static __always_inline void owe_clear(struct mtce_work *wk, unsigned long index,
				      unsigned long n)
{
	lockdep_assert_held(&wk->s->lock);
	trace_mtce_tce_clear(wk->c, wk->w, index, n);
	mtce_kill_add(wk, owed_by_clears(wk), index, n);
}

/*
 * One entry of a flat window: most of what is ever done
 */

static __always_inline u64 *flat_shadow(const struct mtce_window *w,
					unsigned long index)
{
	return (__force u64 *)w->tbl->it_userspace + index;
}

static __always_inline __be64 *flat_tce(const struct mtce_window *w,
					unsigned long index)
{
	return (__be64 *)w->tbl->it_base + index;
}

/* About to be mapped: does it still wait for its kill? See flush.c. */
static __always_inline void note_reuse_one(struct mtce_work *wk, u64 shadow)
{
	if (shadow == READ_ONCE(wk->w->queue.mark))
		wk->reuse = true;
}

/* Write an empty entry; the caller has counted the use of what it maps. */
static __always_inline void set_one(struct mtce_work *wk, unsigned long index,
				    u64 *shadow, u64 new_shadow,
				    __be64 *tce, u64 new_tce)
{
	touch_part(wk->w, index >> wk->w->part_shift);
	wk->s->counts.mapped++;
	*shadow = new_shadow;
	mtce_store_be(tce, new_tce);
	owe_set(wk, index, 1);
}

/* Map registered memory by an empty entry. */
static __always_inline void map_one(struct mtce_work *wk, unsigned long index,
				    u64 *shadow, __be64 *tce,
				    struct mtce_region *r, unsigned long ua,
				    u32 flags)
{
	u64 hpa = r->hpas[(ua - r->ua) >> PAGE_SHIFT] & PAGE_MASK;
	u64 perm = mtce_tce_perm(flags);

	mtce_region_use(r, 1, perm);
	set_one(wk, index, shadow, MTCE_SHADOW_REGION | ua | perm, tce,
		hpa | (ua & ~PAGE_MASK) | perm);
}

/* Is an entry empty that is about to be mapped? Not a word of reuse is lost. */
static __always_inline bool is_free(struct mtce_work *wk, u64 shadow)
{
	if (likely(!shadow))
		return true;
	if (mtce_shadow_live(shadow))
		return false;
	note_reuse_one(wk, shadow);
	return true;
}

/* Clear an entry, if it maps the region of the run. */
static __always_inline bool clear_easy(struct mtce_work *wk,
				       unsigned long index)
{
	u64 *shadow = flat_shadow(wk->w, index);
	u64 old = *shadow;

	if (unlikely(old - wk->base >= wk->limit))
		return false;
	wk->run++;
	wk->s->counts.unmapped++;
	*shadow = wk->mark;
	WRITE_ONCE(*flat_tce(wk->w, index), 0);
	owe_clear(wk, index, 1);
	return true;
}

/* table.c */
bool mtce_table_span_live(struct mtce_work *wk, struct span s);

#endif /* MTCE_TABLE_H */
