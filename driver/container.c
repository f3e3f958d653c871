// SPDX-License-Identifier: GPL-2.0
/*
 * Containers: open and release, whose memory, groups, v1's enable and disable.
 *
 * VFIO calls release when the last group is detached or the last file is closed,
 * also when the owner was killed. Release needs no memory and cannot fail. VFIO
 * does not wait for calls that are still inside when a group is detached. Such a
 * call holds a stripe, or a reference (users), finds the container dead and leaves.
 * The last reference frees the container, after grace periods for callers that VFIO
 * has let in but that hold neither yet.
 */
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/vfio.h>

#include "mtce.h"
#include "trace.h"

/* How often to look, ten times a second, once the owner's process is gone. */
#define FREE_TRIES	50

/*
 * Locked memory, counted under mmap_lock and so without a lock of ours
 */

/* For the work of mtce_do_counted(), which needs @pages. */
int mtce_take_counted(struct mtce_counted *n, unsigned long pages)
{
	n->want = pages;
	if (n->have < pages)
		return MTCE_COUNT_FIRST;
	n->have -= pages;
	return 0;
}

/* @pages need not be counted any more. */
void mtce_owe(struct mtce_container *c, unsigned long pages)
{
	/* Fully ordered, as is the end of update_pinned(): one of them settles. */
	atomic_long_add_return(pages, &c->owed);
}

/*
 * Done when no lock is held any more: let go of tables, and give back what is owed,
 * unless pages are just pinned that it may stand for.
 */
void mtce_settle(struct mtce_container *c)
{
	if (!llist_empty(&c->tables))
		mtce_tables_free(c);
	if (atomic_long_read(&c->owed) && !atomic_long_read(&c->pinning))
		account_locked_vm(c->mm, atomic_long_xchg(&c->owed, 0), false);
}

/*
 * Do @work with the container stopped. What it must have counted in locked_vm is
 * counted without a lock, and then it is done again.
 */
int mtce_do_counted(struct mtce_container *c, mtce_counted_work *work, void *arg)
{
	struct mtce_counted n = {};
	int ret;

	for (;;) {
		ret = mtce_lock_all(c);
		if (ret)
			break;
		ret = work(c, &n, arg);
		mtce_unlock_all(c);
		if (ret != MTCE_COUNT_FIRST)
			break;
		ret = account_locked_vm(c->mm, n.want - n.have, true);
		if (ret)
			break;
		n.have = n.want;
	}
	mtce_owe(c, n.have);	/* counted in vain */
	return ret;
}

static void owe_enabled(struct mtce_container *c)
{
	unsigned long pages = c->enabled_pages;

	WRITE_ONCE(c->enabled_pages, 0);
	mtce_owe(c, pages);
}

/*
 * Life
 */

static bool type_of(unsigned long arg, enum mtce_type *type)
{
	switch (arg) {
	case VFIO_SPAPR_MTCE_IOMMU:
		*type = MTCE_TYPE_NATIVE;
		return true;
	case VFIO_SPAPR_TCE_IOMMU:
		*type = MTCE_TYPE_V1;
		return mtce_takeover;
	case VFIO_SPAPR_TCE_v2_IOMMU:
		*type = MTCE_TYPE_V2;
		return mtce_takeover;
	default:
		return false;
	}
}

/*
 * Memory of the owner is let go, which takes his mmap_lock: a thread of his may hold
 * it for as long as a file system does not answer. And hypercalls on windows of
 * others may use it while his process lives. What is in use some seconds after that
 * was left so by upstream's driver.
 */
static void free_memory(struct work_struct *work)
{
	struct mtce_container *c = container_of(to_delayed_work(work),
						struct mtce_container,
						free_work);
	bool gone = !c->mm || !atomic_read(&c->mm->mm_users);

	mtce_settle(c);
	if (gone)
		c->free_tries++;
	if (!mtce_region_free_all(c, c->free_tries > FREE_TRIES)) {
		queue_delayed_work(system_unbound_wq, &c->free_work, HZ / 10);
		return;
	}
	/* Whoever waits can unload the module, so the reference goes first. */
	rcu_read_lock();
	mtce_container_put(c);
	complete(&c->freed);
	rcu_read_unlock();
}

void *mtce_open(unsigned long arg)
{
	struct mtce_container *c;
	enum mtce_type type;

	if (!type_of(arg, &type))
		return ERR_PTR(-EINVAL);
	c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);
	if (!c)
		return ERR_PTR(-ENOMEM);
	__module_get(THIS_MODULE);
	c->magic = MTCE_MAGIC;
	refcount_set(&c->users, 1);
	c->type = type;
	init_rwsem(&c->sem);
	INIT_LIST_HEAD(&c->groups);
	c->regions = RB_ROOT;
	INIT_DELAYED_WORK(&c->flush_work, mtce_flush_old);
	INIT_WORK(&c->kvm_work, mtce_kvm_share);
	INIT_DELAYED_WORK(&c->free_work, free_memory);
	init_completion(&c->freed);
	return c;
}

/* Calls that may sleep hold a reference. False: the container is being freed. */
bool mtce_container_get(struct mtce_container *c)
{
	bool got;

	rcu_read_lock();
	got = refcount_inc_not_zero(&c->users);
	rcu_read_unlock();
	return got;
}

static void free_container(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct mtce_container, rcu));
}

/*
 * Two grace periods: VFIO clears its pointer only after ->release() has returned,
 * so a caller may still pick it up during the first one. VFIO calls us without a
 * lock, so on a preemptible kernel a caller may stay between its look at the pointer
 * and its first step in here; mtce_call_rcu() waits for tasks that do.
 */
static void free_later(struct rcu_head *rcu)
{
	mtce_call_rcu(rcu, free_container);
}

void mtce_container_put(struct mtce_container *c)
{
	if (!refcount_dec_and_test(&c->users))
		return;
	/* Until now calls may have charged locked memory to it. */
	if (c->mm)
		mmdrop(c->mm);
	mtce_call_rcu(&c->rcu, free_later);
	module_put(THIS_MODULE); /* mtce_exit() waits until this has returned */
}

void mtce_release(void *iommu_data)
{
	struct mtce_container *c = iommu_data;
	struct mtce_group *g, *next;
	int i;

	list_for_each_entry_safe(g, next, &c->groups, next)
		mtce_group_detach(c, g->grp);

	__mtce_lock_all(c);
	c->dead = true;
	mtce_container_changed(c);
	for (i = 0; i < MTCE_MAX_WINDOWS; i++)
		if (c->windows[i])
			mtce_window_destroy(c, c->windows[i]);
	mtce_regions_end(c);
	c->enabled = false;
	owe_enabled(c);
	mtce_unlock_all(c);

	/* Nothing is queued any more, and no lock is held that the works wait for. */
	cancel_delayed_work_sync(&c->flush_work);
	cancel_work_sync(&c->kvm_work);
	refcount_inc(&c->users);
	queue_delayed_work(system_unbound_wq, &c->free_work, 0);
	/* Done when this returns, as a rule; but whoever unbinds does not wait for it. */
	wait_for_completion_timeout(&c->freed, HZ);
	mtce_container_put(c);
}

/* Recompute c->ready. Call after changing any of its inputs. */
void mtce_container_changed(struct mtce_container *c)
{
	lockdep_assert_held_write(&c->sem);
	c->ready = 0;
	if (c->may_map && c->nr_groups && !c->default_pending && !c->dead)
		c->ready = MTCE_READY | (c->lazy ? VFIO_MTCE_LAZY : 0);
}

/*
 * Owner
 */

/* Make the calling process the owner if there is none: 0, or -EPERM. */
int mtce_container_own(struct mtce_container *c)
{
	if (!c->mm) {
		mmgrab(current->mm);
		if (cmpxchg(&c->mm, NULL, current->mm))
			mmdrop(current->mm);
	}
	return c->mm == current->mm ? 0 : -EPERM;
}

/* Not ready for work on entries: create the default window, or say why not. */
static int make_ready(struct mtce_container *c, struct mtce_counted *counted,
		      void *unused)
{
	if (!c->may_map)
		return -EPERM;
	if (!c->nr_groups)
		return -ENODEV;
	return mtce_window_create_default(c, counted);
}

/*
 * Lock the container for work on entries: sem is held for reading. Creates the
 * default window on first use. Returns 0, or why entries cannot be worked on.
 */
int mtce_container_enter(struct mtce_container *c)
{
	int ret;

	for (;;) {
		ret = mtce_lock_shared(c);
		if (ret)
			return ret;
		if (c->ready && c->mm)
			return 0;
		mtce_unlock_shared(c);
		ret = mtce_do_counted(c, make_ready, NULL);
		if (ret)
			return ret;
	}
}

/*
 * v1: instead of every page, the worst case is counted as locked, once
 */

static int enable(struct mtce_container *c, struct mtce_counted *counted,
		  void *unused)
{
	struct iommu_table_group *tg = mtce_container_table_group(c);
	unsigned long pages;
	int ret;

	if (!tg)
		return -ENODEV;
	if (c->enabled)
		return -EBUSY;
	if (!tg->tce32_size)
		return -EPERM;
	pages = tg->tce32_size >> PAGE_SHIFT;
	ret = mtce_take_counted(counted, pages);
	if (ret)
		return ret;
	c->enabled_pages = pages;
	c->enabled = true;
	c->may_map = true;
	mtce_container_changed(c);
	return 0;
}

int mtce_container_enable(struct mtce_container *c)
{
	return mtce_do_counted(c, enable, NULL);
}

/*
 * The pages are no longer counted as locked, so none may stay pinned: entries
 * that pinned their page are cleared. Without an enable before: nothing to do.
 */
int mtce_container_disable(struct mtce_container *c)
{
	int ret = mtce_lock_all(c);

	if (ret)
		return ret;
	mtce_flush_all(c, MTCE_FLUSH_TEARDOWN);
	if (c->enabled)
		mtce_tces_revoke(c, NULL);
	c->enabled = false;
	owe_enabled(c);
	c->may_map = c->registered;
	mtce_container_changed(c);
	mtce_unlock_all(c);
	return 0;
}

/* Set the container's default unmap mode. Returns 0, -EPERM or -ENODEV. */
int mtce_container_mode(struct mtce_container *c, bool lazy)
{
	int ret = mtce_lock_all(c);

	if (ret)
		return ret;
	c->lazy = lazy;
	mtce_container_changed(c);
	if (!lazy) {
		mtce_flush_all(c, MTCE_FLUSH_EXPLICIT);
		mtce_kvm_sync(c, false);
	}
	mtce_unlock_all(c);
	return 0;
}

/*
 * Groups
 */

/* What the platform says of the container's groups, or NULL without one. */
struct iommu_table_group *
mtce_container_table_group(struct mtce_container *c)
{
	struct mtce_group *g;

	g = list_first_entry_or_null(&c->groups, struct mtce_group, next);
	return g ? g->table_group : NULL;
}

static void groups_changed(struct mtce_container *c)
{
	mtce_kill_groups_changed(c);
	mtce_container_changed(c);
}

/*
 * A group is told of every kill from before it has the first window until after
 * it has lost the last one. Kills that wait are done before groups change: how
 * they are remembered depends on what the groups' bridges can do.
 */
static void group_add(struct mtce_container *c, struct mtce_group *g)
{
	mtce_flush_all(c, MTCE_FLUSH_TEARDOWN);
	mtce_kvm_stop(c);
	list_add_tail(&g->next, &c->groups);
	groups_changed(c);
	mtce_kvm_thaw(c);
}

/*
 * A window that firmware does not take from one group is taken from all of them: the
 * bridge of that group walks the table, so nothing may be in it from now on.
 */
static void drop_stuck_windows(struct mtce_container *c)
{
	int i;

	for (i = 0; i < MTCE_MAX_WINDOWS; i++)
		if (c->windows[i] && c->windows[i]->stuck)
			mtce_window_take(c, c->windows[i]);
}

/* @g was asked to give back its windows. */
static void group_del(struct mtce_container *c, struct mtce_group *g)
{
	drop_stuck_windows(c);
	mtce_flush_all(c, MTCE_FLUSH_TEARDOWN);
	mtce_kvm_stop(c);
	list_del(&g->next);
	groups_changed(c);
	mtce_kvm_thaw(c);
}

/* Can this group share the container's tables? */
static int group_fits(struct mtce_container *c, struct iommu_group *grp,
		      struct iommu_table_group *tg)
{
	struct mtce_group *g;

	if (!tg)
		return -ENODEV;
	/* A group of v1 does not share; windows must be there to be made. */
	if (c->type == MTCE_TYPE_V1)
		return c->nr_groups ? -EBUSY : 0;
	if (!tg->max_dynamic_windows_supported)
		return -EPERM;
	list_for_each_entry(g, &c->groups, next) {
		if (g->grp == grp)
			return -EBUSY;
		if (g->table_group->ops->create_table != tg->ops->create_table)
			return -EPERM;
	}
	return 0;
}

static void unset_windows(struct mtce_container *c, struct mtce_group *g,
			  int end)
{
	int i;

	for (i = 0; i < end; i++)
		if (c->windows[i])
			mtce_window_unset(c, c->windows[i], g);
}

static int set_windows(struct mtce_container *c, struct mtce_group *g)
{
	int i, ret;

	for (i = 0; i < MTCE_MAX_WINDOWS; i++) {
		struct mtce_window *w = c->windows[i];

		ret = w ? mtce_window_set(c, w, g) : 0;
		if (ret) {
			unset_windows(c, g, i);
			return ret;
		}
	}
	return 0;
}

/* The group gets the container's tables, and with them nothing but these. */
int mtce_group_attach(struct mtce_container *c, struct iommu_group *grp)
{
	struct mtce_group *g;
	int ret;

	g = kzalloc(sizeof(*g), GFP_KERNEL_ACCOUNT);
	if (!g)
		return -ENOMEM;
	g->grp = grp;
	g->table_group = iommu_group_get_iommudata(grp);
	mtce_kill_map_group(g);

	__mtce_lock_all(c);
	ret = group_fits(c, grp, g->table_group);
	if (ret)
		goto unlock;
	group_add(c, g);
	ret = set_windows(c, g);
	if (ret)
		group_del(c, g);
	else if (c->nr_groups == 1 && !c->windows[0])
		c->default_pending = true;
	mtce_container_changed(c);
unlock:
	mtce_unlock_all(c);
	if (ret) {
		mtce_kill_unmap_group(g);
		kfree(g);
	}
	return ret;
}

/* The platform forgets the tables for this group, and kills; others keep them. */
void mtce_group_detach(struct mtce_container *c, struct iommu_group *grp)
{
	struct mtce_group *g, *found = NULL;

	__mtce_lock_all(c);
	list_for_each_entry(g, &c->groups, next)
		if (g->grp == grp)
			found = g;
	if (found) {
		mtce_flush_all(c, MTCE_FLUSH_TEARDOWN);
		mtce_kvm_sync(c, false);
		unset_windows(c, found, MTCE_MAX_WINDOWS);
		group_del(c, found);
	}
	mtce_unlock_all(c);
	if (found) {
		mtce_kill_unmap_group(found);
		kfree(found);
	}
}
