// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO_EEH_PE_OP: error handling of a group's PE, see <linux/vfio.h>.
 */
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include <asm/eeh.h>

#include "mtce.h"

static long eeh_inject(struct eeh_pe *pe, unsigned long arg)
{
	struct vfio_eeh_pe_op op;

	if (copy_from_user(&op, (void __user *)arg, sizeof(op)))
		return -EFAULT;
	if (op.argsz < sizeof(op))
		return -EINVAL;
	return eeh_pe_inject_err(pe, op.err.type, op.err.func, op.err.addr,
				 op.err.mask);
}

long mtce_eeh_op(struct iommu_group *grp, unsigned long arg)
{
	struct eeh_pe *pe = eeh_iommu_group_to_pe(grp);
	const size_t size = offsetofend(struct vfio_eeh_pe_op, op);
	struct vfio_eeh_pe_op op;

	if (!pe)
		return -ENODEV;
	if (copy_from_user(&op, (void __user *)arg, size))
		return -EFAULT;
	if (op.argsz < size || op.flags)
		return -EINVAL;

	switch (op.op) {
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
		return eeh_inject(pe, arg);
	default:
		return -EINVAL;
	}
}
