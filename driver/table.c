// SPDX-License-Identifier: GPL-2.0
/*
 * Tables: their layout, the self-check, making leaves, looking before writing.
 *
 * Direct tables. On IODA2 a table is a radix tree: tbl->it_indirect_levels
 * levels of it_level_size entries above the leaves, big-endian, a child's
 * physical address | 3, tbl->it_base the root; it_userspace (the shadow) is a
 * twin of the same shape. Leaves appear on demand. Writing a leaf in a loop
 * costs ten instructions per TCE, an indirect call per entry over a hundred.
 * The layout is not an interface, so mtce_table_self_check() compares it with
 * what it_ops does, on each new table, before any group can see it. When they
 * differ, everything goes through it_ops, entry by entry.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "table.h"

/* So few entries that what is around a loop costs more than the loop. */
#define FEW	16

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
 * The same through the platform's operations, where only a write makes a leaf of TCEs: the first
 * entry, empty until now, points for a moment to a page of zeros.
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

/* OR of @n shadows: cheaper than to look at each. */
static noinline __aligned(MTCE_LOOP_ALIGN) u64
or_of(const u64 *shadow, unsigned long n)
{
	u64 or = 0;
	unsigned long i;

	for (i = 0; i + 8 <= n; i += 8) {
		const u64 *s = shadow + i;

		or |= s[0] | s[1] | s[2] | s[3] | s[4] | s[5] | s[6] | s[7];
	}
	for (; i < n; i++)
		or |= shadow[i];
	return or;
}

/* Some were cleared by a lazy unmap. Does one of them still wait for its kill? */
static void note_reuse(struct mtce_work *wk, const u64 *shadow, unsigned long n)
{
	const u64 mark = READ_ONCE(wk->w->queue.mark);
	unsigned long i;

	for (i = 0; i < n && !wk->reuse; i++)
		wk->reuse = shadow[i] == mark;
}

/* Is an entry of the span in use? If not, it is about to be mapped. */
bool mtce_table_span_live(struct mtce_work *wk, struct span s)
{
	u64 or = s.n == 1 ? *s.shadow : or_of(s.shadow, s.n);

	if (mtce_shadow_live(or))
		return true;
	if (unlikely(or))
		note_reuse(wk, s.shadow, s.n);
	return false;
}

/* Is any entry of the range in use? */
static bool range_live(struct mtce_work *wk, unsigned long index,
		       unsigned long n)
{
	const unsigned long end = index + n;

	while (index < end) {
		struct span s;

		index = next_touched(wk->w, index, end);
		if (index == end)
			break;
		s = span_at(wk->w, index, same_part(wk->w, index, end - index));
		if (s.shadow && mtce_table_span_live(wk, s))
			return true;
		index += s.n;
		if (index < end)
			cond_resched();
	}
	return false;
}

/*
 * Can the range be written? Makes its leaves. Returns whether some entries are
 * to be replaced, or -EEXIST, -ENOMEM, -EINTR.
 */
int mtce_table_plan(struct mtce_work *wk, unsigned long index,
		    unsigned long n, u32 flags)
{
	struct mtce_window *w = wk->w;
	struct span s;
	bool live;
	int ret;

	/* A few are looked at faster than the map of touched parts is. */
	if (n <= FEW && one_span(w, index, n, &s))
		live = mtce_table_span_live(wk, s);
	else
		live = range_live(wk, index, n);
	if (live && !(flags & VFIO_MTCE_REPLACE))
		return -EEXIST;
	ret = prepare(w, index, n);
	return ret ? ret : live;
}
