// SPDX-License-Identifier: GPL-2.0
/* The module: memory, the lock, what the probes share, and the report. See oracle.h. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/seq_file.h>
#include <linux/vmalloc.h>

#include <asm/iommu.h>

#include "oracle.h"

static unsigned int nodes_shift = 18;
module_param(nodes_shift, uint, 0444);
MODULE_PARM_DESC(nodes_shift,
		 "log2 of the translations, regions and unpinned pages that are remembered (default: 18)");

static bool upstream;
module_param(upstream, bool, 0444);
MODULE_PARM_DESC(upstream, "watch vfio_iommu_spapr_tce too (default: 0)");

struct oracle oracle;
DEFINE_RAW_SPINLOCK(oracle_lock);
u64 oracle_seen[SEEN_EVENTS];

static void *memory;
static struct dentry *folder;

/* The kernel's own list: a group is in it from set_window to unset_window. */
u64 oracle_groups_of(struct iommu_table *tbl)
{
	struct iommu_table_group_link *link;
	u64 groups = 0;

	lockdep_assert_held(&oracle_lock);
	rcu_read_lock();
	list_for_each_entry_rcu(link, &tbl->it_group_list, next)
		groups |= oracle_group(&oracle, (u64)link->table_group);
	rcu_read_unlock();
	return groups;
}

static int counters_show(struct seq_file *s, void *unused)
{
	static const char *const event[SEEN_EVENTS] = {
		[SEEN_SET] = "set", [SEEN_CLEAR] = "clear",
		[SEEN_KILL_TCE] = "kill_tce", [SEEN_KILL_PE] = "kill_pe",
		[SEEN_UNSET] = "unset", [SEEN_UNPIN] = "unpin",
		[SEEN_REGISTER] = "register",
		[SEEN_UNREGISTER] = "unregister", [SEEN_DONE] = "done",
	};
	static const char *const violation[ORACLE_VIOLATIONS] = {
		[ORACLE_UNPINNED] = "unpinned_too_early",
		[ORACLE_UNREGISTERED] = "unregistered_too_early",
		[ORACLE_REMAPPED] = "remapped_without_kill",
	};
	int i;

	for (i = 0; i < SEEN_EVENTS; i++)
		seq_printf(s, "%s %llu\n", event[i], READ_ONCE(oracle_seen[i]));
	for (i = 0; i < ORACLE_VIOLATIONS; i++)
		seq_printf(s, "%s %llu\n", violation[i],
			   READ_ONCE(oracle.violations[i]));
	seq_printf(s, "live %llu\n", READ_ONCE(oracle.live));
	seq_printf(s, "stale %llu\n", READ_ONCE(oracle.stale));
	seq_printf(s, "forgot %llu\n", READ_ONCE(oracle.forgot));
	seq_printf(s, "unknown %llu\n", READ_ONCE(oracle.unknown));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counters);

static int violations_show(struct seq_file *s, void *unused)
{
	unsigned long flags;
	unsigned int i;

	raw_spin_lock_irqsave(&oracle_lock, flags);
	for (i = 0; i < oracle.nr_said; i++)
		seq_printf(s, "%s\n", oracle.said[i]);
	raw_spin_unlock_irqrestore(&oracle_lock, flags);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(violations);

static void say(const char *text)
{
	pr_err("%s\n", text);
}

static int __init oracle_module_init(void)
{
	int ret;

	if (nodes_shift < 4 || nodes_shift > 24)
		return -EINVAL;
	memory = vzalloc(oracle_bytes(nodes_shift));
	if (!memory)
		return -ENOMEM;
	oracle_init(&oracle, memory, nodes_shift, PAGE_SHIFT, say);
	ret = oracle_mtce_start();
	if (ret)
		goto free;
	ret = upstream ? oracle_upstream_start() : 0;
	if (ret)
		goto stop;
	folder = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("counters", 0444, folder, NULL, &counters_fops);
	debugfs_create_file("violations", 0444, folder, NULL, &violations_fops);
	return 0;

stop:
	oracle_mtce_stop();
free:
	vfree(memory);
	return ret;
}

static void __exit oracle_module_exit(void)
{
	debugfs_remove_recursive(folder);
	if (upstream)
		oracle_upstream_stop();
	oracle_mtce_stop();
	vfree(memory);
}

module_init(oracle_module_init);
module_exit(oracle_module_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The mtce authors");
MODULE_DESCRIPTION("Model of a worst-case TCE cache, for tests of vfio_iommu_mtce");
