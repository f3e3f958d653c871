// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that devices may reach: registering, pinning, translating, letting go.
 *
 * A region is pinned and counted in locked_vm once, when it is registered. Its
 * physical addresses are kept in an array of 8 bytes per system page, so that
 * a map of many TCEs is a look-up of the region and a walk along the array. A
 * region is let go when no TCE refers to it; then, if a TCE ever let a device
 * write, all of its pages are marked dirty (as RDMA does; too often, never too
 * rarely).
 *
 * Regions are not entered into the kernel's own list of preregistered memory
 * (mm_iommu_new): KVM must not write entries that we do not know of. See table.c.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <asm/mmu_context.h>

#include "mtce.h"
#include "range.h"
#include "trace.h"

/* Pages per call of the pinning functions: some milliseconds of work. */
#define PIN_BATCH	512ul

#define HPA_SHIFT_MASK	63ul

/* TCE pages larger than a system page: a superset of what bridges offer. */
static const unsigned int block_shifts[] = { 16, 21, 24, 28, 30, 34 };

/* Empty: where there is no region this spares everybody a look at NULL. */
struct mtce_region mtce_no_region;

static struct page *hpa_to_page(u64 hpa)
{
	return pfn_to_page(hpa >> PAGE_SHIFT);
}

static unsigned long region_pages(const struct mtce_region *r)
{
	return r->size >> PAGE_SHIFT;
}

/*
 * Pin
 */

static void unpin_array(struct page **pages, unsigned long n, bool dirty)
{
	while (n) {
		unsigned long batch = min(n, PIN_BATCH);

		unpin_user_pages_dirty_lock(pages, batch, dirty);
		pages += batch;
		n -= batch;
		cond_resched();
	}
}

/* Until addresses are known r->hpas holds pages: both are 8 bytes. */
static int pin_region(struct mtce_region *r)
{
	struct page **pages = (struct page **)r->hpas;
	unsigned long n = region_pages(r), done = 0;

	while (done < n) {
		long got = pin_user_pages_fast(r->ua + (done << PAGE_SHIFT),
					       min(n - done, PIN_BATCH),
					       FOLL_WRITE | FOLL_LONGTERM,
					       pages + done);

		if (got > 0)
			done += got;
		if (got <= 0 || fatal_signal_pending(current)) {
			unpin_array(pages, done, false);
			if (fatal_signal_pending(current))
				return -EINTR;
			return got == -ENOMEM ? -ENOMEM : -EFAULT;
		}
		cond_resched();
	}
	return 0;
}

static void unpin_region(struct mtce_region *r)
{
	struct page **pages = (struct page **)r->hpas;
	unsigned long i, n = region_pages(r);

	for (i = 0; i < n; i++) {
		pages[i] = hpa_to_page(r->hpas[i]);
		if (!(i % PIN_BATCH))
			cond_resched();
	}
	unpin_array(pages, n, r->dirty);
}

/*
 * Translate
 */

static bool block_contiguous(const u64 *hpas, unsigned long pages,
			     unsigned int shift)
{
	u64 first = hpas[0] & PAGE_MASK;
	unsigned long i;

	if (!IS_ALIGNED(first, BIT_ULL(shift)))
		return false;
	for (i = 1; i < pages; i++)
		if ((hpas[i] & PAGE_MASK) != first + (i << PAGE_SHIFT))
			return false;
	return true;
}

/* Mark the pages of each naturally aligned block that is contiguous. */
static void note_blocks(struct mtce_region *r, unsigned int shift)
{
	unsigned long per_block = BIT(shift - PAGE_SHIFT);
	unsigned long n = region_pages(r), i, j;

	i = (ALIGN(r->ua, BIT(shift)) - r->ua) >> PAGE_SHIFT;
	for (; i < n && per_block <= n - i; i += per_block) {
		cond_resched();
		if (!block_contiguous(r->hpas + i, per_block, shift))
			continue;
		for (j = i; j < i + per_block; j++)
			r->hpas[j] = (r->hpas[j] & PAGE_MASK) | shift;
	}
}

static void translate_region(struct mtce_region *r)
{
	struct page **pages = (struct page **)r->hpas;
	unsigned long i, n = region_pages(r);

	for (i = 0; i < n; i++) {
		r->hpas[i] = page_to_phys(pages[i]) | PAGE_SHIFT;
		if (!(i % PIN_BATCH))
			cond_resched();
	}
	for (i = 0; i < ARRAY_SIZE(block_shifts); i++)
		if (block_shifts[i] > PAGE_SHIFT)
			note_blocks(r, block_shifts[i]);
}

/*
 * Can @n TCEs of @w, larger than a system page, map @r from @ua on? The piece
 * lies inside the region.
 * Returns 0, or -ERANGE where a TCE page would not be contiguous.
 */
int mtce_region_plan(const struct mtce_window *w, struct mtce_region *r,
		     unsigned long ua, unsigned long n)
{
	const u64 *hpa = &r->hpas[(ua - r->ua) >> PAGE_SHIFT];

	for (; n; n--, hpa += BIT(w->shift - PAGE_SHIFT)) {
		if ((*hpa & HPA_SHIFT_MASK) < w->shift)
			return -ERANGE;
		if (!(n % MTCE_SPAN_MAX))
			cond_resched();
	}
	return 0;
}

/*
 * Look up. The caller holds the container's sem or a window's lock.
 */

/* The region that holds user address @ua, or NULL. */
struct mtce_region *mtce_region_find(struct mtce_container *c,
				     unsigned long ua)
{
	struct rb_node *node = c->regions.rb_node;

	while (node) {
		struct mtce_region *r;

		r = rb_entry(node, struct mtce_region, node);
		if (ua - r->ua < r->size)
			return r;
		node = ua < r->ua ? node->rb_left : node->rb_right;
	}
	return NULL;
}

static bool region_overlaps(struct mtce_container *c, u64 ua, u64 size)
{
	struct rb_node *node = c->regions.rb_node;

	while (node) {
		struct mtce_region *r;

		r = rb_entry(node, struct mtce_region, node);
		if (mtce_range_overlaps(ua, size, r->ua, r->size))
			return true;
		node = ua < r->ua ? node->rb_left : node->rb_right;
	}
	return false;
}

static void region_insert(struct mtce_container *c, struct mtce_region *r)
{
	struct rb_node **link = &c->regions.rb_node, *parent = NULL;

	lockdep_assert_held_write(&c->sem);
	while (*link) {
		struct mtce_region *at;

		parent = *link;
		at = rb_entry(parent, struct mtce_region, node);
		link = r->ua < at->ua ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&r->node, parent, link);
	rb_insert_color(&r->node, &c->regions);
	c->registered += r->size;
}

static void forget_hint(struct mtce_window *w, const struct mtce_region *r)
{
	int i;

	for (i = 0; i < MTCE_STRIPES; i++)
		if (w->stripe[i].hint == r)
			w->stripe[i].hint = &mtce_no_region;
}

static void region_erase(struct mtce_container *c, struct mtce_region *r)
{
	int i;

	lockdep_assert_held_write(&c->sem);
	rb_erase(&r->node, &c->regions);
	c->registered -= r->size;
	for (i = 0; i < MTCE_MAX_WINDOWS; i++)
		if (c->windows[i])
			forget_hint(c->windows[i], r);
}

/*
 * Register and unregister
 */

static void region_free(struct mtce_container *c, struct mtce_region *r)
{
	unsigned long n = region_pages(r);

	trace_mtce_unregister(c, r);
	unpin_region(r);
	kvfree(r->hpas);
	kfree(r);
	account_locked_vm(c->mm, n, false);
}

/* Pinned and translated, but not in the container yet; or an ERR_PTR. */
static struct mtce_region *region_make(struct mtce_container *c, u64 ua,
				       u64 size)
{
	unsigned long n = size >> PAGE_SHIFT;
	struct mtce_region *r;
	int ret, i;

	ret = account_locked_vm(c->mm, n, true);
	if (ret)
		return ERR_PTR(ret);
	ret = -ENOMEM;
	r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	if (!r)
		goto unaccount;
	r->ua = ua;
	r->size = size;
	for (i = 0; i < MTCE_MAX_WINDOWS; i++)
		r->waiting[i].region = r;
	r->hpas = kvmalloc_array(n, sizeof(*r->hpas),
				 GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!r->hpas)
		goto free;
	ret = pin_region(r);
	if (ret)
		goto free_array;
	translate_region(r);
	return r;

free_array:
	kvfree(r->hpas);
free:
	kfree(r);
unaccount:
	account_locked_vm(c->mm, n, false);
	return ERR_PTR(ret);
}

static bool region_wanted(u64 ua, u64 size)
{
	return mtce_range_valid(ua, size) &&
	       mtce_range_aligned(ua, size, PAGE_SHIFT);
}

/*
 * Pin [@ua, @ua + @size) and let it be mapped. Pinning is slow and is done
 * without the container's sem, so what overlaps is looked for twice.
 */
int mtce_region_register(struct mtce_container *c, u64 ua, u64 size)
{
	struct mtce_region *r;
	bool busy;

	if (!region_wanted(ua, size))
		return -EINVAL;
	if (!mtce_range_inside(ua, size, 0, TASK_SIZE))
		return -EFAULT;

	down_read(&c->sem);
	busy = region_overlaps(c, ua, size);
	up_read(&c->sem);
	if (busy)
		return -EBUSY;

	r = region_make(c, ua, size);
	if (IS_ERR(r))
		return PTR_ERR(r);

	mtce_stop(c);
	if (!c->dead && !region_overlaps(c, ua, size)) {
		region_insert(c, r);
		trace_mtce_register(c, r);
		c->may_map = true;
		mtce_container_changed(c);
		r = NULL;
	}
	busy = !c->dead;
	mtce_go(c);
	if (!r)
		return 0;
	region_free(c, r);
	return busy ? -EBUSY : -ENODEV;
}

/*
 * Nothing may reach @r any more. Entries that still map it are there only on a
 * taken-over v2 container: upstream answers 0 to an unregister of mapped memory
 * (and leaks the pin), clients rely on the 0, so the entries go, and are killed
 * before a page does. And KVM may be putting one back, see table.c.
 */
static void revoke_region(struct mtce_work *wk, const struct mtce_region *r)
{
	if (atomic64_read(&r->mapped))
		mtce_table_revoke(wk, r);
	mtce_table_settle(wk);
}

/* Does an entry that mapped @r wait for its kill? Then r->mapped counts it. */
static bool waits(const struct mtce_region *r)
{
	int i;

	for (i = 0; i < MTCE_MAX_WINDOWS; i++)
		if (r->waiting[i].entries)
			return true;
	return false;
}

/* Let go of what was registered with exactly this address and size. */
int mtce_region_unregister(struct mtce_container *c, u64 ua, u64 size)
{
	struct mtce_region *r;
	int ret = 0;

	if (!region_wanted(ua, size))
		return -EINVAL;

	mtce_stop(c);
	r = c->dead ? NULL : mtce_region_find(c, ua);
	if (!r || r->ua != ua || r->size != size) {
		ret = c->dead ? -ENODEV : -ENOENT;
		goto unlock;
	}
	if (waits(r))
		mtce_flush_all(c, MTCE_FLUSH_TEARDOWN);
	if (atomic64_read(&r->mapped) && c->type != MTCE_TYPE_V2) {
		ret = -EBUSY;
		goto unlock;
	}
	mtce_each_window(c, revoke_region, r);
	region_erase(c, r);
unlock:
	mtce_go(c);
	if (!ret)
		region_free(c, r);
	return ret;
}

/* At release, when no window is left that could refer to a region. */
void mtce_region_free_all(struct mtce_container *c)
{
	struct mtce_region *r, *next;

	rbtree_postorder_for_each_entry_safe(r, next, &c->regions, node)
		region_free(c, r);
	c->regions = RB_ROOT;
	c->registered = 0;
}
