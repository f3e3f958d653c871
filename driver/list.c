// SPDX-License-Identifier: GPL-2.0
/*
 * Put list: scattered memory at consecutive TCEs, as one operation.
 */
#include <linux/mm.h>

#include "map.h"

/*
 * Look up each address of the list: its TCE to @tces, its shadow in place of it
 * to @list, and to @only the region, if there is just one.
 */
static noinline int plan_list(struct mtce_gather *ga, u64 *list, u64 *tces,
			      u32 num, u64 perm, struct mtce_region **only)
{
	const unsigned int shift = ga->w->shift;
	const u64 bytes = BIT_ULL(shift), mark = MTCE_SHADOW_REGION | perm;
	const bool large = shift > PAGE_SHIFT;
	struct mtce_region *r = NULL;
	u64 base = 0, limit = 0, seen = 0;
	const u64 *hpas = NULL;
	u32 i, switches = 0;

	for (i = 0; i < num; i++) {
		u64 ua = list[i], at;

		seen |= ua;
		if (unlikely(ua - base >= limit)) {
			unsigned long n;

			r = mtce_region_piece(ga, ua, bytes, &n);
			if (!r)
				return -ENOENT;
			switches++;
			hpas = r->hpas;
			base = r->ua;
			/* Where a whole TCE page still fits. */
			limit = r->size - bytes + 1;
		}
		at = hpas[(ua - base) >> PAGE_SHIFT];
		if (large && (at & ~PAGE_MASK) < shift)
			return -ERANGE;
		ua |= mark;
		/* The permissions are the same bits in both. */
		tces[i] = (at & PAGE_MASK) | (ua & ~PAGE_MASK);
		list[i] = ua;
	}
	*only = switches == 1 ? r : NULL;
	return seen & (bytes - 1) ? -EINVAL : 0;
}

/* Count the use of listed pages of many regions, a run of one at a time. */
static void count_list(struct mtce_gather *ga, const u64 *list, u32 num,
		       u64 perm)
{
	struct mtce_region *r = NULL;
	u64 base = 0, limit = 0;
	u32 i, run = 0;

	for (i = 0; i < num; i++, run++) {
		if (likely(list[i] - base < limit))
			continue;
		if (r)
			mtce_region_use(r, run, perm);
		run = 0;
		r = mtce_region_find(ga->c, list[i] & ~(MTCE_SHADOW_REGION |
							MTCE_PERM_MASK));
		base = MTCE_SHADOW_REGION | r->ua;
		limit = r->size;
	}
	if (r)
		mtce_region_use(r, run, perm);
}

static int do_list(struct mtce_gather *ga, unsigned long index, u64 *list,
		   u64 *tces, u32 num, u32 flags)
{
	struct mtce_region *only;
	int ret, live;

	ret = plan_list(ga, list, tces, num, mtce_tce_perm(flags), &only);
	if (ret)
		return ret;
	live = mtce_table_plan(ga, index, num, flags);
	mtce_stage_end(ga->call, MTCE_STAGE_PIN);
	if (live < 0)
		return live;
	if (likely(only))
		mtce_region_use(only, num, mtce_tce_perm(flags));
	else
		count_list(ga, list, num, mtce_tce_perm(flags));
	ret = mtce_tces_put(ga, index, num, list, tces, live);
	if (ret == -EIO)
		mtce_tces_clear(ga, index, num);
	return ret;
}

/**
 * mtce_put_list() - map a list of pages at consecutive TCEs
 * @c: container
 * @call: NULL, or the call that this is, which is traced
 * @iova: IOVA of the first
 * @list: user addresses, in kernel memory with room for 2 * @num; overwritten
 * @num: how many, 1 at least
 * @flags: READ, WRITE, REPLACE
 *
 * Return: 0 or an errno of <linux/vfio_mtce.h>.
 */
long mtce_put_list(struct mtce_container *c, struct mtce_call *call, u64 iova,
		   u64 *list, u32 num, u32 flags)
{
	struct mtce_gather ga __uninitialized;
	struct mtce_locked h;
	int ret;

	mtce_call_iova(call, iova);
	ret = mtce_range_lock(c, &h, iova, 0, num);
	if (ret)
		return ret;
	ret = mtce_check_range(h.w, iova, (u64)num << h.w->shift, 0);
	if (!ret) {
		gather_begin(&ga, c, call, h.w, h.s);
		mtce_call_pages(call, num);
		ga.s->counts.calls++;
		ret = do_list(&ga, (iova - h.w->start) >> h.w->shift, list,
			      list + num, num, flags);
		gather_end(&ga, call);
	}
	mtce_range_unlock(c, &h);
	return ret;
}
