/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A worst-case TCE cache: for each group every translation that was ever valid
 * since the last kill that covers it.
 *
 * An entry that is valid may be cached at any time, so its translation is taken
 * to be cached by every group that uses the table. When the entry is cleared or
 * replaced, the old translation is stale in those groups, until each of them is
 * told (a kill of the entry, of the PE, or the end of the group's use of the
 * table). A kill does not make a valid entry go: it is cached again at once.
 *
 * What holds a page is either the map itself, which pinned it (one pin for each
 * map), or a registered region. The rules, each broken one a violation:
 *
 *  - unpin: a pin goes only when the translation of the map that took it is
 *    neither live nor stale anywhere. Pins of one page cannot be told apart, so
 *    they are counted: maps whose translation has gone leave a credit.
 *  - unregister: nothing live or stale refers to the region. Its pages go when
 *    nobody can find it any more, and by then others may have registered and
 *    mapped the same addresses again: that belongs to the later region.
 *  - done: when a call returns, no other translation of the entries that it set
 *    is stale anywhere.
 *
 * The caller serialises. Memory is given at init and bounded; what does not fit
 * is counted in "forgot", and a run with any is not to be called clean.
 */
#ifndef ORACLE_MODEL_H
#define ORACLE_MODEL_H

#include "oracle_shim.h"

#define ORACLE_GROUPS	64
#define ORACLE_SAID	16
#define ORACLE_TEXT	192

enum oracle_violation {
	ORACLE_UNPINNED,	/* a page while it can be reached */
	ORACLE_UNREGISTERED,	/* a region while it can be reached */
	ORACLE_REMAPPED,	/* an entry while its old page can be reached */
	ORACLE_VIOLATIONS
};

/**
 * struct oracle_tce - what one entry holds now
 * @owner: the container
 * @table: name of the table
 * @index: of the entry
 * @tce: its value, 0 for none
 * @ua: user address in a region of the owner; nothing where @pinned
 * @pinned: the map itself has pinned the page
 * @shift: log2 of the TCE page
 * @groups: that use the table, bits from oracle_group()
 * @task: who changed it; a later oracle_done() names the same
 */
struct oracle_tce {
	u64 owner;
	u64 table;
	u64 index;
	u64 tce;
	u64 ua;
	bool pinned;
	u8 shift;
	u64 groups;
	u64 task;
};

struct oracle_node;

/**
 * struct oracle - the model; counters may be read, the rest is its own
 * @live: entries that are valid
 * @stale: translations that are not valid any more but may be cached
 * @forgot: things that did not fit; the result is inconclusive
 * @unknown: pins let go that no map is known to have taken; inconclusive too
 * @violations: by kind
 * @said: the first violations in words
 * @nr_said: valid elements of @said
 * @say: called with each of those
 */
struct oracle {
	u64 live;
	u64 stale;
	u64 forgot;
	u64 unknown;
	u64 violations[ORACLE_VIOLATIONS];
	char said[ORACLE_SAID][ORACLE_TEXT];
	unsigned int nr_said;
	void (*say)(const char *text);

	struct oracle_node *node;
	u32 *by_entry;
	u32 *by_page;
	u32 mask;
	u32 free;
	u32 page_shift;
	u64 large_shifts;
	u64 now;
	u64 group[ORACLE_GROUPS];
};

u64 oracle_bytes(u32 nodes_shift);
void oracle_init(struct oracle *o, void *zeroed, u32 nodes_shift,
		 u32 page_shift, void (*say)(const char *text));
u64 oracle_group(struct oracle *o, u64 name);

void oracle_set(struct oracle *o, const struct oracle_tce *t);
void oracle_clear(struct oracle *o, const struct oracle_tce *t);
void oracle_kill(struct oracle *o, u64 table, u64 groups, u64 index, u64 n);
void oracle_kill_pe(struct oracle *o, u64 groups);
void oracle_unset(struct oracle *o, u64 table, u64 groups);
void oracle_unpin(struct oracle *o, u64 owner, u64 hpa);
void oracle_register(struct oracle *o, u64 owner, u64 name, u64 ua, u64 size);
bool oracle_unregister(struct oracle *o, u64 owner, u64 name);
void oracle_release(struct oracle *o, u64 owner, u64 ua, u64 size, u64 hpa);
void oracle_done(struct oracle *o, u64 table, u64 index, u64 n, u64 task);

#endif
