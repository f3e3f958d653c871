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
 *
 * KVM. A guest's table may be given to KVM (KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE),
 * which then handles hypercalls on it by itself, without our locks. KVM finds
 * memory by mm_iommu_lookup(). Our regions are not in that list, so each
 * hypercall that concerns them ends as H_TOO_HARD and reaches us as an ioctl:
 * correct, if not accelerated. What KVM does on the way there:
 *  - it clears the TCE and leaves the shadow: the shadow is what we count by;
 *  - an unmap takes the TCE out, finds no region, and puts it back. If our own
 *    unmap came in between, an entry that we have let go is back for a moment.
 * The second matters when the page is unpinned. KVM does this in one stretch
 * without sleeping, and holds a reference on the table that is dropped by
 * call_rcu(). So a span of entries is changed inside rcu_read_lock() and the
 * reference count is looked at before the end of it: if KVM was at the table
 * during the span, its reference is still there, and kvm_seen gets set. And
 * before pages of a kvm_seen window are unpinned, mtce_table_settle() waits
 * for a grace period and clears what has come back.
 * KVM may also map memory that a container of upstream's registered in the same
 * process. Such entries have none of our marks; put_foreign() in pin.c.
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

/* @index as it_ops see it and as walk() finds it: the same entry, twice. */
static bool entry_agrees(struct mtce_window *w, unsigned long index)
{
	struct iommu_table *tbl = w->tbl;
	const u64 there = 5ull << w->shift, back = 6ull << w->shift;
	enum dma_data_direction dir = DMA_BIDIRECTIONAL;
	unsigned long hpa = there;
	__be64 *tce, *shadow;

	if (exchange(w, index, &hpa, &dir) || dir != DMA_NONE)
		return false;
	shadow = IOMMU_TABLE_USERSPACE_ENTRY(tbl, tbl->it_offset + index);
	tce = walk(w, (__be64 *)tbl->it_base, index);
	if (!tce || be64_to_cpu(*tce) != (there | 3) || !shadow || *shadow ||
	    walk(w, tbl->it_userspace, index) != shadow)
		return false;

	*tce = cpu_to_be64(back | TCE_PCI_READ);
	hpa = 0;
	dir = DMA_NONE;
	return !exchange(w, index, &hpa, &dir) && hpa == back &&
	       dir == DMA_TO_DEVICE && !*tce;
}

/*
 * Is the table what the top of this file says? Only for a new table that no
 * group uses. Also proves that its first and last entries are clean.
 */
bool mtce_table_self_check(struct mtce_window *w)
{
	struct iommu_table *tbl = w->tbl;
	unsigned long last = w->size - 1;

	if (!tbl->it_base || !tbl->it_userspace ||
	    !tbl->it_ops->xchg_no_kill || !tbl->it_ops->useraddrptr)
		return false;
	if (w->levels && (u64)(w->levels + 1) * w->level_shift < ilog2(w->size))
		return false;

	return entry_agrees(w, 0) && (!last || entry_agrees(w, last)) &&
	       entry_agrees(w, min(last, level_mask(w))) &&
	       entry_agrees(w, last / 2);
}

/*
 * Leaves
 */

static __be64 *new_level(const struct mtce_window *w)
{
	unsigned int order = get_order(sizeof(__be64) << w->level_shift);
	gfp_t gfp = GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN;
	struct page *page = alloc_pages_node(w->tbl->it_nid, gfp, order);

	return page ? page_address(page) : NULL;
}

/* As walk(), but makes what is missing. KVM may do the same: the first wins. */
static __be64 *grow(const struct mtce_window *w, __be64 *root,
		    unsigned long index)
{
	unsigned int level;

	for (level = w->levels; level; level--) {
		unsigned long slot = index >> (level * w->level_shift);
		__be64 *entry = &root[slot & level_mask(w)];
		u64 child = be64_to_cpu(READ_ONCE(*entry));

		if (!child) {
			__be64 *fresh = new_level(w);

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
 * The same through it_ops, where only a write makes a leaf of TCEs: the first
 * entry, empty until now, points for a moment to a page of zeros.
 */
static int grow_through_ops(struct mtce_window *w, unsigned long index)
{
	struct iommu_table *tbl = w->tbl;
	enum dma_data_direction dir = DMA_TO_DEVICE;
	unsigned long hpa = ALIGN_DOWN(__pa(empty_zero_page), BIT(w->shift));

	if (IOMMU_TABLE_USERSPACE_ENTRY_RO(tbl, tbl->it_offset + index))
		return 0;
	/* A TCE page that is larger than the page of zeros: never show it. */
	if (w->shift > PAGE_SHIFT)
		return -ENOMEM;
	if (exchange(w, index, &hpa, &dir))
		return -ENOMEM;
	hpa = 0;
	dir = DMA_NONE;
	exchange(w, index, &hpa, &dir);
	iommu_tce_kill(tbl, tbl->it_offset + index, 1);

	if (!IOMMU_TABLE_USERSPACE_ENTRY(tbl, tbl->it_offset + index))
		return -ENOMEM;
	return 0;
}

static int prepare_one(struct mtce_window *w, unsigned long index)
{
	struct iommu_table *tbl = w->tbl;

	if (!w->direct)
		return grow_through_ops(w, index);
	if (!grow(w, (__be64 *)tbl->it_base, index) ||
	    !grow(w, tbl->it_userspace, index))
		return -ENOMEM;
	return 0;
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
