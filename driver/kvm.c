// SPDX-License-Identifier: GPL-2.0
/*
 * KVM: hypercalls on our tables that the kernel does by itself.
 *
 * A guest's table may be given to KVM (KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE). KVM then
 * works on it through tbl->it_ops, in the vCPU's thread, without our locks and
 * without sleeping. So every table gets operations of ours, a copy of the
 * platform's with four that lead here; the driver itself uses the platform's
 * (mtce_window.ops). What KVM does (arch/powerpc/kvm/book3s_64_vio.c, 6.12):
 *
 *	map	useraddrptr(alloc), look memory up, count it (mm_iommu_mapped_inc),
 *		xchg_no_kill, write the user address to where useraddrptr() said
 *	unmap	xchg_no_kill; if something was there: useraddrptr() and look up what
 *		it maps, or put it back and let user space do the hypercall
 *	kill	tce_kill, after the last entry of a guest's page, in any case
 *
 * An exchange that maps gets a physical address only, and may not fail. So it is
 * only noted (struct kvm_map). By the time of the next step of the same thread KVM
 * has written the user address beside it: the map is then done like any other,
 * TCE and shadow together, and counted in its region; and what KVM has counted is
 * given back. The last of these steps is the kill, before the hypercall returns.
 *
 * An unmap is done at once. Its kill follows in tce_kill, and only then the region
 * is let go. KVM is always told that the entry was empty, for it is we who count.
 *
 * Locks. Entries of a shared window are changed under the stripe's kvm_lock. A
 * window is shared from its first hypercall on, so who has no KVM never takes the
 * lock. That needs everything to stand still. If it does not just then, a worker
 * makes it, and until then hypercalls are left to user space (H_TOO_HARD). The
 * lock is held for 512 entries at most.
 *
 * Too hard for us, and left to user space: containers of v1, or with pages that
 * maps pin by themselves; tables that are not direct; TCE pages larger than a
 * system page; a guest of another process than the owner; entries outside of the
 * window. KVM asks "useraddrptr" before it maps, and NULL is a no. It does not ask
 * before it unmaps: it is told that something is there, finds no memory at the
 * address that it then reads, and puts back what is ignored here.
 *
 * Preemption. Nothing here counts on not being preempted: what a thread is in the
 * middle of is found by the thread. KVM's own walk over its tables does, and is
 * safe on preemptible kernels from 7.3.3 and in 6.12 without CONFIG_PREEMPT.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <asm/mmu_context.h>

#include "table.h"

/**
 * struct mtce_kvm - our operations on a table; lives as long as the table
 * @ops: what tbl->it_ops points to
 * @platform: what it pointed to before
 * @c: container; there while @w is
 * @w: window, or NULL when that is gone
 */
struct mtce_kvm {
	struct iommu_table_ops ops;
	struct iommu_table_ops *platform;
	struct mtce_container *c;
	struct mtce_window __rcu *w;
};

/**
 * struct kvm_map - a guest's page that a thread is just mapping
 * @task: the thread; NULL: free
 * @displaced: threads whose place this is, too, and that took another one
 * @home: the place of @task
 * @kvm: the table
 * @ua: user address of the last exchange, written by KVM after it
 * @armed: there was an exchange that is not yet in the run
 * @index: entry of the last exchange
 * @perm: its permissions
 * @done: entries that were mapped
 * @n: entries in the run
 * @first: first entry of the run
 * @first_ua: user address that it maps
 * @run_perm: permissions of the run
 */
struct kvm_map {
	struct task_struct *task;
	atomic_t displaced;
	bool armed;
	__be64 ua;
	struct mtce_kvm *kvm;
	struct kvm_map *home;
	unsigned long index;
	u64 perm;
	unsigned long done;
	unsigned long n;
	unsigned long first;
	u64 first_ua;
	u64 run_perm;
} ____cacheline_aligned;

#define MAPS_PROBE	8u

/* More than there are CPUs to be in the middle of a map. */
static struct kvm_map maps[256];

/* No user's address, and none that wraps when a page's size is added. */
static __be64 nobodys = cpu_to_be64(BIT_ULL(62));

static struct mtce_kvm *kvm_of(struct iommu_table *tbl)
{
	return container_of(tbl->it_ops, struct mtce_kvm, ops);
}

static struct kvm_map *map_place(unsigned int i)
{
	/* Tasks lie some KiB apart. */
	return &maps[((unsigned long)current / SZ_1K + i) % ARRAY_SIZE(maps)];
}

static noinline struct kvm_map *map_find_displaced(void)
{
	unsigned int i;

	for (i = 1; i < MAPS_PROBE; i++)
		if (READ_ONCE(map_place(i)->task) == current)
			return map_place(i);
	return NULL;
}

/* What the calling thread is in the middle of, or NULL. */
static __always_inline struct kvm_map *map_find(void)
{
	struct kvm_map *home = map_place(0);

	if (READ_ONCE(home->task) == current)
		return home;
	return unlikely(atomic_read(&home->displaced)) ? map_find_displaced() :
							 NULL;
}

/* The caller is in the middle of nothing. */
static struct kvm_map *map_begin(struct mtce_kvm *k)
{
	struct kvm_map *home = map_place(0);
	unsigned int i;

	for (i = 0; i < MAPS_PROBE; i++) {
		struct kvm_map *m = map_place(i);

		if (READ_ONCE(m->task) || cmpxchg(&m->task, NULL, current))
			continue;
		if (i)
			atomic_inc(&home->displaced);
		m->home = home;
		m->kvm = k;
		m->armed = false;
		m->done = 0;
		m->n = 0;
		return m;
	}
	return NULL;
}

static void map_end(struct kvm_map *m)
{
	if (unlikely(m->home != m))
		atomic_dec(&m->home->displaced);
	smp_store_release(&m->task, NULL); /* all of it is done: map_begin() */
}

/*
 * Under a stripe's kvm_lock
 */

/* The region that holds @ua, or NULL. */
static struct mtce_region *find_region(struct mtce_container *c,
				       struct mtce_stripe *s, unsigned long ua)
{
	struct mtce_region *r = s->kvm.hint;

	if (ua - r->ua < r->size)
		return r;
	r = mtce_region_find(c, ua);
	if (r)
		s->kvm.hint = r;
	return r;
}

/* Do the kill that is owed, and let go of what waited for it. */
void mtce_kvm_settle_one(struct mtce_container *c, struct mtce_window *w,
			 struct mtce_stripe *s)
{
	struct mtce_kvm_stripe *k = &s->kvm;

	lockdep_assert_held(&s->kvm_lock);
	if (!k->entries)
		return;
	/* Of a window that is gone the platform has killed all, if it could. */
	if (!w->gone || w->stuck)
		mtce_kill_atomic(c, w, k->index, k->entries, &k->counts);
	if (k->run)
		atomic64_sub(k->run, &k->region->mapped);
	k->entries = 0;
	k->run = 0;
	trace_mtce_work_done(c, w);
}

/*
 * Entry @index is about to change and its kill to be owed. @old: the region that
 * it mapped, or NULL; it stays counted until then. What does not go together with
 * what is owed already is settled first.
 */
static void owe(struct mtce_container *c, struct mtce_window *w,
		struct mtce_stripe *s, unsigned long index,
		struct mtce_region *old)
{
	struct mtce_kvm_stripe *k = &s->kvm;

	if (index - k->index > k->entries || k->entries == SHARED_SPAN_MAX ||
	    (old && k->run && k->region != old))
		mtce_kvm_settle_one(c, w, s);
	if (!k->entries)
		k->index = index;
	if (index - k->index == k->entries)
		k->entries++;
	if (!old)
		return;
	k->region = old;
	k->run++;
	k->counts.unmapped++;
}

/* What a live shadow maps; NULL: a page that is pinned by the map itself. */
static struct mtce_region *mapped_region(struct mtce_container *c,
					 struct mtce_stripe *s, u64 shadow)
{
	if (!(shadow & MTCE_SHADOW_REGION))
		return NULL;
	return find_region(c, s, shadow & ~(MTCE_SHADOW_REGION |
					    MTCE_PERM_MASK));
}

/*
 * May the entry change? *@old: the region that it maps, or NULL. A page that the
 * map itself pinned is left alone: it cannot be let go here.
 */
static bool replaces(struct mtce_container *c, struct mtce_stripe *s,
		     u64 shadow, struct mtce_region **old)
{
	*old = NULL;
	if (likely(!mtce_shadow_live(shadow)))
		return true;
	*old = mapped_region(c, s, shadow);
	return *old;
}

/* Make the entries map @r from @ua on. Returns how many do. */
static unsigned long put_span(struct mtce_container *c, struct mtce_window *w,
			      struct mtce_stripe *s, unsigned long index,
			      struct span e, const struct mtce_region *r,
			      u64 ua, u64 perm)
{
	const u64 step = BIT_ULL(w->shift);
	struct mtce_region *old;
	unsigned long i, n = 0;

	touch_part(w, index >> w->part_shift);
	for (i = 0; i < e.n; i++, ua += step) {
		if (unlikely(!replaces(c, s, e.shadow[i], &old)))
			continue;
		owe(c, w, s, index + i, old);
		e.shadow[i] = MTCE_SHADOW_REGION | ua | perm;
		mtce_store_be(&e.tce[i],
			      (r->hpas[(ua - r->ua) >> PAGE_SHIFT] & PAGE_MASK) |
			      (ua & ~PAGE_MASK) | perm);
		n++;
	}
	trace_mtce_tce_set(c, w, index, e.n);
	return n;
}

/* The memory has gone, or nothing is to be mapped: what was there goes, too. */
static void clear_span(struct mtce_container *c, struct mtce_window *w,
		       struct mtce_stripe *s, unsigned long index,
		       struct span e)
{
	struct mtce_region *old;

	if (!replaces(c, s, *e.shadow, &old) || !old)
		return;
	owe(c, w, s, index, old);
	*e.shadow = 0;
	WRITE_ONCE(*e.tce, 0);
	trace_mtce_tce_clear(c, w, index, 1);
}

/*
 * The region that an entry of @w can map from @ua on; NULL: nothing is to be mapped.
 * KVM reads a guest's list twice and checks it once, so it may pass us anything.
 */
static struct mtce_region *fit_region(struct mtce_container *c,
				      const struct mtce_window *w,
				      struct mtce_stripe *s, u64 ua, u64 perm)
{
	struct mtce_region *r = find_region(c, s, ua);

	if (!r || r->dying || !perm || ua & (BIT_ULL(w->shift) - 1) ||
	    r->size - (ua - r->ua) < BIT_ULL(w->shift))
		return NULL;
	return r;
}

/*
 * Map entries of one part from @ua on, all in one region, or none. Returns how
 * many were done, and in *@mem the memory, if it is known.
 */
static unsigned long put_entries(struct mtce_container *c,
				 struct mtce_window *w, unsigned long index,
				 unsigned long n, u64 ua, u64 perm,
				 struct mm_iommu_table_group_mem_t **mem)
{
	struct mtce_stripe *s = stripe_at(w, index);
	struct mtce_region *r;
	unsigned long mapped;
	struct span e;

	mtce_kvm_lock(s);
	if (unlikely(w->gone))
		goto unlock;
	r = fit_region(c, w, s, ua, perm);
	if (r)
		n = min_t(u64, n, (r->size - (ua - r->ua)) >> w->shift);
	else
		n = 1;
	e = span_at(w, index, n);
	n = e.n;
	if (r) {
		*mem = r->mem;
		mapped = put_span(c, w, s, index, e, r, ua, perm);
		mtce_region_use(r, mapped, perm);
		s->kvm.counts.mapped += mapped;
	} else {
		clear_span(c, w, s, index, e);
	}
	mtce_kvm_settle_one(c, w, s);
unlock:
	mtce_kvm_unlock(s);
	return n;
}

/*
 * Maps
 */

/* KVM has counted @n pages from @ua on as mapped, by the address. */
static void give_back(struct mm_iommu_table_group_mem_t *mem, u64 ua,
		      unsigned long n, unsigned int shift)
{
	for (; n; n--, ua += BIT_ULL(shift)) {
		struct mm_iommu_table_group_mem_t *m = mem;

		if (!m)
			m = mm_iommu_lookup(current->mm, ua, BIT_ULL(shift));
		if (m)
			mm_iommu_mapped_dec(m);
	}
}

/* Do the run. Where the window is gone, or the memory, nothing is mapped. */
static void map_run(struct mtce_kvm *k, struct kvm_map *m, unsigned int shift)
{
	struct mtce_window *w;

	if (!m->n)
		return;
	rcu_read_lock();
	w = rcu_dereference(k->w);
	while (m->n) {
		struct mm_iommu_table_group_mem_t *mem = NULL;
		unsigned long n = m->n;

		if (w)
			n = put_entries(k->c, w, m->first,
					min(same_part(w, m->first, n),
					    SHARED_SPAN_MAX),
					m->first_ua, m->run_perm, &mem);
		give_back(mem, m->first_ua, n, shift);
		m->done += mem ? n : 0;
		m->first += n;
		m->first_ua += (u64)n << shift;
		m->n -= n;
	}
	rcu_read_unlock();
}

/* The last exchange is complete: it goes on with the run, or begins another. */
static void map_collect(struct mtce_kvm *k, struct kvm_map *m,
			unsigned int shift)
{
	u64 ua = be64_to_cpu(READ_ONCE(m->ua));

	if (!m->armed)
		return;
	m->armed = false;
	if (m->n && (m->index != m->first + m->n || m->perm != m->run_perm ||
		     ua != m->first_ua + ((u64)m->n << shift)))
		map_run(k, m, shift);
	if (!m->n) {
		m->first = m->index;
		m->first_ua = ua;
		m->run_perm = m->perm;
	}
	m->n++;
}

/*
 * Sharing
 */

/* Can the window be shared, for this hypercall? */
static bool can_share(const struct mtce_container *c,
		      const struct mtce_window *w)
{
	return c->type != MTCE_TYPE_V1 && w->direct && w->shift <= PAGE_SHIFT &&
	       !READ_ONCE(c->enabled) && c->mm == current->mm;
}

/* Everything stands still. */
static void share(struct mtce_window *w)
{
	w->flat = false;
	smp_store_release(&w->shared, true); /* what others wrote: is_shared() */
}

/* Now, if nobody is at work in the window and nobody waits for the container. */
static bool try_share(struct mtce_container *c, struct mtce_window *w)
{
	bool got;

	if (!down_write_trylock(&c->sem))
		return false;
	got = mtce_stripes_try(w, MTCE_ALL_STRIPES);
	if (got) {
		got = !w->gone && !c->enabled;
		if (got)
			share(w);
		mtce_stripes_unlock(w, MTCE_ALL_STRIPES);
	}
	up_write(&c->sem);
	return got;
}

/* If it can be, the window is shared now, or for hypercalls that come later. */
static noinline bool ask_to_share(struct mtce_container *c,
				  struct mtce_window *w, unsigned long index)
{
	struct mtce_stripe *s = stripe_at(w, index);

	if (can_share(c, w) && !w->shared && try_share(c, w))
		return true;
	spin_lock(&s->kvm_lock);
	s->kvm.counts.calls++;
	if (!w->gone && can_share(c, w)) {
		w->kvm_asked = true;
		schedule_work(&c->kvm_work);
	}
	spin_unlock(&s->kvm_lock);
	trace_mtce_hcall_left(c, w, index);
	return false;
}

/* Can this hypercall be done here? */
static __always_inline bool is_shared(struct mtce_container *c,
				      struct mtce_window *w,
				      unsigned long index)
{
	if (likely(smp_load_acquire(&w->shared) && /* pairs with share() */
		   !READ_ONCE(c->enabled) && c->mm == current->mm))
		return true;
	return ask_to_share(c, w, index);
}

/* mtce_release() waits for this. */
void mtce_kvm_share(struct work_struct *work)
{
	struct mtce_container *c = container_of(work, struct mtce_container,
						kvm_work);
	int i;

	mtce_stop(c);
	for (i = 0; i < MTCE_MAX_WINDOWS; i++) {
		struct mtce_window *w = c->windows[i];

		if (w && w->kvm_asked && !c->enabled)
			share(w);
	}
	mtce_go(c);
}

/*
 * The operations
 */

/* A thread begins to map a guest's page, or it is at its next entry. */
static struct kvm_map *map_go_on(struct mtce_kvm *k, struct kvm_map *m,
				 unsigned long index)
{
	struct mtce_window *w = rcu_dereference(k->w);

	if (!w || index >= w->size || !is_shared(k->c, w, index) ||
	    (w->levels && mtce_table_grow(w, index, GFP_ATOMIC)))
		return NULL;
	return m ?: map_begin(k);
}

static __be64 *kvm_useraddrptr(struct iommu_table *tbl, long entry, bool alloc)
{
	struct mtce_kvm *k = kvm_of(tbl);
	struct kvm_map *m;

	if (!alloc)
		return &nobodys;
	m = map_find();
	if (m)
		map_collect(k, m, tbl->it_page_shift);
	rcu_read_lock();
	m = map_go_on(k, m, entry - tbl->it_offset);
	rcu_read_unlock();
	return m ? &m->ua : NULL;
}

/* Clear an entry that seems to be live. True: it is, and too hard. */
static bool clear_entry(struct mtce_container *c, struct mtce_window *w,
			unsigned long index)
{
	struct mtce_stripe *s = stripe_at(w, index);
	bool hard = false;
	struct span e;

	if (!is_shared(c, w, index))
		return true;
	mtce_kvm_lock(s);
	e = span_at(w, index, 1);
	if (!w->gone) {
		clear_span(c, w, s, index, e);
		hard = mtce_shadow_live(*e.shadow);
	}
	mtce_kvm_unlock(s);
	return hard;
}

/* Is there something at the entry? Seen without a lock. */
static __always_inline bool seems_live(const struct mtce_window *w,
				       unsigned long index)
{
	const u64 *shadow = w->direct ? walk_shadow(w, index) :
					shadow_through_ops(w, index);

	return shadow && mtce_shadow_live(READ_ONCE(*shadow));
}

static int kvm_xchg(struct iommu_table *tbl, long entry, unsigned long *hpa,
		    enum dma_data_direction *dir)
{
	unsigned long index = entry - tbl->it_offset;
	const enum dma_data_direction new = *dir;
	struct mtce_kvm *k = kvm_of(tbl);
	struct kvm_map *m = map_find();
	struct mtce_window *w;

	*hpa = 0;
	*dir = DMA_NONE;
	/* In the middle of a map it is one, also where a guest permits nothing. */
	if (m) {
		m->index = index;
		m->perm = new == DMA_NONE ? 0 :
			  mtce_tce_perm(new == DMA_TO_DEVICE ? VFIO_MTCE_READ :
							       VFIO_MTCE_WRITE);
		m->armed = true;
		return 0;
	}
	if (new != DMA_NONE) /* a "put back" */
		return 0;
	rcu_read_lock();
	w = rcu_dereference(k->w);
	if (w && (index >= w->size || (seems_live(w, index) &&
				       clear_entry(k->c, w, index))))
		*dir = DMA_TO_DEVICE; /* something is there */
	rcu_read_unlock();
	return 0;
}

/* The map that the calling thread is in the middle of is complete. */
static __always_inline unsigned long finish_map(struct mtce_kvm *k, unsigned int shift)
{
	struct kvm_map *m = map_find();
	unsigned long mapped;

	if (!m)
		return 0;
	map_collect(k, m, shift);
	map_run(k, m, shift);
	mapped = m->done;
	map_end(m);
	return mapped;
}

/* Settle what is owed for the entries; returns for how many. */
static unsigned long settle_range(struct mtce_container *c,
				  struct mtce_window *w, unsigned long index,
				  unsigned long end)
{
	unsigned long killed = 0;

	for (; index < end; index += same_part(w, index, end - index)) {
		struct mtce_stripe *s = stripe_at(w, index);

		if (!READ_ONCE(s->kvm.entries))
			continue;
		spin_lock(&s->kvm_lock);
		killed += s->kvm.entries;
		mtce_kvm_settle_one(c, w, s);
		spin_unlock(&s->kvm_lock);
	}
	return killed;
}

static void kvm_kill(struct iommu_table *tbl, unsigned long entry,
		     unsigned long pages)
{
	unsigned long index = entry - tbl->it_offset, mapped, killed;
	struct mtce_kvm *k = kvm_of(tbl);
	struct mtce_window *w;

	mapped = finish_map(k, tbl->it_page_shift);
	rcu_read_lock();
	w = rcu_dereference(k->w);
	if (w && index < w->size) {
		pages = min(pages, w->size - index);
		killed = settle_range(k->c, w, index, index + pages) + mapped;
		trace_mtce_hcall(k->c, w, index, pages, mapped, killed);
	}
	rcu_read_unlock();
}

static void kvm_free(struct iommu_table *tbl)
{
	struct mtce_kvm *k = kvm_of(tbl);

	tbl->it_ops = k->platform;
	kfree(k);
	tbl->it_ops->free(tbl);
	module_put(THIS_MODULE); /* mtce_exit() waits until this has returned */
}

/*
 * For the other rooms
 */

/*
 * From now on the table of @w, which nobody else has yet, leads here. It holds the
 * module for as long as it is there.
 */
int mtce_kvm_hook(struct mtce_container *c, struct mtce_window *w)
{
	struct mtce_kvm *k = kzalloc(sizeof(*k), GFP_KERNEL_ACCOUNT);

	if (!k)
		return -ENOMEM;
	k->ops = *w->ops;
	k->ops.useraddrptr = kvm_useraddrptr;
	k->ops.xchg_no_kill = kvm_xchg;
	k->ops.tce_kill = kvm_kill;
	k->ops.free = kvm_free;
	k->platform = w->ops;
	k->c = c;
	RCU_INIT_POINTER(k->w, w);
	w->kvm = k;
	w->tbl->it_ops = &k->ops;
	__module_get(THIS_MODULE);
	return 0;
}

/*
 * Set w->gone. When this returns no hypercall is at an entry, and none will be:
 * KVM may have the table, but not the window. No group uses it any more, so kills
 * that are owed were done by the platform.
 */
void mtce_kvm_unhook(struct mtce_window *w)
{
	struct mtce_kvm *k = w->kvm;
	struct mtce_stripe *s;

	RCU_INIT_POINTER(k->w, NULL);
	w->gone = true;
	for (s = w->stripe; s < w->stripe + MTCE_STRIPES; s++) {
		mtce_kvm_lock(s);
		mtce_kvm_settle_one(k->c, w, s);
		spin_unlock(&s->kvm_lock);
	}
}

/*
 * No hypercall is at any entry until mtce_kvm_thaw(). For changes, in a container
 * that is stopped, of what the holder of a kvm_lock relies on: groups, regions.
 * Must not sleep in between.
 */
void mtce_kvm_freeze(struct mtce_container *c)
{
	int i, j;

	lockdep_assert_held_write(&c->sem);
	for (i = 0; i < MTCE_MAX_WINDOWS; i++) {
		struct mtce_window *w = c->windows[i];

		for (j = 0; w && w->shared && j < MTCE_STRIPES; j++)
			mtce_kvm_lock_too(&w->stripe[j], c);
	}
}

void mtce_kvm_thaw(struct mtce_container *c)
{
	int i, j;

	for (i = 0; i < MTCE_MAX_WINDOWS; i++) {
		struct mtce_window *w = c->windows[i];

		for (j = 0; w && w->shared && j < MTCE_STRIPES; j++)
			mtce_kvm_unlock(&w->stripe[j]);
	}
}

/*
 * Every kill that hypercalls owe is done: some are in the middle of one, and where
 * KVM has given up on a hypercall it has cleared entries without a kill.
 */
void mtce_kvm_settle(struct mtce_container *c)
{
	int i, j;

	lockdep_assert_held(&c->sem);
	for (i = 0; i < MTCE_MAX_WINDOWS; i++) {
		struct mtce_window *w = c->windows[i];

		for (j = 0; w && w->shared && j < MTCE_STRIPES; j++) {
			struct mtce_stripe *s = &w->stripe[j];

			spin_lock(&s->kvm_lock);
			mtce_kvm_settle_one(c, w, s);
			spin_unlock(&s->kvm_lock);
		}
	}
}
