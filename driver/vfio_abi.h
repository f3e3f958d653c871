/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one private kernel interface that a VFIO IOMMU back end needs.
 *
 * drivers/vfio/vfio.h is not part of the kernel headers. The declarations here
 * mirror its layout in 6.12 to 7.3. Kbuild refuses kernels that are not in the
 * list of the file kernels, and check-abi.sh compares the module with the type
 * information of the kernel that it is built for, where there is any.
 */
#ifndef MTCE_VFIO_ABI_H
#define MTCE_VFIO_ABI_H

#include <linux/vfio.h>

enum vfio_group_type {
	VFIO_IOMMU,		/* a device behind a real IOMMU */
	VFIO_EMULATED_IOMMU,	/* a mediated device */
	VFIO_NO_IOMMU,
};

struct vfio_iommu_driver_ops {
	char *name;
	struct module *owner;
	void *(*open)(unsigned long arg);
	void (*release)(void *iommu_data);
	long (*ioctl)(void *iommu_data, unsigned int cmd, unsigned long arg);
	int (*attach_group)(void *iommu_data, struct iommu_group *group,
			    enum vfio_group_type type);
	void (*detach_group)(void *iommu_data, struct iommu_group *group);
	/* For mediated devices, which this back end refuses. */
	int (*pin_pages)(void *iommu_data, struct iommu_group *group,
			 dma_addr_t user_iova, int npage, int prot,
			 struct page **pages);
	void (*unpin_pages)(void *iommu_data, dma_addr_t user_iova, int npage);
	void (*register_device)(void *iommu_data, struct vfio_device *vdev);
	void (*unregister_device)(void *iommu_data, struct vfio_device *vdev);
	int (*dma_rw)(void *iommu_data, dma_addr_t user_iova, void *data,
		      size_t count, bool write);
	struct iommu_domain *(*group_iommu_domain)(void *iommu_data,
						   struct iommu_group *group);
};

int vfio_register_iommu_driver(const struct vfio_iommu_driver_ops *ops);
void vfio_unregister_iommu_driver(const struct vfio_iommu_driver_ops *ops);

#endif /* MTCE_VFIO_ABI_H */
