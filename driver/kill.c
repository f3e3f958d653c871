// SPDX-License-Identifier: GPL-2.0
/*
 * TCE kill: making every attached PE forget cached translations.
 *
 * This is the only place that kills. On PHB3 a kill is one store to a register
 * of the bridge: bit 1 names a whole PE, bit 2 one DMA address in a PE (Linux,
 * pci-ioda.c, pnv_pci_phb3_tce_invalidate). Stores are posted, so many of them
 * are slow and one for the whole PE is better from some number on: the bridge
 * caches only about a thousand translations. Elsewhere iommu_tce_kill() does
 * what the platform needs.
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

static int first_pci_device(struct device *dev, void *data)
{
	struct pci_dev **pdev = data;

	if (!dev_is_pci(dev))
		return 0;
	*pdev = to_pci_dev(dev);
	return 1;
}

/*
 * Find and map the kill register of the group's bridge. Without one, or if the
 * bridge is not a PHB3, g->kill_reg stays NULL and kills go through it_ops.
 */
void mtce_kill_map_group(struct mtce_group *g)
{
	struct pci_dev *pdev = NULL;
	struct device_node *phb, *dn;
	u64 addr;

	iommu_group_for_each_dev(g->grp, &pdev, first_pci_device);
	if (!mtce_direct || !pdev)
		return;
	phb = pci_bus_to_host(pdev->bus)->dn;
	if (!of_device_is_compatible(phb, "ibm,power8-pciex") ||
	    of_property_read_u64(phb, "ibm,opal-tce-kill", &addr))
		return;
	dn = pci_device_to_OF_node(pdev);
	if (!dn || !PCI_DN(dn) || PCI_DN(dn)->pe_number > PHB3_KILL_PE_MASK)
		return;

	g->pe = PCI_DN(dn)->pe_number;
	g->kill_reg = ioremap(addr, sizeof(u64));
}

void mtce_kill_unmap_group(struct mtce_group *g)
{
	if (g->kill_reg)
		iounmap(g->kill_reg);
}

/* As mtce_kill_add(), which has dealt with the first range. */
void mtce_kill_add_more(struct mtce_work *wk, unsigned long index,
			unsigned long count)
{
	struct mtce_kill *k = &wk->kill;

	if (k->range[k->nr - 1].index + k->range[k->nr - 1].count == index) {
		k->range[k->nr - 1].count += count;
	} else if (k->nr < MTCE_KILL_RANGES) {
		k->range[k->nr].index = index;
		k->range[k->nr].count = count;
		k->nr++;
	} else if (wk->c->kill_regs) {
		k->many = true;
	} else {
		mtce_kill_flush(wk);
		mtce_kill_add(wk, index, count);
		return;
	}
	k->entries += count;
}

static void kill_pe(struct mtce_work *wk)
{
	struct mtce_group *g;

	list_for_each_entry(g, &wk->c->groups, next) {
		mtce_store_be((__force void *)g->kill_reg,
			      PHB3_KILL_PE | g->pe);
		trace_mtce_kill(wk->c, wk->w, g, true, 0, wk->kill.entries);
	}
	wk->w->stats.kills_pe += wk->c->nr_groups;
}

static __always_inline void kill_entries(struct mtce_work *wk,
					 struct mtce_group *g)
{
	const struct mtce_window *w = wk->w;
	const struct mtce_kill *k = &wk->kill;
	unsigned int r = 0;

	do {
		u64 iova = w->start + ((u64)k->range[r].index << w->shift);
		unsigned long n = k->range[r].count;

		do {
			mtce_store_be((__force void *)g->kill_reg,
				      PHB3_KILL_ONE | iova | g->pe);
			iova += BIT_ULL(w->shift);
			if (!(n % MTCE_SPAN_MAX))
				cond_resched();
		} while (--n);
		trace_mtce_kill(wk->c, wk->w, g, false, k->range[r].index,
				k->range[r].count);
	} while (++r < k->nr);
}

/* The platform has gone through all groups. */
static void trace_through_ops(struct mtce_work *wk, unsigned long index,
			      unsigned long n)
{
	struct mtce_group *g;

	list_for_each_entry(g, &wk->c->groups, next)
		trace_mtce_kill(wk->c, wk->w, g, false, index, n);
}

/* In pieces: the platform's loop over a huge range does not reschedule. */
static noinline void kill_through_ops(struct mtce_work *wk)
{
	struct iommu_table *tbl = wk->w->tbl;
	const struct mtce_kill *k = &wk->kill;
	unsigned int r;

	for (r = 0; r < k->nr; r++) {
		unsigned long index = k->range[r].index;
		unsigned long left = k->range[r].count;

		while (left) {
			unsigned long n = min(left, MTCE_SPAN_MAX);

			iommu_tce_kill(tbl, tbl->it_offset + index, n);
			trace_through_ops(wk, index, n);
			index += n;
			left -= n;
			cond_resched();
		}
	}
}

/* The usual kill, of one entry; @iova of it. */
static __always_inline void kill_one(struct mtce_work *wk, u64 iova)
{
	struct mtce_group *g;

	mb();	/* the table is written before the bridge is told */
	list_for_each_entry(g, &wk->c->groups, next) {
		mtce_store_be((__force void *)g->kill_reg,
			      PHB3_KILL_ONE | iova | g->pe);
		trace_mtce_kill(wk->c, wk->w, g, false,
				wk->kill.range[0].index, 1);
	}
	wk->w->stats.kills_tce += wk->c->nr_groups;
}

static noinline void kill_many(struct mtce_work *wk)
{
	struct mtce_kill *k = &wk->kill;
	struct mtce_group *g;

	if (!wk->c->kill_regs) {
		kill_through_ops(wk);
		wk->w->stats.kills_tce += k->entries * wk->c->nr_groups;
		return;
	}
	mb();	/* the table is written before the bridge is told */
	if (k->many || k->entries > READ_ONCE(mtce_kill_threshold)) {
		kill_pe(wk);
		return;
	}
	list_for_each_entry(g, &wk->c->groups, next)
		kill_entries(wk, g);
	wk->w->stats.kills_tce += k->entries * wk->c->nr_groups;
}

/*
 * Do every kill that @wk owes. When this returns the stores are on their way,
 * ahead of any later store of this CPU to the bridge.
 */
void mtce_kill_flush(struct mtce_work *wk)
{
	struct mtce_kill *k = &wk->kill;
	struct mtce_window *w = wk->w;

	/* Detached: the platform has killed, and nobody uses the table. */
	if (k->nr && !wk->detached) {
		if (likely(k->entries == 1 && wk->c->kill_regs &&
			   READ_ONCE(mtce_kill_threshold)))
			kill_one(wk, w->start +
				     ((u64)k->range[0].index << w->shift));
		else
			kill_many(wk);
	}
	k->nr = 0;
	k->many = false;
}
