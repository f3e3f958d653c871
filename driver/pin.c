// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is not registered: pinned by each map, once per TCE (v1), and let
 * go after the kill.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include <asm/mmu_context.h>

#include "mtce.h"
#include "trace.h"

static struct page *hpa_to_page(u64 hpa)
{
	return pfn_to_page(hpa >> PAGE_SHIFT);
}

/* Pin @n system pages from @ua on; page i gives hpas[i * stride] + offset. */
static int pin_pass(unsigned long ua, unsigned long n, unsigned int flags,
		    u64 *hpas, unsigned long stride, unsigned long offset)
{
	struct page *pages[32] __uninitialized;
	int got, i;

	while (n) {
		got = pin_user_pages_fast(ua,
					  min_t(unsigned long, n,
						ARRAY_SIZE(pages)),
					  flags, pages);
		if (got <= 0)
			return got == -ENOMEM ? -ENOMEM : -EFAULT;
		for (i = 0; i < got; i++, hpas += stride)
			*hpas = page_to_phys(pages[i]) + offset;
		ua += (unsigned long)got << PAGE_SHIFT;
		n -= got;
		if (!n)
			break;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/* A TCE page is not more than the one page, of whatever size, pinned for it. */
static int pin_large(unsigned long ua, unsigned long n, unsigned int shift,
		     unsigned int flags, u64 *hpas)
{
	for (; n; n--, ua += BIT(shift), hpas++) {
		int ret = pin_pass(ua, 1, flags, hpas, 1, 0);

		if (ret)
			return ret;
		if (!IS_ALIGNED(*hpas, BIT_ULL(shift)) ||
		    folio_shift(page_folio(hpa_to_page(*hpas))) < shift)
			return -ERANGE;
	}
	return 0;
}

/*
 * Several TCEs of one system page need a pin each, and one call pins a page
 * once: so a pass for the first TCE of every page, one for the second, ...
 */
static int pin_small(unsigned long ua, unsigned long n, unsigned int shift,
		     unsigned int flags, u64 *hpas)
{
	const unsigned long per_page = PAGE_SIZE >> shift;
	unsigned long first;
	int ret = 0;

	for (first = 0; first < min(n, per_page) && !ret; first++) {
		unsigned long at = ua + (first << shift);

		ret = pin_pass(at & PAGE_MASK,
			       DIV_ROUND_UP(n - first, per_page), flags,
			       hpas + first, per_page, at & ~PAGE_MASK);
	}
	return ret;
}

/* 0 stands for "not pinned": no user page lies at physical address 0. */
static void pin_undo(const u64 *hpas, unsigned long n)
{
	for (; n; n--, hpas++)
		if (*hpas)
			unpin_user_page(hpa_to_page(*hpas));
}

/*
 * Pin the memory of @n TCEs from @ua on, one pin per TCE, into @hpas (zeroed
 * by the caller). On failure nothing stays pinned.
 */
int mtce_pin_pages(unsigned long ua, unsigned long n, unsigned int shift,
		   u64 perm, u64 *hpas)
{
	unsigned int flags = FOLL_LONGTERM;
	int ret;

	if (perm & VFIO_MTCE_WRITE)
		flags |= FOLL_WRITE;
	if (shift < PAGE_SHIFT && n == 1)
		ret = pin_pass(ua & PAGE_MASK, 1, flags, hpas, 1,
			       ua & ~PAGE_MASK);
	else if (shift < PAGE_SHIFT)
		ret = pin_small(ua, n, shift, flags, hpas);
	else
		ret = pin_large(ua, n, shift, flags, hpas);
	if (ret)
		pin_undo(hpas, n);
	return ret;
}

/* What mtce_work.pages says of an entry that is not of registered memory. */
unsigned long mtce_pin_page_of(u64 shadow)
{
	u64 hpa = shadow & ~(MTCE_SHADOW_PINNED | MTCE_PERM_MASK);

	/* KVM's: the user address, big-endian, a multiple of 4K. */
	if (!(shadow & MTCE_SHADOW_PINNED))
		return be64_to_cpu((__force __be64)shadow) | MTCE_PAGE_FOREIGN;
	return (unsigned long)hpa_to_page(hpa) |
	       (shadow & VFIO_MTCE_WRITE ? MTCE_PAGE_DIRTY : 0);
}

/*
 * An entry that KVM made: it maps memory that another container, of upstream's
 * back end, registered in this process, and KVM counted it there.
 */
static void put_foreign(struct mtce_container *c, unsigned long ua,
			unsigned int shift)
{
	struct mm_iommu_table_group_mem_t *mem;

	mem = mm_iommu_lookup(c->mm, ua, BIT(shift));
	if (mem)
		mm_iommu_mapped_dec(mem);
}

/* Let go of @n that entries of @w stood for. Their kill is done. */
void mtce_unpin(struct mtce_container *c, const struct mtce_window *w,
		const unsigned long *pages, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct page *page = (struct page *)(pages[i] & ~3ul);

		if (pages[i] & MTCE_PAGE_FOREIGN) {
			put_foreign(c, pages[i] & ~3ul, w->shift);
			continue;
		}
		trace_mtce_unpin(c, page_to_phys(page));
		unpin_user_pages_dirty_lock(&page, 1,
					    pages[i] & MTCE_PAGE_DIRTY);
	}
}
