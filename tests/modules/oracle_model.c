// SPDX-License-Identifier: GPL-2.0
/*
 * The model of oracle_model.h. No kernel in here: tests/host/test-oracle.c
 * compares it with a naive one.
 *
 * Everything is a node from one pool: a translation (live or stale), a credit
 * (pins of a page whose translations have gone), a region. Nodes lie in two
 * hash tables, and those that a kill or a done looks for in a list each. There
 * is never more than one node of a given TCE value for a given entry: what is
 * valid again is not stale, whoever mapped it.
 */
#include "oracle_model.h"

#define PERM	3ull

enum node_kind { FREE, TRANSLATION, CREDIT, REGION };

struct oracle_node {
	u64 owner;
	u64 table;
	u64 index;	/* of a region: its name */
	u64 tce;	/* of a credit: the page; of a region: its size */
	u64 ua;
	u64 stale_in;	/* groups that may cache it; of a credit: how many */
	u64 task;
	u64 since;	/* when it was set or registered */
	u32 by_entry;	/* next in the hash tables, 0 is the end */
	u32 by_page;
	u32 prev;	/* in one of the lists, or alone */
	u32 next;
	u8 kind;
	u8 shift;
	bool live;
	bool pinned;
};

/* Heads of the lists, themselves nodes. */
#define STALE	0	/* translations that are not live */
#define OPEN	1	/* live ones whose call is not done */
#define REGIONS	2
#define FIRST	3

/*
 * Lists
 */

static void list_reset(struct oracle *o, u32 i)
{
	o->node[i].prev = i;
	o->node[i].next = i;
}

static void list_remove(struct oracle *o, u32 i)
{
	struct oracle_node *n = &o->node[i];

	o->node[n->prev].next = n->next;
	o->node[n->next].prev = n->prev;
	list_reset(o, i);
}

static void list_move(struct oracle *o, u32 head, u32 i)
{
	u32 last;

	list_remove(o, i);
	last = o->node[head].prev;
	o->node[i].prev = last;
	o->node[i].next = head;
	o->node[last].next = i;
	o->node[head].prev = i;
}

/*
 * Hash tables
 */

static u32 *bucket(struct oracle *o, u32 *table, u64 a, u64 b)
{
	u64 h = (a + b * 0x9e3779b97f4a7c15ull) * 0xff51afd7ed558ccdull;

	return &table[(h >> 32) & o->mask];
}

static u64 align_down(u64 v, u32 shift)
{
	return v >> shift << shift;
}

static u64 system_page(const struct oracle *o, const struct oracle_node *n)
{
	return align_down(n->tce & ~PERM, o->page_shift);
}

/* What a translation is found by: the TCE page, or the system page around it. */
static u64 hashed_page(const struct oracle *o, const struct oracle_node *n)
{
	return align_down(n->tce & ~PERM, n->shift > o->page_shift ? n->shift :
							     o->page_shift);
}

static u32 *entry_bucket(struct oracle *o, u64 table, u64 index)
{
	return bucket(o, o->by_entry, table, index);
}

static u32 *page_bucket(struct oracle *o, u64 owner, u64 page)
{
	return bucket(o, o->by_page, owner, page);
}

static void hash_entry(struct oracle *o, u32 i)
{
	struct oracle_node *n = &o->node[i];
	u32 *head = entry_bucket(o, n->table, n->index);

	n->by_entry = *head;
	*head = i;
}

static void hash_page(struct oracle *o, u32 i)
{
	struct oracle_node *n = &o->node[i];
	u32 *head = page_bucket(o, n->owner, hashed_page(o, n));

	n->by_page = *head;
	*head = i;
}

static void unhash_entry(struct oracle *o, u32 i)
{
	struct oracle_node *n = &o->node[i];
	u32 *link = entry_bucket(o, n->table, n->index);

	while (*link != i)
		link = &o->node[*link].by_entry;
	*link = n->by_entry;
}

static void unhash_page(struct oracle *o, u32 i)
{
	struct oracle_node *n = &o->node[i];
	u32 *link = page_bucket(o, n->owner, hashed_page(o, n));

	while (*link != i)
		link = &o->node[*link].by_page;
	*link = n->by_page;
}

/*
 * Nodes
 */

/* 0 if there is none left. */
static u32 node_new(struct oracle *o, enum node_kind kind, u64 owner)
{
	u32 i = o->free;
	struct oracle_node *n = &o->node[i];

	if (!i) {
		o->forgot++;
		return 0;
	}
	o->free = n->next;
	memset(n, 0, sizeof(*n));
	n->kind = kind;
	n->owner = owner;
	list_reset(o, i);
	return i;
}

static void node_free(struct oracle *o, u32 i)
{
	o->node[i].kind = FREE;
	o->node[i].next = o->free;
	o->free = i;
}

static u32 find_credit(struct oracle *o, u64 owner, u64 page)
{
	u32 i = *page_bucket(o, owner, page);

	for (; i; i = o->node[i].by_page) {
		struct oracle_node *n = &o->node[i];

		if (n->kind == CREDIT && n->owner == owner && n->tce == page)
			break;
	}
	return i;
}

/* The translation of a map that pinned @page has gone: the pin may follow. */
static void credit(struct oracle *o, u64 owner, u64 page)
{
	u32 i = find_credit(o, owner, page);

	if (!i) {
		i = node_new(o, CREDIT, owner);
		if (!i)
			return;
		o->node[i].tce = page;
		o->node[i].shift = o->page_shift;
		hash_page(o, i);
	}
	o->node[i].stale_in++;
}

/* A translation that is nowhere any more. */
static void drop(struct oracle *o, u32 i)
{
	struct oracle_node n = o->node[i];

	if (n.live)
		o->live--;
	else
		o->stale--;
	list_remove(o, i);
	unhash_entry(o, i);
	unhash_page(o, i);
	node_free(o, i);
	if (n.pinned)
		credit(o, n.owner, system_page(o, &n));
}

/* The next translation of the entry, from node @i of its bucket on, or 0. */
static u32 same_entry(struct oracle *o, u32 i, u64 table, u64 index)
{
	for (; i; i = o->node[i].by_entry) {
		struct oracle_node *n = &o->node[i];

		if (n->kind == TRANSLATION && n->table == table &&
		    n->index == index)
			break;
	}
	return i;
}

static u32 first_of_entry(struct oracle *o, u64 table, u64 index)
{
	return same_entry(o, *entry_bucket(o, table, index), table, index);
}

static u32 next_of_entry(struct oracle *o, u32 i)
{
	struct oracle_node *n = &o->node[i];

	return same_entry(o, n->by_entry, n->table, n->index);
}

static u32 find_live(struct oracle *o, const struct oracle_tce *t)
{
	u32 i = first_of_entry(o, t->table, t->index);

	while (i && !o->node[i].live)
		i = next_of_entry(o, i);
	return i;
}

static u32 find_value(struct oracle *o, const struct oracle_tce *t)
{
	u32 i = first_of_entry(o, t->table, t->index);

	while (i && o->node[i].tce != t->tce)
		i = next_of_entry(o, i);
	return i;
}

/*
 * Violations
 */

static void violation(struct oracle *o, enum oracle_violation v, u64 page,
		      const struct oracle_node *n)
{
	static const char *const what[ORACLE_VIOLATIONS] = {
		[ORACLE_UNPINNED] = "page unpinned too early",
		[ORACLE_UNREGISTERED] = "region let go too early",
		[ORACLE_REMAPPED] = "map done without a kill",
	};
	char *text;

	o->violations[v]++;
	if (o->nr_said == ORACLE_SAID)
		return;
	text = o->said[o->nr_said++];
	snprintf(text, ORACLE_TEXT,
		 "VIOLATION: %s: page %#llx, entry %llu of table %llx, TCE %#llx, %s (groups %#llx)",
		 what[v], page, n->index, n->table, n->tce,
		 n->live ? "still live" : "may be cached", n->stale_in);
	o->say(text);
}

/*
 * Public
 */

u64 oracle_bytes(u32 nodes_shift)
{
	return (sizeof(struct oracle_node) + 2 * sizeof(u32)) << nodes_shift;
}

void oracle_init(struct oracle *o, void *zeroed, u32 nodes_shift,
		 u32 page_shift, void (*say)(const char *text))
{
	u32 nodes = 1u << nodes_shift, i;

	memset(o, 0, sizeof(*o));
	o->node = zeroed;
	o->by_entry = (u32 *)(o->node + nodes);
	o->by_page = o->by_entry + nodes;
	o->mask = nodes - 1;
	o->page_shift = page_shift;
	o->say = say;
	list_reset(o, STALE);
	list_reset(o, OPEN);
	list_reset(o, REGIONS);
	for (i = nodes - 1; i >= FIRST; i--)
		node_free(o, i);
}

/* The bit of the group with this name (not 0), or 0 when there are too many. */
u64 oracle_group(struct oracle *o, u64 name)
{
	int i;

	for (i = 0; i < ORACLE_GROUPS; i++) {
		if (!o->group[i])
			o->group[i] = name;
		if (o->group[i] == name)
			return 1ull << i;
	}
	o->forgot++;
	return 0;
}

static void make_stale(struct oracle *o, u32 i, u64 groups)
{
	struct oracle_node *n = &o->node[i];

	if (!groups) {
		drop(o, i);
		return;
	}
	n->live = false;
	n->stale_in = groups;
	o->live--;
	o->stale++;
	list_move(o, STALE, i);
}

/* A node of this entry with this value exists: now it is (again) live. */
static void make_live(struct oracle *o, u32 i)
{
	struct oracle_node *n = &o->node[i];

	if (!n->live) {
		o->stale--;
		o->live++;
	}
	n->live = true;
	n->stale_in = 0;
	/* What the map before pinned can go: the page is reached rightly. */
	if (n->pinned)
		credit(o, n->owner, system_page(o, n));
}

static u32 new_translation(struct oracle *o, const struct oracle_tce *t)
{
	u32 i = node_new(o, TRANSLATION, t->owner);
	struct oracle_node *n = &o->node[i];

	if (!i)
		return 0;
	n->table = t->table;
	n->index = t->index;
	n->tce = t->tce;
	n->shift = t->shift;
	n->live = true;
	o->live++;
	if (t->shift > o->page_shift)
		o->large_shifts |= 1ull << t->shift;
	hash_entry(o, i);
	hash_page(o, i);
	return i;
}

/* A map has written the entry. */
void oracle_set(struct oracle *o, const struct oracle_tce *t)
{
	u32 old = find_live(o, t), i;

	if (old && o->node[old].tce != t->tce)
		make_stale(o, old, t->groups);
	if (!t->tce)
		return;
	i = find_value(o, t);
	if (i)
		make_live(o, i);
	else
		i = new_translation(o, t);
	if (!i)
		return;
	o->node[i].ua = t->ua;
	o->node[i].pinned = t->pinned;
	o->node[i].task = t->task;
	o->node[i].since = ++o->now;
	list_move(o, OPEN, i);
}

/* The entry was looked at by an unmap, and t->tce is what it holds now. */
void oracle_clear(struct oracle *o, const struct oracle_tce *t)
{
	u32 old = find_live(o, t);

	if (old && o->node[old].tce != t->tce)
		make_stale(o, old, t->groups);
}

static void forget_in(struct oracle *o, u32 i, u64 groups)
{
	o->node[i].stale_in &= ~groups;
	if (!o->node[i].stale_in)
		drop(o, i);
}

static void kill_entry(struct oracle *o, u64 table, u64 groups, u64 index)
{
	u32 i, next;

	for (i = first_of_entry(o, table, index); i; i = next) {
		next = next_of_entry(o, i);
		if (!o->node[i].live)
			forget_in(o, i, groups);
	}
}

/* @groups were told to forget these entries. */
void oracle_kill(struct oracle *o, u64 table, u64 groups, u64 index, u64 n)
{
	u32 i, next;

	if (n <= o->stale) {
		for (; n; n--)
			kill_entry(o, table, groups, index++);
		return;
	}
	for (i = o->node[STALE].next; i != STALE; i = next) {
		next = o->node[i].next;
		if (o->node[i].table == table && o->node[i].index - index < n)
			forget_in(o, i, groups);
	}
}

/* @groups were told to forget everything. */
void oracle_kill_pe(struct oracle *o, u64 groups)
{
	u32 i, next;

	for (i = o->node[STALE].next; i != STALE; i = next) {
		next = o->node[i].next;
		forget_in(o, i, groups);
	}
}

/* @groups do not use the table any more, and have forgotten it. */
void oracle_unset(struct oracle *o, u64 table, u64 groups)
{
	oracle_kill(o, table, groups, 0, ~0ull);
}

/* On to the next larger TCE page that was ever seen; false without one. */
static bool larger_shift(const struct oracle *o, u32 *shift)
{
	while (++*shift < 64)
		if (o->large_shifts >> *shift & 1)
			return true;
	return false;
}

/*
 * A translation that holds one of the pins of system page @page, or 0. Rather a
 * stale one: an entry that is cleared is more likely the one that is meant.
 */
static u32 find_pinned(struct oracle *o, u64 owner, u64 page, u32 shift)
{
	u32 i = *page_bucket(o, owner, align_down(page, shift)), found = 0;

	for (; i; i = o->node[i].by_page) {
		struct oracle_node *n = &o->node[i];

		if (n->kind != TRANSLATION || !n->pinned || n->owner != owner ||
		    system_page(o, n) != page)
			continue;
		found = i;
		if (!n->live)
			break;
	}
	return found;
}

/* One pin of the page at @hpa goes. */
void oracle_unpin(struct oracle *o, u64 owner, u64 hpa)
{
	u64 page = align_down(hpa, o->page_shift);
	u32 i = find_credit(o, owner, page), shift = o->page_shift;

	if (i) {
		if (!--o->node[i].stale_in) {
			unhash_page(o, i);
			node_free(o, i);
		}
		return;
	}
	i = find_pinned(o, owner, page, shift);
	while (!i && larger_shift(o, &shift))
		i = find_pinned(o, owner, page, shift);
	if (!i) {
		o->unknown++;
		return;
	}
	violation(o, ORACLE_UNPINNED, page, &o->node[i]);
	/* It has no pin now: none will follow. */
	o->node[i].pinned = false;
	o->node[i].ua = ~0ull;
}

static u32 find_region(struct oracle *o, u64 owner, u64 name)
{
	u32 i = *entry_bucket(o, owner, name);

	for (; i; i = o->node[i].by_entry) {
		struct oracle_node *n = &o->node[i];

		if (n->kind == REGION && n->table == owner && n->index == name)
			break;
	}
	return i;
}

/* A region can be mapped from now on. */
void oracle_register(struct oracle *o, u64 owner, u64 name, u64 ua, u64 size)
{
	u32 i = node_new(o, REGION, owner);

	if (!i)
		return;
	o->node[i].table = owner;
	o->node[i].index = name;
	o->node[i].ua = ua;
	o->node[i].tce = size;
	o->node[i].since = ++o->now;
	hash_entry(o, i);
	list_move(o, REGIONS, i);
}

/*
 * A region is about to go; call oracle_release() for each of its pages. False:
 * it never was there to be mapped, so its pages are nobody's concern.
 */
bool oracle_unregister(struct oracle *o, u64 owner, u64 name)
{
	u32 i = find_region(o, owner, name);

	if (!i)
		return false;
	list_remove(o, i);
	unhash_entry(o, i);
	node_free(o, i);
	return true;
}

/* Was its address already in a region that is there now when this was mapped? */
static bool in_later_region(const struct oracle *o, const struct oracle_node *n)
{
	u32 i = o->node[REGIONS].next;

	for (; i != REGIONS; i = o->node[i].next) {
		const struct oracle_node *r = &o->node[i];

		if (r->owner == n->owner && n->ua - r->ua < r->tce &&
		    r->since < n->since)
			return true;
	}
	return false;
}

static void release_as(struct oracle *o, u64 owner, u64 ua, u64 size, u64 hpa,
		       u32 shift)
{
	u64 page = align_down(hpa, shift);
	u32 i = *page_bucket(o, owner, page);

	for (; i; i = o->node[i].by_page) {
		struct oracle_node *n = &o->node[i];

		if (n->kind == TRANSLATION && n->owner == owner &&
		    hashed_page(o, n) == page && !n->pinned &&
		    n->ua - ua < size && !in_later_region(o, n))
			violation(o, ORACLE_UNREGISTERED, hpa, n);
	}
}

/* The page at @hpa goes with the region of @owner at [@ua, @ua + @size). */
void oracle_release(struct oracle *o, u64 owner, u64 ua, u64 size, u64 hpa)
{
	u32 shift = o->page_shift;

	if (!(o->live + o->stale))
		return;
	hpa = align_down(hpa, shift);
	do {
		release_as(o, owner, ua, size, hpa, shift);
	} while (larger_shift(o, &shift));
}

static void check_done(struct oracle *o, u32 live)
{
	struct oracle_node *n = &o->node[live];
	u32 i = first_of_entry(o, n->table, n->index);

	for (; i; i = next_of_entry(o, i))
		if (!o->node[i].live)
			violation(o, ORACLE_REMAPPED,
				  system_page(o, &o->node[i]), &o->node[i]);
}

/* The call of @task that set some of these entries is complete. */
void oracle_done(struct oracle *o, u64 table, u64 index, u64 n, u64 task)
{
	u32 i, next;

	for (i = o->node[OPEN].next; i != OPEN; i = next) {
		next = o->node[i].next;
		if (o->node[i].table != table || o->node[i].task != task ||
		    o->node[i].index - index >= n)
			continue;
		check_done(o, i);
		list_remove(o, i);
	}
}
