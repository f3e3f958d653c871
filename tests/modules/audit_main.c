// SPDX-License-Identifier: GPL-2.0
/* The module: the reader's containers, their locks, their counts, and the report. See audit.h. */
#include <linux/debugfs.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "audit.h"
#include "vfio_abi.h"

#define DRIVER	"vfio_iommu_mtce"
#define FILES	32

/* As driver/vfio_abi.h: mirrors drivers/vfio/container.c in 6.12. */
struct vfio_iommu_driver {
	const struct vfio_iommu_driver_ops *ops;
	struct list_head vfio_next;
};

struct vfio_container {
	struct kref kref;
	struct list_head group_list;
	struct rw_semaphore group_lock;
	struct vfio_iommu_driver *iommu_driver;
	void *iommu_data;
	bool noiommu;
};

void audit_wrong(struct audit *a, const char *fmt, ...)
{
	va_list ap;

	a->violations++;
	if (a->nr_said == AUDIT_SAID)
		return;
	va_start(ap, fmt);
	vsnprintf(a->said[a->nr_said++], AUDIT_TEXT, fmt, ap);
	va_end(ap);
}

/*
 * A container that is stopped. There may be no window.
 */

static void stop_window(struct mtce_container *c, struct mtce_window *w)
{
	int i;

	if (!w)
		return;
	for (i = 0; i < MTCE_STRIPES; i++)
		mutex_lock_nest_lock(&w->stripe[i].lock, &c->sem);
}

/* After all stripes of all windows. */
static void stop_queue(struct mtce_container *c, struct mtce_window *w)
{
	if (w)
		mutex_lock_nest_lock(&w->queue.lock, &c->sem);
}

static void go_window(struct mtce_window *w)
{
	int i;

	if (!w)
		return;
	mutex_unlock(&w->queue.lock);
	for (i = 0; i < MTCE_STRIPES; i++)
		mutex_unlock(&w->stripe[i].lock);
}

static void freeze_window(struct mtce_container *c, struct mtce_window *w)
{
	int i;

	for (i = 0; w && w->shared && i < MTCE_STRIPES; i++)
		audit_kvm_lock(&w->stripe[i], c);
}

static void thaw_window(struct mtce_window *w)
{
	int i;

	for (i = 0; w && w->shared && i < MTCE_STRIPES; i++)
		audit_kvm_unlock(&w->stripe[i]);
}

/* The container's sem is held. False: there is no memory. */
static bool list_regions(struct audit *a)
{
	struct rb_node *node;
	unsigned long n = 0;

	for (node = rb_first(&a->c->regions); node; node = rb_next(node))
		n++;
	a->regions = kvcalloc(n, sizeof(*a->regions), GFP_KERNEL);
	if (n && !a->regions)
		return false;
	a->nr_regions = n;
	for (n = 0, node = rb_first(&a->c->regions); node; node = rb_next(node))
		a->regions[n++].r = rb_entry(node, struct mtce_region, node);
	return true;
}

/* Entries of the region that were cleared, and whose kill is still to come. */
static u64 waiting_for(const struct audit *a, const struct mtce_region *r)
{
	u64 n = 0;
	int i, j;

	for (i = 0; i < MTCE_MAX_WINDOWS; i++) {
		const struct mtce_window *w = a->c->windows[i];

		n += r->waiting[i].entries;
		for (j = 0; w && j < MTCE_STRIPES; j++)
			if (w->stripe[j].kvm.change.region == r)
				n += w->stripe[j].kvm.change.kill.entries;
	}
	return n;
}

static void audit_counts(struct audit *a)
{
	unsigned long i;

	for (i = 0; i < a->nr_regions; i++) {
		const struct mtce_region *r = a->regions[i].r;
		u64 waiting = waiting_for(a, r);
		s64 mapped = atomic64_read(&r->mapped);

		if (mapped != a->regions[i].live + waiting)
			audit_wrong(a, "region %#lx: %lld TCEs counted, %llu seen, %llu wait",
				    r->ua, mapped, a->regions[i].live, waiting);
	}
}

/* What the groups' bridges walk is what is audited. */
static void audit_groups(struct audit *a)
{
	const struct mtce_group *g;
	int i;

	list_for_each_entry(g, &a->c->groups, next)
		for (i = 0; i < MTCE_MAX_WINDOWS; i++) {
			const struct mtce_window *w = a->c->windows[i];

			if (g->table_group->tables[i] != (w ? w->tbl : NULL))
				audit_wrong(a, "PE %u: table %d is another than the window's",
					    g->pe, i);
		}
}

/* What firmware did not take from a group is nobody's to judge. */
static void audit_windows(struct audit *a)
{
	int i;

	for (i = 0; i < MTCE_MAX_WINDOWS; i++)
		freeze_window(a->c, a->c->windows[i]);
	for (i = 0; i < MTCE_MAX_WINDOWS; i++) {
		a->w = a->c->windows[i];
		if (a->w && !a->w->stuck)
			audit_table(a);
	}
	audit_counts(a);
	for (i = 0; i < MTCE_MAX_WINDOWS; i++)
		thaw_window(a->c->windows[i]);
}

static int audit_container(struct audit *a)
{
	int i;

	down_write(&a->c->sem);
	if (!list_regions(a)) {
		up_write(&a->c->sem);
		return -ENOMEM;
	}
	a->containers++;
	for (i = 0; i < MTCE_MAX_WINDOWS; i++)
		stop_window(a->c, a->c->windows[i]);
	for (i = 0; i < MTCE_MAX_WINDOWS; i++)
		stop_queue(a->c, a->c->windows[i]);
	audit_windows(a);
	audit_groups(a);
	for (i = 0; i < MTCE_MAX_WINDOWS; i++)
		go_window(a->c->windows[i]);
	up_write(&a->c->sem);
	kvfree(a->regions);
	return 0;
}

/*
 * The reader's files
 */

struct files {
	struct file *file[FILES];
	unsigned int n;
};

static int is_container(const void *arg, struct file *file, unsigned int fd)
{
	struct files *f = (struct files *)arg;
	struct inode *inode = file_inode(file);

	if (!S_ISCHR(inode->i_mode) || imajor(inode) != MISC_MAJOR ||
	    iminor(inode) != VFIO_MINOR)
		return 0;
	if (f->n == FILES)
		return -E2BIG;
	f->file[f->n++] = get_file(file);
	return 0;
}

/* While group_lock is held the container keeps what it has of a driver. */
static int audit_file(struct audit *a, struct file *file)
{
	struct vfio_container *v = file->private_data;
	int ret = 0;

	if (!v)
		return 0;
	down_read(&v->group_lock);
	if (v->iommu_driver && v->iommu_data &&
	    !strcmp(module_name(v->iommu_driver->ops->owner), DRIVER)) {
		a->c = v->iommu_data;
		ret = audit_container(a);
	}
	up_read(&v->group_lock);
	return ret;
}

static int audit_files(struct audit *a)
{
	struct files *f = kzalloc(sizeof(*f), GFP_KERNEL);
	unsigned int i;
	int ret;

	if (!f)
		return -ENOMEM;
	ret = iterate_fd(current->files, 0, is_container, f);
	for (i = 0; i < f->n; i++) {
		/* The same one may have been opened once and have two numbers. */
		if (!ret && (!i || f->file[i] != f->file[i - 1]))
			ret = audit_file(a, f->file[i]);
		fput(f->file[i]);
	}
	kfree(f);
	return ret;
}

static int audit_show(struct seq_file *s, void *unused)
{
	struct audit *a = kzalloc(sizeof(*a), GFP_KERNEL);
	unsigned int i;
	int ret;

	if (!a)
		return -ENOMEM;
	ret = audit_files(a);
	seq_printf(s, "containers %llu\nwindows %llu\nslots %llu\npresent %llu\nviolations %llu\n",
		   a->containers, a->windows, a->slots, a->present,
		   a->violations);
	for (i = 0; i < a->nr_said; i++)
		seq_printf(s, "VIOLATION: %s\n", a->said[i]);
	kfree(a);
	return ret;
}

static int audit_open(struct inode *inode, struct file *file)
{
	return single_open_size(file, audit_show, NULL, SZ_8K);
}

static const struct file_operations audit_fops = {
	.owner = THIS_MODULE,
	.open = audit_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

static struct dentry *entry;

static int __init audit_init(void)
{
	entry = debugfs_create_file("mtce_audit", 0400, NULL, NULL, &audit_fops);
	return PTR_ERR_OR_ZERO(entry);
}

static void __exit audit_exit(void)
{
	debugfs_remove(entry);
}

module_init(audit_init);
module_exit(audit_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The mtce authors");
MODULE_DESCRIPTION("Audit of the tables of vfio_iommu_mtce, for tests");
