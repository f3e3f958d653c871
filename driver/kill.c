// SPDX-License-Identifier: GPL-2.0
/*
 * TCE kill: making every attached PE forget cached translations.
 *
 * This is the only place that kills. On PHB3 a kill is one store to a register
 * of the bridge: bit 1 names a whole PE, bit 2 one DMA address in a PE (Linux,
 * pci-ioda.c, pnv_pci_phb3_tce_invalidate). Stores are posted, so many of them
 * are slow and one for the whole PE is better from some number on: the bridge
 * caches only about a thousand translations. Elsewhere the platform's tce_kill()
 * does what is needed.
 *
 * Order. The first mb() makes the table's new content visible before the bridge
 * is told. The second makes the store to the bridge leave this CPU before any
 * later access of this CPU: an unlock does not order stores to cache-inhibited
 * memory, and without it another CPU could take the lock and let a page go while
 * the store still waits here. Whether PHB3 has invalidated when the store has
 * arrived is documented nowhere that we know of; the register cannot be read
 * back for it. Upstream has the first barrier and not the second, and counts
 * on a posted store being done soon.
 */
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/minmax.h>
#include <linux/of.h>
#include <linux/pci.h>
#include <linux/sched.h>

#include <asm/pci-bridge.h>
#include <asm/ppc-pci.h>

#include "mtce.h"
#include "trace.h"

#define PHB3_KILL_PE	PPC_BIT(1)
#define PHB3_KILL_ONE	PPC_BIT(2)
#define PHB3_KILL_PE_MASK	0xff

/* Called for the devices of a group until the first that is a PCI device. */
static int map_register(struct device *dev, void *data)
{
	struct mtce_group *g = data;
	struct device_node *phb, *dn;
	struct pci_dev *pdev;
	u64 addr;

	if (!dev_is_pci(dev))
		return 0;
	pdev = to_pci_dev(dev);
	phb = pci_bus_to_host(pdev->bus)->dn;
	if (!of_device_is_compatible(phb, "ibm,power8-pciex") ||
	    of_property_read_u64(phb, "ibm,opal-tce-kill", &addr))
		return 1;
	dn = pci_device_to_OF_node(pdev);
	if (!dn || !PCI_DN(dn) || PCI_DN(dn)->pe_number > PHB3_KILL_PE_MASK)
		return 1;
	g->pe = PCI_DN(dn)->pe_number;
	g->kill_reg = ioremap(addr, sizeof(u64));
	return 1;
}

/*
 * Find and map the kill register of the group's bridge. Without one, or if the
 * bridge is not a PHB3, g->kill_reg stays NULL and kills go through the platform.
 * The group's lock, which is held, keeps its devices there.
 */
void mtce_kill_map_group(struct mtce_group *g)
{
	if (mtce_direct)
		iommu_group_for_each_dev(g->grp, g, map_register);
}

void mtce_kill_unmap_group(struct mtce_group *g)
{
	if (g->kill_reg)
		iounmap(g->kill_reg);
}

/*
 * What is owed. Ranges that are neighbours become one. @pe: where one kill of the
 * PE will do, because there are too many entries or more ranges than fit, it is
 * not remembered which. Returns false where there is no room.
 */
static __always_inline bool owe_range(struct mtce_kill *k, unsigned long index,
				      unsigned long count, bool pe)
{
	unsigned int last = k->nr - 1;

	if (pe && k->entries + count > READ_ONCE(mtce_kill_threshold)) {
		k->many = 1;
	} else if (k->nr && k->range[last].index + k->range[last].count == index) {
		k->range[last].count += count;
	} else if (k->nr && index + count == k->range[last].index) {
		k->range[last].index = index;
		k->range[last].count += count;
	} else if (k->nr < MTCE_KILL_RANGES) {
		k->range[k->nr].index = index;
		k->range[k->nr].count = count;
		k->nr++;
	} else if (pe) {
		k->many = 1;
	} else {
		return false;
	}
	k->entries += count;
	return true;
}

/* As mtce_kill_add(), which has dealt with the first range. */
void mtce_kill_add_more(struct mtce_work *wk, struct mtce_kill *k,
			unsigned long index, unsigned long count)
{
	if (likely(owe_range(k, index, count, wk->c->kill_regs)))
		return;
	if (k == &wk->lazy_kill)
		mtce_queue_kill(wk);
	else
		mtce_kill_flush(wk);
	mtce_kill_add(wk, k, index, count);
}

/* Owe @from by @to as well. False, and nothing is changed, without room. */
bool mtce_kill_merge(struct mtce_container *c, struct mtce_kill *to,
		     const struct mtce_kill *from)
{
	unsigned long entries = to->entries + from->entries;
	unsigned int r;

	if (!from->nr)
		return true;
	if (!to->nr) {
		*to = *from;
		return true;
	}
	if (!c->kill_regs && to->nr + from->nr > MTCE_KILL_RANGES)
		return false;
	to->many |= from->many;
	for (r = 0; r < from->nr && !to->many; r++)
		owe_range(to, from->range[r].index, from->range[r].count,
			  c->kill_regs);
	to->entries = entries;
	return true;
}

/*
 * Doing it
 */

/* Where and what; @counts: where it is counted. */
struct job {
	struct mtce_container *c;
	struct mtce_window *w;
	const struct mtce_kill *k;
	struct mtce_counts *counts;
};

static void kill_pe(struct job j)
{
	struct mtce_group *g;

	list_for_each_entry(g, &j.c->groups, next) {
		trace_mtce_kill(j.c, j.w, g, true, 0, j.k->entries);
		mtce_store_be((__force void *)g->kill_reg,
			      PHB3_KILL_PE | g->pe);
	}
	mb();	/* told before anything is let go */
	j.counts->kills_pe += j.c->nr_groups;
}

static void kill_entries(struct job j, struct mtce_group *g)
{
	unsigned int r;

	for (r = 0; r < j.k->nr; r++) {
		unsigned long n = j.k->range[r].count;
		u64 iova = j.w->start +
			   ((u64)j.k->range[r].index << j.w->shift);

		trace_mtce_kill(j.c, j.w, g, false, j.k->range[r].index, n);
		for (; n; n--, iova += BIT_ULL(j.w->shift)) {
			mtce_store_be((__force void *)g->kill_reg,
				      PHB3_KILL_ONE | iova | g->pe);
			if (!(n % MTCE_SPAN_MAX))
				cond_resched();
		}
	}
}

/* The platform goes through all groups. */
static void trace_through_ops(struct job j, unsigned long index,
			      unsigned long n)
{
	struct mtce_group *g;

	list_for_each_entry(g, &j.c->groups, next)
		trace_mtce_kill(j.c, j.w, g, false, index, n);
}

/* In pieces: the platform's loop over a huge range does not reschedule. */
static void kill_range_through_ops(struct job j, unsigned long index,
				   unsigned long left)
{
	struct iommu_table *tbl = j.w->tbl;

	while (left) {
		unsigned long n = min(left, MTCE_SPAN_MAX);

		trace_through_ops(j, index, n);
		j.w->ops->tce_kill(tbl, tbl->it_offset + index, n);
		index += n;
		left -= n;
		if (left)
			cond_resched();
	}
}

/* Where it is not remembered which entries, it is every one of the window. */
static noinline void kill_through_ops(struct job j)
{
	unsigned int r;

	if (j.k->many) {
		kill_range_through_ops(j, 0, j.w->size);
	} else {
		for (r = 0; r < j.k->nr; r++)
			kill_range_through_ops(j, j.k->range[r].index,
					       j.k->range[r].count);
	}
	mb();	/* told before anything is let go */
}

/*
 * The usual kill, of one entry. A call in its loop, be it of a tracepoint that
 * is off, costs the registers around it, a quarter of all: so who traces has a
 * copy of it.
 */
static __always_inline void do_kill_one(struct job j, unsigned long index,
					const bool traced)
{
	u64 iova = j.w->start + ((u64)index << j.w->shift);
	struct mtce_group *g;

	mb();	/* the table is written before the bridge is told */
	list_for_each_entry(g, &j.c->groups, next) {
		if (traced)
			trace_mtce_kill(j.c, j.w, g, false, index, 1);
		mtce_store_be((__force void *)g->kill_reg,
			      PHB3_KILL_ONE | iova | g->pe);
	}
	mb();	/* told before anything is let go */
	j.counts->kills_tce += j.c->nr_groups;
}

static __always_inline struct job job_of(struct mtce_work *wk)
{
	return (struct job){ wk->c, wk->w, &wk->kill, &wk->s->counts };
}

static noinline void kill_one_traced(struct job j, unsigned long index)
{
	do_kill_one(j, index, true);
}

static __always_inline void kill_one(struct job j, unsigned long index)
{
	if (trace_mtce_kill_enabled())
		kill_one_traced(j, index);
	else
		do_kill_one(j, index, false);
}

static noinline void kill_many(struct job j)
{
	struct mtce_group *g;

	if (!j.c->kill_regs) {
		kill_through_ops(j);
		j.counts->kills_tce += j.k->entries * j.c->nr_groups;
		return;
	}
	mb();	/* the table is written before the bridge is told */
	if (j.k->many || j.k->entries > READ_ONCE(mtce_kill_threshold)) {
		kill_pe(j);
		return;
	}
	list_for_each_entry(g, &j.c->groups, next)
		kill_entries(j, g);
	mb();	/* told before anything is let go */
	j.counts->kills_tce += j.k->entries * j.c->nr_groups;
}

/*
 * Do every kill that @wk owes. When this returns the stores are on their way,
 * ahead of any later store of this CPU to the bridge.
 */
void mtce_kill_flush(struct mtce_work *wk)
{
	/* Detached: the platform has killed, and nobody uses the table. */
	if (wk->kill.nr && !wk->detached) {
		if (likely(wk->kill.entries == 1 && wk->c->kill_regs &&
			   READ_ONCE(mtce_kill_threshold)))
			kill_one(job_of(wk), wk->kill.range[0].index);
		else
			kill_many(job_of(wk));
	}
	wk->kill.nr = 0;
	wk->kill.many = 0;
}

/* The same for all that waits in the queue of @w; its lock is held. */
void mtce_kill_queued(struct mtce_container *c, struct mtce_window *w)
{
	struct job j = { c, w, &w->queue.kill, &w->queue.counts };

	lockdep_assert_held(&w->queue.lock);
	/* A window that is gone was killed by the platform. */
	if (w->queue.kill.nr && c->nr_groups && (!w->gone || w->stuck))
		kill_many(j);
	memset(&w->queue.kill, 0, sizeof(w->queue.kill));
}

static noinline void kill_some_atomic(struct mtce_container *c,
				      struct mtce_window *w,
				      unsigned long index, unsigned long n,
				      struct mtce_counts *counts)
{
	struct mtce_kill k __uninitialized;

	k.entries = n;
	k.nr = 1;
	k.many = 0;
	k.range[0].index = index;
	k.range[0].count = n;
	kill_many((struct job){ c, w, &k, counts });
}

/*
 * Kill @n entries of @w from @index on. The caller holds a kvm_lock of the window:
 * @n is the work of one hypercall, less than what takes a look at the scheduler.
 */
void mtce_kill_atomic(struct mtce_container *c, struct mtce_window *w,
		      unsigned long index, unsigned long n,
		      struct mtce_counts *counts)
{
	if (likely(n == 1 && c->kill_regs && READ_ONCE(mtce_kill_threshold)))
		kill_one((struct job){ c, w, NULL, counts }, index);
	else
		kill_some_atomic(c, w, index, n, counts);
}
