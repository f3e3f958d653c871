// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that devices may reach: registering, pinning, translating, letting go.
 *
 * A region is entered into the kernel's own list of registered memory, which pins
 * it and counts it in locked_vm: once for all containers of a process, and KVM
 * finds it there. Its physical addresses are kept in an array of 8 bytes per
 * system page, so that a map of many TCEs is a look-up of the region and a walk
 * along the array. A region is let go when no TCE refers to it. If a TCE ever let
 * a device write, all of its pages are then marked dirty, as RDMA does: too often,
 * never too rarely.
 *
 * KVM takes a reference on the list's entry (mm_iommu_mapped_inc) for each TCE
 * that it maps; we give it back as soon as the TCE is counted in the region, see
 * kvm.c. So the entry can be let go when no hypercall is at it.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <asm/mmu_context.h>

#include "mtce.h"
#include "range.h"
#include "trace.h"

/* Pages between two looks at the scheduler: some milliseconds of work. */
#define PAGES_BATCH	512ul

/*
 * How often, once a millisecond, to wait for hypercalls that are at a region: a vCPU
 * that is preempted there may be off its CPU for long where a host is overloaded.
 */
#define PUT_TRIES	2000

#define HPA_SHIFT_MASK	63ul

/* TCE pages larger than a system page: a superset of what bridges offer. */
static const unsigned int block_shifts[] = { 16, 21, 24, 28, 30, 34 };

/* Sentinel of size 0 that nobody may map: saves NULL checks in the look-ups. */
struct mtce_region mtce_no_region = { .dying = true };

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

/* The kernel's entry for exactly this memory, new or shared. */
static int list_region(struct mm_struct *mm, struct mtce_region *r)
{
	unsigned long n = region_pages(r);
	long ret;

	r->mem = mm_iommu_get(mm, r->ua, n);
	if (r->mem)
		return 0;
	ret = mm_iommu_new(mm, r->ua, n, &r->mem);
	if (!ret)
		return 0;
	/* Another container may have been faster, and have counted it. */
	r->mem = mm_iommu_get(mm, r->ua, n);
	if (r->mem)
		return 0;
	switch (ret) {
	case -ENOMEM:
		return -ENOMEM;
	case -EINVAL:	/* a part is listed */
		return -EBUSY;
	default:
		return fatal_signal_pending(current) ? -EINTR : -EFAULT;
	}
}

/* -EBUSY while a hypercall is just mapping the region. */
static int unlist_region(struct mm_struct *mm, struct mtce_region *r,
			 unsigned int *tries)
{
	long ret = mm_iommu_put(mm, r->mem);

	for (; ret == -EBUSY && *tries; --*tries) {
		usleep_range(500, 1000);
		ret = mm_iommu_put(mm, r->mem);
	}
	return ret ? -EBUSY : 0;
}

/* What a device may have written is not lost when the pages are let go. */
static void mark_dirty(const struct mtce_region *r)
{
	unsigned long i, n = region_pages(r);

	for (i = 0; i < n; i++) {
		struct page *page = hpa_to_page(r->hpas[i]);

		if (!PageDirty(page))
			set_page_dirty_lock(page);
		if (!(i % PAGES_BATCH))
			cond_resched();
	}
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

static int translate_region(struct mtce_region *r)
{
	unsigned long i, hpa, n = region_pages(r);

	for (i = 0; i < n; i++) {
		if (mm_iommu_ua_to_hpa(r->mem, r->ua + (i << PAGE_SHIFT),
				       PAGE_SHIFT, &hpa))
			return -EFAULT;
		r->hpas[i] = hpa | PAGE_SHIFT;
		if (!(i % PAGES_BATCH))
			cond_resched();
	}
	for (i = 0; i < ARRAY_SIZE(block_shifts); i++)
		if (block_shifts[i] > PAGE_SHIFT)
			note_blocks(r, block_shifts[i]);
	return 0;
}

/*
 * Can @n TCEs of @w map @r from @ua on? The piece lies inside the region.
 * Returns 0, or -ERANGE where a TCE page would not be contiguous.
 */
int mtce_region_plan(const struct mtce_window *w, struct mtce_region *r,
		     unsigned long ua, unsigned long n)
{
	const u64 *hpa = &r->hpas[(ua - r->ua) >> PAGE_SHIFT];

	if (w->shift <= PAGE_SHIFT)	/* contiguous anyway */
		return 0;
	for (; n; n--, hpa += BIT(w->shift - PAGE_SHIFT)) {
		if ((*hpa & HPA_SHIFT_MASK) < w->shift)
			return -ERANGE;
		if (!(n % MTCE_RESCHED_ENTRIES))
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

/*
 * The region that holds user address @ua, or NULL, and in *@n the TCE pages of
 * [@ua, @ua + @size) from there on that it holds.
 */
struct mtce_region *mtce_region_piece(struct mtce_gather *ga, unsigned long ua,
				      u64 size, unsigned long *n)
{
	struct mtce_region *r = ga->s->hint;

	if (ua - r->ua >= r->size) {
		r = mtce_region_find(ga->c, ua);
		if (!r)
			return NULL;
		ga->s->hint = r;
	}
	*n = min(r->size - (ua - r->ua), size) >> ga->w->shift;
	return *n ? r : NULL;
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
	mtce_kvm_freeze(c);
	while (*link) {
		struct mtce_region *at;

		parent = *link;
		at = rb_entry(parent, struct mtce_region, node);
		link = r->ua < at->ua ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&r->node, parent, link);
	rb_insert_color(&r->node, &c->regions);
	mtce_kvm_thaw(c);
	c->registered += r->size;
}

static void forget_hint(struct mtce_window *w, const struct mtce_region *r)
{
	struct mtce_stripe *s;

	for (s = w->stripe; s < w->stripe + MTCE_STRIPES; s++) {
		if (s->hint == r)
			s->hint = &mtce_no_region;
		if (s->kvm.hint == r)
			s->kvm.hint = &mtce_no_region;
	}
}

static void region_erase(struct mtce_container *c, struct mtce_region *r)
{
	int i;

	lockdep_assert_held_write(&c->sem);
	mtce_kvm_freeze(c);
	rb_erase(&r->node, &c->regions);
	for (i = 0; i < MTCE_MAX_WINDOWS; i++)
		if (c->windows[i])
			forget_hint(c->windows[i], r);
	mtce_kvm_thaw(c);
	c->registered -= r->size;
}

/*
 * Register and unregister
 */

/* In no container any more, and not listed by it. */
static void region_free(struct mtce_region *r)
{
	kvfree(r->hpas);
	kfree(r);
}

/* Let the kernel's entry go, and with its last user the pages. */
static int region_put(struct mtce_container *c, struct mtce_region *r,
		      unsigned int *tries)
{
	if (r->dirty)
		mark_dirty(r);
	r->dirty = false;
	return unlist_region(c->mm, r, tries);
}

static int region_fill(struct mtce_container *c, struct mtce_region *r)
{
	const size_t bytes = region_pages(r) * sizeof(*r->hpas);
	gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_NOWARN;
	unsigned int tries = PUT_TRIES;
	int ret;

	/* The kernel would allocate as much, and vmalloc() prints when it refuses. */
	if (bytes >> PAGE_SHIFT > totalram_pages())
		return -ENOMEM;
	/* First, because it counts the pages: the limit bounds the array, too. */
	ret = list_region(c->mm, r);
	if (ret)
		return ret;
	/* kvmalloc() refuses more than INT_MAX, and prints. */
	r->hpas = bytes > INT_MAX ? __vmalloc(bytes, gfp) :
				    kvmalloc(bytes, gfp);
	ret = r->hpas ? translate_region(r) : -ENOMEM;
	if (ret)
		unlist_region(c->mm, r, &tries);
	return ret;
}

/* Pinned and translated, but not in the container yet; or an ERR_PTR. */
static struct mtce_region *region_make(struct mtce_container *c, u64 ua,
				       u64 size)
{
	struct mtce_region *r;
	int ret, i;

	r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	if (!r)
		return ERR_PTR(-ENOMEM);
	r->ua = ua;
	r->size = size;
	for (i = 0; i < MTCE_MAX_WINDOWS; i++)
		r->waiting[i].region = r;
	ret = region_fill(c, r);
	if (!ret)
		return r;
	region_free(r);
	return ERR_PTR(ret);
}

/* Let @r be mapped, if nothing has changed while it was pinned. */
static int region_add(struct mtce_container *c, struct mtce_region *r)
{
	int ret = mtce_lock_all(c);

	if (ret)
		return ret;
	if (region_overlaps(c, r->ua, r->size)) {
		ret = -EBUSY;
	} else {
		region_insert(c, r);
		trace_mtce_register(c, r);
		c->may_map = true;
		mtce_container_changed(c);
	}
	mtce_unlock_all(c);
	return ret;
}

static bool region_valid(u64 ua, u64 size)
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
	unsigned int tries = PUT_TRIES;
	struct mtce_region *r;
	bool busy;
	int ret;

	if (!region_valid(ua, size))
		return -EINVAL;
	if (!mtce_range_inside(ua, size, 0, TASK_SIZE))
		return -EFAULT;

	ret = mtce_lock_shared(c);
	if (ret)
		return ret;
	busy = region_overlaps(c, ua, size);
	mtce_unlock_shared(c);
	if (busy)
		return -EBUSY;

	r = region_make(c, ua, size);
	if (IS_ERR(r))
		return PTR_ERR(r);

	ret = region_add(c, r);
	if (!ret)
		return 0;
	unlist_region(c->mm, r, &tries);
	region_free(r);
	return ret;
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

/*
 * From now on KVM does not map @r. False: it is mapped, and the container's type does
 * not revoke. KVM may map it then, and no hypercall has seen it otherwise.
 */
static bool region_stop(struct mtce_container *c, struct mtce_region *r)
{
	mtce_kvm_stop(c);
	r->dying = c->type == MTCE_TYPE_V2 || !atomic64_read(&r->mapped);
	if (r->dying)
		atomic_inc(&c->unregisters);
	mtce_kvm_thaw(c);
	return r->dying;
}

/*
 * Nothing may reach @r any more. Entries that still map it are revoked, and killed,
 * only on a taken-over v2 container: upstream answers 0 to an unregister of mapped
 * memory (and leaks the pin), and clients rely on the 0.
 */
static int region_retire(struct mtce_container *c, struct mtce_region *r)
{
	if (waits(r))
		mtce_flush_all(c, MTCE_FLUSH_TEARDOWN);
	if (!region_stop(c, r))
		return -EBUSY;
	if (atomic64_read(&r->mapped)) {
		mtce_tces_revoke(c, r);
		/* What a hypercall cleared before the revoke came to it. */
		mtce_kvm_sync(c, false);
	}
	return 0;
}

/*
 * A hypercall kept the kernel's entry, so @r stays. But if it was registered again, the
 * entry has a second user, and ours can go; and if the container was released, nobody
 * else will let it go.
 */
static int region_back(struct mtce_container *c, struct mtce_region *r)
{
	unsigned int tries = PUT_TRIES;
	bool stays;

	__mtce_lock_all(c);
	stays = !c->dead && !region_overlaps(c, r->ua, r->size);
	if (stays) {
		trace_mtce_register(c, r);
		r->dying = false;
		region_insert(c, r);
	}
	mtce_unlock_all(c);
	if (stays)
		return -EBUSY;
	unlist_region(c->mm, r, &tries);
	region_free(r);
	return 0;
}

/*
 * Let go of what was registered with exactly this address and size. -EBUSY: it is
 * mapped, or was left counted as mapped by a container of upstream's.
 */
int mtce_region_unregister(struct mtce_container *c, u64 ua, u64 size)
{
	unsigned int tries = PUT_TRIES;
	struct mtce_region *r;
	int ret;

	if (!region_valid(ua, size))
		return -EINVAL;

	ret = mtce_lock_all(c);
	if (ret)
		return ret;
	r = mtce_region_find(c, ua);
	if (!r || r->ua != ua || r->size != size) {
		ret = c->mm ? -ENOENT : -EPERM;
		goto unlock;
	}
	ret = region_retire(c, r);
	if (ret)
		goto unlock;
	trace_mtce_unregister(c, r);	/* before it can be registered again */
	region_erase(c, r);
	mtce_unlock_all(c);
	/* The kernel counts under mmap_lock, for which nobody else shall wait. */
	ret = region_put(c, r, &tries);
	if (ret)
		ret = region_back(c, r);
	else
		region_free(r);
	atomic_dec(&c->unregisters);
	return ret;
unlock:
	mtce_unlock_all(c);
	return ret;
}

/* At release, in its process: no window is left that could refer to a region. */
void mtce_regions_end(struct mtce_container *c)
{
	struct rb_node *node;

	lockdep_assert_held_write(&c->sem);
	for (node = rb_first(&c->regions); node; node = rb_next(node))
		trace_mtce_unregister(c, rb_entry(node, struct mtce_region,
						  node));
}

/*
 * After that, let go of the memory. False: something is still counted as mapped, and
 * stays; unless this is the @last try: then that memory stays listed and pinned for
 * ever, as it does with upstream's driver.
 */
bool mtce_region_free_all(struct mtce_container *c, bool last)
{
	struct rb_node *node, *next;
	unsigned int tries = 0;

	for (node = rb_first(&c->regions); node; node = next) {
		struct mtce_region *r = rb_entry(node, struct mtce_region, node);

		next = rb_next(node);
		cond_resched();
		if (region_put(c, r, &tries) && !last)
			continue;
		rb_erase(node, &c->regions);
		region_free(r);
	}
	return RB_EMPTY_ROOT(&c->regions);
}
