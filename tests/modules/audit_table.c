// SPDX-License-Identifier: GPL-2.0
/* One window's table, as the bridge sees it, beside its shadow. See audit.h. */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sched.h>

#include <asm/tce.h>

#include "audit.h"

#define PERM	((u64)(TCE_PCI_READ | TCE_PCI_WRITE))

static void wrong_entry(struct audit *a, const char *what, u64 index, u64 tce,
			u64 shadow)
{
	audit_wrong(a, "%s: entry %llu of window %#llx, TCE %#llx, shadow %#llx",
		    what, index, a->w->start, tce, shadow);
}

static struct audit_region *find_region(const struct audit *a, u64 ua)
{
	unsigned long from = 0, to = a->nr_regions;

	while (from < to) {
		unsigned long at = from + (to - from) / 2;
		const struct mtce_region *r = a->regions[at].r;

		if (ua - r->ua < r->size)
			return &a->regions[at];
		if (ua < r->ua)
			to = at;
		else
			from = at + 1;
	}
	return NULL;
}

/* The page of zeros needs no pin, and gets none. */
static bool is_pinned(u64 hpa)
{
	unsigned long pfn = hpa >> PAGE_SHIFT;

	if (!pfn_valid(pfn))
		return false;
	return is_zero_pfn(pfn) ||
	       folio_maybe_dma_pinned(page_folio(pfn_to_page(pfn)));
}

/* @right: what the shadow says that the TCE is. */
static void compare_entry(struct audit *a, u64 index, u64 tce, u64 shadow,
			  u64 right)
{
	if (tce != right)
		wrong_entry(a, "TCE leads elsewhere than its shadow says",
			    index, tce, shadow);
	else if (!is_pinned(tce))
		wrong_entry(a, "TCE of a page that is not pinned", index, tce,
			    shadow);
}

/* A live entry of registered memory. */
static void registered_entry(struct audit *a, u64 index, u64 tce, u64 shadow)
{
	const u64 size = BIT_ULL(a->w->shift);
	u64 ua = shadow & ~(MTCE_SHADOW_REGION | PERM);
	struct audit_region *found = find_region(a, ua);
	u64 hpa;

	if (!found || found->r->size - (ua - found->r->ua) < size) {
		wrong_entry(a, "TCE of memory that is not registered", index,
			    tce, shadow);
		return;
	}
	found->live++;
	hpa = (found->r->hpas[(ua - found->r->ua) >> PAGE_SHIFT] & PAGE_MASK) |
	      (ua & ~PAGE_MASK);
	if (hpa & (size - 1))
		wrong_entry(a, "TCE leads elsewhere than its shadow says",
			    index, tce, shadow);
	else
		compare_entry(a, index, tce, shadow, hpa | (shadow & PERM));
}

/* One whose map has pinned the page. */
static void pinned_entry(struct audit *a, u64 index, u64 tce, u64 shadow)
{
	compare_entry(a, index, tce, shadow, shadow & ~MTCE_SHADOW_PINNED);
}

static void audit_entry(struct audit *a, u64 index, u64 tce, u64 shadow)
{
	bool live = mtce_shadow_live(shadow);

	if (!tce && !live)
		return;
	a->present++;
	if (index >= a->w->size)
		wrong_entry(a, "something behind the window's end", index, tce,
			    shadow);
	else if (!live)
		wrong_entry(a, "TCE that no shadow answers for", index, tce,
			    shadow);
	else if (!(tce & PERM))
		wrong_entry(a, "live shadow without its TCE", index, tce,
			    shadow);
	else if (shadow & MTCE_SHADOW_REGION)
		registered_entry(a, index, tce, shadow);
	else
		pinned_entry(a, index, tce, shadow);
}

static unsigned long level_size(const struct iommu_table *tbl)
{
	return tbl->it_indirect_levels ? tbl->it_level_size : tbl->it_size;
}

/* Either may be missing. A shadow is in the CPU's byte order. */
static void audit_leaf(struct audit *a, u64 index, const __be64 *tces,
		       const __be64 *shadows)
{
	unsigned long i, n = level_size(a->w->tbl);

	a->slots += n;
	for (i = 0; i < n; i++)
		audit_entry(a, index + i,
			    tces ? be64_to_cpu(READ_ONCE(tces[i])) : 0,
			    shadows ? (__force u64)READ_ONCE(shadows[i]) : 0);
}

/* What slot @i leads to, or NULL. */
static const __be64 *child_of(struct audit *a, const __be64 *level,
			      unsigned long i)
{
	u64 entry = level ? be64_to_cpu(READ_ONCE(level[i])) : 0;

	if (!entry)
		return NULL;
	if (pfn_valid(entry >> PAGE_SHIFT) && (entry & PERM) == PERM)
		return __va(entry & ~PERM);
	audit_wrong(a, "level that leads nowhere: slot %lu is %#llx, window %#llx",
		    i, entry, a->w->start);
	return NULL;
}

/* A root has room for many more entries than the window: all of it is looked at. */
static void audit_level(struct audit *a, unsigned long levels, u64 index,
			const __be64 *tces, const __be64 *shadows)
{
	unsigned long i, n = level_size(a->w->tbl);

	if (!levels) {
		audit_leaf(a, index, tces, shadows);
		return;
	}
	for (i = 0; i < n; i++) {
		const __be64 *child = child_of(a, tces, i);
		const __be64 *twin = child_of(a, shadows, i);

		if (child || twin)
			audit_level(a, levels - 1, (index + i) * n, child, twin);
		if (!a->w->shared)
			cond_resched();
	}
}

void audit_table(struct audit *a)
{
	const struct iommu_table *tbl = a->w->tbl;

	a->windows++;
	audit_level(a, tbl->it_indirect_levels, 0, (__be64 *)tbl->it_base,
		    tbl->it_userspace);
}
