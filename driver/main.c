// SPDX-License-Identifier: GPL-2.0
/*
 * Module init and exit, parameters, and the operations VFIO calls.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/rcupdate.h>

#include "mtce.h"
#include "vfio_abi.h"

bool mtce_takeover;
module_param_named(takeover, mtce_takeover, bool, 0644);
MODULE_PARM_DESC(takeover,
		 "also claim the v1 and v2 sPAPR types (2 and 7) for containers opened from now on (default: 0)");

bool mtce_direct = true;
module_param_named(direct, mtce_direct, bool, 0644);
MODULE_PARM_DESC(direct,
		 "write tables and the kill register directly where a self-check allows it; read when a group is attached and a window created (default: 1)");

unsigned int mtce_kill_threshold = 8;
module_param_named(kill_threshold, mtce_kill_threshold, uint, 0644);
MODULE_PARM_DESC(kill_threshold,
		 "a call that changes more TCEs than this kills the whole PE instead of entry by entry; 0: always the PE (default: 8)");

/* Why these two: results/README.md, "The sweep". */
unsigned int mtce_lazy_entries = 1024;
module_param_named(lazy_entries, mtce_lazy_entries, uint, 0644);
MODULE_PARM_DESC(lazy_entries,
		 "a window with this many TCEs that lazy unmaps cleared is flushed; 0: no unmap is lazy (default: 1024)");

unsigned int mtce_lazy_timeout_ms = 10;
module_param_named(lazy_timeout_ms, mtce_lazy_timeout_ms, uint, 0644);
MODULE_PARM_DESC(lazy_timeout_ms,
		 "a window is flushed when its oldest such TCE is this many milliseconds old (default: 10)");

bool mtce_lazy_hcalls;
module_param_named(lazy_hcalls, mtce_lazy_hcalls, bool, 0644);
MODULE_PARM_DESC(lazy_hcalls,
		 "unmaps by a KVM guest's hypercalls are lazy, too: killed after as many TCEs or milliseconds (default: 0)");

static int mtce_attach_group(void *iommu_data, struct iommu_group *grp,
			     enum vfio_group_type type)
{
	if (type != VFIO_IOMMU)
		return -EINVAL;
	return mtce_group_attach(iommu_data, grp);
}

static void mtce_detach_group(void *iommu_data, struct iommu_group *grp)
{
	mtce_group_detach(iommu_data, grp);
}

static const struct vfio_iommu_driver_ops mtce_driver_ops = {
	.name		= "vfio-iommu-mtce",
	.owner		= THIS_MODULE,
	.open		= mtce_open,
	.release	= mtce_release,
	.ioctl		= mtce_ioctl,
	.attach_group	= mtce_attach_group,
	.detach_group	= mtce_detach_group,
};

static int __init mtce_init(void)
{
	int ret = mtce_buffer_init();

	if (ret)
		return ret;
	ret = vfio_register_iommu_driver(&mtce_driver_ops);
	if (ret)
		mtce_buffer_exit();
	return ret;
}

/*
 * No container and no table with our operations is left: each held a reference on
 * the module. The caller that put the last one may still be on its way out, and so
 * may a call that came too late. Containers are freed after two grace periods.
 */
static void __exit mtce_exit(void)
{
	vfio_unregister_iommu_driver(&mtce_driver_ops);
	synchronize_rcu_tasks();
	mtce_rcu_barrier();
	mtce_rcu_barrier();
	rcu_barrier();	/* windows */
	mtce_buffer_exit();
}

module_init(mtce_init);
module_exit(mtce_exit);

MODULE_VERSION("0.1");
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The mtce authors");
MODULE_DESCRIPTION("VFIO IOMMU back end for sPAPR TCE tables, batched");
