// SPDX-License-Identifier: GPL-2.0
/* A container and its groups; which back end it is on. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "internal.h"

static int group_failed(int error, int number)
{
	switch (error) {
	case -ENOENT:
		return mtce_failed(error, "there is no /dev/vfio/%d: bind the devices of IOMMU group %d to vfio-pci first",
				   number, number);
	case -EBUSY:
		return mtce_failed(error, "IOMMU group %d is used by another program: stop it first", number);
	default:
		return mtce_failed(error, "IOMMU group %d cannot be opened: %s", number, strerror(-error));
	}
}

static int group_open(int number)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[32];
	int fd, ret;

	snprintf(path, sizeof(path), "/dev/vfio/%d", number);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return group_failed(-errno, number);
	ret = mtce_ioctl(fd, VFIO_GROUP_GET_STATUS, &status);
	if (ret) {
		close(fd);
		return group_failed(ret, number);
	}
	if (status.flags & VFIO_GROUP_FLAGS_VIABLE)
		return fd;
	close(fd);
	return mtce_failed(-EPERM, "IOMMU group %d cannot be used: each of its devices must be bound to vfio-pci or to no driver",
			   number);
}

int mtce_join(struct mtce_container *c, int group)
{
	int fd, ret;

	if (c->num_groups == MAX_GROUPS)
		return mtce_failed(-E2BIG, "a container of this library has %d groups at most", MAX_GROUPS);
	fd = group_open(group);
	if (fd < 0)
		return fd;
	ret = mtce_ioctl(fd, VFIO_GROUP_SET_CONTAINER, &c->fd);
	if (ret) {
		close(fd);
		return mtce_failed(ret, "IOMMU group %d cannot join the container: %s", group, strerror(-ret));
	}
	c->groups[c->num_groups++] = (struct group) { .number = group, .fd = fd };
	return 0;
}

static bool offers(int fd, unsigned long type)
{
	return ioctl(fd, VFIO_CHECK_EXTENSION, type) > 0;
}

/* The container type to ask for, or a negative errno. */
static long choose_type(int fd, unsigned int flags)
{
	if (!(flags & (MTCE_OPEN_V2 | MTCE_OPEN_PLAIN)) && offers(fd, VFIO_SPAPR_MTCE_IOMMU))
		return VFIO_SPAPR_MTCE_IOMMU;
	if (flags & MTCE_OPEN_NATIVE)
		return mtce_failed(-ENODEV, "no loaded module offers mtce's container type: load vfio_iommu_mtce");
	if (offers(fd, VFIO_SPAPR_TCE_v2_IOMMU))
		return VFIO_SPAPR_TCE_v2_IOMMU;
	return mtce_failed(-ENODEV, "no loaded module offers a container type that this library knows: load vfio_iommu_spapr_tce or vfio_iommu_mtce");
}

static unsigned int features_of(const struct vfio_iommu_mtce_info *info)
{
	unsigned int features = MTCE_BATCHES | MTCE_LISTS;

	if ((info->flags & VFIO_MTCE_INFO_LAZY) && info->lazy_entries)
		features |= MTCE_LAZY_UNMAPS;
	return features;
}

/* A v2 container tells by mtce's own call who answers for it. */
static int probe(struct mtce_container *c, long type, unsigned int flags)
{
	struct vfio_iommu_mtce_info info = { .argsz = sizeof(info) };
	int ret = flags & MTCE_OPEN_PLAIN ? -ENOTTY : mtce_ioctl(c->fd, VFIO_IOMMU_MTCE_INFO, &info);

	c->kind = MTCE_PLAIN;
	if (ret == -ENOTTY && type != VFIO_SPAPR_MTCE_IOMMU)
		return 0;
	if (ret)
		return mtce_failed(ret, "mtce does not say what it can do: %s", mtce_because(ret));
	c->kind = type == VFIO_SPAPR_MTCE_IOMMU ? MTCE_NATIVE : MTCE_TAKEN_OVER;
	c->features = features_of(&info);
	c->max_ops = info.max_ops;
	c->max_list = info.max_list;
	return 0;
}

static int begin(struct mtce_container *c, int group, unsigned int flags)
{
	long type;
	int ret;

	c->fd = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (c->fd < 0) {
		ret = -errno;
		return mtce_failed(ret, "/dev/vfio/vfio cannot be opened: %s (is the module vfio loaded?)", strerror(-ret));
	}
	type = choose_type(c->fd, flags);
	if (type < 0)
		return (int)type;
	/* The type can be set once there is a group. */
	ret = mtce_join(c, group);
	if (ret)
		return ret;
	ret = mtce_ioctl(c->fd, VFIO_SET_IOMMU, (void *)type);
	if (ret)
		return mtce_failed(ret, "the back end does not take IOMMU group %d: %s", group, strerror(-ret));
	ret = probe(c, type, flags);
	return ret ? ret : mtce_windows_begin(c);
}

int mtce_open(struct mtce_container **container, int group, unsigned int flags)
{
	struct mtce_container *c;
	int ret;

	*container = NULL;
	if ((flags & ~(MTCE_OPEN_NATIVE | MTCE_OPEN_V2 | MTCE_OPEN_PLAIN)) || (flags & (flags - 1)))
		return mtce_failed(-EINVAL, "mtce_open() takes one of its flags at most, not %#x", flags);
	c = calloc(1, sizeof(*c));
	if (!c)
		return mtce_failed(-ENOMEM, "out of memory");
	c->fd = -1;
	ret = begin(c, group, flags);
	if (ret)
		mtce_close(c);
	else
		*container = c;
	return ret;
}

void mtce_close(struct mtce_container *c)
{
	if (!c)
		return;
	while (c->num_groups)
		close(c->groups[--c->num_groups].fd);
	if (c->fd >= 0)
		close(c->fd);
	free(c->regions);
	free(c);
}

int mtce_device(struct mtce_container *c, const char *name)
{
	unsigned int i;

	for (i = 0; i < c->num_groups; i++) {
		int fd = ioctl(c->groups[i].fd, VFIO_GROUP_GET_DEVICE_FD, name);

		if (fd >= 0)
			return fd;
		if (errno != ENODEV) {
			int error = -errno;

			return mtce_failed(error, "device %s cannot be opened: %s", name, strerror(-error));
		}
	}
	return mtce_failed(-ENODEV, "no group of the container has a device %s", name);
}

int mtce_fd(const struct mtce_container *c)
{
	return c->fd;
}

int mtce_group_fd(const struct mtce_container *c, int group)
{
	unsigned int i;

	for (i = 0; i < c->num_groups; i++)
		if (c->groups[i].number == group)
			return c->groups[i].fd;
	return mtce_failed(-ENODEV, "IOMMU group %d is not in the container", group);
}

enum mtce_kind mtce_kind(const struct mtce_container *c)
{
	return c->kind;
}

const char *mtce_kind_name(enum mtce_kind kind)
{
	switch (kind) {
	case MTCE_NATIVE:
		return "mtce";
	case MTCE_TAKEN_OVER:
		return "mtce, taken over";
	case MTCE_PLAIN:
		return "v2 without mtce";
	}
	return "unknown";
}

unsigned int mtce_features(const struct mtce_container *c)
{
	return c->features;
}

int mtce_get_info(struct mtce_container *c, struct vfio_iommu_mtce_info *info, size_t size)
{
	int ret;

	if (!has_mtce(c))
		return mtce_failed(-EOPNOTSUPP, "mtce is not behind this container, and nobody else counts");
	memset(info, 0, size);
	info->argsz = (uint32_t)size;
	ret = mtce_ioctl(c->fd, VFIO_IOMMU_MTCE_INFO, info);
	return ret ? mtce_failed(ret, "mtce does not tell its counters: %s", mtce_because(ret)) : 0;
}
