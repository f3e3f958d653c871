// SPDX-License-Identifier: GPL-2.0
/*
 * KVM: hypercalls on our tables that the kernel does by itself.
 *
 * A VMM may give a guest's table to KVM (KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE). KVM then
 * works on it through tbl->it_ops, in the vCPU's thread, without our locks and
 * without sleeping. So every table gets operations of ours, a copy of the
 * platform's in which four lead here. The driver itself uses the platform's
 * (mtce_window.ops). What KVM does (arch/powerpc/kvm/book3s_64_vio.c, 6.12):
 *
 *	map	useraddrptr(alloc), look memory up, count it (mm_iommu_mapped_inc),
 *		xchg_no_kill, write the user address to where useraddrptr() said
 *	unmap	xchg_no_kill; if something was there: useraddrptr() and look up what
 *		it maps, or put it back and let user space do the hypercall
 *	kill	tce_kill, after the last entry of a guest's page, in any case
 *
 * Map. The exchange gets a physical address only, and must not fail. So it is only
 * noted (struct kvm_map). By the next step of the same thread KVM has written the
 * user address beside it. Then the entry is mapped like any other, TCE and shadow
 * together, and counted in its region, and the count that KVM has taken is given
 * back. The last of these steps is the kill, before the hypercall returns.
 *
 * Unmap. The exchange clears the entry. Where a guest's page is one TCE the kill is
 * done with it. Where it is more, the kill is put off until tce_kill; with
 * lazy_hcalls, every one is put off for longer, see lazy.c. The region is let go
 * after it. KVM is always told that the entry was empty, because we count the use of
 * memory and KVM must not.
 *
 * Locks. Entries of a shared window are changed under the stripe's kvm_lock. A
 * window is shared from its first hypercall on, so without KVM that lock is never
 * taken. Sharing needs the whole container locked. If it cannot be locked at once, a
 * worker does it, and until then hypercalls are left to user space (H_TOO_HARD).
 * The lock is held for 512 entries at most.
 *
 * Left to user space: containers of v1, or with pages that maps pin by themselves;
 * tables that are not direct; TCE pages larger than a system page; guests of
 * another process than the owner; entries outside of the window. Before it maps,
 * KVM asks useraddrptr(), and NULL says no. Before it unmaps it does not ask: it is
 * told that something is there, finds no memory at the address that it then reads,
 * and puts the entry back, which is ignored here.
 *
 * Preemption. Nothing here relies on not being preempted: what a thread has begun
 * is found by the thread. KVM's own walk over its tables does rely on it; that is
 * safe on preemptible kernels from 7.3.3 on, and in 6.12 without CONFIG_PREEMPT.
 */
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <asm/mmu_context.h>

#include "tce.h"

/**
 * struct kvm_map - a guest's page that a thread is just mapping
 * @task: the thread; NULL: free
 * @displaced: threads whose place this is, too, and that took another one
 * @home: the place of @task, or NULL where this is it
 * @ua: user address of the last exchange, written by KVM after it
 * @armed: there was an exchange that is not yet in the run
 * @index: entry of the last exchange
 * @perm: its permissions
 * @done: entries that were mapped
 * @n: entries in the run
 * @first: first entry of the run
 * @first_ua: user address that it maps
 * @run_perm: permissions of the run
 * @mem: memory that it maps, or NULL where there is none
 */
struct kvm_map {
	struct task_struct *task;
	atomic_t displaced;
	bool armed;
	__be64 ua;
	struct kvm_map *home;
	unsigned long index;
	u64 perm;
	unsigned long done;
	unsigned long n;
	unsigned long first;
	u64 first_ua;
	u64 run_perm;
	struct mm_iommu_table_group_mem_t *mem;
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

static __always_inline bool map_take(struct kvm_map *m)
{
	return !READ_ONCE(m->task) &&
	       !cmpxchg_acquire(&m->task, NULL, current); /* map_end() */
}

static noinline struct kvm_map *map_take_displaced(void)
{
	struct kvm_map *home = map_place(0);
	unsigned int i;

	for (i = 1; i < MAPS_PROBE; i++) {
		struct kvm_map *m = map_place(i);

		if (!map_take(m))
			continue;
		atomic_inc(&home->displaced);
		m->home = home;
		return m;
	}
	return NULL;
}

/* The caller is in the middle of nothing. A place that is free has no run. */
static __always_inline struct kvm_map *map_begin(void)
{
	struct kvm_map *home = map_place(0);

	if (unlikely(!map_take(home)))
		return map_take_displaced();
	return home;
}

static __always_inline void map_end(struct kvm_map *m)
{
	if (unlikely(m->home)) {
		atomic_dec(&m->home->displaced);
		m->home = NULL;
	}
	smp_store_release(&m->task, NULL); /* all of it is done: map_take() */
}

/*
 * Under a stripe's kvm_lock
 */

static noinline struct mtce_region *search_region(struct mtce_container *c,
						  struct mtce_stripe *s,
						  unsigned long ua)
{
	struct mtce_region *r = mtce_region_find(c, ua);

	if (!r)
		return &mtce_no_region;
	s->kvm.hint = r;
	return r;
}

/* The region that holds @ua, or mtce_no_region. */
static __always_inline struct mtce_region *
find_region(struct mtce_container *c, struct mtce_stripe *s, unsigned long ua)
{
	struct mtce_region *r = s->kvm.hint;

	return likely(ua - r->ua < r->size) ? r : search_region(c, s, ua);
}

/* Does the shadow say that the entry maps memory of @r? */
static __always_inline bool in_region(const struct mtce_region *r, u64 shadow)
{
	return shadow - (MTCE_SHADOW_REGION | r->ua) < r->size;
}

/* What a live shadow maps; NULL: a page that is pinned by the map itself. */
static __always_inline struct mtce_region *
mapped_region(struct mtce_container *c, struct mtce_stripe *s, u64 shadow)
{
	if (!(shadow & MTCE_SHADOW_REGION))
		return NULL;
	return find_region(c, s, shadow & ~(MTCE_SHADOW_REGION |
					    MTCE_PERM_MASK));
}

static __always_inline void kvm_set_one(struct span e, unsigned long i,
					const struct mtce_region *r, u64 ua,
					u64 perm)
{
	u64 hpa = r->hpas[(ua - r->ua) >> PAGE_SHIFT] & PAGE_MASK;

	tce_set(&e.shadow[i], MTCE_SHADOW_REGION | ua | perm, &e.tce[i],
		hpa | (ua & ~PAGE_MASK) | perm);
}

/*
 * Kill @n entries that were changed, then take the @was of them that mapped @old off
 * it.
 */
static __always_inline void kill_changed(struct mtce_container *c,
					 struct mtce_window *w,
					 struct mtce_stripe *s,
					 unsigned long index, unsigned long n,
					 struct mtce_region *old,
					 unsigned long was)
{
	kill_span(c, w, index, n, &s->kvm.counts);
	if (was)
		atomic64_sub(was, &old->mapped);
	trace_mtce_work_done(c, w);
}

/* @n entries were set; the caller kills. */
static __always_inline void count_mapped(struct mtce_container *c,
					 struct mtce_window *w,
					 struct mtce_stripe *s,
					 unsigned long index, unsigned long n)
{
	trace_mtce_tce_set(c, w, index, n);
	s->kvm.counts.mapped += n;
}

/*
 * Make entries of the span map @r from @ua on, up to a live one that cannot be
 * replaced with those before it: it maps another region than they did, or none.
 * What maps none is a page that the map itself pinned; it cannot be let go here.
 * Returns how many entries were written.
 */
static __always_inline unsigned long
set_span(struct mtce_container *c, struct mtce_window *w, struct mtce_stripe *s,
	 unsigned long index, struct span e, struct mtce_region *r, u64 ua,
	 u64 perm)
{
	struct mtce_region *old = NULL, *was;
	const u64 step = BIT_ULL(w->shift);
	unsigned long replaced = 0, i;

	touch_part(w, index >> w->part_shift);
	for (i = 0; i < e.n; i++, ua += step) {
		if (unlikely(mtce_shadow_live(e.shadow[i]))) {
			was = mapped_region(c, s, e.shadow[i]);
			if (!was || (old && was != old))
				break;
			old = was;
			replaced++;
		}
		kvm_set_one(e, i, r, ua, perm);
	}
	if (unlikely(!i))
		return 0;
	mtce_region_use(r, i, perm);
	count_mapped(c, w, s, index, i);
	s->kvm.counts.unmapped += replaced;
	kill_changed(c, w, s, index, i, old, replaced);
	return i;
}

/* Put off the kill of the entry. Fast where it follows the last one: saves 60. */
static noinline void put_off(struct mtce_container *c, struct mtce_window *w,
			     struct mtce_stripe *s, unsigned long index,
			     struct mtce_region *old)
{
	struct mtce_kvm_change *e = &s->kvm.change;
	struct mtce_kill *k = &e->kill;
	const unsigned int last = k->nr - 1;

	if (!k->nr || e->region != old || k->entries >= e->max ||
	    index - k->range[last].index != k->range[last].count) {
		mtce_kvm_put_off(c, w, s, index, old);
		return;
	}
	k->range[last].count++;
	k->entries++;
}

/*
 * Clear the entry, if it maps memory of a region. Its kill is put off, or done at
 * once where the entry is all of a guest's page.
 */
static void kvm_clear_one(struct mtce_container *c, struct mtce_window *w,
			  struct mtce_stripe *s, unsigned long index,
			  struct span e, bool at_once)
{
	struct mtce_region *old = NULL;

	if (mtce_shadow_live(*e.shadow))
		old = mapped_region(c, s, *e.shadow);
	if (!old)
		return;
	if (!at_once)
		put_off(c, w, s, index, old);
	s->kvm.counts.unmapped++;
	tce_clear(e.shadow, 0, e.tce);
	trace_mtce_tce_clear(c, w, index, 1);
	if (at_once)
		kill_changed(c, w, s, index, 1, old, 1);
}

/*
 * Can an entry of @w map @r from @ua on? If not, nothing is to be mapped. KVM reads a
 * guest's list twice and checks it once, so it may pass us anything. A TCE page that
 * begins in a region ends there: can_share().
 */
static __always_inline bool can_map(const struct mtce_window *w,
				    const struct mtce_region *r, u64 ua,
				    u64 perm)
{
	return !r->dying && perm && !(ua & (BIT_ULL(w->shift) - 1));
}

/*
 * Map up to @n entries of a run, in one part and in one region. Where there is no
 * memory, clear the first instead. Returns how many were done, and in m->mem the
 * memory, if it is known.
 */
static __always_inline unsigned long
set_entries(struct mtce_container *c, struct mtce_window *w, struct kvm_map *m,
	    unsigned long n)
{
	const unsigned long index = m->first;
	const u64 ua = m->first_ua;
	struct mtce_stripe *s = stripe_at(w, index);
	struct mtce_region *r;
	struct span e;

	mtce_kvm_lock(s);
	if (unlikely(w->gone))
		goto unlock;
	r = find_region(c, s, ua);
	if (likely(can_map(w, r, ua, m->run_perm))) {
		m->mem = r->mem;
		n = min_t(u64, n, (r->size - (ua - r->ua)) >> w->shift);
		e = mtce_span_at(w, index, n);
		n = set_span(c, w, s, index, e, r, ua, m->run_perm) ?: 1;
	} else {
		n = 1;
		kvm_clear_one(c, w, s, index, entry_at(w, index), true);
	}
unlock:
	mtce_kvm_unlock(s);
	return n;
}

/*
 * Maps
 */

/* KVM has counted a page at @ua as mapped, by the address. */
static __always_inline void give_back(struct mm_iommu_table_group_mem_t *mem,
				      u64 ua, unsigned int shift)
{
	if (unlikely(!mem))
		mem = mm_iommu_lookup(current->mm, ua, BIT_ULL(shift));
	if (mem)
		mm_iommu_mapped_dec(mem);
}

/*
 * Map up to @n entries of the run. Where the window or the memory is gone, only
 * KVM's references are given back.
 */
static void map_some(struct mtce_kvm *k, struct kvm_map *m, unsigned long n,
		     unsigned int shift)
{
	struct mtce_window *w = rcu_dereference(k->w);
	unsigned long i;

	m->mem = NULL;
	if (likely(w))
		n = set_entries(k->c, w, m, n);
	for (i = 0; i < n; i++, m->first_ua += BIT_ULL(shift))
		give_back(m->mem, m->first_ua, shift);
	m->done += m->mem ? n : 0;
	m->first += n;
	m->n -= n;
}

static noinline void map_write(struct mtce_kvm *k, struct kvm_map *m,
			       unsigned int shift)
{
	while (m->n)
		map_some(k, m, min(m->n, MTCE_KVM_ENTRIES), shift);
}

/* The last exchange begins a run. */
static __always_inline void map_first(struct kvm_map *m, u64 ua)
{
	m->first = m->index;
	m->first_ua = ua;
	m->run_perm = m->perm;
	m->n = 1;
	m->armed = false;
}

/* Is the last exchange, complete by now, the next entry of the run? */
static __always_inline bool map_next(struct kvm_map *m, unsigned int shift)
{
	if (!m->n || !m->armed || m->index != m->first + m->n ||
	    m->perm != m->run_perm ||
	    be64_to_cpu(m->ua) != m->first_ua + ((u64)m->n << shift))
		return false;
	m->armed = false;
	m->n++;
	return true;
}

/* The last exchange is complete: it goes on with the run, or begins another. */
static noinline void map_collect(struct mtce_kvm *k, struct kvm_map *m,
				 unsigned int shift)
{
	if (!m->armed || map_next(m, shift))
		return;
	map_write(k, m, shift);
	map_first(m, be64_to_cpu(m->ua));
}

/*
 * Under the stripe's kvm_lock: make the entry map @ua. Returns the memory, or NULL:
 * nothing was done.
 */
static __always_inline struct mm_iommu_table_group_mem_t *
set_alone(struct mtce_container *c, struct mtce_window *w,
	  struct mtce_stripe *s, unsigned long index, const struct kvm_map *m)
{
	/* Read once, here: what follows is full of barriers. Saves 16. */
	const u64 ua = be64_to_cpu(m->ua), perm = m->perm;
	struct mtce_region *r, *old = NULL;
	struct span e;

	if (unlikely(w->gone))
		return NULL;
	r = find_region(c, s, ua);
	if (unlikely(!can_map(w, r, ua, perm)))
		return NULL;
	e = entry_at(w, index);
	if (mtce_shadow_live(*e.shadow)) {
		old = in_region(r, *e.shadow) ? r :
						mapped_region(c, s, *e.shadow);
		if (!old)
			return NULL;
		s->kvm.counts.unmapped++;
	}
	touch_part(w, index >> w->part_shift);
	kvm_set_one(e, 0, r, ua, perm);
	/* What maps @r already is counted there, and stays so: saves 12. */
	if (old == r)
		old = NULL;
	else
		atomic64_inc(&r->mapped);
	mtce_region_dirty(r, perm);
	count_mapped(c, w, s, index, 1);
	kill_changed(c, w, s, index, 1, old, !!old);
	return r->mem;
}

/*
 * The map is of one entry, as most guests' pages are: this saves 100 instructions
 * of map_write(). False: nothing was done.
 */
static __always_inline bool map_alone(struct mtce_kvm *k, struct kvm_map *m)
{
	struct mtce_window *w = rcu_dereference(k->w);
	const unsigned long index = m->index;
	struct mm_iommu_table_group_mem_t *mem;
	struct mtce_stripe *s;

	if (unlikely(!w || m->n || !m->armed))
		return false;
	s = stripe_at(w, index);
	OPTIMIZER_HIDE_VAR(s); /* not computed again at each use: saves 12 */
	mtce_kvm_lock(s);
	mem = set_alone(k->c, w, s, index, m);
	mtce_kvm_unlock(s);
	if (unlikely(!mem))
		return false;
	mm_iommu_mapped_dec(mem); /* give_back() */
	m->armed = false;
	return true;
}

/* The map is of more than one entry; returns how many it has made. */
static noinline unsigned long map_rest(struct mtce_kvm *k, struct kvm_map *m,
				       unsigned int shift)
{
	unsigned long mapped;

	map_collect(k, m, shift);
	map_write(k, m, shift);
	mapped = m->done;
	m->done = 0;
	return mapped;
}

/* The map is complete; returns how many entries it has made. */
static __always_inline unsigned long map_finish(struct iommu_table *tbl,
						struct kvm_map *m)
{
	struct mtce_kvm *k = kvm_of(tbl);
	unsigned long mapped = 1;

	rcu_read_lock();
	if (unlikely(!map_alone(k, m)))
		mapped = map_rest(k, m, tbl->it_page_shift);
	rcu_read_unlock();
	map_end(m);
	return mapped;
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

/* At once, if no call works in the window and none waits for the container. */
static bool try_share(struct mtce_container *c, struct mtce_window *w)
{
	bool got;

	if (!down_write_trylock(&c->sem))
		return false;
	got = mtce_stripes_try_all(w);
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
	mtce_kvm_lock(s);
	s->kvm.counts.calls++;
	if (!w->gone && can_share(c, w)) {
		w->kvm_asked = true;
		schedule_work(&c->kvm_work);
	}
	mtce_kvm_unlock(s);
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

	__mtce_lock_all(c);
	for (i = 0; i < MTCE_MAX_WINDOWS; i++) {
		struct mtce_window *w = c->windows[i];

		if (w && w->kvm_asked && !c->enabled)
			share(w);
	}
	mtce_unlock_all(c);
}

/*
 * The operations
 */

/*
 * May a hypercall map entry @index? Not beside an unregister: guests that map all the
 * time would keep memory counted for as long, and what they map would come to nothing.
 */
static __always_inline bool may_map(struct mtce_kvm *k, unsigned long index)
{
	struct mtce_window *w = rcu_dereference(k->w);

	return w && index < w->size && likely(!atomic_read(&k->c->unregisters)) &&
	       is_shared(k->c, w, index) &&
	       likely(!w->levels || !mtce_table_grow(w, index, GFP_NOWAIT));
}

/* A thread begins to map a guest's page, or it is at its next entry. */
static noinline struct kvm_map *map_go_on(struct mtce_kvm *k,
					  unsigned int shift)
{
	struct kvm_map *m = map_find();

	if (!m)
		return map_begin();
	if (!map_next(m, shift))
		map_collect(k, m, shift);
	return m;
}

/* The same. Its own place is free, and it has no other, as a rule: saves 15. */
static __always_inline struct kvm_map *map_here(struct mtce_kvm *k,
						const struct iommu_table *tbl)
{
	struct kvm_map *home = map_place(0);

	if (likely(!atomic_read(&home->displaced) && map_take(home)))
		return home;
	return map_go_on(k, tbl->it_page_shift);
}

static __be64 *kvm_useraddrptr(struct iommu_table *tbl, long entry, bool alloc)
{
	struct mtce_kvm *k = kvm_of(tbl);
	struct kvm_map *m = NULL;

	if (!alloc)
		return &nobodys;
	rcu_read_lock();
	if (may_map(k, entry - tbl->it_offset))
		m = map_here(k, tbl);
	rcu_read_unlock();
	return m ? &m->ua : NULL;
}

/* Is the kill of an unmap done with the exchange that clears? */
static bool kill_at_once(const struct mtce_kvm *k)
{
	/* The trace event of a hypercall says what was killed. */
	return READ_ONCE(k->pages) == 1 && !mtce_hcalls_lazy() &&
	       !trace_mtce_hcall_enabled();
}

/* Clear an entry that seems to be live. True: it is, and cannot be cleared here. */
static bool clear_entry(struct mtce_kvm *k, struct mtce_window *w,
			unsigned long index)
{
	struct mtce_stripe *s = stripe_at(w, index);
	bool hard = false;
	struct span e;

	if (!is_shared(k->c, w, index))
		return true;
	mtce_kvm_lock(s);
	e = entry_at(w, index);
	if (likely(!w->gone)) {
		kvm_clear_one(k->c, w, s, index, e, kill_at_once(k));
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

/* An exchange that clears. True: something is there that it cannot take out. */
static __always_inline bool unmap(struct mtce_kvm *k, unsigned long index)
{
	struct mtce_window *w;
	bool hard;

	rcu_read_lock();
	w = rcu_dereference(k->w);
	hard = w && (index >= w->size || (seems_live(w, index) &&
					  clear_entry(k, w, index)));
	rcu_read_unlock();
	return hard;
}

/* In the middle of a map an exchange is one, also where a guest permits nothing. */
static __always_inline void note_exchange(struct kvm_map *m,
					  unsigned long index,
					  enum dma_data_direction dir)
{
	m->index = index;
	m->perm = dir == DMA_NONE ? 0 :
		  mtce_tce_perm(dir == DMA_TO_DEVICE ? VFIO_MTCE_READ :
						       VFIO_MTCE_WRITE);
	m->armed = true;
}

/* An exchange by a thread that is not in its own place. */
static noinline int xchg_elsewhere(struct mtce_kvm *k, unsigned long index,
				   enum dma_data_direction new,
				   enum dma_data_direction *dir)
{
	struct kvm_map *m = map_find();

	if (m)
		note_exchange(m, index, new);
	else if (new == DMA_NONE && unmap(k, index))
		*dir = DMA_TO_DEVICE; /* something is there */
	return 0;
}

static int kvm_xchg(struct iommu_table *tbl, long entry, unsigned long *hpa,
		    enum dma_data_direction *dir)
{
	unsigned long index = entry - tbl->it_offset;
	const enum dma_data_direction new = *dir;
	struct kvm_map *home = map_place(0);

	*hpa = 0;
	*dir = DMA_NONE;
	/* Nothing is called for the usual map: saves 10. */
	if (unlikely(READ_ONCE(home->task) != current))
		return xchg_elsewhere(kvm_of(tbl), index, new, dir);
	note_exchange(home, index, new);
	return 0; /* a "put back" is ignored */
}

/* Is there a kill that must not be put off any longer? Seen without a lock. */
static __always_inline bool is_owed(const struct mtce_stripe *s)
{
	const struct mtce_kvm_change *e = &s->kvm.change;

	return READ_ONCE(e->kill.nr) &&
	       !(READ_ONCE(e->since) && mtce_hcalls_lazy());
}

/* Do the kills that are owed for the entries; returns for how many. */
static unsigned long sync_range(struct mtce_container *c,
				struct mtce_window *w, unsigned long index,
				unsigned long end)
{
	unsigned long killed = 0;

	for (; index < end; index += same_part(w, index, end - index)) {
		struct mtce_stripe *s = stripe_at(w, index);

		if (!is_owed(s))
			continue;
		mtce_kvm_lock(s);
		killed += mtce_kvm_sync_stripe(c, w, s);
		mtce_kvm_unlock(s);
	}
	return killed;
}

/*
 * Does the guest's page need more than its maps have done? Seen without a lock. If
 * KVM gives a hypercall up, its kill waits for the next clear, or for a call.
 */
static inline bool is_put_off(struct mtce_window *w, unsigned long index,
			      unsigned long pages, unsigned long mapped)
{
	return index < w->size &&
	       (pages > 1 || trace_mtce_hcall_enabled() ||
		(!mapped && is_owed(stripe_at(w, index))));
}

/* A guest's page is complete, of whose entries @mapped were mapped. */
static noinline void sync_page(struct mtce_kvm *k, struct mtce_window *w,
			       unsigned long index, unsigned long pages,
			       unsigned long mapped)
{
	unsigned long killed = mapped;

	pages = min(pages, w->size - index);
	killed += sync_range(k->c, w, index, index + pages);
	trace_mtce_hcall(k->c, w, index, pages, mapped, killed);
}

/* The same, unless its maps have done all. */
static noinline void kill_rest(struct mtce_kvm *k, unsigned long index,
			       unsigned long pages, unsigned long mapped)
{
	struct mtce_window *w;

	if (unlikely(READ_ONCE(k->pages) != pages))
		WRITE_ONCE(k->pages, pages);
	rcu_read_lock();
	w = rcu_dereference(k->w);
	if (w && is_put_off(w, index, pages, mapped))
		sync_page(k, w, index, pages, mapped);
	rcu_read_unlock();
}

static void kvm_kill(struct iommu_table *tbl, unsigned long entry,
		     unsigned long pages)
{
	unsigned long index = entry - tbl->it_offset;
	struct kvm_map *m = map_find();
	unsigned long mapped = 0;

	if (m)
		mapped = map_finish(tbl, m);
	/* A map of one entry has killed all there is: saves 19. */
	if (pages != 1 || !mapped || trace_mtce_hcall_enabled())
		kill_rest(kvm_of(tbl), index, pages, mapped);
}

static void give_ops_back(struct iommu_table *tbl)
{
	struct mtce_kvm *k = kvm_of(tbl);

	tbl->it_ops = k->platform;
	kfree(k);
}

static void kvm_free(struct iommu_table *tbl)
{
	const bool freed = kvm_of(tbl)->freed;

	give_ops_back(tbl);
	if (!freed)
		tbl->it_ops->free(tbl);
	module_put(THIS_MODULE); /* mtce_exit() waits until this has returned */
}

/*
 * For window.c
 */

/*
 * From now on the table of @w, which is not in use yet, leads here. It holds the
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
	k->tbl = w->tbl;
	k->c = c;
	RCU_INIT_POINTER(k->w, w);
	w->kvm = k;
	w->tbl->it_ops = &k->ops;
	__module_get(THIS_MODULE);
	return 0;
}

/*
 * Set w->gone. When this returns no hypercall is at an entry, and none will be:
 * KVM may have the table, but not the window. Kills that were put off were done by the
 * platform, or are done here where firmware refused it.
 */
void mtce_kvm_unhook(struct mtce_window *w)
{
	struct mtce_kvm *k = w->kvm;
	struct mtce_stripe *s;

	RCU_INIT_POINTER(k->w, NULL);
	w->gone = true;
	for (s = w->stripe; s < w->stripe + MTCE_STRIPES; s++) {
		mtce_kvm_lock(s);
		mtce_kvm_sync_stripe(k->c, w, s);
		mtce_kvm_unlock(s);
	}
}

/*
 * The table is never freed, because a bridge walks it; it stays counted in locked_vm.
 * If nobody else has a reference, nobody gets one any more, and it need not lead here.
 */
void mtce_kvm_abandon(struct iommu_table *tbl)
{
	kmemleak_not_leak(tbl);
	if (!refcount_dec_if_one(&tbl->it_kref.refcount))
		return;
	give_ops_back(tbl);
	module_put(THIS_MODULE); /* the container of the caller holds it, too */
}
