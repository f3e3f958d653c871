/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mtce floor plan: the structures, who owns them, which lock, prototypes by room.
 *
 * Lock order: mtce_container.sem -> mtce_window.lock, by number -> mm->mmap_lock
 *
 * Any one window's lock keeps everything still that work on entries needs: the
 * entries of that window, groups, regions, flags. Who changes those holds sem
 * for writing and the lock of every window, mtce_stop(). Who goes from window to
 * window, or sleeps for a window's lock, holds sem for reading; a call that
 * finds the lock free needs only RCU to get there, see mtce_window_try().
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
 *	REGION | ua | perm	maps registered memory at user address ua
 *	PINNED | hpa | perm	maps a page pinned by the map itself (v1)
 *	anything else		written by KVM, see mtce_put_foreign()
 *
 * in the CPU's byte order. KVM reads and writes user addresses there, always
 * big-endian. It cannot mistake one of ours for an address: read that way the
 * permissions are the top byte. And of its own the top byte, as we read it, is
 * the lowest of a page's address: 0, so neither REGION nor PINNED.
 *
 * The shadow, not the TCE, is what this driver believes: KVM can clear a TCE
 * behind our back, see the top of table.c.
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
#include <linux/types.h>
#include <linux/vfio_mtce.h>

#include <asm/iommu.h>

struct iommu_group;
struct mm_struct;
struct page;

#define MTCE_MAX_WINDOWS	IOMMU_TABLE_GROUP_MAX_TABLES
#define MTCE_MAX_OPS		65536u
#define MTCE_MAX_LIST		65536u

/* Entries handled between two looks at the scheduler and at signals. */
#define MTCE_SPAN_MAX		4096ul

/* log2 of the least number of entries that a bit of mtce_window.touched covers */
#define TOUCHED_PART_MIN	9

/* Flag bits of a shadow entry; user and physical addresses stay below them. */
#define MTCE_SHADOW_REGION	BIT_ULL(63)
#define MTCE_SHADOW_PINNED	BIT_ULL(62)
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

extern bool mtce_takeover;
extern bool mtce_direct;
extern unsigned int mtce_kill_threshold;

/**
 * struct mtce_region - registered memory, pinned from registration on
 * @node: in mtce_container.regions
 * @ua: user address of the first byte
 * @size: bytes
 * @mapped: TCEs, in all windows, that refer to it; it is not let go before 0
 * @dirty: a TCE with WRITE referred to it; only ever set
 * @hpas: for each system page its physical address and, in the low bits, the
 *	log2 of the largest naturally aligned block around it that is contiguous
 *	both here and physically
 */
struct mtce_region {
	struct rb_node node;
	unsigned long ua;
	unsigned long size;
	atomic64_t mapped;
	bool dirty;
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

/* Pages whose last TCE is cleared, but whose kill is still to be done. */
#define MTCE_UNPIN_MAX		512

/**
 * struct mtce_window - a DMA window and its table
 * @lock: the entries, and every field from @gone on
 * @rcu: delays the free past mtce_window_try()
 * @tbl: the kernel's table, one reference is ours
 * @start: first IOVA
 * @bytes: size of the window
 * @size: number of entries
 * @shift: log2 of the TCE page
 * @level_shift: log2 of the entries in one level of the table
 * @levels: indirect levels above the leaves
 * @direct: entries are written without it_ops; see mtce_table_self_check()
 * @refs: references on @tbl if nobody but us and our groups has one
 * @num: place in mtce_container.windows, and the platform's window number
 * @gone: removed; who got the lock late must look elsewhere
 * @hint: region that the last look-up ended in
 * @kvm_seen: KVM was found to hold @tbl; stays set
 * @touched_shift: log2 of the entries that one bit of @touched stands for
 * @touched: parts of the table that may hold live entries
 * @pinned: entries with MTCE_SHADOW_PINNED
 * @unpin: pages to be unpinned after the next kill; bit 0 of the address says
 *	that the device may have written
 * @unpin_nr: valid elements of @unpin
 * @stats: what was done in this window
 */
struct mtce_window {
	struct mutex lock;	/* the entries, @gone and what follows */
	struct rcu_head rcu;
	struct iommu_table *tbl;
	u64 start;
	u64 bytes;
	unsigned long size;
	unsigned int shift;
	unsigned int level_shift;
	unsigned int levels;
	bool direct;
	unsigned int refs;
	int num;

	bool gone;
	struct mtce_region *hint;
	bool kvm_seen;
	unsigned int touched_shift;
	unsigned long *touched;
	unsigned long pinned;
	unsigned long unpin[MTCE_UNPIN_MAX];
	unsigned int unpin_nr;
	struct vfio_mtce_stats stats;
};

enum mtce_type {
	MTCE_TYPE_V1,		/* VFIO_SPAPR_TCE_IOMMU, taken over */
	MTCE_TYPE_V2,		/* VFIO_SPAPR_TCE_v2_IOMMU, taken over */
	MTCE_TYPE_NATIVE,	/* VFIO_SPAPR_MTCE_IOMMU: both, and more */
};

/**
 * struct mtce_container - what a user opened
 * @users: calls inside, and 1 until release
 * @rcu: delays the free past a caller that has yet to take a reference
 * @type: fixed at open
 * @sem: everything below, see the lock order
 * @ready: may_map, a group, no default window pending, not dead: work can begin
 * @dead: released; calls that came too late leave with -ENODEV
 * @may_map: enabled, or memory was registered
 * @enabled: VFIO_IOMMU_ENABLE: memory that is not registered is pinned by maps
 * @default_pending: the 32-bit window is to be made at first use
 * @enabled_pages: what VFIO_IOMMU_ENABLE added to locked_vm
 * @mm: the owner, from the first call that needed one; we hold an mmgrab()
 * @groups: list of struct mtce_group
 * @nr_groups: its length
 * @kill_regs: every group has a kill register
 * @windows: NULL where there is none
 * @regions: struct mtce_region by address, disjoint
 * @registered: bytes in @regions
 * @stats: what was done in windows that are gone
 */
struct mtce_container {
	refcount_t users;
	struct rcu_head rcu;
	enum mtce_type type;

	struct rw_semaphore sem;
	bool ready;
	bool dead;
	bool may_map;
	bool enabled;
	bool default_pending;
	unsigned long enabled_pages;
	struct mm_struct *mm;
	struct list_head groups;
	unsigned int nr_groups;
	bool kill_regs;
	struct mtce_window *windows[MTCE_MAX_WINDOWS];
	struct rb_root regions;
	u64 registered;
	struct vfio_mtce_stats stats;
};

/*
 * Functions around a hot loop are noinline, so that the loop gets the registers,
 * and aligned to more than their size, so that it lies in one 4K page of code.
 * QEMU 7.2's PMU does not count a block of code that ends in a branch to another
 * page: a loop across a boundary would look many times cheaper than it is.
 */
#define MTCE_LOOP_ALIGN	1024

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
	unsigned int nr;
	bool many;
	struct {
		unsigned long index;
		unsigned long count;
	} range[MTCE_KILL_RANGES];
};

/**
 * struct mtce_work - one call at work in one window; lives on its stack
 * @c: container
 * @w: window, locked by the caller
 * @kill: what it owes to the bridge. With @detached nothing is owed.
 * @detached: no group uses the window any more
 * @region: region of the current run of cleared entries
 * @base: MTCE_SHADOW_REGION | address of @region
 * @limit: size of @region; 0 without one, so that nothing falls into it
 * @run: cleared entries that are not yet taken off region->mapped
 * @seen: OR of their shadows
 */
struct mtce_work {
	struct mtce_container *c;
	struct mtce_window *w;
	bool detached;
	struct mtce_region *region;
	u64 base;
	u64 limit;
	unsigned long run;
	u64 seen;
	struct mtce_kill kill;
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

/* ioctl.c */
long mtce_ioctl(void *iommu_data, unsigned int cmd, unsigned long arg);

/* container.c */
void mtce_stop(struct mtce_container *c);
void mtce_go(struct mtce_container *c);
void mtce_each_window(struct mtce_container *c,
		      void (*work)(struct mtce_work *wk,
				   const struct mtce_region *r),
		      const struct mtce_region *r);
void mtce_container_changed(struct mtce_container *c);
void *mtce_open(unsigned long arg);
void mtce_release(void *iommu_data);
bool mtce_container_get(struct mtce_container *c);
void mtce_container_put(struct mtce_container *c);
int mtce_container_own(struct mtce_container *c);
int mtce_container_enable(struct mtce_container *c);
int mtce_container_disable(struct mtce_container *c);
struct iommu_table_group *
mtce_container_table_group(struct mtce_container *c);
int mtce_group_attach(struct mtce_container *c, struct iommu_group *grp);
void mtce_group_detach(struct mtce_container *c, struct iommu_group *grp);

/* window.c */
int mtce_window_create(struct mtce_container *c, u32 page_shift, u64 bytes,
		       u32 levels, u64 *start);
int mtce_window_create_default(struct mtce_container *c);
int mtce_window_remove(struct mtce_container *c, u64 start);
void mtce_window_destroy(struct mtce_container *c, struct mtce_window *w);

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
 * The window that holds @iova, locked and fit for work; or NULL, where it takes
 * more than that to find out. Call inside rcu_read_lock(), which is what keeps
 * @c and the window there until the lock does. This saves the container's sem
 * and its reference count, and the call of __cond_resched() that might_sleep()
 * is on kernels with voluntary preemption: half of what a map of one page costs.
 */
static inline struct mtce_window *mtce_window_try(struct mtce_container *c,
						  u64 iova)
{
	struct mtce_window *w = mtce_window_find(c, iova);

	if (unlikely(!w || !mutex_trylock(&w->lock)))
		return NULL;
	if (likely(!w->gone && c->ready))
		return w;
	mutex_unlock(&w->lock);
	return NULL;
}

/* region.c */
int mtce_region_register(struct mtce_container *c, u64 ua, u64 size);
int mtce_region_unregister(struct mtce_container *c, u64 ua, u64 size);
void mtce_region_free_all(struct mtce_container *c);
struct mtce_region *mtce_region_find(struct mtce_container *c,
				     unsigned long ua);
int mtce_region_plan(const struct mtce_window *w, struct mtce_region *r,
		     unsigned long ua, unsigned long n);
int mtce_pin_pages(unsigned long ua, unsigned long n, unsigned int shift,
		   u64 perm, u64 *hpas);
void mtce_pin_undo(const u64 *hpas, unsigned long n);
void mtce_unpin_later(struct mtce_window *w, u64 shadow);
void mtce_unpin_gathered(struct mtce_container *c, struct mtce_window *w);
void mtce_put_foreign(struct mtce_container *c, u64 shadow, unsigned int shift);

/* update.c */
long mtce_update(struct mtce_container *c, const struct vfio_mtce_op *ops,
		 u32 num, u32 *done);
long mtce_update_one(struct mtce_container *c, struct mtce_window *w,
		     struct vfio_mtce_op op);
long mtce_put_list(struct mtce_container *c, u64 iova, u64 *list, u32 num,
		   u32 flags);
bool mtce_map_flags_valid(u32 flags);
void mtce_work_begin(struct mtce_work *wk, struct mtce_container *c,
		     struct mtce_window *w);
void mtce_work_end(struct mtce_work *wk);
void mtce_work_release(struct mtce_work *wk);
void mtce_work_switch(struct mtce_work *wk, u64 shadow);
void mtce_work_drop(struct mtce_work *wk, u64 shadow);

/* table.c */
bool mtce_table_self_check(struct mtce_window *w);
int mtce_table_put_region(struct mtce_work *wk, unsigned long index,
			  unsigned long n, struct mtce_region *r,
			  unsigned long ua, u32 flags, bool live);
int mtce_table_map(struct mtce_work *wk, unsigned long index, unsigned long n,
		   struct mtce_region *r, unsigned long ua, u32 flags);
int mtce_table_plan(struct mtce_window *w, unsigned long index,
		    unsigned long n, u32 flags);
int mtce_table_put_array(struct mtce_work *wk, unsigned long index,
			 unsigned long n, const u64 *shadow, const u64 *tce,
			 bool live);
int mtce_table_clear(struct mtce_work *wk, unsigned long index,
		     unsigned long n);
void mtce_table_revoke(struct mtce_work *wk, const struct mtce_region *r);
void mtce_table_settle(struct mtce_work *wk);

/* kill.c */
void mtce_kill_map_group(struct mtce_group *g);
void mtce_kill_unmap_group(struct mtce_group *g);
void mtce_kill_add_more(struct mtce_work *wk, unsigned long index,
			unsigned long count);
void mtce_kill_flush(struct mtce_work *wk);

/* Entries were changed, and the bridge is to be told at the end. */
static inline void mtce_kill_add(struct mtce_work *wk, unsigned long index,
				 unsigned long count)
{
	struct mtce_kill *k = &wk->kill;

	if (k->nr) {
		mtce_kill_add_more(wk, index, count);
		return;
	}
	k->range[0].index = index;
	k->range[0].count = count;
	k->entries = count;
	k->nr = 1;
}

/* eeh.c */
long mtce_eeh_op(struct iommu_group *grp, unsigned long arg);

#endif /* MTCE_H */
