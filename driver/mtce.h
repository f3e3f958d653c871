/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mtce floor plan: the structures, who owns them, which lock, prototypes by room.
 *
 * Lock order: mtce_container.sem -> mtce_stripe.lock -> mtce_queue.lock
 *	       -> mtce_stripe.kvm_lock
 *
 * No page fault of the user's happens under any of them: arguments are copied
 * and pages are pinned before the first lock is taken.
 *
 * A table is locked by stripes. It is divided into parts of some hundred entries
 * and each part belongs to a stripe: calls that work in different parts seldom
 * share a stripe, and calls that overlap always do. One stripe may
 * be taken, or tried for, by itself; several are locked in ascending order while
 * sem is held, for reading at least.
 *
 * Any one stripe's lock keeps everything still that work on entries needs: the
 * entries of that stripe, groups, regions, windows, flags. Who changes those
 * holds sem for writing and every stripe of every window, mtce_stop(). A call
 * that finds its stripes free needs only RCU to get to them, see
 * mtce_window_try(); so calls in disjoint parts write no common cache line of
 * container or window.
 *
 * KVM works on a table that was given to it without any of these. In a window
 * that is shared with it every change of an entry, by a call or by a hypercall,
 * happens under the stripe's kvm_lock, a spinlock. What a holder of a stripe may
 * rely on, a holder of a kvm_lock may too: see mtce_kvm_freeze().
 *
 * Terms. A TCE is one 8-byte entry of the table that the host bridge walks. A
 * window is a range of IOVAs with a table of its own. An entry's index counts
 * from 0 at the start of its window. A region is registered memory. A kill
 * makes a bridge forget the translations that it has cached.
 *
 * Next to every TCE the kernel keeps a second 8-byte entry, it_userspace. It is
 * here called the shadow and says what the TCE refers to, so that nothing has
 * to be stored per TCE beyond the table itself:
 *
 *	0			empty
 *	CLEARED | number	empty, cleared by a lazy unmap, see flush.c
 *	REGION | ua | perm	maps registered memory at user address ua
 *	PINNED | hpa | perm	maps a page pinned by the map itself (v1)
 *
 * in the CPU's byte order. Nobody else reads or writes a shadow: KVM reaches a
 * table through operations that are ours, see kvm.c.
 */
#ifndef MTCE_H
#define MTCE_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/vfio_mtce.h>
#include <linux/workqueue.h>

#include <asm/iommu.h>

struct iommu_group;
struct mm_iommu_table_group_mem_t;
struct mm_struct;
struct mtce_call;
struct mtce_kvm;
struct mtce_pins;
struct page;

#define MTCE_MAX_WINDOWS	IOMMU_TABLE_GROUP_MAX_TABLES
#define MTCE_MAX_OPS		65536u
#define MTCE_MAX_LIST		65536u

/* Entries handled between two looks at the scheduler and at signals. */
#define MTCE_SPAN_MAX		4096ul

/* Locks of one table. */
#define MTCE_STRIPES		32
#define MTCE_ALL_STRIPES	(~0u)

/* Flag bits of a shadow entry; user and physical addresses stay below them. */
#define MTCE_SHADOW_REGION	BIT_ULL(63)
#define MTCE_SHADOW_PINNED	BIT_ULL(62)
#define MTCE_SHADOW_CLEARED	BIT_ULL(61)
#define MTCE_SHADOW_NUMBER	GENMASK_ULL(60, 56)
#define MTCE_PERM_MASK		((u64)(VFIO_MTCE_READ | VFIO_MTCE_WRITE))

/*
 * The permissions of a map as they stand in both entries. A TCE that lets a
 * device write lets it read too: the bridge has no other.
 */
static inline u64 mtce_tce_perm(u32 flags)
{
	return flags & VFIO_MTCE_WRITE ? MTCE_PERM_MASK :
					 flags & VFIO_MTCE_READ;
}

/* Does this shadow say that the entry maps something? */
static inline bool mtce_shadow_live(u64 shadow)
{
	return shadow & ~(MTCE_SHADOW_CLEARED | MTCE_SHADOW_NUMBER);
}

extern bool mtce_takeover;
extern bool mtce_direct;
extern unsigned int mtce_kill_threshold;
extern unsigned int mtce_lazy_entries;
extern unsigned int mtce_lazy_timeout_ms;

/* Entries of one region and one window that wait for their kill; queue's lock. */
struct mtce_waiting {
	struct list_head node;		/* in mtce_queue.regions, if there are any */
	struct mtce_region *region;
	unsigned long entries;
};

/**
 * struct mtce_region - registered memory, pinned from registration on
 * @node: in mtce_container.regions
 * @ua: user address of the first byte
 * @size: bytes
 * @mapped: TCEs, in all windows, that refer to it or wait for their kill; it is
 *	not let go before 0
 * @waiting: how many of them wait, by window
 * @mem: the kernel's entry for it, which pins it; other containers of the same
 *	process may share it
 * @dirty: a TCE with WRITE refers or referred to it; only ever set
 * @dying: KVM may not map it any more
 * @hpas: for each system page its physical address and, in the low bits, the
 *	log2 of the largest naturally aligned block around it that is contiguous
 *	both here and physically
 */
struct mtce_region {
	struct rb_node node;
	unsigned long ua;
	unsigned long size;
	atomic64_t mapped;
	struct mtce_waiting waiting[MTCE_MAX_WINDOWS];
	struct mm_iommu_table_group_mem_t *mem;
	bool dirty;
	bool dying;
	u64 *hpas;
};

/**
 * struct mtce_group - an attached IOMMU group
 * @next: in mtce_container.groups
 * @grp: the group
 * @table_group: its windows, as the platform sees them
 * @kill_reg: PHB3's TCE kill register, or NULL where kills go through it_ops
 * @pe: PE number that goes into it
 */
struct mtce_group {
	struct list_head next;
	struct iommu_group *grp;
	struct iommu_table_group *table_group;
	void __iomem *kill_reg;
	u32 pe;
};

#define MTCE_KILL_RANGES	16

/**
 * struct mtce_kill - entries changed, whose kill is still to be done
 * @entries: how many, in all
 * @nr: valid elements of @range
 * @many: more ranges than fit; only where PE-scope kill is possible
 * @range: index and number of entries
 */
struct mtce_kill {
	unsigned long entries;
	u32 nr;
	u32 many;
	struct {
		unsigned long index;
		unsigned long count;
	} range[MTCE_KILL_RANGES];
};

/* What a call may have to wait for; values of trace events. */
enum mtce_lock {
	MTCE_LOCK_STRIPE,
	MTCE_LOCK_QUEUE,
	MTCE_LOCK_CONTAINER,
	MTCE_LOCK_STOP,		/* the container's, for all of it to stand still */
};

/* What was done; every holder of one counts in his own. */
struct mtce_counts {
	u64 mapped;
	u64 unmapped;
	u64 kills_tce;
	u64 kills_pe;
	u64 calls;
};

enum mtce_flush_reason {
	MTCE_FLUSH_FULL,
	MTCE_FLUSH_TIMEOUT,
	MTCE_FLUSH_EXPLICIT,
	MTCE_FLUSH_REUSE,
	MTCE_FLUSH_TEARDOWN,
	MTCE_FLUSH_REASONS,
};

/* Pages pinned by maps themselves (v1) that may wait for one kill. */
#define MTCE_PAGES_MAX		512

/**
 * struct mtce_queue - entries of a window that lazy unmaps cleared
 * @lock: everything here
 * @kill: which entries
 * @mark: shadow of an entry that a lazy unmap clears now; another after a flush
 * @since: when the first came, in ns of ktime_get()
 * @regions: regions that they mapped
 * @nr_pages: valid elements of @pages
 * @pages: what they pinned by themselves, see mtce_work.pages
 * @flushes: how often, by reason
 * @counts: kills done by flushes
 */
struct mtce_queue {
	struct mutex lock;	/* all of the queue */
	struct mtce_kill kill;
	u64 mark;
	u64 since;
	struct list_head regions;
	unsigned int nr_pages;
	unsigned long pages[MTCE_PAGES_MAX];
	u64 flushes[MTCE_FLUSH_REASONS];
	struct mtce_counts counts;
};

/**
 * struct mtce_kvm_stripe - what hypercalls did in a stripe; its kvm_lock
 * @hint: region that the last look-up ended in, or mtce_no_region
 * @index: first entry that was changed and whose kill is still to be done
 * @entries: how many there are, side by side
 * @region: what @run cleared entries mapped; it counts them until the kill
 * @run: how many
 * @counts: what was done
 */
struct mtce_kvm_stripe {
	struct mtce_region *hint;
	unsigned long index;
	unsigned long entries;
	struct mtce_region *region;
	unsigned long run;
	struct mtce_counts counts;
};

/**
 * struct mtce_stripe - one of the locks of a table
 * @lock: the entries of its parts, and the rest
 * @hint: region that the last look-up ended in, or mtce_no_region
 * @counts: what was done by calls that held this stripe (and perhaps others)
 * @kvm_lock: the entries of its parts, where the window is shared with KVM
 * @kvm: what hypercalls did
 */
struct mtce_stripe {
	struct mutex lock;	/* entries, see above */
	struct mtce_region *hint;
	struct mtce_counts counts;
	spinlock_t kvm_lock;	/* entries of a shared window */
	struct mtce_kvm_stripe kvm;
} ____cacheline_aligned;

/**
 * struct mtce_window - a DMA window and its table
 * @rcu: delays the free past mtce_window_try()
 * @tbl: the kernel's table, one reference is ours
 * @start: first IOVA
 * @bytes: size of the window, a power of two
 * @size: number of entries
 * @shift: log2 of the TCE page
 * @part_shift: log2 of the entries in a part
 * @part_bytes_shift: log2 of the IOVAs in a part
 * @level_shift: log2 of the entries in one level of the table
 * @levels: indirect levels above the leaves
 * @num: place in mtce_container.windows, and the platform's window number
 * @ops: the platform's operations on @tbl, whose it_ops are ours
 * @kvm: our operations, and how they find the window; lives as long as @tbl
 * @direct: entries are written without @ops; see mtce_table_self_check()
 * @flat: direct, not shared, and one level: entry i is at it_base[i]
 * @gone: removed; who got a lock late must look elsewhere
 * @stuck: a bridge may still walk @tbl, so it is never freed
 * @shared: KVM works on it too; set while all is stopped, stays set
 * @kvm_asked: KVM has asked for it
 * @touched: parts that may hold live entries, a bit each; bit operations are
 *	atomic, a part's bit is changed by the holder of its stripe
 * @queue: what waits for a flush
 * @stripe: the locks
 */
struct mtce_window {
	struct rcu_head rcu;
	struct iommu_table *tbl;
	u64 start;
	u64 bytes;
	unsigned long size;
	unsigned int shift;
	unsigned int part_shift;
	unsigned int part_bytes_shift;
	unsigned int level_shift;
	unsigned int levels;
	int num;
	struct iommu_table_ops *ops;
	struct mtce_kvm *kvm;
	bool direct;
	bool flat;
	bool gone;
	bool stuck;
	bool shared;
	bool kvm_asked;
	unsigned long *touched;
	struct mtce_queue queue;
	struct mtce_stripe stripe[MTCE_STRIPES];
};

enum mtce_type {
	MTCE_TYPE_V1,		/* VFIO_SPAPR_TCE_IOMMU, taken over */
	MTCE_TYPE_V2,		/* VFIO_SPAPR_TCE_v2_IOMMU, taken over */
	MTCE_TYPE_NATIVE,	/* VFIO_SPAPR_MTCE_IOMMU: both, and more */
};

#define MTCE_MAGIC	VFIO_SPAPR_MTCE_IOMMU

/**
 * struct mtce_container - what a user opened
 * @magic: MTCE_MAGIC. VFIO reads its driver and its data one after the other and
 *	without a lock: between the two they may have become another's
 * @users: calls inside, and 1 until release
 * @rcu: delays the free past a caller that has yet to take a reference
 * @type: fixed at open
 * @sem: everything below, see the lock order
 * @ready: 0, or work can begin: may_map, a group, no default window pending, not
 *	dead. Then MTCE_READY, and VFIO_MTCE_LAZY where unmaps are lazy
 * @lazy: what VFIO_IOMMU_MTCE_MODE said
 * @dead: released; calls that came too late leave with -ENODEV
 * @may_map: enabled, or memory was registered
 * @enabled: VFIO_IOMMU_ENABLE: memory that is not registered is pinned by maps
 * @default_pending: the 32-bit window is to be made at first use
 * @enabled_pages: what VFIO_IOMMU_ENABLE added to locked_vm
 * @pinned: system pages that maps pinned by themselves, where several TCEs fit
 *	into one: as many as there are runs of neighbours that map the same
 * @mm: the owner, from the first call that needed one; never changes after
 *	that. We hold an mmgrab() until the last call has left
 * @groups: list of struct mtce_group
 * @nr_groups: its length
 * @kill_regs: every group has a kill register
 * @windows: NULL where there is none
 * @regions: struct mtce_region by address, disjoint
 * @registered: bytes in @regions
 * @stats: what was done in windows that are gone
 * @flush_work: flushes queues that are old; pending only while one is not empty
 * @kvm_work: shares windows that KVM has asked for
 */
struct mtce_container {
	u32 magic;
	refcount_t users;
	struct rcu_head rcu;
	enum mtce_type type;

	struct rw_semaphore sem;
	u8 ready;
#define MTCE_READY	0x1
	bool lazy;
	bool dead;
	bool may_map;
	bool enabled;
	bool default_pending;
	unsigned long enabled_pages;
	atomic_long_t pinned;
	struct mm_struct *mm;
	struct list_head groups;
	unsigned int nr_groups;
	bool kill_regs;
	struct mtce_window *windows[MTCE_MAX_WINDOWS];
	struct rb_root regions;
	u64 registered;
	struct vfio_mtce_stats stats;
	struct delayed_work flush_work;
	struct work_struct kvm_work;
};

/*
 * Functions around a hot loop are noinline, so that the loop gets the registers,
 * and aligned to more than their size, so that it lies in one 4K page of code.
 * QEMU 7.2's PMU does not count a block of code that ends in a branch to another
 * page: a loop across a boundary would look many times cheaper than it is.
 */
#define MTCE_LOOP_ALIGN	1024

/* Runs of entries of one region each, and pages, that fit into struct mtce_work. */
#define MTCE_WORK_RUNS		8
#define MTCE_WORK_PAGES		8

/* In the low bits of what stands in mtce_work.pages. */
#define MTCE_PAGE_DIRTY		1ul

/**
 * struct mtce_work - one call at work in one window; lives on its stack
 * @c: container
 * @w: window
 * @s: a stripe that is held: whose hint and counts are used
 * @call: NULL, or the call that this is for, which is watched
 * @pins: NULL, or pages that were pinned for the operation before it began
 * @stripes: all that are held, a bit each; 0: only @s
 * @region: region of the current run of cleared entries, or mtce_no_region
 * @base: MTCE_SHADOW_REGION | address of @region
 * @limit: size of @region; 0 of mtce_no_region: nothing falls into it
 * @run: cleared entries that are not yet taken off region->mapped
 * @mark: shadow that cleared entries get
 * @special: is any of the following not 0?
 * @detached: no group uses the window any more, so no kill is owed
 * @lazy: entries that are cleared now wait in the queue for their kill
 * @queued: there were such entries: @lazy_kill is valid
 * @reuse: an entry was mapped whose kill waited there
 * @max_pages: room in @pages
 * @nr_pages: valid elements of @pages
 * @kill: what is owed to the bridge before the stripes are let go
 * @lazy_kill: what will be owed by the queue
 * @nr_runs: valid elements of @runs, if @queued
 * @runs: what lazy unmaps have to take off regions after the kill
 * @pages: what is to be let go after the kill: a page, with MTCE_PAGE_DIRTY if
 *	the device may have written
 * @few: room for some
 */
struct mtce_work {
	struct mtce_container *c;
	struct mtce_window *w;
	struct mtce_stripe *s;
	struct mtce_call *call;
	struct mtce_pins *pins;
	unsigned int stripes;
	struct mtce_region *region;
	u64 base;
	u64 limit;
	unsigned long run;
	u64 mark;
	union {
		struct {
			bool detached;
			bool lazy;
			bool queued;
			bool reuse;
			u16 max_pages;
			u16 nr_pages;
		};
		u64 special;
	};
	struct mtce_kill kill;
	struct mtce_kill lazy_kill;
	unsigned int nr_runs;
	struct {
		struct mtce_region *region;
		unsigned long entries;
	} runs[MTCE_WORK_RUNS];
	unsigned long *pages;
	unsigned long few[MTCE_WORK_PAGES];
};

/**
 * struct mtce_hold - what a call has locked
 * @w: window
 * @s: a stripe of it that is held
 * @stripes: all that are held, a bit each; 0: only @s
 * @sem: the container's sem, for reading, too
 */
struct mtce_hold {
	struct mtce_window *w;
	struct mtce_stripe *s;
	unsigned int stripes;
	bool sem;
};

#ifdef __LITTLE_ENDIAN__
/* Big-endian store in one instruction; the compiler makes it twelve. */
static inline void mtce_store_be(void *p, u64 v)
{
	asm volatile("stdbrx %1,%y0" : "=Z" (*(u64 *)p) : "r" (v));
}
#else
static inline void mtce_store_be(void *p, u64 v)
{
	WRITE_ONCE(*(u64 *)p, v);
}
#endif

/*
 * After a grace period that also waits for tasks that were preempted anywhere in
 * the kernel. Kbuild refuses preemptible kernels that do not have it.
 */
#ifdef CONFIG_TASKS_RCU
#define mtce_call_rcu	call_rcu_tasks
#define mtce_rcu_barrier rcu_barrier_tasks
#else
#define mtce_call_rcu	call_rcu
#define mtce_rcu_barrier rcu_barrier
#endif

/* ioctl.c */
long mtce_ioctl(void *iommu_data, unsigned int cmd, unsigned long arg);

/* container.c */
void mtce_container_changed(struct mtce_container *c);
void *mtce_open(unsigned long arg);
void mtce_release(void *iommu_data);
bool mtce_container_get(struct mtce_container *c);
void mtce_container_put(struct mtce_container *c);
int mtce_container_own(struct mtce_container *c);
int mtce_container_usable(struct mtce_container *c);
int mtce_container_enable(struct mtce_container *c);
int mtce_container_disable(struct mtce_container *c);
int mtce_container_mode(struct mtce_container *c, bool lazy);
struct iommu_table_group *
mtce_container_table_group(struct mtce_container *c);
int mtce_group_attach(struct mtce_container *c, struct iommu_group *grp);
void mtce_group_detach(struct mtce_container *c, struct iommu_group *grp);

/* stripe.c */
void mtce_stop(struct mtce_container *c);
void mtce_go(struct mtce_container *c);
void mtce_each_window(struct mtce_container *c,
		      void (*work)(struct mtce_work *wk,
				   const struct mtce_region *r),
		      const struct mtce_region *r);
unsigned int mtce_stripes_of(const struct mtce_window *w, u64 iova, u64 size);
bool mtce_stripes_try(struct mtce_window *w, unsigned int stripes);
void mtce_stripes_lock(struct mtce_container *c, struct mtce_window *w,
		       unsigned int stripes);
void mtce_stripes_unlock(struct mtce_window *w, unsigned int stripes);
int mtce_range_lock_many(struct mtce_container *c, struct mtce_hold *h,
			 u64 iova, u64 size, u32 entries);
void mtce_range_unlock_many(struct mtce_container *c, struct mtce_hold *h);
int mtce_enter(struct mtce_container *c);
void mtce_kvm_lock(struct mtce_stripe *s);
void mtce_kvm_lock_too(struct mtce_stripe *s, struct mtce_container *c);
void mtce_kvm_unlock(struct mtce_stripe *s);

/* window.c */
int mtce_window_create(struct mtce_container *c, u32 page_shift, u64 bytes,
		       u32 levels, u64 *start);
int mtce_window_create_default(struct mtce_container *c);
int mtce_window_remove(struct mtce_container *c, u64 start);
void mtce_window_destroy(struct mtce_container *c, struct mtce_window *w);
void mtce_window_stats(const struct mtce_window *w, struct vfio_mtce_stats *s);
bool mtce_levels_available(unsigned int level_shift);
int mtce_window_set(struct mtce_container *c, struct mtce_window *w,
		    struct mtce_group *g);
int mtce_window_unset(struct mtce_container *c, struct mtce_window *w,
		      struct mtce_group *g);

/*
 * The stripe that a part belongs to. Neighbours differ, and so do parts at the
 * same place in blocks whose size is a power of two, as users like to have them.
 */
static inline unsigned int mtce_stripe_of(unsigned long part)
{
	return (part + part / MTCE_STRIPES * 11) % MTCE_STRIPES;
}

/* The stripe of @iova, which is in @w, as a bit. */
static __always_inline unsigned int mtce_stripe_bit(const struct mtce_window *w,
						    u64 iova)
{
	return BIT(mtce_stripe_of((iova - w->start) >> w->part_bytes_shift));
}

/* The window that holds @iova, or NULL. */
static inline struct mtce_window *mtce_window_find(struct mtce_container *c,
						   u64 iova)
{
	int i;

	for (i = 0; i < MTCE_MAX_WINDOWS; i++) {
		struct mtce_window *w = READ_ONCE(c->windows[i]);

		if (w && iova - w->start < w->bytes)
			return w;
	}
	return NULL;
}

/*
 * The window that holds @iova, fit for work, and in *@s the stripe of all of
 * [@iova, @iova + @size), locked; or NULL, where it takes more than that. Call
 * inside rcu_read_lock(), which is what keeps @c and the window there until the
 * lock does. This saves the container's sem and its reference count, and the
 * call of __cond_resched() that might_sleep() is on kernels with voluntary
 * preemption: half of what a map of one page costs.
 */
static __always_inline struct mtce_window *
mtce_window_try(struct mtce_container *c, u64 iova, u64 size,
		struct mtce_stripe **s)
{
	struct mtce_window *w = mtce_window_find(c, iova);
	struct mtce_stripe *at;
	u64 offset, part;

	if (unlikely(!w))
		return NULL;
	offset = iova - w->start;
	part = offset >> w->part_bytes_shift;
	if (unlikely((offset + size - 1) >> w->part_bytes_shift != part))
		return NULL;
	at = &w->stripe[mtce_stripe_of(part)];
	if (unlikely(!mutex_trylock(&at->lock)))
		return NULL;
	*s = at;
	if (likely(!w->gone && c->ready && c->mm == current->mm))
		return w;
	mutex_unlock(&at->lock);
	return NULL;
}

/* Somebody may be waiting to free the window: nothing else holds it. */
static __always_inline void mtce_stripe_unlock(struct mtce_stripe *s)
{
	rcu_read_lock();
	mutex_unlock(&s->lock);
	rcu_read_unlock();
}

/*
 * Lock the stripes that the range from @iova on is in: @entries TCEs, or without
 * them @size bytes. Neither is checked. Returns 0, or why that cannot be: -ENXIO
 * or what mtce_enter() says.
 */
static __always_inline int mtce_range_lock(struct mtce_container *c,
					   struct mtce_hold *h, u64 iova,
					   u64 size, u32 entries)
{
	struct mtce_window *w;

	rcu_read_lock();
	w = mtce_window_find(c, iova);
	if (likely(w))
		w = mtce_window_try(c, iova, entries ? (u64)entries << w->shift :
						       size, &h->s);
	rcu_read_unlock();
	if (unlikely(!w))
		return mtce_range_lock_many(c, h, iova, size, entries);
	h->w = w;
	h->stripes = 0;
	return 0;
}

static __always_inline void mtce_range_unlock(struct mtce_container *c,
					      struct mtce_hold *h)
{
	if (h->stripes)
		mtce_range_unlock_many(c, h);
	else
		mtce_stripe_unlock(h->s);
}

/* region.c */
extern struct mtce_region mtce_no_region;

/* @n more TCEs map @r. */
static __always_inline void mtce_region_use(struct mtce_region *r,
					    unsigned long n, u64 perm)
{
	atomic64_add(n, &r->mapped);
	if (perm & VFIO_MTCE_WRITE)
		WRITE_ONCE(r->dirty, true);
}

int mtce_region_register(struct mtce_container *c, u64 ua, u64 size);
int mtce_region_unregister(struct mtce_container *c, u64 ua, u64 size);
void mtce_region_free_all(struct mtce_container *c);
struct mtce_region *mtce_region_find(struct mtce_container *c,
				     unsigned long ua);
int mtce_region_plan(const struct mtce_window *w, struct mtce_region *r,
		     unsigned long ua, unsigned long n);

/*
 * pin.c
 */

/**
 * struct mtce_pins - pages pinned for a map, before any lock is taken
 * @n: TCEs
 * @shift: log2 of the TCE page that they are for
 * @tces: the TCE of each, with permissions; then the shadow of each
 * @one: room where @n is 1
 */
struct mtce_pins {
	unsigned long n;
	unsigned int shift;
	u64 *tces;
	u64 one[2];
};

/* An operation cannot be done before its pages are pinned. No errno. */
#define MTCE_PIN_FIRST	1

/* No memory is registered, so a map pins it. Without a lock: for a guess. */
static inline bool mtce_pins_all(const struct mtce_container *c)
{
	return READ_ONCE(c->enabled) && !READ_ONCE(c->registered);
}

int mtce_pins_get(struct mtce_pins *pins, const struct vfio_mtce_op *op,
		  unsigned int shift);
void mtce_pins_put(struct mtce_pins *pins);
void mtce_pins_free(struct mtce_pins *pins);
long mtce_pins_more(struct mtce_work *wk, unsigned long index, unsigned long n,
		    const u64 *shadow);
bool mtce_pins_fit(const struct mtce_container *c, long more);
long mtce_pins_count(struct mtce_work *wk, unsigned long index,
		     unsigned long n);
unsigned long mtce_pin_page_of(u64 shadow);
void mtce_unpin(struct mtce_container *c, const unsigned long *pages,
		unsigned int n);

/* buffer.c */
int mtce_buffer_init(void);
void mtce_buffer_exit(void);
void *mtce_buffer_alloc(size_t size);
void mtce_buffer_free(void *buffer, size_t size);

/* update.c */
long mtce_update(struct mtce_container *c, struct mtce_call *call,
		 const struct vfio_mtce_op *ops, u32 num, u32 *done);
int mtce_map_pieces(struct mtce_work *wk, struct vfio_mtce_op op);

/* alike.c */
u32 mtce_alike_check(const struct mtce_window *w,
		     const struct vfio_mtce_op *ops, u32 num,
		     unsigned int *stripes);
u32 mtce_alike_do(struct mtce_work *wk, const struct vfio_mtce_op *ops,
		  u32 num);

/* list.c */
long mtce_put_list(struct mtce_container *c, struct mtce_call *call, u64 iova,
		   u64 *list, u32 num, u32 flags);

/* work.c */
void mtce_work_begin(struct mtce_work *wk, struct mtce_container *c,
		     struct mtce_window *w, unsigned int stripes);
void mtce_work_end(struct mtce_work *wk);
void mtce_work_end_special(struct mtce_work *wk);
void mtce_work_mode(struct mtce_work *wk, bool lazy);
bool mtce_work_drop(struct mtce_work *wk, u64 shadow);
void mtce_work_make_room(struct mtce_work *wk);

/* table.c */
int mtce_table_self_check(struct mtce_window *w);
int mtce_table_grow(struct mtce_window *w, unsigned long index, gfp_t gfp);
int mtce_table_plan(struct mtce_work *wk, unsigned long index,
		    unsigned long n, u32 flags);

/* fill.c */
int mtce_table_put_region(struct mtce_work *wk, unsigned long index,
			  unsigned long n, struct mtce_region *r,
			  unsigned long ua, u32 flags, bool live);
int mtce_table_map(struct mtce_work *wk, unsigned long index, unsigned long n,
		   struct mtce_region *r, unsigned long ua, u32 flags);
int mtce_table_put_array(struct mtce_work *wk, unsigned long index,
			 unsigned long n, const u64 *shadow, const u64 *tce,
			 bool live);

/* clear.c */
int mtce_table_clear(struct mtce_work *wk, unsigned long index,
		     unsigned long n);
void mtce_table_revoke(struct mtce_work *wk, const struct mtce_region *r);

/* kill.c */
void mtce_kill_map_group(struct mtce_group *g);
void mtce_kill_unmap_group(struct mtce_group *g);
void mtce_kill_add_more(struct mtce_work *wk, struct mtce_kill *k,
			unsigned long index, unsigned long count);
bool mtce_kill_merge(struct mtce_container *c, struct mtce_kill *to,
		     const struct mtce_kill *from);
void mtce_kill_flush(struct mtce_work *wk);
void mtce_kill_queued(struct mtce_container *c, struct mtce_window *w);
void mtce_kill_atomic(struct mtce_container *c, struct mtce_window *w,
		      unsigned long index, unsigned long n,
		      struct mtce_counts *counts);

/* Is a kill of so many entries one of the whole PE? */
static __always_inline bool mtce_kill_is_pe(const struct mtce_work *wk,
					    unsigned long entries)
{
	return wk->c->kill_regs && entries > READ_ONCE(mtce_kill_threshold);
}

/*
 * @count entries from @index on were changed and are owed, in @k. Outside RCU:
 * where kills go through it_ops, it may do some of them.
 */
static __always_inline void mtce_kill_add(struct mtce_work *wk,
					  struct mtce_kill *k,
					  unsigned long index,
					  unsigned long count)
{
	if (k->many) {
		k->entries += count;
		return;
	}
	if (k->nr) {
		mtce_kill_add_more(wk, k, index, count);
		return;
	}
	k->range[0].index = index;
	k->range[0].count = count;
	k->entries = count;
	k->nr = 1;
}

/* flush.c */
void mtce_queue_init(struct mtce_queue *q);
void mtce_queue_add(struct mtce_work *wk);
void mtce_queue_kill(struct mtce_work *wk);
void mtce_flush(struct mtce_container *c, struct mtce_window *w,
		enum mtce_flush_reason reason);
void mtce_flush_all(struct mtce_container *c, enum mtce_flush_reason reason);
void mtce_flush_reuse(struct mtce_work *wk);
void mtce_flush_old(struct work_struct *work);

/* eeh.c */
struct vfio_eeh_pe_op;
int mtce_eeh_read(struct vfio_eeh_pe_op *op, unsigned long arg);
long mtce_eeh_op(struct iommu_group *grp, const struct vfio_eeh_pe_op *op);

/* kvm.c */
int mtce_kvm_hook(struct mtce_container *c, struct mtce_window *w);
void mtce_kvm_unhook(struct mtce_window *w);
void mtce_kvm_freeze(struct mtce_container *c);
void mtce_kvm_thaw(struct mtce_container *c);
void mtce_kvm_settle(struct mtce_container *c);
void mtce_kvm_settle_one(struct mtce_container *c, struct mtce_window *w,
			 struct mtce_stripe *s);
void mtce_kvm_share(struct work_struct *work);

#endif /* MTCE_H */
