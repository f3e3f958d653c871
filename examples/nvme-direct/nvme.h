/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The little of an NVMe controller that reading takes: reset, identify, one queue pair without interrupts, and the
 * command Read. No command is ever sent that changes the disk.
 *
 * Functions that can fail end the program with a sentence.
 */
#ifndef NVME_DIRECT_NVME_H
#define NVME_DIRECT_NVME_H

#include <stdint.h>

#define NVME_PAGE		4096u		/* of the controller's and of the window's */
#define NVME_MAX_DEPTH		256u
#define NVME_MAX_PAGES		256u		/* of one read: 1 MiB */

struct nvme_queue {
	uint32_t entries;
	uint32_t tail;			/* of submissions */
	uint32_t head;			/* of completions */
	uint16_t phase;
	struct nvme_command *submissions;
	struct nvme_completion *completions;
	uint64_t submissions_iova;
	uint64_t completions_iova;
	volatile uint32_t *tail_bell;
	volatile uint32_t *head_bell;
};

struct nvme {
	int fd;				/* VFIO's, of the device */
	volatile uint8_t *regs;
	uint8_t *shared;		/* what the controller and we share all the time... */
	uint64_t shared_iova;		/* ... and where it finds that */
	struct nvme_queue admin;
	struct nvme_queue io;
	char model[41];
	uint64_t blocks;		/* of the namespace */
	uint32_t block_size;
	uint64_t max_bytes;		/* of one read; 0: any */
};

/* Bytes that are shared, a multiple of any system's page size: queues, identify data, a list of pages for each read. */
uint64_t nvme_shared_size(void);

/* @shared is zeroed memory that is mapped at @shared_iova and stays so. */
void nvme_open(struct nvme *n, int fd, void *shared, uint64_t shared_iova);
void nvme_close(struct nvme *n);

/* A read into @num pages, the IOVAs of which are given. @slot is its name, below NVME_MAX_DEPTH. */
void nvme_read(struct nvme *n, unsigned int slot, uint64_t block, uint32_t blocks, const uint64_t *iovas,
	       unsigned int num);
/* The controller begins with all reads since the last call. */
void nvme_ring(struct nvme *n);
/* Waits for a read to end, and returns its slot. */
unsigned int nvme_wait(struct nvme *n);

#endif
