/* SPDX-License-Identifier: GPL-2.0 */
/* Doing a replay: a container, the calls, and what they cost. */
#ifndef MTCE_BENCH_REPLAY_RUN_H
#define MTCE_BENCH_REPLAY_RUN_H

#include "histogram.h"
#include "replay-calls.h"

#define REPLAY_ROUNDS 32

/* Of one part of the stream. */
struct replay_found {
	uint64_t hypercalls;
	uint64_t tces;
	uint64_t ioctls;
	uint64_t exits;			/* of the guest, to user space */
	unsigned int section;		/* of the marker */
	uint64_t kills;			/* as the driver counts them, in one round */
	uint64_t flushes[NUM_FLUSHES];
	double instructions[REPLAY_ROUNDS];	/* in all */
	unsigned int rounds;
	struct histogram latency;	/* ns of a hypercall, or of a batch of them */
};

/* A back end and a way, and what was found in each round. */
struct replay_job {
	const struct backend *backend;
	const struct replay_way *way;
	struct replay_found found[STREAM_PARTS];
};

struct replay_setting {
	const struct stream *stream;
	const struct memory *memory;
	int group;
	bool pace;		/* as recorded, not as fast as it goes */
};

/*
 * A round: all of the stream once to count instructions and kill stores, and in
 * a container of its own once more for the time of each unit. Dies if a call
 * fails.
 */
void replay_round(struct replay_job *job, const struct replay_setting *setting, bool sections);

#endif
