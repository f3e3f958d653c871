/* SPDX-License-Identifier: GPL-2.0 */
/* What most tests start from: a container, some registered memory, a window, perhaps a device. */
#ifndef MTCE_TEST_FIXTURE_H
#define MTCE_TEST_FIXTURE_H

#include <stdint.h>

#include "backend.h"
#include "edu.h"
#include "mem.h"
#include "tap.h"
#include "vfio.h"

#define POOL_SIZE	(4 * SZ_1M)

extern struct container box;
extern struct edu edu;
extern uint8_t *pool;	/* POOL_SIZE bytes, registered where the text below says so */

/* A container without windows; fails the test if there is none. */
void box_open(void);		/* v2 calls */
void box_open_v1(void);
void box_close(void);

/* With the pool registered and one window of 64 MiB at 0 with 4K TCEs. */
void box_ready(void);

/*
 * The same with a device, which stays open over many tests of a program,
 * because opening it is slow. Returns why there is none, or NULL.
 */
const char *rig_open(void);
extern bool rig_without_device;	/* opens all but the device */
void rig_close(void);
/* Every window goes; a new one, with the bounce page in its last entry. Fails the test. */
uint64_t rig_window(unsigned int shift, uint64_t size, unsigned int levels);
/* The window's last entry becomes the device's bounce page. Fails the test. */
void rig_bounce(uint64_t iova);
void rig_no_windows(void);

/* The live-entry question, asked with a map that may not replace (native only). */
bool is_live(struct container *c, uint64_t iova, const void *vaddr, uint64_t size);

/* A child that runs @body with its argument and returns its status; -1 if it died. */
int in_child(int (*body)(void *), void *arg);

/* Operations for mtce_update(). */
static inline struct vfio_mtce_op map_op(uint64_t iova, const void *vaddr, uint64_t size)
{
	return (struct vfio_mtce_op) {
		.op = VFIO_MTCE_OP_MAP, .flags = RW, .iova = iova,
		.size = size, .vaddr = (uintptr_t)vaddr,
	};
}

static inline struct vfio_mtce_op unmap_op(uint64_t iova, uint64_t size)
{
	return (struct vfio_mtce_op) {
		.op = VFIO_MTCE_OP_UNMAP, .iova = iova, .size = size,
	};
}

static inline struct vfio_mtce_op lazy_unmap_op(uint64_t iova, uint64_t size)
{
	struct vfio_mtce_op op = unmap_op(iova, size);

	op.flags = VFIO_MTCE_LAZY;
	return op;
}

#endif
