/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Overview: structures, who owns them, lock order, prototypes by file.
 *
 * Terms. A TCE is one 8-byte entry of the table that the host bridge walks. A
 * window is a range of IOVAs with a table of its own; the index of an entry counts
 * from 0 at the start of its window. A region is registered memory. A kill makes
 * a bridge forget the translations that it has cached. A call gathers the entries
 * that it changes, and syncs at its end: it kills, and then lets memory go.
 *
 * Lock order: mtce_container.sem -> mtce_stripe.lock -> mtce_queue.lock
 *	       -> mtce_stripe.kvm_lock
 *
 * No user page fault is taken under any of them, and none of another thread is waited
 * for: arguments are copied, pages are pinned, and locked memory is counted, which
 * takes mmap_lock, while none is held.
 *
 * A table is locked by stripes. It is divided into parts of some hundred entries,
 * and each part belongs to a stripe: calls that overlap always share a stripe,
 * calls in different parts seldom do. A single stripe may be taken, or tried,
 * by itself. Several are locked in ascending order, with sem held for reading.
 *
 * Holding any one stripe keeps groups, regions, windows and flags unchanged, and
 * the entries of that stripe. They are changed with sem held for writing and every
 * stripe of every window: mtce_lock_all(). A call that needs one stripe, which is free,
 * needs only RCU to get to it, see mtce_window_try(), so calls in disjoint parts do not
 * write any common cache line of the container or the window.
 *
 * KVM works on a table without any of these locks. In a window that is shared with
 * KVM every change of an entry happens under the stripe's kvm_lock, a spinlock.
 * Holding a kvm_lock guarantees what holding a stripe does: mtce_kvm_freeze().
 *
 * The shadow. Next to every TCE the kernel keeps a second 8-byte entry,
 * it_userspace. It says what the TCE refers to, so that nothing else has to be
 * stored per TCE:
 *
 *	0			    empty
 *	CLEARED | generation	    empty, cleared by a lazy unmap, see lazy.c
 *	REGION | user addr. | perm  maps registered memory
 *	PINNED | phys. addr. | perm maps a page pinned by the map itself (v1)
 *
 * in the CPU's byte order. Nobody else reads or writes it: KVM reaches a table
 * through operations that are ours, see kvm.c.
 */
#ifndef MTCE_H
#define MTCE_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/completion.h>
#include <linux/list.h>
#include <linux/llist.h>
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

#include "names.h"

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

/* Entries handled between two calls of cond_resched(). */
#define MTCE_RESCHED_ENTRIES	4096ul

/* Entries changed, or killed, at a time under a kvm_lock, a spinlock. */
#define MTCE_KVM_ENTRIES	512ul

/* Locks of one table. */
#define MTCE_STRIPES		32
#define MTCE_ALL_STRIPES	(~0u)

/* Flag bits of a shadow entry; user and physical addresses stay below them. */
#define MTCE_SHADOW_REGION	BIT_ULL(63)
#define MTCE_SHADOW_PINNED	BIT_ULL(62)
#define MTCE_SHADOW_CLEARED	BIT_ULL(61)
#define MTCE_SHADOW_GENERATION	GENMASK_ULL(60, 56)
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
	return shadow & ~(MTCE_SHADOW_CLEARED | MTCE_SHADOW_GENERATION);
}

/* Does it say that the entry pins its page itself? */
static inline bool mtce_shadow_pinned(u64 shadow)
{
	return (shadow & (MTCE_SHADOW_REGION | MTCE_SHADOW_PINNED)) ==
	       MTCE_SHADOW_PINNED;
}

extern bool mtce_takeover;
extern bool mtce_direct;
extern unsigned int mtce_kill_threshold;
extern unsigned int mtce_lazy_entries;
extern unsigned int mtce_lazy_timeout_ms;
extern bool mtce_lazy_hcalls;

/* Are the unmaps of hypercalls lazy? */
static inline bool mtce_hcalls_lazy(void)
{
	return READ_ONCE(mtce_lazy_hcalls) && READ_ONCE(mtce_lazy_entries);
}

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
 * @stuck: a bit for each window that firmware has refused to take from the group
 */
struct mtce_group {
	struct list_head next;
	struct iommu_group *grp;
	struct iommu_table_group *table_group;
	void __iomem *kill_reg;
	u32 pe;
	unsigned int stuck;
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

/* What was done: one of these for each stripe and for each queue. */
struct mtce_counts {
	u64 mapped;
	u64 unmapped;
	u64 kills_tce;
	u64 kills_pe;
	u64 calls;
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
 * @pages: what they pinned by themselves, see mtce_gather.pages
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
	u64 flushes[MTCE_FLUSHES];
	struct mtce_counts counts;
};

/**
 * struct mtce_kvm_change - entries that hypercalls have cleared
 * @kill: which; none where its nr is 0
 * @region: what they mapped; it counts them until the kill
 * @max: how many may be put off
 * @since: 0: the hypercall is not complete yet. Otherwise the unmaps are lazy, and
 *	the first came then, in ns of ktime_get()
 */
struct mtce_kvm_change {
	struct mtce_kill kill;
	struct mtce_region *region;
	unsigned long max;
	u64 since;
};

/**
 * struct mtce_kvm_stripe - what hypercalls did in a stripe; its kvm_lock
 * @hint: region that the last look-up ended in, or mtce_no_region
 * @change: cleared entries whose kill is put off
 * @counts: what was done
 */
struct mtce_kvm_stripe {
	struct mtce_region *hint;
	struct mtce_kvm_change change;
	struct mtce_counts counts;
};

/**
 * struct mtce_stripe - one of the locks of a table
 * @lock: the entries of its parts, @hint and @counts; any one stripe of a window
 *	keeps groups, regions, windows and flags unchanged
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
 * @gone: removed; a call that got a lock late must look elsewhere
 * @stuck: firmware has refused to take it from a group, whose bridge walks @tbl
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
 * @sem: everything below, see the lock order; but @pinned and @pinning are atomic, @mm is
 *	set once, and @ready is read under a stripe
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
 * @pinning: system pages that calls are just pinning, at most @enabled_pages
 * @owed: pages that are still counted in locked_vm and need not be: mtce_settle()
 * @mm: the owner, from the first call that needed one; never changes after
 *	that. We hold an mmgrab() until the last call has left
 * @groups: list of struct mtce_group
 * @nr_groups: its length
 * @kill_regs: every group has a kill register
 * @sole_reg: the kill register, where there is one group; or NULL
 * @sole_kill: what kills one entry there, with its IOVA
 * @windows: NULL where there is none
 * @tables: struct mtce_kvm of windows that are gone: mtce_tables_free()
 * @regions: struct mtce_region by address, disjoint
 * @registered: bytes in @regions
 * @unregisters: calls that unregister: until they end, hypercalls leave maps to user
 *	space
 * @stats: what was done in windows that are gone
 * @flush_work: flushes queues that are old; pending only while one is not empty
 * @kvm_work: shares windows that KVM has asked for
 * @free_work: lets go of memory at release
 * @free_tries: how often it has found some in use, since the owner's process was gone
 * @freed: nothing is left
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
	atomic_long_t pinning;
	atomic_long_t owed;
	struct mm_struct *mm;
	struct list_head groups;
	unsigned int nr_groups;
	bool kill_regs;
	void __iomem *sole_reg;
	u64 sole_kill;
	struct mtce_window *windows[MTCE_MAX_WINDOWS];
	struct llist_head tables;
	struct rb_root regions;
	u64 registered;
	atomic_t unregisters;
	struct vfio_mtce_stats stats;
	struct delayed_work flush_work;
	struct work_struct kvm_work;
	struct delayed_work free_work;
	unsigned int free_tries;
	struct completion freed;
};

/**
 * struct mtce_kvm - our operations on a table; lives as long as the table
 * @ops: what tbl->it_ops points to
 * @platform: what it pointed to before
 * @tbl: the table
 * @c: container; there while @w is
 * @w: window, or NULL when that is gone
 * @pages: TCEs of a guest's page, as the last kill has shown that did not just end a
 *	map of one; 0 before it
 * @dead: in mtce_container.tables
 * @freed: the memory of the table is gone, only its description is left
 */
struct mtce_kvm {
	struct iommu_table_ops ops;
	struct iommu_table_ops *platform;
	struct iommu_table *tbl;
	struct mtce_container *c;
	struct mtce_window __rcu *w;
	unsigned long pages;
	struct llist_node dead;
	bool freed;
};

/* Runs of entries of one region each, and pages, that fit into struct mtce_gather. */
#define MTCE_GATHER_RUNS		8
#define MTCE_GATHER_PAGES		8

/* In the low bits of what stands in mtce_gather.pages. */
#define MTCE_PAGE_DIRTY		1ul

/**
 * struct mtce_gather - one call at work in one window; on the stack of its thread
 * @c: container
 * @w: window
 * @s: a stripe that is held: its hint and counts are used
 * @call: NULL, or the call that this is for, which is traced
 * @pins: NULL, or pages that were pinned for the operation before it began
 * @region: region of the current run of cleared entries, or mtce_no_region
 * @base: MTCE_SHADOW_REGION | address of @region
 * @limit: size of @region; 0 of mtce_no_region: nothing falls into it
 * @run: cleared entries that are not yet taken off region->mapped
 * @mark: shadow that cleared entries get
 * @special: the fields below as one word; not 0: mtce_gather_end_slow() ends the call
 * @detached: no group uses the window any more: nothing has to be killed
 * @lazy: entries that are cleared now wait in the queue for their kill
 * @queued: there were such entries: @lazy_kill and @runs are valid
 * @reuse: an entry was mapped that waits in the queue
 * @max_pages: size of @pages
 * @nr_pages: valid elements of @pages
 * @kill: what must be killed before the stripes are unlocked
 * @lazy_kill: what must be killed by the queue
 * @nr_runs: valid elements of @runs
 * @runs: cleared entries that the queue takes off regions after the kill
 * @pages: what is let go after the kill: a page, with MTCE_PAGE_DIRTY if the
 *	device may have written to it
 * @few: the first @pages
 */
struct mtce_gather {
	struct mtce_container *c;
	struct mtce_window *w;
	struct mtce_stripe *s;
	struct mtce_call *call;
	struct mtce_pins *pins;
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
	} runs[MTCE_GATHER_RUNS];
	unsigned long *pages;
	unsigned long few[MTCE_GATHER_PAGES];
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

/* Pages that a call has counted in locked_vm, and how many it turned out to need. */
struct mtce_counted {
	unsigned long have;
	unsigned long want;
};

/* Pages must be counted first. No caller of the driver sees it. */
#define MTCE_COUNT_FIRST	(-EAGAIN)

typedef int mtce_counted_work(struct mtce_container *c, struct mtce_counted *n,
			      void *arg);

int mtce_take_counted(struct mtce_counted *n, unsigned long pages);
int mtce_do_counted(struct mtce_container *c, mtce_counted_work *work, void *arg);
void mtce_owe(struct mtce_container *c, unsigned long pages);
void mtce_settle(struct mtce_container *c);
void mtce_container_changed(struct mtce_container *c);
void *mtce_open(unsigned long arg);
void mtce_release(void *iommu_data);
bool mtce_container_get(struct mtce_container *c);
void mtce_container_put(struct mtce_container *c);
int mtce_container_own(struct mtce_container *c);
int mtce_container_enter(struct mtce_container *c);
int mtce_container_enable(struct mtce_container *c);
int mtce_container_disable(struct mtce_container *c);
int mtce_container_mode(struct mtce_container *c, bool lazy);
struct iommu_table_group *
mtce_container_table_group(struct mtce_container *c);
int mtce_group_attach(struct mtce_container *c, struct iommu_group *grp);
void mtce_group_detach(struct mtce_container *c, struct iommu_group *grp);

/* lock.c */
int mtce_lock_shared(struct mtce_container *c);
void mtce_unlock_shared(struct mtce_container *c);
int mtce_lock_all(struct mtce_container *c);
void __mtce_lock_all(struct mtce_container *c);
void mtce_unlock_all(struct mtce_container *c);
unsigned int mtce_stripes_of(const struct mtce_window *w, u64 iova, u64 size);
void mtce_stripes_lock(struct mtce_container *c, struct mtce_window *w,
		       unsigned int stripes);
void mtce_stripes_unlock(struct mtce_window *w, unsigned int stripes);
bool mtce_stripes_try_all(struct mtce_window *w);
void mtce_kvm_freeze(struct mtce_container *c);
void mtce_kvm_thaw(struct mtce_container *c);

/* window.c */
int mtce_window_create(struct mtce_container *c, u32 page_shift, u64 bytes,
		       u32 levels, struct mtce_counted *counted, u64 *start);
int mtce_window_create_default(struct mtce_container *c,
			       struct mtce_counted *counted);
int mtce_window_remove(struct mtce_container *c, u64 start);
void mtce_window_take(struct mtce_container *c, struct mtce_window *w);
void mtce_window_destroy(struct mtce_container *c, struct mtce_window *w);
void mtce_tables_free(struct mtce_container *c);
void mtce_window_stats(const struct mtce_window *w, struct vfio_mtce_stats *s);
bool mtce_levels_available(unsigned int level_shift);
int mtce_window_set(struct mtce_container *c, struct mtce_window *w,
		    struct mtce_group *g);
void mtce_window_unset(struct mtce_container *c, struct mtce_window *w,
		       struct mtce_group *g);

/* region.c */
extern struct mtce_region mtce_no_region;

/* A TCE with @perm is to map the region. */
static __always_inline void mtce_region_dirty(struct mtce_region *r, u64 perm)
{
	if (perm & VFIO_MTCE_WRITE)
		WRITE_ONCE(r->dirty, true);
}

/* @n more TCEs map @r. */
static __always_inline void mtce_region_use(struct mtce_region *r,
					    unsigned long n, u64 perm)
{
	atomic64_add(n, &r->mapped);
	mtce_region_dirty(r, perm);
}

int mtce_region_register(struct mtce_container *c, u64 ua, u64 size);
int mtce_region_unregister(struct mtce_container *c, u64 ua, u64 size);
void mtce_regions_end(struct mtce_container *c);
bool mtce_region_free_all(struct mtce_container *c, bool last);
struct mtce_region *mtce_region_find(struct mtce_container *c,
				     unsigned long ua);
struct mtce_region *mtce_region_piece(struct mtce_gather *ga, unsigned long ua,
				      u64 size, unsigned long *n);
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
int mtce_pins_get_one(struct mtce_pins *pins, const struct vfio_mtce_op *op);
void mtce_pins_put(struct mtce_pins *pins);
void mtce_pins_free(struct mtce_pins *pins);
long mtce_pins_more(struct mtce_gather *ga, unsigned long index, unsigned long n,
		    const u64 *shadow);
bool mtce_may_pin(struct mtce_container *c, const struct mtce_window *w);
long mtce_pins_more_of_one(const struct mtce_window *w, unsigned long index,
			   u64 shadow);
bool mtce_pins_fit(const struct mtce_container *c, long more);
long mtce_pins_count(struct mtce_gather *ga, unsigned long index,
		     unsigned long n);
unsigned long mtce_pin_page_of(u64 shadow);
void mtce_unpin(struct mtce_container *c, const unsigned long *pages,
		unsigned int n);

/* buffer.c */
int mtce_buffer_init(void);
void mtce_buffer_exit(void);
void *mtce_buffer_alloc(size_t size);
void mtce_buffer_free(void *buffer, size_t size);

/* batch.c */
long mtce_update(struct mtce_container *c, struct mtce_call *call,
		 const struct vfio_mtce_op *ops, u32 num, u32 *done);

/* list.c */
long mtce_put_list(struct mtce_container *c, struct mtce_call *call, u64 iova,
		   u64 *list, u32 num, u32 flags);

/* gather.c */
void mtce_gather_begin(struct mtce_gather *ga, struct mtce_container *c,
		       struct mtce_window *w);
void mtce_gather_end(struct mtce_gather *ga);
void mtce_gather_end_slow(struct mtce_gather *ga);
void mtce_gather_mode(struct mtce_gather *ga, bool lazy);
bool mtce_gather_drop(struct mtce_gather *ga, u64 shadow);
void mtce_gather_make_room(struct mtce_gather *ga);
void mtce_gather_kill_more(struct mtce_gather *ga, struct mtce_kill *k,
			   unsigned long index, unsigned long count);

/* table.c */
int mtce_table_self_check(struct mtce_window *w);
int mtce_table_grow(struct mtce_window *w, unsigned long index, gfp_t gfp);
int mtce_table_plan(struct mtce_gather *ga, unsigned long index,
		    unsigned long n, u32 flags);

/* tce.c */
int mtce_tces_map(struct mtce_gather *ga, unsigned long index, unsigned long n,
		  struct mtce_region *r, unsigned long ua, u32 flags);
int mtce_tces_put_region(struct mtce_gather *ga, unsigned long index,
			 unsigned long n, struct mtce_region *r,
			 unsigned long ua, u32 flags, bool live);
int mtce_tces_put(struct mtce_gather *ga, unsigned long index, unsigned long n,
		  const u64 *shadows, const u64 *tces, bool live);
int mtce_tces_clear(struct mtce_gather *ga, unsigned long index,
		    unsigned long n);
void mtce_tces_revoke(struct mtce_container *c, const struct mtce_region *r);

/* kill.c */
void mtce_kill_map_group(struct mtce_group *g);
void mtce_kill_unmap_group(struct mtce_group *g);
void mtce_kill_groups_changed(struct mtce_container *c);
bool mtce_kill_add(struct mtce_kill *k, unsigned long index,
		   unsigned long count, bool pe);
bool mtce_kill_merge(struct mtce_kill *to, const struct mtce_kill *from,
		     bool pe);
void mtce_kill(struct mtce_container *c, struct mtce_window *w,
	       const struct mtce_kill *k, struct mtce_counts *counts);
void mtce_kill_span(struct mtce_container *c, struct mtce_window *w,
		    unsigned long index, unsigned long n,
		    struct mtce_counts *counts);

/* Record the first range; mtce_kill_add() records more. */
static inline void mtce_kill_first(struct mtce_kill *k, unsigned long index,
				   unsigned long count)
{
	k->range[0].index = index;
	k->range[0].count = count;
	k->entries = count;
	k->nr = 1;
}

/* lazy.c */
void mtce_queue_init(struct mtce_queue *q);
void mtce_queue_add(struct mtce_gather *ga);
void mtce_queue_kill(struct mtce_gather *ga);
void mtce_flush(struct mtce_container *c, struct mtce_window *w,
		enum mtce_flush_reason reason);
void mtce_flush_all(struct mtce_container *c, enum mtce_flush_reason reason);
bool mtce_flush_reuse(struct mtce_container *c, struct mtce_window *w);
void mtce_flush_old(struct work_struct *work);
void mtce_kvm_put_off(struct mtce_container *c, struct mtce_window *w,
		      struct mtce_stripe *s, unsigned long index,
		      struct mtce_region *old);
unsigned long mtce_kvm_sync_stripe(struct mtce_container *c,
				   struct mtce_window *w,
				   struct mtce_stripe *s);
void mtce_kvm_sync(struct mtce_container *c, bool frozen);
void mtce_kvm_stop(struct mtce_container *c);

/* eeh.c */
struct vfio_eeh_pe_op;
int mtce_eeh_read(struct vfio_eeh_pe_op *op, unsigned long arg);
long mtce_eeh_op(struct iommu_group *grp, const struct vfio_eeh_pe_op *op);

/* kvm.c */
int mtce_kvm_hook(struct mtce_container *c, struct mtce_window *w);
void mtce_kvm_unhook(struct mtce_window *w);
void mtce_kvm_abandon(struct iommu_table *tbl);
void mtce_kvm_share(struct work_struct *work);

#endif /* MTCE_H */
