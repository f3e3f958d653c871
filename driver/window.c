// SPDX-License-Identifier: GPL-2.0
/*
 * DMA windows: create and remove.
 *
 * A window is made complete before any group can see it, and taken away from
 * every group before anything of it goes. Taking it away makes the platform
 * clear the bridge's pointer to the table and kill the PE's translations, so
 * clearing the table afterwards needs no kill, cannot fail and allocates nothing.
 * Where firmware refuses, the bridge still walks the table: then it is cleared with
 * kills before firmware is asked again, and not freed if it refuses again.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitmap.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "lock.h"
#include "trace.h"

/* log2 of the entries in a part, usually */
#define PART_SHIFT	9

/* log2 of the most parts: 128 KiB to remember which may hold live entries. */
#define PARTS_SHIFT_MAX	20

/*
 * Create
 */

/*
 * The platform checks too, but prints when a level is too big to allocate, and
 * shifts by what the user gave.
 */
static int check_shape(struct iommu_table_group *tg, u32 page_shift, u64 bytes,
		       u32 levels)
{
	unsigned int entries_shift, level_shift;

	if (page_shift >= 64 || !(tg->pgsizes & BIT_ULL(page_shift)) ||
	    !is_power_of_2(bytes) || bytes >> page_shift == 0 ||
	    !levels || levels > tg->max_levels)
		return -EINVAL;

	entries_shift = DIV_ROUND_UP(ilog2(bytes) - page_shift, levels);
	level_shift = max_t(unsigned int, entries_shift + ilog2(sizeof(u64)),
			    PAGE_SHIFT);
	if (level_shift > PAGE_SHIFT + MAX_PAGE_ORDER)
		return -ENOMEM;
	return 0;
}

/*
 * Will the platform find memory for a level of 1 << @level_shift entries in both
 * tables? It prints when it does not, so what a user asks for is tried first.
 */
bool mtce_levels_available(unsigned int level_shift)
{
	unsigned int order = get_order(sizeof(u64) << level_shift);
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN;
	unsigned long tces = __get_free_pages(gfp, order);
	unsigned long shadows = __get_free_pages(gfp, order);

	free_pages(tces, order);
	free_pages(shadows, order);
	return tces && shadows;
}

/* A table of the platform's, counted in locked_vm as the platform sizes it. */
static int make_table(struct mtce_container *c, struct mtce_window *w,
		      struct iommu_table_group *tg, u32 levels,
		      struct mtce_counted *counted)
{
	unsigned long bytes;
	int ret;

	bytes = tg->ops->get_table_size(w->shift, w->bytes, levels);
	if (!bytes)
		return -EINVAL;
	ret = mtce_take_counted(counted, bytes >> PAGE_SHIFT);
	if (ret)
		return ret;
	ret = -ENOMEM;
	if (mtce_levels_available(DIV_ROUND_UP(ilog2(w->bytes) - w->shift,
					       levels)))
		ret = tg->ops->create_table(tg, w->num, w->shift, w->bytes,
					    levels, &w->tbl);
	if (ret) {
		mtce_owe(c, bytes >> PAGE_SHIFT);
		return ret == -ENOMEM ? -ENOMEM : -EINVAL;
	}
	w->tbl->it_allocated_size = bytes;
	w->ops = w->tbl->it_ops;
	return 0;
}

static void drop_table(struct mtce_container *c, struct iommu_table *tbl)
{
	unsigned long pages = tbl->it_allocated_size >> PAGE_SHIFT;

	iommu_tce_table_put(tbl);
	mtce_owe(c, pages);
}

static int describe_table(struct mtce_window *w)
{
	struct iommu_table *tbl = w->tbl;
	unsigned long level_size = tbl->it_indirect_levels ?
				   tbl->it_level_size :
				   roundup_pow_of_two(tbl->it_size);

	w->start = (u64)tbl->it_offset << w->shift;
	w->size = w->bytes >> w->shift;
	w->levels = tbl->it_indirect_levels;
	w->level_shift = ilog2(level_size);
	if (mtce_direct) {
		int ret = mtce_table_self_check(w);

		if (ret < 0)
			return ret;
		w->direct = ret;
	}
	w->flat = w->direct && !w->levels;
	return 0;
}

/*
 * Parts as small as the common batch, so that two calls seldom share one; but
 * all stripes are used in a small window, and few enough for the map of a huge
 * one.
 */
static int make_parts(struct mtce_window *w)
{
	unsigned int size_shift = ilog2(w->size);
	unsigned int shift = PART_SHIFT;

	if (size_shift < PART_SHIFT + ilog2(MTCE_STRIPES))
		shift = max(size_shift, ilog2(MTCE_STRIPES)) -
			ilog2(MTCE_STRIPES);
	else if (size_shift > PARTS_SHIFT_MAX + PART_SHIFT)
		shift = size_shift - PARTS_SHIFT_MAX;
	w->part_shift = shift;
	w->part_bytes_shift = shift + w->shift;
	w->touched = kvcalloc(BITS_TO_LONGS(((w->size - 1) >> shift) + 1),
			      sizeof(long), GFP_KERNEL_ACCOUNT);
	return w->touched ? 0 : -ENOMEM;
}

static struct mtce_window *window_make(struct mtce_container *c, int num,
				       struct iommu_table_group *tg,
				       u32 page_shift, u64 bytes, u32 levels,
				       struct mtce_counted *counted)
{
	struct mtce_window *w;
	int ret, i;

	w = kvzalloc(sizeof(*w), GFP_KERNEL_ACCOUNT);
	if (!w)
		return ERR_PTR(-ENOMEM);
	mtce_queue_init(&w->queue);
	for (i = 0; i < MTCE_STRIPES; i++) {
		mutex_init(&w->stripe[i].lock);
		w->stripe[i].hint = &mtce_no_region;
		spin_lock_init(&w->stripe[i].kvm_lock);
		w->stripe[i].kvm.hint = &mtce_no_region;
	}
	w->num = num;
	w->shift = page_shift;
	w->bytes = bytes;
	ret = make_table(c, w, tg, levels, counted);
	if (ret)
		goto free;
	ret = describe_table(w);
	if (ret)
		goto drop;
	ret = make_parts(w);
	if (ret)
		goto drop;
	ret = mtce_kvm_hook(c, w);
	if (ret)
		goto free_parts;
	return w;

free_parts:
	kvfree(w->touched);
drop:
	drop_table(c, w->tbl);
free:
	kvfree(w);
	return ERR_PTR(ret);
}

static bool unset(struct mtce_container *c, struct mtce_window *w,
		  struct mtce_group *g)
{
	if (g->table_group->ops->unset_window(g->table_group, w->num))
		return false;
	trace_mtce_window_unset(c, w, g);
	return true;
}

/*
 * Take the window from one group. If firmware refuses, the bridge still has the
 * window, but the platform has forgotten that the group uses the table, and its
 * kills would pass the group by. So the window is set once more; where firmware
 * refuses that, too, only the group's kill register is left.
 */
void mtce_window_unset(struct mtce_container *c, struct mtce_window *w,
		       struct mtce_group *g)
{
	struct iommu_table_group *tg = g->table_group;

	if (unset(c, w, g)) {
		g->stuck &= ~BIT(w->num);
		return;
	}
	w->stuck = true;
	g->stuck |= BIT(w->num);
	tg->ops->set_window(tg, w->num, w->tbl);
}

/* The table is empty and every bridge knows. Does firmware still keep it? */
static void unset_stuck(struct mtce_container *c, struct mtce_window *w)
{
	struct mtce_group *g;

	w->stuck = false;
	list_for_each_entry(g, &c->groups, next) {
		if (g->stuck & BIT(w->num) && !unset(c, w, g))
			w->stuck = true;
		g->stuck &= ~BIT(w->num);
	}
	if (w->stuck)
		pr_warn_once("firmware keeps a DMA window of a PE, its table stays\n");
}

static void unset_until(struct mtce_container *c, struct mtce_window *w,
			struct mtce_group *until)
{
	struct mtce_group *g;

	list_for_each_entry(g, &c->groups, next) {
		if (g == until)
			break;
		mtce_window_unset(c, w, g);
	}
}

/*
 * Give the window to one group. The platform does not say so when it finds no
 * memory to note that the group uses the table: the bridge has the window then,
 * but kills through the platform would pass the group by.
 * Returns 0, -EPERM or -ENOMEM.
 */
int mtce_window_set(struct mtce_container *c, struct mtce_window *w,
		    struct mtce_group *g)
{
	struct iommu_table_group *tg = g->table_group;

	if (tg->ops->set_window(tg, w->num, w->tbl))
		return -EPERM;
	if (tg->tables[w->num] == w->tbl)
		return 0;
	mtce_window_unset(c, w, g);
	return -ENOMEM;
}

/* Program the window into every group, or into none. */
static int window_set(struct mtce_container *c, struct mtce_window *w)
{
	struct mtce_group *g;

	list_for_each_entry(g, &c->groups, next) {
		int ret = mtce_window_set(c, w, g);

		if (ret) {
			unset_until(c, w, g);
			return ret;
		}
	}
	return 0;
}

static int free_slot(struct mtce_container *c)
{
	int i;

	for (i = 0; i < MTCE_MAX_WINDOWS; i++)
		if (!c->windows[i])
			return i;
	return -ENOSPC;
}

/**
 * mtce_window_create() - make a DMA window and give it to every group
 * @c: container, stopped
 * @page_shift: log2 of the TCE page
 * @bytes: size, a power of two
 * @levels: levels of the table, 1 and up
 * @counted: pages that the caller has counted for it
 * @start: out, its first IOVA, which the platform chooses
 *
 * Return: 0, MTCE_COUNT_FIRST, -EINVAL, -ENOSPC, -ENOMEM, -ENODEV or -EPERM.
 */
int mtce_window_create(struct mtce_container *c, u32 page_shift, u64 bytes,
		       u32 levels, struct mtce_counted *counted, u64 *start)
{
	struct iommu_table_group *tg = mtce_container_table_group(c);
	struct mtce_window *w;
	int num, ret;

	lockdep_assert_held_write(&c->sem);
	if (!tg)
		return -ENODEV;
	num = free_slot(c);
	if (num < 0)
		return num;
	if (!tg->ops->set_window || !tg->ops->unset_window ||
	    !tg->ops->get_table_size || !tg->ops->create_table)
		return -EPERM;
	ret = check_shape(tg, page_shift, bytes, levels);
	if (ret)
		return ret;

	w = window_make(c, num, tg, page_shift, bytes, levels, counted);
	if (IS_ERR(w))
		return PTR_ERR(w);
	ret = window_set(c, w);
	if (ret) {
		mtce_stripes_lock(c, w, MTCE_ALL_STRIPES);
		mtce_window_destroy(c, w);
		return ret;
	}
	mtce_stripes_lock(c, w, MTCE_ALL_STRIPES);
	/* Complete before mtce_window_find() sees it; mtce_unlock_all() unlocks it. */
	smp_store_release(&c->windows[num], w);
	c->default_pending = false;
	mtce_container_changed(c);
	*start = w->start;
	return 0;
}

/* The 32-bit window that every container starts with, made at first use. */
int mtce_window_create_default(struct mtce_container *c,
			       struct mtce_counted *counted)
{
	struct iommu_table_group *tg = mtce_container_table_group(c);
	u64 start;

	lockdep_assert_held_write(&c->sem);
	if (!c->default_pending)
		return 0;
	if (!tg)
		return -ENODEV;
	return mtce_window_create(c, IOMMU_PAGE_SHIFT_4K, tg->tce32_size, 1,
				  counted, &start);
}

/*
 * Remove
 */

static void add_counts(struct vfio_mtce_stats *s, const struct mtce_counts *c)
{
	s->tces_mapped += READ_ONCE(c->mapped);
	s->tces_unmapped += READ_ONCE(c->unmapped);
	s->kills_tce += READ_ONCE(c->kills_tce);
	s->kills_pe += READ_ONCE(c->kills_pe);
	s->calls += READ_ONCE(c->calls);
}

static void add_hcall_counts(struct vfio_mtce_stats *s,
			     const struct mtce_counts *c)
{
	s->hcall_mapped += READ_ONCE(c->mapped);
	s->hcall_unmapped += READ_ONCE(c->unmapped);
	s->hcall_kills_tce += READ_ONCE(c->kills_tce);
	s->hcall_kills_pe += READ_ONCE(c->kills_pe);
	s->hcall_left += READ_ONCE(c->calls);
}

/*
 * Add what was done in @w. Without its locks: of a call that is at work some is
 * counted and some not yet.
 */
void mtce_window_stats(const struct mtce_window *w, struct vfio_mtce_stats *s)
{
	const struct mtce_queue *q = &w->queue;
	int i;

	for (i = 0; i < MTCE_STRIPES; i++) {
		add_counts(s, &w->stripe[i].counts);
		add_hcall_counts(s, &w->stripe[i].kvm.counts);
		s->lazy_pending +=
			READ_ONCE(w->stripe[i].kvm.change.kill.entries);
	}
	add_counts(s, &q->counts);
	s->flushes_full += READ_ONCE(q->flushes[MTCE_FLUSH_FULL]);
	s->flushes_timeout += READ_ONCE(q->flushes[MTCE_FLUSH_TIMEOUT]);
	s->flushes_explicit += READ_ONCE(q->flushes[MTCE_FLUSH_EXPLICIT]);
	s->flushes_reuse += READ_ONCE(q->flushes[MTCE_FLUSH_REUSE]);
	s->flushes_teardown += READ_ONCE(q->flushes[MTCE_FLUSH_TEARDOWN]);
	s->lazy_pending += READ_ONCE(q->kill.entries);
}

/*
 * The window was taken from every group, so the platform has killed what waits;
 * except where firmware refused, see mtce_window_unset(). Let go of all that it
 * refers to, and of the window, which the caller has locked. KVM may keep the table,
 * but not its memory.
 */
void mtce_window_destroy(struct mtce_container *c, struct mtce_window *w)
{
	struct mtce_gather ga;

	lockdep_assert_held_write(&c->sem);
	mtce_kvm_unhook(w);
	mtce_flush(c, w, MTCE_FLUSH_TEARDOWN);
	c->windows[w->num] = NULL;

	mtce_gather_begin(&ga, c, w);
	ga.detached = !w->stuck;
	mtce_tces_clear(&ga, 0, w->size);
	mtce_gather_end(&ga);

	mtce_window_stats(w, &c->stats);
	if (w->stuck)
		unset_stuck(c, w);
	if (w->stuck)
		mtce_kvm_abandon(w->tbl);
	else
		llist_add(&w->kvm->dead, &c->tables);
	kvfree(w->touched);
	mtce_stripes_unlock(w, MTCE_ALL_STRIPES);
	kvfree_rcu(w, rcu);
}

/*
 * Let go of the tables of windows that are gone. KVM may keep a table for as long as it
 * likes, and a VMM may hand over any number of them, so the memory goes now, and with
 * it the pages that are counted in locked_vm. The grace period is for hypercalls that
 * look for an entry without a lock, and for kvm_spapr_tce_attach_iommu_group(), which
 * takes the table from its group without one and only then a reference. No lock is
 * held.
 */
void mtce_tables_free(struct mtce_container *c)
{
	struct llist_node *all = llist_del_all(&c->tables);
	struct mtce_kvm *k, *next;

	if (!all)
		return;
	synchronize_rcu_expedited();
	llist_for_each_entry_safe(k, next, all, dead) {
		k->platform->free(k->tbl);
		k->freed = true;
		drop_table(c, k->tbl);
	}
}

/* Take the window from every group, and let go of it. */
void mtce_window_take(struct mtce_container *c, struct mtce_window *w)
{
	unset_until(c, w, NULL);
	mtce_window_destroy(c, w);
}

/**
 * mtce_window_remove() - take a DMA window away
 * @c: container, stopped
 * @start: its first IOVA
 *
 * Return: 0, -ENXIO, or -EPERM where the platform's windows are fixed.
 */
int mtce_window_remove(struct mtce_container *c, u64 start)
{
	struct iommu_table_group *tg = mtce_container_table_group(c);
	struct mtce_window *w;

	lockdep_assert_held_write(&c->sem);
	if (c->default_pending && !start) {
		c->default_pending = false;
		mtce_container_changed(c);
		return 0;
	}
	w = mtce_window_find(c, start);
	if (!w || w->start != start)
		return -ENXIO;
	if (tg && !tg->ops->unset_window)
		return -EPERM;

	mtce_window_take(c, w);
	return 0;
}
