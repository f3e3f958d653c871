// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "backend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "util.h"

#define UPSTREAM_MODULE "/sys/module/vfio_iommu_spapr_tce"
#define MTCE_MODULE "/sys/module/vfio_iommu_mtce"
#define TAKEOVER MTCE_MODULE "/parameters/takeover"

#define READ_WRITE (VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)

const struct backend backends[] = {
	{
		.name = "upstream",
		.sentence = "vfio_iommu_spapr_tce as the kernel ships it",
		.type_v1 = VFIO_SPAPR_TCE_IOMMU,
		.type_v2 = VFIO_SPAPR_TCE_v2_IOMMU,
	}, {
		.name = "mtce-takeover",
		.sentence = "vfio_iommu_mtce under upstream's container types: unmodified clients",
		.type_v1 = VFIO_SPAPR_TCE_IOMMU,
		.type_v2 = VFIO_SPAPR_TCE_v2_IOMMU,
		.takeover = true,
		.counters = true,
	}, {
		.name = "mtce",
		.sentence = "vfio_iommu_mtce's own container type, with batched calls",
		.type_v1 = VFIO_SPAPR_MTCE_IOMMU,
		.type_v2 = VFIO_SPAPR_MTCE_IOMMU,
		.batch = true,
		.counters = true,
	},
};

const size_t num_backends = ARRAY_SIZE(backends);

static char error_text[256];

const char *backend_error(void)
{
	return error_text;
}

/* Remembers the sentence; returns -errno as it was on entry. */
static int __attribute__((format(printf, 1, 2))) failed(const char *format, ...)
{
	int error = errno;
	va_list ap;

	va_start(ap, format);
	vsnprintf(error_text, sizeof(error_text), format, ap);
	va_end(ap);
	return error ? -error : -EIO;
}

const struct backend *backend_find(const char *name)
{
	size_t i;

	for (i = 0; i < num_backends; i++)
		if (!strcmp(backends[i].name, name))
			return &backends[i];
	return NULL;
}

/* Built into the kernel it may have no entry in /sys/module. */
static bool upstream_is_there(void)
{
	int fd = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	bool there = !access(UPSTREAM_MODULE, F_OK) ||
		     (fd >= 0 && ioctl(fd, VFIO_CHECK_EXTENSION, (unsigned long)VFIO_SPAPR_TCE_v2_IOMMU) > 0);

	if (fd >= 0)
		close(fd);
	return there;
}

const char *backend_unavailable(const struct backend *b)
{
	if (b->counters && access(MTCE_MODULE, F_OK))
		return "module vfio_iommu_mtce is not loaded";
	if (!b->counters && !upstream_is_there())
		return "module vfio_iommu_spapr_tce is not loaded";
	if (b->takeover && access(TAKEOVER, W_OK))
		return "parameter takeover of vfio_iommu_mtce cannot be written";
	return NULL;
}

int backend_select(const struct backend *b)
{
	/* Without our module there is nothing to choose. */
	if (access(TAKEOVER, F_OK) && !b->takeover)
		return 0;
	if (!setting_change(TAKEOVER, b->takeover ? "1" : "0"))
		return failed("cannot write %s: %s", TAKEOVER, strerror(errno));
	return 0;
}

static int open_group(int group)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/vfio/%d", group);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return failed("there is no %s: bind the devices of IOMMU group %d to vfio-pci first (scripts/mtce-host bench does it)",
			      path, group);
	if (fd < 0 && errno == EBUSY)
		return failed("IOMMU group %d is used by another process: stop it first", group);
	if (fd < 0)
		return failed("cannot open %s: %s", path, strerror(errno));
	if (ioctl(fd, VFIO_GROUP_GET_STATUS, &status)) {
		failed("cannot ask for the status of IOMMU group %d: %s", group,
		       strerror(errno));
		close(fd);
		return -EIO;
	}
	if (status.flags & VFIO_GROUP_FLAGS_VIABLE)
		return fd;
	close(fd);
	errno = EPERM;
	return failed("IOMMU group %d is not viable: every device of it must be bound to vfio-pci or to no driver",
		      group);
}

static int open_container(const struct backend *b, uint32_t type)
{
	int fd = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return failed("cannot open /dev/vfio/vfio: %s (is the module vfio loaded?)",
			      strerror(errno));
	if (ioctl(fd, VFIO_CHECK_EXTENSION, (unsigned long)type) > 0)
		return fd;
	close(fd);
	errno = ENODEV;
	return failed("no loaded VFIO back end offers the container type of %s (%#x)",
		      b->name, type);
}

static int join(struct container *c, int group, uint32_t type)
{
	if (ioctl(c->group_fd, VFIO_GROUP_SET_CONTAINER, &c->fd))
		return failed("IOMMU group %d cannot join a container: %s", group,
			      strerror(errno));
	if (ioctl(c->fd, VFIO_SET_IOMMU, (unsigned long)type))
		return failed("%s does not accept IOMMU group %d: %s",
			      c->backend->name, group, strerror(errno));
	return 0;
}

int container_open(struct container *c, const struct backend *b, int group,
		   bool v1)
{
	uint32_t type = v1 ? b->type_v1 : b->type_v2;
	int ret;

	c->backend = b;
	c->fd = -1;
	c->group_fd = -1;
	c->second_fd = -1;
	ret = backend_select(b);
	if (ret)
		return ret;
	ret = open_group(group);
	if (ret < 0)
		return ret;
	c->group_fd = ret;
	ret = open_container(b, type);
	if (ret < 0)
		goto close;
	c->fd = ret;
	ret = join(c, group, type);
	if (!ret)
		return 0;
close:
	container_close(c);
	return ret;
}

int container_join(struct container *c, int group)
{
	int ret = open_group(group);

	if (ret < 0)
		return ret;
	c->second_fd = ret;
	if (!ioctl(c->second_fd, VFIO_GROUP_SET_CONTAINER, &c->fd))
		return 0;
	return failed("IOMMU group %d cannot join the container of another: %s", group,
		      strerror(errno));
}

/* The last of them takes everything down: windows, tables, pinned pages. */
void container_close(struct container *c)
{
	if (c->second_fd >= 0)
		close(c->second_fd);
	if (c->fd >= 0)
		close(c->fd);
	if (c->group_fd >= 0)
		close(c->group_fd);
	c->fd = -1;
	c->group_fd = -1;
	c->second_fd = -1;
}

int container_enable(struct container *c)
{
	if (!ioctl(c->fd, VFIO_IOMMU_ENABLE))
		return 0;
	if (errno == ENOMEM)
		return failed("the limit of locked memory is too low: raise it with ulimit -l unlimited");
	return failed("VFIO_IOMMU_ENABLE: %s", strerror(errno));
}

static int memory_ioctl(struct container *c, unsigned long request, void *memory, size_t size)
{
	struct vfio_iommu_spapr_register_memory reg = {
		.argsz = sizeof(reg),
		.vaddr = (uintptr_t)memory,
		.size = size,
	};

	return ioctl(c->fd, request, &reg);
}

int container_register(struct container *c, void *memory, size_t size)
{
	if (!memory_ioctl(c, VFIO_IOMMU_SPAPR_REGISTER_MEMORY, memory, size))
		return 0;
	if (errno == ENOMEM)
		return failed("%zu MiB cannot be pinned: raise the limit of locked memory (ulimit -l unlimited) or free some memory",
			      size >> 20);
	return failed("registering %zu MiB: %s", size >> 20, strerror(errno));
}

int container_unregister(struct container *c, void *memory, size_t size)
{
	if (!memory_ioctl(c, VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, memory, size))
		return 0;
	return failed("unregistering %zu MiB: %s", size >> 20, strerror(errno));
}

int container_remove_window(struct container *c, uint64_t start)
{
	struct vfio_iommu_spapr_tce_remove remove = {
		.argsz = sizeof(remove),
		.start_addr = start,
	};

	if (!ioctl(c->fd, VFIO_IOMMU_SPAPR_TCE_REMOVE, &remove))
		return 0;
	return failed("removing the DMA window at %#llx: %s",
		      (unsigned long long)start, strerror(errno));
}

int container_create_window(struct container *c, unsigned int page_shift,
			    uint64_t size, unsigned int levels,
			    uint64_t *start)
{
	struct vfio_iommu_spapr_tce_create create = {
		.argsz = sizeof(create),
		.page_shift = page_shift,
		.window_size = size,
		.levels = levels,
	};

	if (!ioctl(c->fd, VFIO_IOMMU_SPAPR_TCE_CREATE, &create)) {
		*start = create.start_addr;
		return 0;
	}
	return failed("creating a DMA window of %llu MiB with TCE pages of 2^%u: %s",
		      (unsigned long long)(size >> 20), page_shift,
		      strerror(errno));
}

struct vfio_iommu_type1_dma_map arg_map(uint64_t iova, void *memory, size_t size)
{
	return (struct vfio_iommu_type1_dma_map) {
		.argsz = sizeof(struct vfio_iommu_type1_dma_map),
		.flags = READ_WRITE,
		.vaddr = (uintptr_t)memory,
		.iova = iova,
		.size = size,
	};
}

struct vfio_iommu_type1_dma_unmap arg_unmap(uint64_t iova, size_t size)
{
	return (struct vfio_iommu_type1_dma_unmap) {
		.argsz = sizeof(struct vfio_iommu_type1_dma_unmap),
		.iova = iova,
		.size = size,
	};
}

struct vfio_mtce_op arg_op(bool map, uint64_t iova, void *memory, size_t size)
{
	return (struct vfio_mtce_op) {
		.op = map ? VFIO_MTCE_OP_MAP : VFIO_MTCE_OP_UNMAP,
		.flags = map ? VFIO_MTCE_READ | VFIO_MTCE_WRITE : 0,
		.iova = iova,
		.size = size,
		.vaddr = map ? (uintptr_t)memory : 0,
	};
}

struct vfio_iommu_mtce_update arg_update(struct vfio_mtce_op *ops, unsigned int n)
{
	return (struct vfio_iommu_mtce_update) {
		.argsz = sizeof(struct vfio_iommu_mtce_update),
		.ops = (uintptr_t)ops,
		.op_len = sizeof(*ops),
		.op_num = n,
	};
}

struct vfio_iommu_mtce_put_list arg_put_list(uint64_t iova, uint64_t *list,
					     unsigned int n)
{
	return (struct vfio_iommu_mtce_put_list) {
		.argsz = sizeof(struct vfio_iommu_mtce_put_list),
		.flags = VFIO_MTCE_READ | VFIO_MTCE_WRITE,
		.iova = iova,
		.list = (uintptr_t)list,
		.num = n,
	};
}

int container_map(struct container *c, uint64_t iova, void *memory, size_t size)
{
	struct vfio_iommu_type1_dma_map map = arg_map(iova, memory, size);

	if (!ioctl(c->fd, VFIO_IOMMU_MAP_DMA, &map))
		return 0;
	return failed("MAP_DMA of %zu KiB: %s", size >> 10, strerror(errno));
}

int container_unmap(struct container *c, uint64_t iova, size_t size)
{
	struct vfio_iommu_type1_dma_unmap unmap = arg_unmap(iova, size);

	if (!ioctl(c->fd, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return 0;
	return failed("UNMAP_DMA of %zu KiB: %s", size >> 10, strerror(errno));
}

struct vfio_iommu_mtce_flush arg_flush = { .argsz = sizeof(arg_flush) };

int container_flush(struct container *c)
{
	if (!ioctl(c->fd, VFIO_IOMMU_MTCE_FLUSH, &arg_flush))
		return 0;
	return failed("VFIO_IOMMU_MTCE_FLUSH: %s", strerror(errno));
}

int container_lazy_mode(struct container *c, bool on)
{
	struct vfio_iommu_mtce_mode mode = {
		.argsz = sizeof(mode),
		.flags = on ? VFIO_MTCE_LAZY : 0,
	};

	if (!ioctl(c->fd, VFIO_IOMMU_MTCE_MODE, &mode))
		return 0;
	return failed("VFIO_IOMMU_MTCE_MODE: %s", strerror(errno));
}

static int read_info(const struct container *c, struct vfio_iommu_mtce_info *info)
{
	*info = (struct vfio_iommu_mtce_info) { .argsz = sizeof(*info) };
	if (!ioctl(c->fd, VFIO_IOMMU_MTCE_INFO, info))
		return 0;
	return failed("VFIO_IOMMU_MTCE_INFO: %s", strerror(errno));
}

const char *container_not_lazy(const struct container *c)
{
	struct vfio_iommu_mtce_info info;

	if (read_info(c, &info))
		return backend_error();
	if (!(info.flags & VFIO_MTCE_INFO_LAZY))
		return "this vfio_iommu_mtce has no lazy unmaps";
	return info.lazy_entries ? NULL : "parameter lazy_entries is 0: no kill is delayed";
}

const char * const flush_names[NUM_FLUSHES] = {
	[FLUSH_FULL] = "full",
	[FLUSH_TIMEOUT] = "timeout",
	[FLUSH_EXPLICIT] = "explicit",
	[FLUSH_REUSE] = "reuse",
	[FLUSH_TEARDOWN] = "teardown",
};

int container_kills(const struct container *c, struct kill_counters *k)
{
	struct vfio_iommu_mtce_info info;
	int ret = read_info(c, &info);

	if (ret)
		return ret;
	*k = (struct kill_counters) {
		.kills = info.stats.kills_tce + info.stats.kills_pe,
		.kills_pe = info.stats.kills_pe,
		.flushes = {
			[FLUSH_FULL] = info.stats.flushes_full,
			[FLUSH_TIMEOUT] = info.stats.flushes_timeout,
			[FLUSH_EXPLICIT] = info.stats.flushes_explicit,
			[FLUSH_REUSE] = info.stats.flushes_reuse,
			[FLUSH_TEARDOWN] = info.stats.flushes_teardown,
		},
		.pending = info.stats.lazy_pending,
	};
	return 0;
}
