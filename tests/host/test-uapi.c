// SPDX-License-Identifier: GPL-2.0
/* needs: */
/*
 * The layout that user space was built with. A line here may be added, never
 * changed: it is what programs out there have compiled in.
 */
#include <linux/vfio_mtce.h>

#include <stddef.h>

#define SIZE(type, n)		_Static_assert(sizeof(struct type) == (n), #type)
#define AT(type, field, n)	_Static_assert(offsetof(struct type, field) == (n), #type "." #field)
#define IS(name, value)		_Static_assert((name) == (value), #name)

IS(VFIO_SPAPR_MTCE_IOMMU, 0x4d544345);
IS(VFIO_IOMMU_MTCE_INFO, _IO(';', 200));
IS(VFIO_IOMMU_MTCE_UPDATE, _IO(';', 201));
IS(VFIO_IOMMU_MTCE_PUT_LIST, _IO(';', 202));
IS(VFIO_IOMMU_MTCE_FLUSH, _IO(';', 203));
IS(VFIO_IOMMU_MTCE_MODE, _IO(';', 204));

IS(VFIO_MTCE_READ, 1);
IS(VFIO_MTCE_WRITE, 2);
IS(VFIO_MTCE_REPLACE, 4);
IS(VFIO_MTCE_LAZY, 8);
IS(VFIO_MTCE_INFO_PE_KILL, 1);
IS(VFIO_MTCE_INFO_DIRECT, 2);
IS(VFIO_MTCE_INFO_LAZY, 4);
IS(VFIO_MTCE_INFO_LAZY_MODE, 8);
IS(VFIO_MTCE_OP_MAP, 0);
IS(VFIO_MTCE_OP_UNMAP, 1);

SIZE(vfio_mtce_stats, 136);
AT(vfio_mtce_stats, tces_mapped, 0);
AT(vfio_mtce_stats, tces_unmapped, 8);
AT(vfio_mtce_stats, kills_tce, 16);
AT(vfio_mtce_stats, kills_pe, 24);
AT(vfio_mtce_stats, calls, 32);
AT(vfio_mtce_stats, registered_bytes, 40);
AT(vfio_mtce_stats, flushes_full, 48);
AT(vfio_mtce_stats, flushes_timeout, 56);
AT(vfio_mtce_stats, flushes_explicit, 64);
AT(vfio_mtce_stats, flushes_reuse, 72);
AT(vfio_mtce_stats, flushes_teardown, 80);
AT(vfio_mtce_stats, lazy_pending, 88);
AT(vfio_mtce_stats, hcall_mapped, 96);
AT(vfio_mtce_stats, hcall_unmapped, 104);
AT(vfio_mtce_stats, hcall_kills_tce, 112);
AT(vfio_mtce_stats, hcall_kills_pe, 120);
AT(vfio_mtce_stats, hcall_left, 128);

SIZE(vfio_iommu_mtce_info, 176);
AT(vfio_iommu_mtce_info, argsz, 0);
AT(vfio_iommu_mtce_info, flags, 4);
AT(vfio_iommu_mtce_info, max_ops, 8);
AT(vfio_iommu_mtce_info, max_list, 12);
AT(vfio_iommu_mtce_info, kill_threshold, 16);
AT(vfio_iommu_mtce_info, windows, 20);
AT(vfio_iommu_mtce_info, groups, 24);
AT(vfio_iommu_mtce_info, lazy_entries, 28);
AT(vfio_iommu_mtce_info, pgsizes, 32);
AT(vfio_iommu_mtce_info, stats, 40);

SIZE(vfio_mtce_op, 32);
AT(vfio_mtce_op, op, 0);
AT(vfio_mtce_op, flags, 4);
AT(vfio_mtce_op, iova, 8);
AT(vfio_mtce_op, size, 16);
AT(vfio_mtce_op, vaddr, 24);

SIZE(vfio_iommu_mtce_update, 32);
AT(vfio_iommu_mtce_update, argsz, 0);
AT(vfio_iommu_mtce_update, flags, 4);
AT(vfio_iommu_mtce_update, ops, 8);
AT(vfio_iommu_mtce_update, op_len, 16);
AT(vfio_iommu_mtce_update, op_num, 20);
AT(vfio_iommu_mtce_update, __reserved, 24);

SIZE(vfio_iommu_mtce_put_list, 40);
AT(vfio_iommu_mtce_put_list, argsz, 0);
AT(vfio_iommu_mtce_put_list, flags, 4);
AT(vfio_iommu_mtce_put_list, iova, 8);
AT(vfio_iommu_mtce_put_list, list, 16);
AT(vfio_iommu_mtce_put_list, num, 24);
AT(vfio_iommu_mtce_put_list, __pad, 28);
AT(vfio_iommu_mtce_put_list, __reserved, 32);

SIZE(vfio_iommu_mtce_flush, 8);
AT(vfio_iommu_mtce_flush, argsz, 0);
AT(vfio_iommu_mtce_flush, flags, 4);

SIZE(vfio_iommu_mtce_mode, 8);
AT(vfio_iommu_mtce_mode, argsz, 0);
AT(vfio_iommu_mtce_mode, flags, 4);

int main(void)
{
	return 0;
}
