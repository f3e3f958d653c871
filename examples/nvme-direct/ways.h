/* SPDX-License-Identifier: GPL-2.0 */
/* Five ways to let a device reach the pages of an I/O, and to end that. What this example is about. */
#ifndef NVME_DIRECT_WAYS_H
#define NVME_DIRECT_WAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "../../lib/libmtce.h"

/* What is mapped: the pages of a round of reads, which are scattered in a pool of registered memory. */
struct pages {
	struct mtce_container *container;
	struct mtce_batch *batch;
	uint8_t *pool;
	uint64_t pool_size;
	unsigned int num;	/* of a round */
	uint64_t *page;		/* user addresses */
	uint64_t *iova;		/* where the device finds them, after map() */
	uint64_t iova_start;	/* the range for them, a multiple of a round */
	uint64_t iova_size;
	uint64_t iova_next;	/* the next round's, so that IOVAs are not used again at once */
	uint64_t calls;		/* of the kernel */
};

/* Functions may be NULL. Each returns 0 or a negative errno, with a sentence in mtce_error(). */
struct way {
	const char *name;
	const char *sentence;
	bool v2_calls;				/* on any back end */
	int (*begin)(struct pages *p);		/* before the first round */
	int (*map)(struct pages *p);		/* before the doorbell */
	int (*unmap)(struct pages *p);		/* when all reads of the round have ended */
	int (*end)(struct pages *p);		/* after the last round: no page is in reach of the device */
};

extern const struct way ways[];
extern const unsigned int num_ways;

#endif
