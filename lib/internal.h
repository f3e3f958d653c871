/* SPDX-License-Identifier: GPL-2.0 */
/* What the library's files share; nothing of it is exported. */
#ifndef LIBMTCE_INTERNAL_H
#define LIBMTCE_INTERNAL_H

#include "libmtce.h"

#define MAX_GROUPS	8
#define MAX_WINDOWS	2

struct group {
	int number;
	int fd;
};

struct window {
	uint64_t start;
	uint64_t size;		/* 0: not there */
	unsigned int shift;	/* of its pages */
};

/* Of registered memory. */
struct region {
	uint64_t start;
	uint64_t size;
};

struct mtce_container {
	int fd;
	enum mtce_kind kind;
	unsigned int features;
	uint32_t max_ops;	/* of one call; 0 where mtce is not there */
	uint32_t max_list;
	struct group groups[MAX_GROUPS];
	unsigned int num_groups;
	struct window windows[MAX_WINDOWS];
	struct region *regions;
	size_t num_regions;
};

/* error.c: remembers the sentence; returns @error, which is a negative errno. */
int mtce_failed(int error, const char *format, ...)
	__attribute__((format(printf, 2, 3), visibility("hidden")));

#pragma GCC visibility push(hidden)

/* 0 or a negative errno; upstream's +1 for "no" is -EINVAL. */
int mtce_ioctl(int fd, unsigned long request, void *arg);

/* What an errno means, to be put behind a colon. */
const char *mtce_because(int error);

/* window.c: the platform's window. */
int mtce_windows_begin(struct mtce_container *c);

const struct window *mtce_window_of(const struct mtce_container *c, uint64_t iova);
/* Is this a range of a window, everything aligned? 0, -EINVAL or -ENXIO. No sentence. */
int mtce_check(const struct mtce_container *c, uint64_t iova, uint64_t vaddr, uint64_t size);

/* memory.c: is all of it registered, in one or more pieces? */
bool mtce_is_registered(const struct mtce_container *c, uint64_t start, uint64_t size);

/* map.c: one operation by whatever the container has. It leaves the sentence. */
int mtce_do_op(struct mtce_container *c, const struct vfio_mtce_op *op);
/* Several by VFIO_IOMMU_MTCE_UPDATE; *@done of them are. No sentence. */
int mtce_update_call(struct mtce_container *c, const struct vfio_mtce_op *ops, uint32_t num, uint32_t *done);
/* The sentence for an operation that failed; returns @error. */
int mtce_op_failed(int error, const struct vfio_mtce_op *op);

#pragma GCC visibility pop

static inline bool has_mtce(const struct mtce_container *c)
{
	return c->kind != MTCE_PLAIN;
}

static inline struct vfio_mtce_op op_map(unsigned int flags, uint64_t iova, const void *memory, uint64_t size)
{
	return (struct vfio_mtce_op) {
		.op = VFIO_MTCE_OP_MAP, .flags = flags, .iova = iova, .size = size,
		.vaddr = (uintptr_t)memory,
	};
}

static inline struct vfio_mtce_op op_unmap(unsigned int flags, uint64_t iova, uint64_t size)
{
	return (struct vfio_mtce_op) {
		.op = VFIO_MTCE_OP_UNMAP, .flags = flags, .iova = iova, .size = size,
	};
}

#endif
