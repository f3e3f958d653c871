/* SPDX-License-Identifier: GPL-2.0 */
/* The load itself: so many calls of each kind, and what they did to the table. */
#ifndef MTCE_LOAD_WORK_H
#define MTCE_LOAD_WORK_H

#include <stdint.h>

/* What is asked for, of all threads together; and in the same words what was done. */
struct work {
	uint64_t maps;
	uint64_t unmaps;
	uint64_t bad_maps;	/* of a range that no window holds */
	uint64_t updates;	/* every other operation a map, the next unmaps it */
	uint64_t lists;
	uint64_t lazy_updates;	/* every operation a lazy unmap of what set-up has mapped */
	uint64_t flushes;	/* spread over the lazy updates */
};

/* How large calls are. */
struct shape {
	uint64_t ops;		/* of one update */
	uint64_t pages;		/* of one map, unmap, operation, list */
	uint64_t threads;
};

struct outcome {
	struct work done;
	uint64_t setup_maps;
	uint64_t operations;	/* of all updates */
	uint64_t mapped;	/* TCEs written */
	uint64_t unmapped;	/* live TCEs cleared or replaced */
	uint64_t errors;	/* calls that did not return what they should; bad maps that failed do not count */
};

/* Why this cannot be done, or NULL. */
const char *work_refused(const struct work *todo, const struct shape *shape);
/* Maps what lazy updates will unmap. */
void work_set_up(const struct work *todo, const struct shape *shape);
/* All threads begin at once. Adds to *out, which set-up has used before. */
void work_run(struct outcome *out);

#endif
