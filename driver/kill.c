// SPDX-License-Identifier: GPL-2.0
/*
 * TCE kill: makes every attached PE forget cached translations.
 *
 * All kills are here, but for the most frequent one, kill_sole() in tce.h, and the
 * entry with which grow_through_ops() makes a leaf. On PHB3 a kill is one store to a
 * register of the bridge: bit 1 names a whole PE, bit 2 one DMA address in a PE
 * (Linux, pci-ioda.c, pnv_pci_phb3_tce_invalidate). Stores are posted, so many of
 * them are slow and one for the whole PE is better from some number on: the bridge
 * caches only about a thousand translations. Elsewhere the platform's tce_kill()
 * does what is needed.
 *
 * Order. The first mb() makes the table's new content visible before the bridge
 * is told. The second makes the store to the bridge leave this CPU before any
 * later access of this CPU: an unlock does not order stores to cache-inhibited
 * memory, and without it another CPU could take the lock and let a page go while
 * the store still waits here. Whether PHB3 has invalidated when the store has
 * arrived is not documented as far as we know, and the register cannot be read
 * back for it. Upstream has the first barrier but not the second: it relies on a
 * posted store being done soon.
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

/* What kills need to know of all groups. The container is stopped, hypercalls too. */
void mtce_kill_groups_changed(struct mtce_container *c)
{
	struct mtce_group *g;

	c->nr_groups = 0;
	c->kill_regs = true;
	c->sole_reg = NULL;
	list_for_each_entry(g, &c->groups, next) {
		c->sole_reg = c->nr_groups++ ? NULL : g->kill_reg;
		c->sole_kill = PHB3_KILL_ONE | g->pe;
		if (!g->kill_reg)
			c->kill_regs = false;
	}
}

/*
 * Record
 */

/**
 * mtce_kill_add() - record another range of entries that must be killed
 * @k: what is recorded, one range at least; mtce_kill_first() records the first
 * @index: first entry
 * @count: entries
 * @pe: every group can kill its whole PE
 *
 * Adjacent ranges are merged. Where one kill of the PE will do, because there are
 * too many entries or too many ranges, only the number of entries is kept.
 *
 * Return: false if there is no room; then nothing has changed.
 */
bool mtce_kill_add(struct mtce_kill *k, unsigned long index,
		   unsigned long count, bool pe)
{
	unsigned int last = k->nr - 1;

	if (pe && k->entries + count > READ_ONCE(mtce_kill_threshold))
		k->many = 1;
	if (k->range[last].index + k->range[last].count == index) {
		k->range[last].count += count;
	} else if (index + count == k->range[last].index) {
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

/* Record in @to what is recorded in @from, too. False: no room, nothing changed. */
bool mtce_kill_merge(struct mtce_kill *to, const struct mtce_kill *from,
		     bool pe)
{
	unsigned long entries = to->entries + from->entries;
	unsigned int r;

	if (!from->nr)
		return true;
	if (!to->nr) {
		*to = *from;
		return true;
	}
	if (!pe && to->nr + from->nr > MTCE_KILL_RANGES)
		return false;
	to->many |= from->many;
	for (r = 0; r < from->nr && !to->many; r++)
		mtce_kill_add(to, from->range[r].index, from->range[r].count,
			      pe);
	to->entries = entries;
	return true;
}

/*
 * Kill
 */

/* What is killed, and where that is counted. */
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
	j.counts->kills_pe += j.c->nr_groups;
}

static void kill_range(struct job j, struct mtce_group *g, unsigned long index,
		       unsigned long n)
{
	u64 iova = j.w->start + ((u64)index << j.w->shift);

	trace_mtce_kill(j.c, j.w, g, false, index, n);
	for (; n; n--, iova += BIT_ULL(j.w->shift)) {
		mtce_store_be((__force void *)g->kill_reg,
			      PHB3_KILL_ONE | iova | g->pe);
		if (!(n % MTCE_RESCHED_ENTRIES))
			cond_resched();
	}
}

static void kill_entries(struct job j)
{
	struct mtce_group *g;
	unsigned int r;

	list_for_each_entry(g, &j.c->groups, next)
		for (r = 0; r < j.k->nr; r++)
			kill_range(j, g, j.k->range[r].index,
				   j.k->range[r].count);
	j.counts->kills_tce += j.k->entries * j.c->nr_groups;
}

/* In pieces: the platform's loop over a huge range does not reschedule. */
static void kill_range_through_ops(struct job j, unsigned long index,
				   unsigned long left)
{
	struct iommu_table *tbl = j.w->tbl;
	struct mtce_group *g;

	while (left) {
		unsigned long n = min(left, MTCE_RESCHED_ENTRIES);

		list_for_each_entry(g, &j.c->groups, next)
			trace_mtce_kill(j.c, j.w, g, false, index, n);
		j.w->ops->tce_kill(tbl, tbl->it_offset + index, n);
		index += n;
		left -= n;
		if (left)
			cond_resched();
	}
}

/* Without the list of entries, all of the window is killed. */
static void kill_through_ops(struct job j)
{
	unsigned int r;

	if (j.k->many)
		kill_range_through_ops(j, 0, j.w->size);
	for (r = 0; r < j.k->nr && !j.k->many; r++)
		kill_range_through_ops(j, j.k->range[r].index,
				       j.k->range[r].count);
	j.counts->kills_tce += j.k->entries * j.c->nr_groups;
}

static noinline void kill_many(struct job j)
{
	mb();	/* the table is written before the bridge is told */
	if (!j.c->kill_regs)
		kill_through_ops(j);
	else if (j.k->many || j.k->entries > READ_ONCE(mtce_kill_threshold))
		kill_pe(j);
	else
		kill_entries(j);
	mb();	/* told before anything is let go */
}

/*
 * One entry, the usual kill. Even a tracepoint that is off costs the loop its
 * registers, 40 instructions: so kill_many() does it while kills are traced.
 */
static void kill_one(struct mtce_container *c, struct mtce_window *w,
		     unsigned long index, struct mtce_counts *counts)
{
	u64 iova = w->start + ((u64)index << w->shift);
	struct mtce_group *g;

	mb();	/* the table is written before the bridge is told */
	list_for_each_entry(g, &c->groups, next)
		mtce_store_be((__force void *)g->kill_reg,
			      PHB3_KILL_ONE | iova | g->pe);
	mb();	/* told before anything is let go */
	counts->kills_tce += c->nr_groups;
}

/**
 * mtce_kill() - do every kill that is recorded
 * @c: container, whose groups are told
 * @w: window
 * @k: what is recorded, one range at least
 * @counts: where the kills are counted
 *
 * When this returns the stores are on their way, ahead of any later access of
 * this CPU. The caller holds a stripe of the window or its queue.
 */
void mtce_kill(struct mtce_container *c, struct mtce_window *w,
	       const struct mtce_kill *k, struct mtce_counts *counts)
{
	if (k->entries == 1 && c->kill_regs &&
	    READ_ONCE(mtce_kill_threshold) && !trace_mtce_kill_enabled())
		kill_one(c, w, k->range[0].index, counts);
	else
		kill_many((struct job){ c, w, k, counts });
}

static noinline void kill_some(struct mtce_container *c, struct mtce_window *w,
			       unsigned long index, unsigned long n,
			       struct mtce_counts *counts)
{
	struct mtce_kill k __uninitialized;

	k.many = 0;
	mtce_kill_first(&k, index, n);
	mtce_kill(c, w, &k, counts);
}

/*
 * Kill @n entries of @w from @index on. The caller holds the stripe's lock or its
 * kvm_lock. @n is at most MTCE_KVM_ENTRIES, too few for cond_resched().
 */
void mtce_kill_span(struct mtce_container *c, struct mtce_window *w,
		    unsigned long index, unsigned long n,
		    struct mtce_counts *counts)
{
	if (n == 1 && c->kill_regs && READ_ONCE(mtce_kill_threshold) &&
	    !trace_mtce_kill_enabled())
		kill_one(c, w, index, counts);
	else
		kill_some(c, w, index, n, counts);
}
