/* SPDX-License-Identifier: GPL-2.0 */
/* Random maps and unmaps by every call there is: what most races have on one side. */
#ifndef MTCE_TEST_TRAFFIC_H
#define MTCE_TEST_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include "fixture.h"
#include "race.h"

#define TRAFFIC_ENTRIES	512u
#define TRAFFIC_SIZE	(TRAFFIC_ENTRIES * 0x1000ul)

/**
 * struct traffic - a range of IOVAs and the memory for it
 * @c: container; traffic_at() says the box
 * @iova: where the range starts, in a window of 4K pages
 * @memory: TRAFFIC_SIZE bytes; entry i maps the i-th 4K of it, or nothing
 * @may_map: what maps may answer. To those that do not replace, -EEXIST is added.
 * @may_unmap: what unmaps may answer
 * @lazy: unmaps of updates are
 * @no_lists: lists want registered memory, and this is pinned by maps (v1)
 * @alone: nobody else works in the range, so that every answer can be predicted
 * @live: entries, as far as this side knows
 */
struct traffic {
	struct container *c;
	uint64_t iova;
	uint8_t *memory;
	const int *may_map;
	const int *may_unmap;
	bool lazy;
	bool no_lists;
	bool alone;
	bool live[TRAFFIC_ENTRIES];
};

/*
 * Where races take place: across the borders of what one lock of our driver
 * covers, 128 entries in a window of 8 MiB, 512 in a larger one. And memory of the
 * pool for a second side.
 */
#define BORDER	(2 * SZ_1M)
#define SPOT	(BORDER - 37 * SZ_4K)
#define OTHER	(pool + POOL_SIZE / 2)

struct traffic traffic_at(uint64_t iova, uint8_t *memory, const int *may_map,
			  const int *may_unmap);

/* A step for race_thread() with a struct traffic. */
void traffic_step(struct side *s);

/* The same, and now and then nothing is mapped at all. */
void traffic_step_and_clear(struct side *s);

/* A step that has nothing to do with it: another group joins the box, and leaves. */
void group_comes_and_goes(struct side *s);

/*
 * For ranges that were not shared: is each entry what it was last made?
 * Without our driver nobody can be asked. Fails the test.
 */
void traffic_audit(struct traffic *t);
/* Entries of the range that are live (our driver only). */
unsigned int traffic_live(struct traffic *t);
/* Nothing is mapped any more. Fails the test. */
void traffic_clear(struct traffic *t);

#endif
