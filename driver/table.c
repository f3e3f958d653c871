// SPDX-License-Identifier: GPL-2.0
/*
 * Tables: layout, self-check, leaves, and the plan of a map.
 *
 * Direct tables. On IODA2 a table is a radix tree: tbl->it_indirect_levels
 * levels of it_level_size entries above the leaves, big-endian, a child's
 * physical address | 3, tbl->it_base the root; it_userspace (the shadow) is a
 * twin of the same shape. Leaves appear on demand. Writing a leaf in a loop
 * costs ten instructions per TCE, an indirect call per entry over a hundred.
 * The layout is not an interface, so mtce_table_self_check() compares it with
 * what it_ops does, on each new table, before any group can see it. Where they
 * differ, everything goes through it_ops, entry by entry.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "tce.h"

/*
 * Finding entries, see tce.h
 */

/* The leaf entry for @index below @root, or NULL where there is no leaf. */
__be64 *mtce_walk_levels(const struct mtce_window *w, __be64 *root,
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

/* Entries from @index on that lie side by side, at most @max. */
struct span mtce_span_at(const struct mtce_window *w, unsigned long index,
			 unsigned long max)
{
	unsigned long left = level_mask(w) + 1 - (index & level_mask(w));
	struct span s = { .n = min3(max, left, SPAN_MAX) };

	if (w->shared)
		s.n = min(same_part(w, index, s.n), MTCE_KVM_ENTRIES);
	if (w->direct) {
		s.shadow = walk_shadow(w, index);
		if (s.shadow)
			s.tce = walk(w, (__be64 *)w->tbl->it_base, index);
		return s;
	}
	s.shadow = shadow_through_ops(w, index);
	if (s.shadow)
		s.n = 1;
	return s;
}

/* Are these entries all there in one span that nobody but us writes? */
bool mtce_one_span(const struct mtce_window *w, unsigned long index,
		   unsigned long n, struct span *s)
{
	if (!w->direct || w->shared ||
	    (index & level_mask(w)) + n > level_mask(w) + 1 || n > SPAN_MAX)
		return false;
	*s = mtce_span_at(w, index, n);
	return s->tce;
}

/*
 * Self-check
 */

/* Does the entry at *@tce lead to @hpa, as walk() and as the platform see it? */
static bool same_entry(struct mtce_window *w, unsigned long index, __be64 *tce,
		       unsigned long hpa)
{
	enum dma_data_direction dir = DMA_NONE;
	unsigned long old = 0;

	if (be64_to_cpu(*tce) != (hpa | TCE_PCI_READ | TCE_PCI_WRITE))
		return false;
	*tce = cpu_to_be64(hpa | TCE_PCI_READ);
	return !exchange(w, index, &old, &dir) && old == hpa &&
	       dir == DMA_TO_DEVICE && !*tce;
}

/*
 * @index as the platform sees it and as walk() finds it: the same entry, twice?
 * @hpa is what is written there for a moment; nothing of it stays, whatever the
 * answer. The shadow comes first, so that no TCE is ever without one.
 * Returns 1 if they agree, 0 if they differ, or -ENOMEM.
 */
static int entry_agrees(struct mtce_window *w, unsigned long index,
			unsigned long hpa)
{
	struct iommu_table *tbl = w->tbl;
	enum dma_data_direction dir = DMA_BIDIRECTIONAL;
	unsigned long old = hpa;
	__be64 *tce, *shadow;
	bool agrees;

	if (w->levels && !mtce_levels_available(w->level_shift))
		return -ENOMEM;
	shadow = w->ops->useraddrptr(tbl, tbl->it_offset + index, true);
	if (!shadow || exchange(w, index, &old, &dir))
		return -ENOMEM;
	tce = walk(w, (__be64 *)tbl->it_base, index);
	agrees = dir == DMA_NONE && tce && !*shadow &&
		 walk(w, tbl->it_userspace, index) == shadow &&
		 same_entry(w, index, tce, hpa);
	if (agrees)
		return 1;
	old = 0;
	dir = DMA_NONE;
	exchange(w, index, &old, &dir);
	return 0;
}

static int entries_agree(struct mtce_window *w, unsigned long hpa)
{
	const unsigned long last = w->size - 1;
	const unsigned long at[] = {
		0, last, min(last, level_mask(w)), last / 2
	};
	unsigned int i;
	int ret = 1;

	for (i = 0; i < ARRAY_SIZE(at) && ret == 1; i++)
		ret = entry_agrees(w, at[i], hpa);
	return ret;
}

/*
 * Is the table what the top of this file says? Only for a new table that no
 * group uses. The address that is written is that of a page of our own, or of
 * the TCE page around it.
 * Returns 1 if it is, 0 if it is not, or -ENOMEM.
 */
int mtce_table_self_check(struct mtce_window *w)
{
	struct iommu_table *tbl = w->tbl;
	unsigned long page;
	int ret;

	if (!tbl->it_base || !tbl->it_userspace ||
	    !w->ops->xchg_no_kill || !w->ops->useraddrptr)
		return 0;
	if (w->levels && (u64)(w->levels + 1) * w->level_shift < ilog2(w->size))
		return 0;

	page = get_zeroed_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	ret = entries_agree(w, ALIGN_DOWN(__pa(page), BIT(w->shift)));
	free_page(page);
	return ret;
}

/*
 * Leaves
 */

static __be64 *new_level(const struct mtce_window *w, gfp_t gfp)
{
	unsigned int order = get_order(sizeof(__be64) << w->level_shift);
	struct page *page;

	gfp |= __GFP_ZERO | __GFP_NOWARN;
	page = alloc_pages_node(w->tbl->it_nid, gfp, order);

	return page ? page_address(page) : NULL;
}

/*
 * As walk(), but makes what is missing. A hypercall may do the same at the same
 * time: the first wins.
 */
static __be64 *grow(const struct mtce_window *w, __be64 *root,
		    unsigned long index, gfp_t gfp)
{
	unsigned int level;

	for (level = w->levels; level; level--) {
		unsigned long slot = index >> (level * w->level_shift);
		__be64 *entry = &root[slot & level_mask(w)];
		u64 child = be64_to_cpu(READ_ONCE(*entry));

		if (!child) {
			__be64 *fresh = new_level(w, gfp);

			if (!fresh)
				return NULL;
			child = __pa(fresh) | TCE_PCI_READ | TCE_PCI_WRITE;
			if (cmpxchg((__force u64 *)entry, 0,
				    (__force u64)cpu_to_be64(child))) {
				free_pages((unsigned long)fresh,
					   get_order(sizeof(__be64) <<
						     w->level_shift));
				child = be64_to_cpu(READ_ONCE(*entry));
			}
		}
		root = __va(child & ~(u64)(TCE_PCI_READ | TCE_PCI_WRITE));
	}
	return root + (index & level_mask(w));
}

/*
 * Make the leaf of @index in a direct window, the shadow's first. Without locks.
 * Returns 0 or -ENOMEM.
 */
int mtce_table_grow(struct mtce_window *w, unsigned long index, gfp_t gfp)
{
	struct iommu_table *tbl = w->tbl;

	if (!w->levels)
		return 0;
	if (!grow(w, tbl->it_userspace, index, gfp) ||
	    !grow(w, (__be64 *)tbl->it_base, index, gfp))
		return -ENOMEM;
	return 0;
}

/*
 * The same through the platform's operations, where only a write makes a leaf of
 * TCEs: its first entry, empty until now, maps a page of zeros for a moment.
 */
static int grow_through_ops(struct mtce_window *w, unsigned long index)
{
	struct iommu_table *tbl = w->tbl;
	enum dma_data_direction dir = DMA_TO_DEVICE;
	unsigned long hpa = ALIGN_DOWN(__pa(empty_zero_page), BIT(w->shift));

	if (shadow_through_ops(w, index))
		return 0;
	if (!mtce_levels_available(w->level_shift))
		return -ENOMEM;
	/* A TCE page that is larger than the page of zeros: never show it. */
	if (w->shift > PAGE_SHIFT)
		return -ENOMEM;
	if (exchange(w, index, &hpa, &dir))
		return -ENOMEM;
	hpa = 0;
	dir = DMA_NONE;
	exchange(w, index, &hpa, &dir);
	w->ops->tce_kill(tbl, tbl->it_offset + index, 1);
	return w->ops->useraddrptr(tbl, tbl->it_offset + index, true) ?
	       0 : -ENOMEM;
}

static int prepare_one(struct mtce_window *w, unsigned long index)
{
	return w->direct ? mtce_table_grow(w, index, GFP_KERNEL) :
			   grow_through_ops(w, index);
}

/*
 * Make every leaf of the range exist, so that writing it cannot fail.
 * Returns -ENOMEM, or -EINTR on a fatal signal; leaves made stay.
 */
static int prepare(struct mtce_window *w, unsigned long index, unsigned long n)
{
	unsigned long last = index + n - 1;

	if (!w->levels)
		return 0;
	for (;;) {
		int ret = prepare_one(w, index);

		if (ret)
			return ret;
		if (last - index <= level_mask(w) - (index & level_mask(w)))
			return 0;
		index = (index | level_mask(w)) + 1;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
}

/*
 * The plan of a map
 */

/* First index from @index on that may be live, or @end. */
unsigned long mtce_next_touched(const struct mtce_window *w,
				unsigned long index, unsigned long end)
{
	unsigned long last_bit = (end - 1) >> w->part_shift;
	unsigned long bit = index >> w->part_shift;

	if (test_bit(bit, w->touched))
		return index;
	bit = find_next_bit(w->touched, last_bit + 1, bit + 1);
	return bit > last_bit ? end : bit << w->part_shift;
}

/* Is an entry of the span live? If not, what a map must know of it is noted. */
bool mtce_span_live(struct mtce_gather *ga, struct span s)
{
	unsigned long i;
	u64 or = 0;

	for (i = 0; i < s.n; i++) {
		/* KVM may change it in a shared window; set_each() looks again. */
		or |= data_race(s.shadow[i]);
	}
	if (mtce_shadow_live(or))
		return true;
	/* Lazy unmaps have cleared some. Does one still wait for its kill? */
	for (i = 0; or && i < s.n; i++) {
		/* As above: it is compared, no more. */
		note_reuse(ga, data_race(s.shadow[i]));
	}
	return false;
}

/* Is any entry of the range live? */
static bool range_live(struct mtce_gather *ga, unsigned long index,
		       unsigned long n)
{
	const unsigned long end = index + n;

	while (index < end) {
		struct span s;

		index = mtce_next_touched(ga->w, index, end);
		if (index == end)
			break;
		s = mtce_span_at(ga->w, index,
				 same_part(ga->w, index, end - index));
		if (s.shadow && mtce_span_live(ga, s))
			return true;
		index += s.n;
		if (index < end)
			cond_resched();
	}
	return false;
}

/*
 * Can the range be mapped? Makes its leaves. Returns whether some entries are
 * replaced, or -EEXIST, -ENOMEM, -EINTR.
 */
int mtce_table_plan(struct mtce_gather *ga, unsigned long index,
		    unsigned long n, u32 flags)
{
	bool live = range_live(ga, index, n);
	int ret;

	if (live && !(flags & VFIO_MTCE_REPLACE))
		return -EEXIST;
	ret = prepare(ga->w, index, n);
	return ret ? ret : live;
}
