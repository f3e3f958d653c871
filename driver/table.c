// SPDX-License-Identifier: GPL-2.0
/*
 * Reading and writing many TCEs.
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
 * process. Such entries have neither of our marks; mtce_region_put_foreign().
 */
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include <asm/mmu_context.h>
#include <asm/tce.h>

#include "mtce.h"
#include "trace.h"

/* So few entries that what is around a loop costs more than the loop. */
#define FEW	16

/* A run of entries that lie side by side in both tables. */
struct span {
	u64 *shadow;		/* NULL: not there, so all of them are empty */
	__be64 *tce;		/* NULL: write through it_ops */
	unsigned long n;
};

static unsigned long level_mask(const struct mtce_window *w)
{
	return (1ul << w->level_shift) - 1;
}

/* The leaf entry for @index below @root, or NULL where there is no leaf. */
static __be64 *walk_levels(const struct mtce_window *w, __be64 *root,
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

static __always_inline struct span span_at(const struct mtce_window *w,
					   unsigned long index,
					   unsigned long max)
{
	struct iommu_table *tbl = w->tbl;
	unsigned long left = level_mask(w) + 1 - (index & level_mask(w));
	struct span s = { .n = min3(max, left, MTCE_SPAN_MAX) };

	if (w->direct) {
		s.shadow = walk_shadow(w, index);
		if (s.shadow)
			s.tce = walk(w, (__be64 *)tbl->it_base, index);
		return s;
	}
	s.shadow = (__force u64 *)
		IOMMU_TABLE_USERSPACE_ENTRY_RO(tbl, tbl->it_offset + index);
	if (s.shadow)
		s.n = 1;
	return s;
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

	if (!w->direct || (index & level_mask(w)) + n > level_mask(w) + 1 ||
	    n > MTCE_SPAN_MAX)
		return false;
	s->n = n;
	s->shadow = walk_shadow(w, index);
	s->tce = s->shadow ? walk(w, (__be64 *)tbl->it_base, index) : NULL;
	return s->tce;
}

/* Call at the end of the RCU section that entries were changed in. */
static __always_inline void look_for_kvm(struct mtce_window *w)
{
	if (unlikely(kref_read(&w->tbl->it_kref) != w->refs))
		w->kvm_seen = true;
}

/*
 * Owing: entries were changed, and before anybody else gets at them the bridge
 * is to be told.
 */

static __always_inline void owe_set(struct mtce_work *wk, unsigned long index,
				    unsigned long n)
{
	trace_mtce_tce_set(wk->c, wk->w, index, n);
	mtce_kill_add(wk, index, n);
}

static __always_inline void owe_clear(struct mtce_work *wk, unsigned long index,
				      unsigned long n)
{
	trace_mtce_tce_clear(wk->c, wk->w, index, n);
	mtce_kill_add(wk, index, n);
}

/*
 * Self-check
 */

static int exchange(struct mtce_window *w, unsigned long index,
		    unsigned long *hpa, enum dma_data_direction *dir)
{
	struct iommu_table *tbl = w->tbl;

	return tbl->it_ops->xchg_no_kill(tbl, tbl->it_offset + index, hpa, dir);
}

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

/*
 * Which parts may hold something
 */

static __always_inline void touch(struct mtce_window *w, unsigned long index,
				  unsigned long n)
{
	unsigned long bit = index >> w->touched_shift;
	unsigned long last = (index + n - 1) >> w->touched_shift;

	do {
		__set_bit(bit, w->touched);
	} while (bit++ != last);
}

/* After [from, to) was cleared: forget the parts that lie wholly inside. */
static void untouch(struct mtce_window *w, unsigned long from, unsigned long to)
{
	unsigned long first = (from + BIT(w->touched_shift) - 1) >>
			      w->touched_shift;
	unsigned long end = to == w->size ?
			    ((to - 1) >> w->touched_shift) + 1 :
			    to >> w->touched_shift;

	if (first < end)
		bitmap_clear(w->touched, first, end - first);
}

/* First index from @index on that may be live, or @end. */
static unsigned long next_touched(const struct mtce_window *w,
				  unsigned long index, unsigned long end)
{
	unsigned long last_bit = (end - 1) >> w->touched_shift;
	unsigned long bit = index >> w->touched_shift;

	if (w->kvm_seen || test_bit(bit, w->touched))
		return index;
	bit = find_next_bit(w->touched, last_bit + 1, bit + 1);
	return bit > last_bit ? end : bit << w->touched_shift;
}

/* Entries from @index on that share its bit of the map, at most @max. */
static unsigned long same_part(const struct mtce_window *w, unsigned long index,
			       unsigned long max)
{
	unsigned long part = BIT(w->touched_shift);

	return min(max, part - (index & (part - 1)));
}

static noinline __aligned(MTCE_LOOP_ALIGN) bool
any_live(const u64 *shadow, unsigned long n)
{
	unsigned long i;

	for (i = 0; i + 8 <= n; i += 8) {
		const u64 *s = shadow + i;

		if (s[0] | s[1] | s[2] | s[3] | s[4] | s[5] | s[6] | s[7])
			return true;
	}
	for (; i < n; i++)
		if (shadow[i])
			return true;
	return false;
}

/* Is any entry of the range in use? */
static bool range_live(struct mtce_window *w, unsigned long index,
		       unsigned long n)
{
	const unsigned long end = index + n;

	while (index < end) {
		struct span s;

		index = next_touched(w, index, end);
		if (index == end)
			break;
		s = span_at(w, index, same_part(w, index, end - index));
		if (s.shadow && any_live(s.shadow, s.n))
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
int mtce_table_plan(struct mtce_window *w, unsigned long index,
		    unsigned long n, u32 flags)
{
	struct span s;
	bool live;
	int ret;

	/* A few are looked at faster than the map of touched parts is. */
	if (n <= FEW && one_span(w, index, n, &s))
		live = any_live(s.shadow, n);
	else
		live = range_live(w, index, n);
	if (live && !(flags & VFIO_MTCE_REPLACE))
		return -EEXIST;
	ret = prepare(w, index, n);
	return ret ? ret : live;
}

/*
 * Writing
 */

/* How many entries may go before the pages they pin must be let go. */
static unsigned long room(struct mtce_work *wk, unsigned long max)
{
	struct mtce_window *w = wk->w;

	if (!w->pinned)
		return max;
	if (w->unpin_nr == MTCE_UNPIN_MAX)
		mtce_work_release(wk);
	return min(max, (unsigned long)(MTCE_UNPIN_MAX - w->unpin_nr));
}

/*
 * One entry, whatever was there: the slow way, in every kind of table. Where a
 * hypervisor refuses the entry stays as it was, and the new use is given back.
 */
static int put_one(struct mtce_work *wk, unsigned long index, struct span s,
		   unsigned long i, u64 shadow, u64 tce)
{
	u64 old = s.shadow[i];
	enum dma_data_direction dir = iommu_tce_direction(tce);
	unsigned long hpa = tce & ~MTCE_PERM_MASK;

	if (s.tce) {
		mtce_store_be(&s.tce[i], tce);
	} else if (exchange(wk->w, index + i, &hpa, &dir)) {
		mtce_work_drop(wk, shadow);
		return -EIO;
	}
	s.shadow[i] = shadow;
	if (old) {
		mtce_work_drop(wk, old);
		wk->w->stats.tces_unmapped++;
	}
	return 0;
}

/*
 * Entries of one span that map @r from user address @ua on, into empty
 * entries. The inner loop is one system page; its TCEs differ by a constant.
 */
static noinline __aligned(MTCE_LOOP_ALIGN) void
fill_small(const struct mtce_window *w, struct span s, const struct mtce_region *r,
	   unsigned long ua, u64 perm)
{
	const unsigned long step = BIT(w->shift), n = s.n;
	const u64 *hpa = &r->hpas[(ua - r->ua) >> PAGE_SHIFT];
	u64 tce = (*hpa & PAGE_MASK) | (ua & ~PAGE_MASK) | perm;
	u64 mark = MTCE_SHADOW_REGION | ua | perm;
	__be64 *const tces = s.tce;
	u64 *const shadows = s.shadow;
	unsigned long left_in_page = (PAGE_SIZE - (ua & ~PAGE_MASK)) >>
				     w->shift;
	unsigned long i = 0, end = min(n, left_in_page);

	for (;;) {
		for (; i < end; i++) {
			shadows[i] = mark;
			mtce_store_be(&tces[i], tce);
			mark += step;
			tce += step;
		}
		if (end == n)
			return;
		end = min(n, end + (PAGE_SIZE >> w->shift));
		tce = (*++hpa & PAGE_MASK) | perm;
	}
}

/* The same for TCE pages of one system page or more. */
static noinline __aligned(MTCE_LOOP_ALIGN) void
fill_large(const struct mtce_window *w, struct span s, const struct mtce_region *r,
	   unsigned long ua, u64 perm)
{
	const unsigned long stride = BIT(w->shift - PAGE_SHIFT);
	const u64 *hpa = &r->hpas[(ua - r->ua) >> PAGE_SHIFT];
	const u64 step = BIT_ULL(w->shift);
	u64 mark = MTCE_SHADOW_REGION | ua | perm;
	__be64 *const tces = s.tce;
	u64 *const shadows = s.shadow;
	const unsigned long n = s.n;
	unsigned long i;

	for (i = 0; i < n; i++) {
		shadows[i] = mark;
		mtce_store_be(&tces[i], (*hpa & PAGE_MASK) | perm);
		mark += step;
		hpa += stride;
	}
}

static int put_region_slow(struct mtce_work *wk, unsigned long index,
			   struct span s, const struct mtce_region *r,
			   unsigned long ua, u64 perm)
{
	const unsigned long step = BIT(wk->w->shift);
	unsigned long i;
	int ret = 0;

	for (i = 0; i < s.n; i++, ua += step) {
		u64 hpa = r->hpas[(ua - r->ua) >> PAGE_SHIFT] & PAGE_MASK;

		ret = put_one(wk, index, s, i, MTCE_SHADOW_REGION | ua | perm,
			      hpa | (ua & ~PAGE_MASK) | perm) ?: ret;
	}
	return ret;
}

/* The entries of one span, in whatever way is right for them; RCU is held. */
static __always_inline int put_span(struct mtce_work *wk, unsigned long index,
				    struct span s, const struct mtce_region *r,
				    unsigned long ua, u64 perm, bool live)
{
	struct mtce_window *w = wk->w;
	int ret = 0;

	if (live || !s.tce)
		ret = put_region_slow(wk, index, s, r, ua, perm);
	else if (w->shift < PAGE_SHIFT)
		fill_small(w, s, r, ua, perm);
	else
		fill_large(w, s, r, ua, perm);
	look_for_kvm(w);
	return ret;
}

/*
 * Map @n TCE pages of @r from user address @ua on. The leaves exist, the piece
 * was planned; @live: some entries are to be replaced. Counts the use, owes
 * the kill. Fails only through it_ops, and only where a hypervisor refuses.
 */
int mtce_table_put_region(struct mtce_work *wk, unsigned long index,
			  unsigned long n, struct mtce_region *r,
			  unsigned long ua, u32 flags, bool live)
{
	const u64 perm = mtce_tce_perm(flags);
	struct mtce_window *w = wk->w;
	unsigned long done, max;
	struct span s;
	int ret = 0;

	atomic64_add(n, &r->mapped);
	touch(w, index, n);
	w->stats.tces_mapped += n;
	for (done = 0; done < n; done += s.n) {
		if (done)
			cond_resched();
		max = room(wk, n - done);
		rcu_read_lock();
		s = span_at(w, index + done, max);
		ret = put_span(wk, index + done, s, r,
			       ua + (done << w->shift), perm, live) ?: ret;
		rcu_read_unlock();
		owe_set(wk, index + done, s.n);
	}
	return ret;
}

/* mtce_table_map() where it takes more than one span of free entries. */
static noinline int map_spans(struct mtce_work *wk, unsigned long index,
			      unsigned long n, struct mtce_region *r,
			      unsigned long ua, u32 flags)
{
	int live = mtce_table_plan(wk->w, index, n, flags);
	int ret;

	if (live < 0)
		return live;
	ret = mtce_table_put_region(wk, index, n, r, ua, flags, live);
	if (ret)	/* a hypervisor's refusal, half way */
		mtce_table_clear(wk, index, n);
	return ret;
}

/* mtce_table_map() of several entries in one span. */
static noinline int map_span(struct mtce_work *wk, unsigned long index,
			     struct span s, struct mtce_region *r,
			     unsigned long ua, u32 flags)
{
	struct mtce_window *w = wk->w;
	u64 perm = mtce_tce_perm(flags);

	if (any_live(s.shadow, s.n))
		return map_spans(wk, index, s.n, r, ua, flags);

	atomic64_add(s.n, &r->mapped);
	touch(w, index, s.n);
	w->stats.tces_mapped += s.n;
	rcu_read_lock();
	if (w->shift < PAGE_SHIFT)
		fill_small(w, s, r, ua, perm);
	else
		fill_large(w, s, r, ua, perm);
	look_for_kvm(w);
	rcu_read_unlock();
	owe_set(wk, index, s.n);
	return 0;
}

/* One free entry is done here; the rest needs more registers. */
static __always_inline int map_found(struct mtce_work *wk, unsigned long index,
				     struct span s, struct mtce_region *r,
				     unsigned long ua, u32 flags)
{
	u64 hpa = r->hpas[(ua - r->ua) >> PAGE_SHIFT] & PAGE_MASK;
	u64 perm = mtce_tce_perm(flags);
	struct mtce_window *w = wk->w;

	if (s.n > 1)
		return map_span(wk, index, s, r, ua, flags);
	if (unlikely(*s.shadow))
		return map_spans(wk, index, 1, r, ua, flags);

	atomic64_inc(&r->mapped);
	__set_bit(index >> w->touched_shift, w->touched);
	w->stats.tces_mapped++;
	rcu_read_lock();
	*s.shadow = MTCE_SHADOW_REGION | ua | perm;
	mtce_store_be(s.tce, hpa | (ua & ~PAGE_MASK) | perm);
	look_for_kvm(w);
	rcu_read_unlock();
	owe_set(wk, index, 1);
	return 0;
}

static noinline int map_tree(struct mtce_work *wk, unsigned long index,
			     unsigned long n, struct mtce_region *r,
			     unsigned long ua, u32 flags)
{
	struct span s;

	if (!one_span(wk->w, index, n, &s))
		return map_spans(wk, index, n, r, ua, flags);
	return map_found(wk, index, s, r, ua, flags);
}

/*
 * Map @n TCE pages that lie in one region, as a whole or not at all: the
 * usual case of mtce_table_plan() and mtce_table_put_region() in one go.
 */
int mtce_table_map(struct mtce_work *wk, unsigned long index, unsigned long n,
		   struct mtce_region *r, unsigned long ua, u32 flags)
{
	struct mtce_window *w = wk->w;
	struct iommu_table *tbl = w->tbl;
	struct span s = { .n = n };

	if (unlikely(!w->direct || w->levels || n > MTCE_SPAN_MAX))
		return map_tree(wk, index, n, r, ua, flags);
	s.shadow = (__force u64 *)tbl->it_userspace + index;
	s.tce = (__be64 *)tbl->it_base + index;
	return map_found(wk, index, s, r, ua, flags);
}

static noinline __aligned(MTCE_LOOP_ALIGN) void
fill_array(struct span s, const u64 *shadow, const u64 *tce)
{
	__be64 *const tces = s.tce;
	u64 *const shadows = s.shadow;
	const unsigned long n = s.n;
	unsigned long i;

	for (i = 0; i < n; i++) {
		shadows[i] = shadow[i];
		mtce_store_be(&tces[i], tce[i]);
	}
}

static int put_array_slow(struct mtce_work *wk, unsigned long index,
			  struct span s, const u64 *shadow, const u64 *tce)
{
	unsigned long i;
	int ret = 0;

	for (i = 0; i < s.n; i++)
		ret = put_one(wk, index, s, i, shadow[i], tce[i]) ?: ret;
	return ret;
}

/*
 * Map @n entries, each with a shadow and a TCE of its own; the caller counts
 * the use. Otherwise as mtce_table_put_region().
 */
int mtce_table_put_array(struct mtce_work *wk, unsigned long index,
			 unsigned long n, const u64 *shadow, const u64 *tce,
			 bool live)
{
	struct mtce_window *w = wk->w;
	unsigned long done, max;
	struct span s;
	int ret = 0;

	touch(w, index, n);
	w->stats.tces_mapped += n;
	for (done = 0; done < n; done += s.n) {
		if (done)
			cond_resched();
		max = live ? room(wk, n - done) : n - done;
		rcu_read_lock();
		s = span_at(w, index + done, max);
		if (live || !s.tce)
			ret = put_array_slow(wk, index + done, s,
					     shadow + done, tce + done) ?: ret;
		else
			fill_array(s, shadow + done, tce + done);
		look_for_kvm(w);
		rcu_read_unlock();
		owe_set(wk, index + done, s.n);
	}
	return ret;
}

/*
 * Clearing
 */

/* The hot loop: entries that map registered memory, directly written. */
static noinline __aligned(MTCE_LOOP_ALIGN) unsigned long
clear_direct(struct mtce_work *wk, struct span s)
{
	u64 base = wk->base, limit = wk->limit, seen = 0;
	__be64 *const tces = s.tce;
	u64 *const shadows = s.shadow;
	const unsigned long n = s.n;
	unsigned long run = 0, cleared = 0, i;

	for (i = 0; i < n; i++) {
		u64 shadow = shadows[i];

		if (likely((s64)shadow < 0)) {
			shadows[i] = 0;
			WRITE_ONCE(tces[i], 0);
			if (unlikely(shadow - base >= limit)) {
				wk->run += run;
				wk->seen |= seen;
				cleared += run;
				run = 0;
				seen = 0;
				mtce_work_switch(wk, shadow);
				base = wk->base;
				limit = wk->limit;
			}
			seen |= shadow;
			run++;
		} else if (shadow) {
			shadows[i] = 0;
			WRITE_ONCE(tces[i], 0);
			mtce_work_drop(wk, shadow);
			cleared++;
		}
	}
	wk->run += run;
	wk->seen |= seen;
	return cleared + run;
}

/* One entry of any kind of table. Returns the number cleared. */
static unsigned long clear_one(struct mtce_work *wk, unsigned long index,
			       struct span s, unsigned long i)
{
	u64 shadow = s.shadow[i];
	enum dma_data_direction dir = DMA_NONE;
	unsigned long hpa = 0;

	if (!shadow)
		return 0;
	s.shadow[i] = 0;
	if (s.tce)
		WRITE_ONCE(s.tce[i], 0);
	else
		exchange(wk->w, index + i, &hpa, &dir);
	mtce_work_drop(wk, shadow);
	return 1;
}

/* Is this what mtce_table_revoke() looks for? */
static bool wanted(u64 shadow, const struct mtce_region *r)
{
	if (!r)
		return (s64)shadow >= 0 && shadow & MTCE_SHADOW_PINNED;
	return shadow - (MTCE_SHADOW_REGION | r->ua) < r->size;
}

static unsigned long revoke_span(struct mtce_work *wk, unsigned long index,
				 struct span s, const struct mtce_region *r)
{
	unsigned long i, cleared = 0;

	for (i = 0; i < s.n; i++)
		if (wanted(s.shadow[i], r))
			cleared += clear_one(wk, index, s, i);
	return cleared;
}

/* Everything in the range, or without @all what wanted() wants. */
static int clear_range(struct mtce_work *wk, unsigned long index,
		       unsigned long end, bool all,
		       const struct mtce_region *r)
{
	struct mtce_window *w = wk->w;

	while (index < end) {
		unsigned long cleared = 0, max;
		struct span s;

		index = next_touched(w, index, end);
		if (index == end)
			break;
		max = room(wk, same_part(w, index, end - index));
		rcu_read_lock();
		s = span_at(w, index, max);
		if (s.shadow && !all)
			cleared = revoke_span(wk, index, s, r);
		else if (s.tce)
			cleared = clear_direct(wk, s);
		else if (s.shadow)
			cleared = clear_one(wk, index, s, 0);
		look_for_kvm(w);
		rcu_read_unlock();
		if (cleared) {
			w->stats.tces_unmapped += cleared;
			owe_clear(wk, index, s.n);
		}
		index += s.n;
		if (index >= end)
			break;
		cond_resched();
		if (all && !wk->detached &&
		    fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}

/* A range, or something that is not what the last one was. */
static noinline int clear_many(struct mtce_work *wk, unsigned long index,
			       unsigned long n)
{
	struct mtce_window *w = wk->w;
	unsigned long cleared;
	struct span s;
	int ret = 0;

	if ((w->pinned && room(wk, n) < n) || !one_span(w, index, n, &s)) {
		ret = clear_range(wk, index, index + n, true, NULL);
	} else {
		rcu_read_lock();
		cleared = clear_direct(wk, s);
		look_for_kvm(w);
		rcu_read_unlock();
		if (cleared) {
			w->stats.tces_unmapped += cleared;
			owe_clear(wk, index, n);
		}
	}
	if (!ret && n >= BIT(TOUCHED_PART_MIN))
		untouch(w, index, index + n);
	return ret;
}

/*
 * Clear the range. What was live is taken off its region or gathered for
 * unpinning, and its kill is owed. Returns 0, or -EINTR on a fatal signal.
 */
int mtce_table_clear(struct mtce_work *wk, unsigned long index,
		     unsigned long n)
{
	struct mtce_window *w = wk->w;
	struct iommu_table *tbl = w->tbl;
	struct span s = { .n = 1 };

	if (unlikely(n > 1 || !w->direct || w->levels))
		return clear_many(wk, index, n);

	s.shadow = (__force u64 *)tbl->it_userspace + index;
	s.tce = (__be64 *)tbl->it_base + index;
	if (unlikely(*s.shadow - wk->base >= wk->limit))
		return *s.shadow ? clear_many(wk, index, 1) : 0;

	wk->seen |= *s.shadow;
	wk->run++;
	w->stats.tces_unmapped++;
	rcu_read_lock();
	*s.shadow = 0;
	WRITE_ONCE(*s.tce, 0);
	look_for_kvm(w);
	rcu_read_unlock();
	owe_clear(wk, index, 1);
	return 0;
}

/* Clear every entry that maps @r; with NULL, every entry that pins its page. */
void mtce_table_revoke(struct mtce_work *wk, const struct mtce_region *r)
{
	clear_range(wk, 0, wk->w->size, false, r);
}

/*
 * Before pages are unpinned that KVM may just be putting back (see the top):
 * wait until it has, and clear what nobody answers for. The kill is owed.
 */
void mtce_table_settle(struct mtce_work *wk)
{
	struct mtce_window *w = wk->w;
	struct iommu_table *tbl = w->tbl;
	unsigned long index, i;
	struct span s;

	if (!w->kvm_seen || wk->detached)
		return;
	synchronize_rcu();
	for (index = 0; index < w->size; index += s.n) {
		s = span_at(w, index, w->size - index);
		for (i = 0; s.shadow && i < s.n; i++) {
			enum dma_data_direction dir = DMA_NONE;
			unsigned long hpa = 0;

			if (s.shadow[i])
				continue;
			if (s.tce)
				WRITE_ONCE(s.tce[i], 0);
			else if (tbl->it_ops->get(tbl, tbl->it_offset + index))
				exchange(w, index, &hpa, &dir);
		}
		cond_resched();
	}
	owe_clear(wk, 0, w->size);
}
