/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libmtce.h - DMA mappings through VFIO on sPAPR TCE tables, in batches where the kernel has them
 *
 * Usable from C and C++. Needs <linux/vfio_mtce.h>, which comes with it.
 */
#ifndef LIBMTCE_H
#define LIBMTCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/vfio_mtce.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * DOC: One program for three back ends
 *
 * A container is opened on the best back end that the host offers: mtce's own
 * type, upstream's v2 type that mtce has taken over, or upstream's v2 back end
 * itself. The same calls work on each. Where mtce is not there a batch is one
 * VFIO_IOMMU_MAP_DMA or VFIO_IOMMU_UNMAP_DMA for each operation, a list is one
 * for each page, and a lazy unmap is done at once.
 *
 * DOC: Errors
 *
 * A function that can fail returns 0 (or what its text says), or a negative
 * errno with the meaning that <linux/vfio_mtce.h> gives it, on every back end.
 * mtce_error() has a sentence for it.
 *
 * Upstream's back end does not check all that it is given, and some mistakes
 * take the host down there. So on it the library first checks alignment, size,
 * window and registered memory of each map and unmap. What it cannot make good: a
 * map over a live entry replaces it, with or without %VFIO_MTCE_REPLACE; a map
 * that fails all the same (%ERANGE) clears what was there before, and locks a CPU
 * up at IOVA 0; and an unregister of memory that is still mapped is answered with
 * 0 and goes wrong.
 *
 * DOC: Threads
 *
 * Maps and unmaps of one container may be made by several threads at once, a
 * batch belongs to one of them. Open, close, joining groups, windows and
 * registered memory must come and go while nobody else calls. mtce_error() is of the calling thread.
 */

struct mtce_container;
struct mtce_batch;

/**
 * enum mtce_kind - what a container works on
 * @MTCE_NATIVE: mtce, under its own container type
 * @MTCE_TAKEN_OVER: mtce, under upstream's v2 type (module parameter takeover)
 * @MTCE_PLAIN: a v2 back end without mtce's calls: upstream's
 */
enum mtce_kind {
	MTCE_NATIVE = 1,
	MTCE_TAKEN_OVER = 2,
	MTCE_PLAIN = 3
};

/* Flags of mtce_open(). Without one of them: mtce's own type, else v2. */
#define MTCE_OPEN_NATIVE	0x1u	/* mtce's own type only */
#define MTCE_OPEN_V2		0x2u	/* the v2 type only, whoever answers for it */
#define MTCE_OPEN_PLAIN		0x4u	/* the v2 type and v2's calls only */

/* Bits of mtce_features(): what is one call of the kernel, and what can be had at all. */
#define MTCE_BATCHES		0x1u	/* a batch is one call */
#define MTCE_LISTS		0x2u	/* a list is one call */
#define MTCE_LAZY_UNMAPS	0x4u	/* lazy unmaps delay their kills */

/**
 * mtce_open() - open a container with one IOMMU group
 * @container: Output. The container; NULL on error.
 * @group: Number of the group. Its devices must be bound to vfio-pci.
 * @flags: 0, or one of MTCE_OPEN_.
 *
 * A new container has the platform's default window: 4K pages, from IOVA 0 on
 * POWER8. Remove it with mtce_window_remove() to have another one there.
 *
 * Return: 0, or -ENOENT: there is no such group under /dev/vfio; -EBUSY: another
 * program has it; -EPERM: a device of it is not bound to vfio-pci; -ENODEV: no
 * back end offers what @flags ask for; -EINVAL; what open() and VFIO say.
 */
int mtce_open(struct mtce_container **container, int group, unsigned int flags);

/**
 * mtce_close() - close a container
 * @container: May be NULL.
 *
 * Everything goes: mappings, windows, registered memory. Devices must be closed
 * before. Batches must not be used any more, but for mtce_batch_free().
 */
void mtce_close(struct mtce_container *container);

/**
 * mtce_join() - another group shares the container
 * @container: The container.
 * @group: Number of the group.
 *
 * Return: 0, or a negative errno, as mtce_open(). -E2BIG: it has eight already.
 */
int mtce_join(struct mtce_container *container, int group);

/**
 * mtce_device() - open a device of a group of the container
 * @container: The container.
 * @name: Its name, as 0000:01:00.0.
 *
 * Return: a file descriptor for VFIO's device calls, which is the caller's to
 * close, or a negative errno. -ENODEV: no group of the container has it.
 */
int mtce_device(struct mtce_container *container, const char *name);

/**
 * mtce_fd() - the container's file descriptor
 * @container: The container.
 *
 * For calls that the library does not have. Windows that are made with it are
 * unknown to the library.
 *
 * Return: the file descriptor, which stays the library's.
 */
int mtce_fd(const struct mtce_container *container);

/**
 * mtce_group_fd() - a group's file descriptor, as KVM wants it
 * @container: The container.
 * @group: Number of the group.
 *
 * Return: the file descriptor, which stays the library's, or -ENODEV.
 */
int mtce_group_fd(const struct mtce_container *container, int group);

/** mtce_kind() - what a container works on */
enum mtce_kind mtce_kind(const struct mtce_container *container);

/** mtce_kind_name() - the same in words; never NULL */
const char *mtce_kind_name(enum mtce_kind kind);

/** mtce_features() - MTCE_BATCHES and others that hold for this container */
unsigned int mtce_features(const struct mtce_container *container);

/**
 * mtce_error() - the last failure of the calling thread as a sentence
 *
 * Return: the sentence, valid until the thread's next failure; never NULL. It is
 * empty if nothing has failed.
 */
const char *mtce_error(void);

/**
 * mtce_get_info() - limits, features and counters of mtce
 * @container: The container.
 * @info: Output.
 * @size: sizeof(*info), so that the struct may grow.
 *
 * Return: 0, or -EOPNOTSUPP: this back end counts nothing (%MTCE_PLAIN).
 */
int mtce_get_info(struct mtce_container *container, struct vfio_iommu_mtce_info *info, size_t size);

/**
 * mtce_register() - register memory, so that it can be mapped
 * @container: The container.
 * @memory: A multiple of the system's page size, as @size.
 * @size: Bytes.
 *
 * The memory is pinned and counts as locked.
 *
 * Return: 0, or a negative errno. -ENOMEM mostly means the limit of locked memory.
 */
int mtce_register(struct mtce_container *container, void *memory, size_t size);

/** mtce_unregister() - undo mtce_register(), with the same arguments */
int mtce_unregister(struct mtce_container *container, void *memory, size_t size);

/**
 * mtce_window_create() - create a DMA window
 * @container: The container.
 * @page_shift: log2 of its page size: 12, 16 or 24.
 * @size: Bytes, a power of two.
 * @levels: Of its table; 1 mostly.
 * @start: Output. Its first IOVA, which the platform chooses.
 *
 * Return: 0, or a negative errno. -ENOSPC: both windows are taken.
 */
int mtce_window_create(struct mtce_container *container, unsigned int page_shift, uint64_t size,
		       unsigned int levels, uint64_t *start);

/**
 * mtce_window_remove() - remove a window and whatever is mapped in it
 * @container: The container.
 * @start: Its first IOVA.
 *
 * Return: 0, or a negative errno. -ENXIO: no window begins there.
 */
int mtce_window_remove(struct mtce_container *container, uint64_t start);

/**
 * mtce_dma_map() - map one range
 * @container: The container.
 * @flags: VFIO_MTCE_READ, VFIO_MTCE_WRITE or both, and VFIO_MTCE_REPLACE.
 * @iova: First IOVA.
 * @memory: Registered memory.
 * @size: Bytes.
 *
 * All three are multiples of the window's page size.
 *
 * Return: 0, or a negative errno; then nothing has changed (but see "Errors").
 */
int mtce_dma_map(struct mtce_container *container, unsigned int flags, uint64_t iova, const void *memory,
		 uint64_t size);

/**
 * mtce_dma_unmap() - unmap one range
 * @container: The container.
 * @flags: 0, or VFIO_MTCE_LAZY.
 * @iova: First IOVA.
 * @size: Bytes. What is not mapped there already is no error.
 *
 * Return: 0, or a negative errno.
 */
int mtce_dma_unmap(struct mtce_container *container, unsigned int flags, uint64_t iova, uint64_t size);

/**
 * mtce_dma_map_list() - map scattered pages at IOVAs without a gap
 * @container: The container.
 * @flags: As for mtce_dma_map().
 * @iova: IOVA of the first page.
 * @pages: User addresses, one for each page of the window's size.
 * @num: How many; not 0.
 *
 * Lists longer than the kernel takes are several calls.
 *
 * Return: 0, or a negative errno; then none of them is mapped. Where mtce is not
 * there, what was mapped there before is gone then, too; and where the kernel takes
 * no list as long as this one, what %VFIO_MTCE_REPLACE has replaced.
 */
int mtce_dma_map_list(struct mtce_container *container, unsigned int flags, uint64_t iova, const uint64_t *pages,
		      size_t num);

/**
 * mtce_dma_flush() - wait until no device reaches what was unmapped lazily
 * @container: The container.
 *
 * Return: 0, or a negative errno. 0 at once where lazy unmaps are not lazy.
 */
int mtce_dma_flush(struct mtce_container *container);

/**
 * mtce_dma_lazy() - make every unmap of the container lazy, or end that
 * @container: The container.
 * @on: The end flushes.
 *
 * Return: 0, or a negative errno. 0 where unmaps cannot be lazy: they are strict.
 */
int mtce_dma_lazy(struct mtce_container *container, bool on);

/**
 * mtce_batch_new() - an empty batch of maps and unmaps
 * @container: The container that it is for.
 * @room: Operations to make room for now. More are possible, but may have to
 *	allocate memory.
 *
 * Return: the batch, or NULL: out of memory.
 */
struct mtce_batch *mtce_batch_new(struct mtce_container *container, size_t room);

/** mtce_batch_free() - forget a batch; it may be NULL */
void mtce_batch_free(struct mtce_batch *batch);

/** mtce_batch_map() - add a map, as mtce_dma_map(); nothing happens yet. Return: 0 or -ENOMEM */
int mtce_batch_map(struct mtce_batch *batch, unsigned int flags, uint64_t iova, const void *memory,
		   uint64_t size);

/** mtce_batch_unmap() - add an unmap, as mtce_dma_unmap(); nothing happens yet. Return: 0 or -ENOMEM */
int mtce_batch_unmap(struct mtce_batch *batch, unsigned int flags, uint64_t iova, uint64_t size);

/** mtce_batch_count() - operations that wait to be submitted */
size_t mtce_batch_count(const struct mtce_batch *batch);

/** mtce_batch_clear() - drop them */
void mtce_batch_clear(struct mtce_batch *batch);

/**
 * mtce_batch_submit() - do all operations, in order
 * @batch: The batch; empty afterwards, unless one of its operations fails.
 * @done: Output, may be NULL. Operations done, also on error.
 *
 * The first operation that fails ends it. Those before it are done and gone from
 * the batch, it and those behind it are as if nothing had happened and are still
 * in the batch: submit again, or clear it.
 *
 * With mtce the shape of all operations (that of 65,536 at a time) is looked at before the
 * first is done, so a malformed one means that none was done. Elsewhere those
 * before it were.
 *
 * Return: 0, or the negative errno of the operation that failed.
 */
int mtce_batch_submit(struct mtce_batch *batch, size_t *done);

#ifdef __cplusplus
}
#endif

#endif /* LIBMTCE_H */
