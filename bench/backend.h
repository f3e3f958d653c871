/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The back ends that can be compared, and a container of one of them.
 *
 * Every function that can fail returns 0 or -errno and leaves the sentence
 * for the user in backend_error().
 */
#ifndef MTCE_BENCH_BACKEND_H
#define MTCE_BENCH_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/vfio.h>

#include "../uapi/linux/vfio_mtce.h"

struct backend {
	const char *name;
	const char *sentence;
	uint32_t type_v1;	/* container type when pages are pinned by maps */
	uint32_t type_v2;	/* ... when memory is registered first */
	bool takeover;		/* our module answers for upstream's types */
	bool batch;		/* has update, put list and lazy unmaps */
	bool counters;		/* has VFIO_IOMMU_MTCE_INFO */
};

extern const struct backend backends[];
extern const size_t num_backends;

const struct backend *backend_find(const char *name);
/* NULL if it can be used now, otherwise why not. */
const char *backend_unavailable(const struct backend *b);
/* Later containers belong to this back end (a module parameter). */
int backend_select(const struct backend *b);
const char *backend_error(void);

struct container {
	const struct backend *backend;
	int fd;
	int group_fd;
	int second_fd;		/* of another group that joined; -1 */
};

/* Why delayed kills were done. */
enum flush {
	FLUSH_FULL,
	FLUSH_TIMEOUT,
	FLUSH_EXPLICIT,
	FLUSH_REUSE,
	FLUSH_TEARDOWN,
	NUM_FLUSHES
};

extern const char * const flush_names[NUM_FLUSHES];

struct kill_counters {
	uint64_t kills;
	uint64_t kills_pe;
	uint64_t flushes[NUM_FLUSHES];
	uint64_t pending;	/* TCEs whose kill is delayed now */
};

int container_open(struct container *c, const struct backend *b, int group,
		   bool v1);
/* A second group joins. */
int container_join(struct container *c, int group);
void container_close(struct container *c);

int container_enable(struct container *c);	/* v1 */
int container_register(struct container *c, void *memory, size_t size);
int container_unregister(struct container *c, void *memory, size_t size);
int container_remove_window(struct container *c, uint64_t start);
int container_create_window(struct container *c, unsigned int page_shift,
			    uint64_t size, unsigned int levels,
			    uint64_t *start);
int container_map(struct container *c, uint64_t iova, void *memory, size_t size);
int container_unmap(struct container *c, uint64_t iova, size_t size);
/* The time after which delayed kills are done; and one that does not come in a measurement. */
#define LAZY_TIMEOUT "/sys/module/vfio_iommu_mtce/parameters/lazy_timeout_ms"
#define NO_TIMEOUT "60000"

/* NULL if the container does lazy unmaps, otherwise why not. */
const char *container_not_lazy(const struct container *c);
int container_lazy_mode(struct container *c, bool on);
int container_flush(struct container *c);
int container_kills(const struct container *c, struct kill_counters *k);

/* The same calls as prepared arguments, for loops that are measured. */
struct vfio_iommu_type1_dma_map arg_map(uint64_t iova, void *memory, size_t size);
struct vfio_iommu_type1_dma_unmap arg_unmap(uint64_t iova, size_t size);
struct vfio_mtce_op arg_op(bool map, uint64_t iova, void *memory, size_t size);
struct vfio_iommu_mtce_update arg_update(struct vfio_mtce_op *ops, unsigned int n);
struct vfio_iommu_mtce_put_list arg_put_list(uint64_t iova, uint64_t *list,
					     unsigned int n);
extern struct vfio_iommu_mtce_flush arg_flush;

/* A call that every back end refuses with ENOTTY: the cost of getting there. */
#define NULL_IOCTL _IO(VFIO_TYPE, VFIO_BASE + 199)

#endif
