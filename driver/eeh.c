// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO_EEH_PE_OP: error handling of a group's PE, see <linux/vfio.h>.
 */
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include <asm/eeh.h>

#include "mtce.h"

/*
 * Copy the argument; only an injected error needs all of it. Before any lock is
 * taken, because the copy may fault.
 */
int mtce_eeh_read(struct vfio_eeh_pe_op *op, unsigned long arg)
{
	size_t size = offsetofend(struct vfio_eeh_pe_op, op);

	memset(op, 0, sizeof(*op));
	if (copy_from_user(op, (void __user *)arg, size))
		return -EFAULT;
	if (op->argsz < size || op->flags)
		return -EINVAL;
	if (op->op != VFIO_EEH_PE_INJECT_ERR)
		return 0;
	size = sizeof(*op);
	if (op->argsz < size)
		return -EINVAL;
	if (copy_from_user(op, (void __user *)arg, size))
		return -EFAULT;
	return op->op == VFIO_EEH_PE_INJECT_ERR && !op->flags ? 0 : -EINVAL;
}

long mtce_eeh_op(struct iommu_group *grp, const struct vfio_eeh_pe_op *op)
{
	struct eeh_pe *pe = eeh_iommu_group_to_pe(grp);

	if (!pe)
		return -ENODEV;

	switch (op->op) {
	case VFIO_EEH_PE_DISABLE:
		return eeh_pe_set_option(pe, EEH_OPT_DISABLE);
	case VFIO_EEH_PE_ENABLE:
		return eeh_pe_set_option(pe, EEH_OPT_ENABLE);
	case VFIO_EEH_PE_UNFREEZE_IO:
		return eeh_pe_set_option(pe, EEH_OPT_THAW_MMIO);
	case VFIO_EEH_PE_UNFREEZE_DMA:
		return eeh_pe_set_option(pe, EEH_OPT_THAW_DMA);
	case VFIO_EEH_PE_GET_STATE:
		return eeh_pe_get_state(pe);
	case VFIO_EEH_PE_RESET_DEACTIVATE:
		return eeh_pe_reset(pe, EEH_RESET_DEACTIVATE, true);
	case VFIO_EEH_PE_RESET_HOT:
		return eeh_pe_reset(pe, EEH_RESET_HOT, true);
	case VFIO_EEH_PE_RESET_FUNDAMENTAL:
		return eeh_pe_reset(pe, EEH_RESET_FUNDAMENTAL, true);
	case VFIO_EEH_PE_CONFIGURE:
		return eeh_pe_configure(pe);
	case VFIO_EEH_PE_INJECT_ERR:
		return eeh_pe_inject_err(pe, op->err.type, op->err.func,
					 op->err.addr, op->err.mask);
	default:
		return -EINVAL;
	}
}
