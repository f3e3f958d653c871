// SPDX-License-Identifier: GPL-2.0
#include "vfio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static char names[MAX_GROUPS][32];
static int numbers[MAX_GROUPS];

static void read_environment(void)
{
	const char *devices = getenv("MTCE_DEVICES");
	const char *groups = getenv("MTCE_GROUPS");
	int n, used;

	for (n = 0; n < MAX_GROUPS && devices && groups; n++) {
		if (sscanf(devices, "%31s%n", names[n], &used) != 1)
			break;
		devices += used;
		if (sscanf(groups, "%d%n", &numbers[n], &used) != 1) {
			names[n][0] = '\0';
			break;
		}
		groups += used;
	}
}

int vfio_devices(void)
{
	int n = 0;

	if (!names[0][0])
		read_environment();
	while (n < MAX_GROUPS && names[n][0])
		n++;
	return n;
}

const char *vfio_device_name(int i)
{
	return i < vfio_devices() ? names[i] : NULL;
}

int vfio_group_number(int i)
{
	return i < vfio_devices() ? numbers[i] : -1;
}

int vfio_call(int fd, unsigned long cmd, void *arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

static int group_open(int i)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/dev/vfio/%d", vfio_group_number(i));
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (vfio_call(fd, VFIO_GROUP_GET_STATUS, &status) ||
	    !(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
		close(fd);
		return -EBUSY;
	}
	return fd;
}

int container_attach(struct container *c, int i)
{
	int fd = group_open(i);
	int ret;

	if (fd < 0)
		return fd;
	ret = vfio_call(fd, VFIO_GROUP_SET_CONTAINER, &c->fd);
	if (ret) {
		close(fd);
		return ret;
	}
	c->group[i] = fd;
	c->groups++;
	return 0;
}

int container_detach(struct container *c, int i)
{
	int ret = vfio_call(c->group[i], VFIO_GROUP_UNSET_CONTAINER, NULL);

	if (ret)
		return ret;
	close(c->group[i]);
	c->group[i] = -1;
	c->groups--;
	return 0;
}

static int open_with(struct container *c, unsigned long type, int first, int groups)
{
	int i, ret = 0;

	c->groups = 0;
	for (i = 0; i < MAX_GROUPS; i++)
		c->group[i] = -1;
	c->fd = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (c->fd < 0)
		return -errno;
	for (i = first; !ret && i < first + groups; i++) {
		ret = container_attach(c, i);
		/* The type can be chosen once there is a group. */
		if (!ret && i == first)
			ret = vfio_call(c->fd, VFIO_SET_IOMMU, (void *)type);
	}
	if (ret)
		container_close(c);
	return ret;
}

int container_open(struct container *c, unsigned long type, int groups)
{
	return open_with(c, type, 0, groups);
}

int container_open_at(struct container *c, unsigned long type, int group)
{
	return open_with(c, type, group, 1);
}

void container_close(struct container *c)
{
	int i;

	if (c->fd < 0)
		return;
	for (i = 0; i < MAX_GROUPS; i++) {
		if (c->group[i] >= 0)
			close(c->group[i]);
		c->group[i] = -1;
	}
	close(c->fd);
	c->fd = -1;
	c->groups = 0;
}

int vfio_enable(struct container *c)
{
	return vfio_call(c->fd, VFIO_IOMMU_ENABLE, NULL);
}

int vfio_disable(struct container *c)
{
	return vfio_call(c->fd, VFIO_IOMMU_DISABLE, NULL);
}

static int registration(struct container *c, unsigned long cmd,
			const void *vaddr, uint64_t size)
{
	struct vfio_iommu_spapr_register_memory arg = {
		.argsz = sizeof(arg),
		.vaddr = (uintptr_t)vaddr,
		.size = size,
	};

	return vfio_call(c->fd, cmd, &arg);
}

int vfio_register(struct container *c, const void *vaddr, uint64_t size)
{
	return registration(c, VFIO_IOMMU_SPAPR_REGISTER_MEMORY, vaddr, size);
}

int vfio_unregister(struct container *c, const void *vaddr, uint64_t size)
{
	return registration(c, VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, vaddr, size);
}

int vfio_window(struct container *c, unsigned int shift, uint64_t size,
		unsigned int levels, uint64_t *start)
{
	struct vfio_iommu_spapr_tce_create arg = {
		.argsz = sizeof(arg),
		.page_shift = shift,
		.window_size = size,
		.levels = levels,
	};
	int ret = vfio_call(c->fd, VFIO_IOMMU_SPAPR_TCE_CREATE, &arg);

	if (!ret && start)
		*start = arg.start_addr;
	return ret;
}

int vfio_remove(struct container *c, uint64_t start)
{
	struct vfio_iommu_spapr_tce_remove arg = {
		.argsz = sizeof(arg),
		.start_addr = start,
	};

	return vfio_call(c->fd, VFIO_IOMMU_SPAPR_TCE_REMOVE, &arg);
}

int vfio_map(struct container *c, unsigned int flags, uint64_t iova,
	     const void *vaddr, uint64_t size)
{
	struct vfio_iommu_type1_dma_map arg = {
		.argsz = sizeof(arg),
		.flags = flags,
		.vaddr = (uintptr_t)vaddr,
		.iova = iova,
		.size = size,
	};

	return vfio_call(c->fd, VFIO_IOMMU_MAP_DMA, &arg);
}

int vfio_unmap(struct container *c, uint64_t iova, uint64_t size)
{
	struct vfio_iommu_type1_dma_unmap arg = {
		.argsz = sizeof(arg),
		.iova = iova,
		.size = size,
	};

	return vfio_call(c->fd, VFIO_IOMMU_UNMAP_DMA, &arg);
}

int vfio_info(struct container *c, struct vfio_iommu_spapr_tce_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	return vfio_call(c->fd, VFIO_IOMMU_SPAPR_TCE_GET_INFO, info);
}

int mtce_info(struct container *c, struct vfio_iommu_mtce_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	return vfio_call(c->fd, VFIO_IOMMU_MTCE_INFO, info);
}

int mtce_flush(struct container *c)
{
	struct vfio_iommu_mtce_flush arg = { .argsz = sizeof(arg) };

	return vfio_call(c->fd, VFIO_IOMMU_MTCE_FLUSH, &arg);
}

int mtce_mode(struct container *c, uint32_t flags)
{
	struct vfio_iommu_mtce_mode arg = { .argsz = sizeof(arg), .flags = flags };

	return vfio_call(c->fd, VFIO_IOMMU_MTCE_MODE, &arg);
}

int mtce_update(struct container *c, const struct vfio_mtce_op *ops,
		uint32_t *num)
{
	struct vfio_iommu_mtce_update arg = {
		.argsz = sizeof(arg),
		.ops = (uintptr_t)ops,
		.op_len = sizeof(*ops),
		.op_num = *num,
	};
	int ret = vfio_call(c->fd, VFIO_IOMMU_MTCE_UPDATE, &arg);

	*num = arg.op_num;
	return ret;
}

int mtce_put_list(struct container *c, unsigned int flags, uint64_t iova,
		  const uint64_t *list, uint32_t num)
{
	struct vfio_iommu_mtce_put_list arg = {
		.argsz = sizeof(arg),
		.flags = flags,
		.iova = iova,
		.list = (uintptr_t)list,
		.num = num,
	};

	return vfio_call(c->fd, VFIO_IOMMU_MTCE_PUT_LIST, &arg);
}

int mtce_map(struct container *c, unsigned int flags, uint64_t iova,
	     const void *vaddr, uint64_t size)
{
	struct vfio_mtce_op op = {
		.op = VFIO_MTCE_OP_MAP,
		.flags = flags,
		.iova = iova,
		.size = size,
		.vaddr = (uintptr_t)vaddr,
	};
	uint32_t num = 1;

	return mtce_update(c, &op, &num);
}

int mtce_unmap(struct container *c, uint64_t iova, uint64_t size)
{
	struct vfio_mtce_op op = {
		.op = VFIO_MTCE_OP_UNMAP,
		.iova = iova,
		.size = size,
	};
	uint32_t num = 1;

	return mtce_update(c, &op, &num);
}
