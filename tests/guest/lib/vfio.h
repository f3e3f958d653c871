/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VFIO containers as the tests use them. Every call returns what the kernel
 * said: 0, a negative errno, or (a bug) a positive number as it came.
 */
#ifndef MTCE_TEST_VFIO_H
#define MTCE_TEST_VFIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/vfio.h>
#include <linux/vfio_mtce.h>

#define MAX_GROUPS	4
#define RW		(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)

struct container {
	int fd;			/* -1: not open */
	int groups;
	int group[MAX_GROUPS];	/* file descriptors */
};

/* MTCE_DEVICES and MTCE_GROUPS, one group each; the first is the main one. */
int vfio_devices(void);
const char *vfio_device_name(int i);
int vfio_group_number(int i);

/* A container of this type with the first @groups groups. */
int container_open(struct container *c, unsigned long type, int groups);
/* With this one group only. */
int container_open_at(struct container *c, unsigned long type, int group);
void container_close(struct container *c);
int container_attach(struct container *c, int i);
int container_detach(struct container *c, int i);

int vfio_call(int fd, unsigned long cmd, void *arg);

int vfio_enable(struct container *c);
int vfio_disable(struct container *c);
int vfio_register(struct container *c, const void *vaddr, uint64_t size);
int vfio_unregister(struct container *c, const void *vaddr, uint64_t size);
int vfio_window(struct container *c, unsigned int shift, uint64_t size,
		unsigned int levels, uint64_t *start);
int vfio_remove(struct container *c, uint64_t start);
int vfio_map(struct container *c, unsigned int flags, uint64_t iova,
	     const void *vaddr, uint64_t size);
int vfio_unmap(struct container *c, uint64_t iova, uint64_t size);
int vfio_info(struct container *c, struct vfio_iommu_spapr_tce_info *info);

/* The new calls. */
int mtce_info(struct container *c, struct vfio_iommu_mtce_info *info);
int mtce_flush(struct container *c);
int mtce_mode(struct container *c, uint32_t flags);
/* *num: in, operations; out, operations done. */
int mtce_update(struct container *c, const struct vfio_mtce_op *ops,
		uint32_t *num);
int mtce_put_list(struct container *c, unsigned int flags, uint64_t iova,
		  const uint64_t *list, uint32_t num);
/* One operation as an update. */
int mtce_map(struct container *c, unsigned int flags, uint64_t iova,
	     const void *vaddr, uint64_t size);
int mtce_unmap(struct container *c, uint64_t iova, uint64_t size);

#endif
