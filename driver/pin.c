// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is not registered: pinned by each map, once per TCE (v1), and let go
 * after the kill. A page fault may take any time, so pages are pinned while
 * no lock is held. Until the map takes them they are not counted, but limited, see
 * update_pinned().
 *
 * VFIO_IOMMU_ENABLE has counted the system pages of the window as locked. A pin
 * keeps a whole system page, which may be many TCEs. So pages are counted, not
 * TCEs, and a map that would pin more than were counted is refused. Neighbours in
 * one part of the table that map the same system page are a run and count as one
 * page. Memory that is mapped in one piece thus counts as what it is; memory that
 * is scattered never counts as less.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "range.h"
#include "tce.h"

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

/* A TCE page larger than PAGE_SIZE must lie within one folio. */
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
	for (; n; n--, hpas++) {
		if (*hpas)
			unpin_user_page(hpa_to_page(*hpas));
		if (!(n % MTCE_RESCHED_ENTRIES))
			cond_resched();
	}
}

static unsigned int pin_flags(u32 flags)
{
	return FOLL_LONGTERM | (flags & VFIO_MTCE_WRITE ? FOLL_WRITE : 0);
}

/* @tces are filled, without permissions; @n shadows stand behind them. */
static void say_what_is_pinned(struct mtce_pins *pins, u64 perm)
{
	unsigned long i;

	for (i = 0; i < pins->n; i++) {
		pins->tces[i] |= perm;
		pins->tces[pins->n + i] = MTCE_SHADOW_PINNED | pins->tces[i];
	}
}

/*
 * Pin the memory of @n TCEs from @ua on, one pin per TCE, into @hpas (zeroed
 * by the caller). On failure nothing stays pinned.
 */
static int pin_pages(unsigned long ua, unsigned long n, unsigned int shift,
		     unsigned int flags, u64 *hpas)
{
	int ret = shift < PAGE_SHIFT ? pin_small(ua, n, shift, flags, hpas) :
				       pin_large(ua, n, shift, flags, hpas);

	if (ret)
		pin_undo(hpas, n);
	return ret;
}

void mtce_pins_free(struct mtce_pins *pins)
{
	if (pins->tces != pins->one)
		kvfree(pins->tces);
	pins->n = 0;
}

/**
 * mtce_pins_get() - pin what a map will need
 * @pins: out; mtce_pins_put() lets go of what the map has not taken
 * @op: a map whose memory is not registered, valid but for its range of IOVAs
 * @shift: log2 of the TCE page
 *
 * Return: 0, -EINVAL, -EFAULT, -ERANGE, -ENOMEM or -EINTR. No lock is held.
 */
int mtce_pins_get(struct mtce_pins *pins, const struct vfio_mtce_op *op,
		  unsigned int shift)
{
	unsigned long n = op->size >> shift;
	int ret;

	if (!n || !mtce_range_aligned(op->vaddr, op->size, shift))
		return -EINVAL;
	pins->shift = shift;
	pins->tces = pins->one;
	pins->one[0] = 0;
	if (n > 1)
		pins->tces = kvcalloc(n, 2 * sizeof(u64),
				      GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!pins->tces)
		return -ENOMEM;
	pins->n = n;
	ret = pin_pages(op->vaddr, n, shift, pin_flags(op->flags), pins->tces);
	if (ret)
		mtce_pins_free(pins);
	else
		say_what_is_pinned(pins, mtce_tce_perm(op->flags));
	return ret;
}

/* The same for a TCE page that is not larger than a system page, as v1's are. */
int mtce_pins_get_one(struct mtce_pins *pins, const struct vfio_mtce_op *op)
{
	struct page *page;

	if (op->size > PAGE_SIZE || !is_power_of_2(op->size) ||
	    op->vaddr & (op->size - 1))
		return -EINVAL;
	if (pin_user_pages_fast(op->vaddr & PAGE_MASK, 1,
				pin_flags(op->flags), &page) != 1)
		return -EFAULT;
	pins->n = 1;
	pins->shift = ilog2(op->size);
	pins->tces = pins->one;
	pins->one[0] = page_to_phys(page) + (op->vaddr & ~PAGE_MASK);
	say_what_is_pinned(pins, mtce_tce_perm(op->flags));
	return 0;
}

/* Let go of pages that no map has taken. Does nothing where there are none. */
void mtce_pins_put(struct mtce_pins *pins)
{
	if (!pins->n)
		return;
	pin_undo(pins->tces, pins->n);
	mtce_pins_free(pins);
}

/* Does an entry begin a run of entries that pin the same system page? */
static bool begins_run(u64 before, u64 shadow)
{
	return mtce_shadow_pinned(shadow) && (shadow ^ before) >> PAGE_SHIFT;
}

static u64 shadow_of(const struct mtce_window *w, unsigned long index)
{
	const u64 *shadow = w->direct ? walk_shadow(w, index) :
					shadow_through_ops(w, index);

	return shadow ? *shadow : 0;
}

/*
 * Entries of [@index, @index + @n], and the one after it, that begin a run. A
 * run does not go on in the next part. @instead: shadows that the first @n will
 * have, or NULL.
 */
static long count_runs(const struct mtce_window *w, unsigned long index,
		       unsigned long n, const u64 *instead)
{
	const unsigned long part = BIT(w->part_shift), end = index + n;
	u64 before = index % part ? shadow_of(w, index - 1) : 0;
	unsigned long i;
	long runs = 0;

	for (i = index; i <= end && i < w->size; i++) {
		u64 shadow;

		if (i == end && !(i % part))
			break;
		shadow = instead && i < end ? instead[i - index] :
					      shadow_of(w, i);
		if (!(i % part))
			before = 0;
		runs += begins_run(before, shadow);
		before = shadow;
	}
	return runs;
}

/* Where no system page is more than one TCE the window is small enough. */
static bool is_counted(const struct mtce_window *w)
{
	return w->shift < PAGE_SHIFT && !w->num;
}

/* mtce_pins_more() of one entry of a flat window. */
long mtce_pins_more_of_one(const struct mtce_window *w, unsigned long index,
			   u64 shadow)
{
	const unsigned long in_part = BIT(w->part_shift) - 1;
	const u64 *s = flat_shadow(w, index);
	u64 before = index & in_part ? s[-1] : 0;
	long more = begins_run(before, shadow) - begins_run(before, *s);

	if (!is_counted(w))
		return 0;
	if (!((index + 1) & in_part))
		return more;
	return more + begins_run(shadow, s[1]) - begins_run(*s, s[1]);
}

long mtce_pins_count(struct mtce_gather *ga, unsigned long index,
		     unsigned long n)
{
	return is_counted(ga->w) ? count_runs(ga->w, index, n, NULL) : 0;
}

/*
 * By how many system pages more is pinned if these entries become what @shadow
 * says; by less, if it is negative.
 */
long mtce_pins_more(struct mtce_gather *ga, unsigned long index, unsigned long n,
		    const u64 *shadow)
{
	const unsigned long part = BIT(ga->w->part_shift);
	unsigned long here;
	long more = 0;

	if (!is_counted(ga->w))
		return 0;
	for (; n; n -= here, index += here, shadow += here) {
		here = min(n, part - index % part);
		more += count_runs(ga->w, index, here, shadow) -
			count_runs(ga->w, index, here, NULL);
		cond_resched();
	}
	return more;
}

/*
 * May maps of the window pin memory? VFIO_IOMMU_ENABLE has counted the pages of
 * the 32-bit window only.
 */
bool mtce_may_pin(struct mtce_container *c, const struct mtce_window *w)
{
	struct iommu_table_group *tg = mtce_container_table_group(c);

	return c->enabled && !w->num && tg && w->bytes <= tg->tce32_size;
}

/*
 * Does the limit allow @more pages? Two calls in different parts may both be the
 * last that fits: what is pinned is over the limit by as much as CPUs do in one
 * call, and by what calls are just pinning.
 */
bool mtce_pins_fit(const struct mtce_container *c, long more)
{
	return more <= 0 ||
	       atomic_long_read(&c->pinned) + more <= c->enabled_pages;
}

/* What mtce_gather.pages says of an entry that is not of registered memory. */
unsigned long mtce_pin_page_of(u64 shadow)
{
	u64 hpa = shadow & ~(MTCE_SHADOW_PINNED | MTCE_PERM_MASK);

	return (unsigned long)hpa_to_page(hpa) |
	       (shadow & VFIO_MTCE_WRITE ? MTCE_PAGE_DIRTY : 0);
}

/* Let go of @n pages that entries pinned. Their kill is done. */
void mtce_unpin(struct mtce_container *c, const unsigned long *pages,
		unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct page *page = (struct page *)(pages[i] &
						    ~MTCE_PAGE_DIRTY);

		trace_mtce_unpin(c, page_to_phys(page));
		unpin_user_pages_dirty_lock(&page, 1,
					    pages[i] & MTCE_PAGE_DIRTY);
	}
}
