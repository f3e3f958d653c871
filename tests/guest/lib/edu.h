/* SPDX-License-Identifier: GPL-2.0 */
/*
 * QEMU's edu device, a DMA engine with a small buffer: the witness of what a
 * device can reach. Opening it costs seconds (the slot is reset), and one
 * transfer about a tenth of a second.
 */
#ifndef MTCE_TEST_EDU_H
#define MTCE_TEST_EDU_H

#include <stdbool.h>
#include <stdint.h>

#include "vfio.h"

struct edu {
	int fd;			/* -1: not open */
	volatile uint8_t *bar;
	uint64_t bar_size;
	bool swapped;		/* registers in the other byte order */
	/* A page that is always mapped, through which the buffer is filled and looked at. */
	uint64_t bounce_iova;
	uint8_t *bounce;
};

bool edu_present(int device);
int edu_open(struct edu *e, struct container *c, int device);
void edu_close(struct edu *e);

/* Both put fresh bytes on their way each time, so that nothing old can be taken for an answer. */
bool edu_reads(struct edu *e, uint64_t iova, void *memory);	/* sees what is written to memory */
bool edu_writes(struct edu *e, uint64_t iova, void *memory);	/* its write arrives in memory */

/* Both ways at once, or neither way. */
bool edu_reaches(struct edu *e, uint64_t iova, void *memory);
bool edu_is_kept_out(struct edu *e, uint64_t iova, void *memory);

/* Does it find anything there, whosever it is? Looks at one 4K page, writes nothing there. */
bool edu_sees(struct edu *e, uint64_t iova);

#endif
