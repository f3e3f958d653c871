/* SPDX-License-Identifier: GPL-2.0 */
/* Reads in rounds, by one of the ways: all reads of a round begin with one ring of the doorbell. */
#ifndef NVME_DIRECT_RUN_H
#define NVME_DIRECT_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "ways.h"

struct job {
	const char *device;
	int group;
	bool v2;		/* every way on the v2 type */
	unsigned int depth;	/* reads of a round */
	unsigned int block;	/* bytes of a read */
	unsigned int rounds;
	unsigned int passes;	/* the same rounds so often; the first is not measured */
	bool pattern;		/* the disk has it; otherwise reads are compared with each other */
	uint64_t *sums;		/* of each read; shared by the ways */
	bool sums_known;
};

struct outcome {
	const char *kind;
	char model[41];
	uint64_t reads;			/* of all measured passes */
	uint64_t calls;			/* of the kernel, for them */
	double instructions;		/* of a pass, for mapping and unmapping; 0 if they are not counted */
	bool counted_kills;		/* by the driver */
	uint64_t kills;
	uint64_t wrong;			/* reads with wrong data, of all passes */
	uint64_t ns;			/* of all measured passes, without looking at the data */
};

/* The section is told to who counts kills from outside. Failures end the program with a sentence. */
void run_way(const struct way *way, struct job *job, unsigned int section, struct outcome *out);

#endif
