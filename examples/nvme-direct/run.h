/* SPDX-License-Identifier: GPL-2.0 */
/* Reads in rounds, by one of the ways: all reads of a round begin with one ring of the doorbell. */
#ifndef NVME_DIRECT_RUN_H
#define NVME_DIRECT_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "ways.h"

#define RUN_MAX_SAMPLES	32u

struct job {
	const char *device;
	int group;
	unsigned int depth;	/* reads of a round */
	unsigned int block;	/* bytes of a read */
	unsigned int rounds;	/* of a pass */
	unsigned int passes;	/* behind a sample; the very first pass is not measured */
	unsigned int samples;
	bool pattern;		/* the disk has it; otherwise reads are compared with each other */
	uint64_t *sums;		/* of each read; shared by the ways */
	bool sums_known;
};

/* What mapping costs, or unmapping. */
struct cost {
	unsigned int section;			/* told to who counts kills from outside; given */
	double instructions[RUN_MAX_SAMPLES];	/* of a read */
	uint64_t kills;				/* in all measured passes, as the driver counts */
};

struct outcome {
	const char *kind;
	char model[41];
	uint64_t reads;			/* of all measured passes */
	uint64_t calls;			/* of the kernel, for them */
	struct cost map;
	struct cost unmap;
	bool counted_kills;
	uint64_t wrong;			/* reads with wrong data, of all passes */
	uint64_t ns;			/* of all measured passes, without looking at the data */
};

/* @flags are mtce_open()'s. Failures end the program with a sentence. */
void run_way(const struct way *way, unsigned int flags, struct job *job, struct outcome *out);

#endif
