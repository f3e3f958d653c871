/* SPDX-License-Identifier: GPL-2.0 */
/* A stream of hypercalls made into ioctls, in one of the ways in which a user may. */
#ifndef MTCE_BENCH_REPLAY_CALLS_H
#define MTCE_BENCH_REPLAY_CALLS_H

#include <stdbool.h>

#include "backend.h"
#include "memory.h"
#include "plan.h"
#include "replay-stream.h"

struct replay_way {
	const char *name;
	const char *sentence;
	bool per_page;		/* an ioctl a page, as QEMU does it today */
	unsigned int gather;	/* so many hypercalls in an update; 0: each its own call */
	bool lazy;
	bool kvm;		/* hypercalls of a KVM guest; no calls of ours */
	bool lazy_hcalls;	/* ... whose unmaps are lazy */
};

/* A hypercall as the guest makes it. */
struct replay_hcall {
	unsigned int table;
	bool put;		/* H_PUT_TCE, not a list or a range */
	bool clears;
	uint64_t ioba;
	uint64_t num;
	uint64_t *tces;		/* NULL: it clears */
};

/* What is called between two looks at the clock: what one hypercall carried, or some. */
struct replay_unit {
	uint64_t t_us;		/* of its last hypercall */
	unsigned int calls;	/* ioctls */
	unsigned int part;
	unsigned int hypercalls;
	uint64_t tces;
};

struct replay_calls {
	struct call *call;
	struct replay_unit *unit;
	struct replay_hcall *hcall;	/* of each unit, with a KVM guest */
	size_t num_calls;
	size_t num_units;
	struct arena *arena;	/* what the calls point to */
};

/*
 * Guest memory is @memory over and over. @window: where each table lies. A
 * recording knows the first page of a list only; the others are taken to follow
 * it to the end of a 64 KiB guest page and to be anywhere after that.
 */
void replay_calls_make(struct replay_calls *r, const struct stream *s, const struct replay_way *way,
		       const struct memory *memory, const uint64_t *window);
void replay_calls_free(struct replay_calls *r);

#endif
