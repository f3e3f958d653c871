// SPDX-License-Identifier: GPL-2.0
/*
 * Upstream's vfio_iommu_spapr_tce, by kprobes on what it calls. See oracle.h.
 *
 * On a v1 container it pins each page by itself, hands entries to
 * iommu_tce_xchg_no_kill(), lets go of what was there with unpin_user_page(),
 * and calls iommu_tce_kill() in the end. These see the arguments on the way in,
 * before the work is done, which changes nothing in the order between them.
 * Others call unpin_user_page() too: who has no translation is ignored.
 */
#include <linux/dma-direction.h>
#include <linux/kprobes.h>
#include <linux/mm.h>

#include <asm/iommu.h>

#include "oracle.h"

/* All of its containers are one owner; their tables have names of their own. */
#define OWNER	1

static u64 argument(const struct pt_regs *regs, int n)
{
	return regs->gpr[3 + n];
}

/* (mm, tbl, entry, *hpa, *direction); both pointers are to the caller's stack. */
static int on_xchg(struct kprobe *p, struct pt_regs *regs)
{
	struct iommu_table *tbl = (struct iommu_table *)argument(regs, 1);
	const unsigned long *hpa = (const unsigned long *)argument(regs, 3);
	const enum dma_data_direction *dir =
		(const enum dma_data_direction *)argument(regs, 4);
	struct oracle_tce t = {
		.owner = OWNER, .table = (u64)tbl, .shift = tbl->it_page_shift,
		.index = argument(regs, 2) - tbl->it_offset, .pinned = true,
		.tce = *dir == DMA_NONE ? 0 : *hpa | iommu_direction_to_tce_perm(*dir),
		.task = (u64)current,
	};
	unsigned long flags;

	raw_spin_lock_irqsave(&oracle_lock, flags);
	oracle_seen[t.tce ? SEEN_SET : SEEN_CLEAR]++;
	t.groups = oracle_groups_of(tbl);
	if (t.tce)
		oracle_set(&oracle, &t);
	else
		oracle_clear(&oracle, &t);
	raw_spin_unlock_irqrestore(&oracle_lock, flags);
	return 0;
}

/* (tbl, entry, pages) */
static int on_kill(struct kprobe *p, struct pt_regs *regs)
{
	struct iommu_table *tbl = (struct iommu_table *)argument(regs, 0);
	unsigned long flags;

	raw_spin_lock_irqsave(&oracle_lock, flags);
	oracle_seen[SEEN_KILL_TCE]++;
	oracle_kill(&oracle, (u64)tbl, oracle_groups_of(tbl),
		    argument(regs, 1) - tbl->it_offset, argument(regs, 2));
	raw_spin_unlock_irqrestore(&oracle_lock, flags);
	return 0;
}

/* (page) */
static int on_unpin(struct kprobe *p, struct pt_regs *regs)
{
	struct page *page = (struct page *)argument(regs, 0);
	unsigned long flags;
	u64 unknown;

	raw_spin_lock_irqsave(&oracle_lock, flags);
	unknown = oracle.unknown;
	oracle_unpin(&oracle, OWNER, page_to_phys(page));
	if (unknown == oracle.unknown)
		oracle_seen[SEEN_UNPIN]++;
	oracle.unknown = unknown;
	raw_spin_unlock_irqrestore(&oracle_lock, flags);
	return 0;
}

static struct kprobe xchg_probe = {
	.symbol_name = "iommu_tce_xchg_no_kill", .pre_handler = on_xchg,
};

static struct kprobe kill_probe = {
	.symbol_name = "iommu_tce_kill", .pre_handler = on_kill,
};

static struct kprobe unpin_probe = {
	.symbol_name = "unpin_user_page", .pre_handler = on_unpin,
};

static struct kprobe *probes[] = { &xchg_probe, &kill_probe, &unpin_probe };

int oracle_upstream_start(void)
{
	return register_kprobes(probes, ARRAY_SIZE(probes));
}

void oracle_upstream_stop(void)
{
	unregister_kprobes(probes, ARRAY_SIZE(probes));
}
