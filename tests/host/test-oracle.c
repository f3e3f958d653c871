// SPDX-License-Identifier: GPL-2.0
/* needs: tests/modules/oracle_model.c */
/*
 * The oracle's model: each rule once by hand, then random sequences against a
 * naive model that keeps a table of "group g may cache value v of entry e".
 */
#include "../modules/oracle_model.h"

#include <stdlib.h>

#define READ	1ull
#define WRITE	3ull
#define PAGE	0x10000ull
#define SHIFT	16
#define ALL	(~0ull)
#define G0	1ull
#define G1	2ull
#define NAME	0xc0de000ull
#define SAY_MAX	4096

static int failed;
static unsigned int said;

#define CHECK(cond) do {						\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		failed = 1;						\
	}								\
} while (0)

static void say(const char *text)
{
	CHECK(strlen(text) > 20 && strlen(text) < ORACLE_TEXT - 1);
	said++;
}

static struct oracle o;
static void *memory;

static void fresh(u32 nodes_shift)
{
	free(memory);
	memory = calloc(1, oracle_bytes(nodes_shift));
	oracle_init(&o, memory, nodes_shift, SHIFT, say);
	said = 0;
}

static u64 total(void)
{
	u64 sum = 0;
	int v;

	for (v = 0; v < ORACLE_VIOLATIONS; v++)
		sum += o.violations[v];
	return sum;
}

/* Entry @index of table 7 of container 5: a page of a region, or pinned. */
static struct oracle_tce tce(u64 index, u64 value)
{
	return (struct oracle_tce){
		.owner = 5, .table = 7, .index = index, .tce = value,
		.ua = 0x7000000 + (value & ~3ull), .shift = 12,
		.groups = G0 | G1, .task = 1
	};
}

static void map(u64 index, u64 value)
{
	struct oracle_tce t = tce(index, value);

	oracle_set(&o, &t);
}

static void map_pinned(u64 index, u64 value)
{
	struct oracle_tce t = tce(index, value);

	t.pinned = true;
	oracle_set(&o, &t);
}

static void unmap(u64 index)
{
	struct oracle_tce t = tce(index, 0);

	oracle_clear(&o, &t);
}

static void done(void)
{
	oracle_done(&o, 7, 0, ALL, 1);
}

static void release(u64 hpa)
{
	oracle_release(&o, 5, 0x7000000, 0x1000000, hpa);
}

static void the_right_order_is_silent(void)
{
	fresh(8);
	oracle_register(&o, 5, NAME, 0x7000000, 0x1000000);
	map(3, PAGE | WRITE);
	done();
	CHECK(o.live == 1 && !o.stale);
	unmap(3);
	CHECK(!o.live && o.stale == 1);
	oracle_kill(&o, 7, G0 | G1, 3, 1);
	done();
	CHECK(!o.stale);
	CHECK(oracle_unregister(&o, 5, NAME));
	release(PAGE);
	map_pinned(3, PAGE | WRITE);
	unmap(3);
	oracle_kill_pe(&o, G0 | G1);
	oracle_unpin(&o, 5, PAGE);
	CHECK(!total() && !o.forgot && !o.unknown && !said);
}

static void one_of_two_groups_is_not_enough(void)
{
	fresh(8);
	map_pinned(3, PAGE | WRITE);
	unmap(3);
	oracle_kill(&o, 7, G1, 0, 100);
	CHECK(o.stale == 1);
	oracle_unpin(&o, 5, PAGE);
	CHECK(o.violations[ORACLE_UNPINNED] == 1 && total() == 1 && said == 1);

	fresh(8);
	map(3, PAGE | WRITE);
	unmap(3);
	oracle_kill_pe(&o, G0);
	release(PAGE);
	CHECK(o.violations[ORACLE_UNREGISTERED] == 1 && total() == 1);
}

static void unpinned_before_the_kill(void)
{
	fresh(8);
	map_pinned(3, PAGE | WRITE);
	unmap(3);
	oracle_unpin(&o, 5, PAGE);
	oracle_kill(&o, 7, G0 | G1, 3, 1);
	CHECK(o.violations[ORACLE_UNPINNED] == 1 && total() == 1);
	CHECK(!o.stale && !o.unknown);
	/* Its pin has gone already. */
	oracle_unpin(&o, 5, PAGE);
	CHECK(o.unknown == 1 && total() == 1);
}

static void released_while_live(void)
{
	fresh(8);
	map_pinned(3, PAGE | WRITE);
	done();
	oracle_unpin(&o, 5, PAGE);
	CHECK(o.violations[ORACLE_UNPINNED] == 1);
	map(4, 2 * PAGE | 0x3000 | READ);
	done();
	release(PAGE);
	CHECK(!o.violations[ORACLE_UNREGISTERED]);
	release(2 * PAGE);
	CHECK(o.violations[ORACLE_UNREGISTERED] == 1);
}

static void a_kill_does_not_make_a_live_entry_go(void)
{
	fresh(8);
	map(3, PAGE | WRITE);
	oracle_kill_pe(&o, G0 | G1);
	oracle_kill(&o, 7, G0 | G1, 0, 100);
	CHECK(o.live == 1);
	unmap(3);
	CHECK(o.stale == 1);
}

static void remapped_without_a_kill(void)
{
	fresh(8);
	map(3, PAGE | WRITE);
	done();
	map(3, 2 * PAGE | WRITE);
	done();
	CHECK(o.violations[ORACLE_REMAPPED] == 1);
	/* Said once for a call. */
	done();
	CHECK(total() == 1);
	/* The same with a kill in time. */
	map(4, PAGE | WRITE);
	map(4, 2 * PAGE | WRITE);
	oracle_kill(&o, 7, G0 | G1, 4, 1);
	done();
	CHECK(total() == 1);
	/* Writing was allowed and is not any more. */
	map(5, PAGE | WRITE);
	done();
	map(5, PAGE | READ);
	done();
	CHECK(o.violations[ORACLE_REMAPPED] == 2);
}

static void the_same_translation_again_is_not_stale(void)
{
	fresh(8);
	map_pinned(3, PAGE | WRITE);
	unmap(3);
	map_pinned(3, PAGE | WRITE);
	done();
	CHECK(o.live == 1 && !o.stale && !total());
	/* Two pins, one translation: the first may go, the second not. */
	oracle_unpin(&o, 5, PAGE);
	CHECK(!total());
	oracle_unpin(&o, 5, PAGE);
	CHECK(o.violations[ORACLE_UNPINNED] == 1);
}

static void done_is_of_one_task_and_one_range(void)
{
	struct oracle_tce t = tce(3, 2 * PAGE | WRITE);

	fresh(8);
	map(3, PAGE | WRITE);
	done();
	t.task = 2;
	oracle_set(&o, &t);
	done();
	oracle_done(&o, 7, 4, 100, 2);
	oracle_done(&o, 7, 0, 3, 2);
	oracle_done(&o, 8, 0, ALL, 2);
	CHECK(!total());
	oracle_done(&o, 7, 3, 1, 2);
	CHECK(o.violations[ORACLE_REMAPPED] == 1);
}

static void kills_have_a_range_and_a_table(void)
{
	fresh(8);
	map(3, PAGE | WRITE);
	unmap(3);
	oracle_kill(&o, 8, G0 | G1, 3, 1);
	oracle_kill(&o, 7, G0 | G1, 4, ALL - 4);
	oracle_kill(&o, 7, G0 | G1, 0, 3);
	CHECK(o.stale == 1);
	oracle_unset(&o, 8, G0 | G1);
	oracle_unset(&o, 7, G0);
	CHECK(o.stale == 1);
	oracle_unset(&o, 7, G1);
	CHECK(!o.stale);
	/* A table that no group uses is cached by nobody. */
	map(3, PAGE | WRITE);
	oracle_clear(&o, &(struct oracle_tce){ .owner = 5, .table = 7, .index = 3 });
	CHECK(!o.live && !o.stale);
}

static void large_tce_pages_hold_every_system_page(void)
{
	struct oracle_tce t = tce(0, 0x5000000 | WRITE);

	fresh(8);
	t.shift = 24;
	t.ua = 0x7000000;
	oracle_set(&o, &t);
	release(0x4ff0000);
	release(0x6000000);
	CHECK(!total());
	release(0x5ff0000);
	CHECK(o.violations[ORACLE_UNREGISTERED] == 1);

	t.pinned = true;
	t.tce = 0x8000000 | WRITE;
	t.index = 1;
	oracle_set(&o, &t);
	oracle_unpin(&o, 5, 0x8000000);
	CHECK(o.violations[ORACLE_UNPINNED] == 1);
}

static void regions_that_never_were_are_nobodys_concern(void)
{
	fresh(8);
	CHECK(!oracle_unregister(&o, 5, NAME));
	oracle_register(&o, 5, NAME, 0x7000000, 0x1000000);
	CHECK(!oracle_unregister(&o, 6, NAME));
	CHECK(oracle_unregister(&o, 5, NAME));
	CHECK(!oracle_unregister(&o, 5, NAME));
	/* Other addresses, or another container: not its page. */
	map(3, PAGE | WRITE);
	oracle_release(&o, 5, 0x6000000, 0x1000, PAGE);
	oracle_release(&o, 6, 0x7000000, 0x1000000, PAGE);
	CHECK(!total());
}

/* The first region's pages go late, when the same memory is registered again. */
static void what_a_later_region_maps_is_its_own(void)
{
	fresh(8);
	oracle_register(&o, 5, NAME, 0x7000000, 0x1000000);
	map(3, PAGE | WRITE);
	unmap(3);
	oracle_register(&o, 5, NAME + 1, 0x7000000, 0x2000000);
	map(4, PAGE | WRITE);
	map(5, 2 * PAGE | WRITE);
	CHECK(oracle_unregister(&o, 5, NAME));
	release(2 * PAGE);
	CHECK(!total());
	/* Entry 3 is the old one's, entry 4 is not. */
	release(PAGE);
	CHECK(o.violations[ORACLE_UNREGISTERED] == 1);
	oracle_kill_pe(&o, G0 | G1);
	CHECK(oracle_unregister(&o, 5, NAME + 1));
	release(PAGE);
	release(2 * PAGE);
	CHECK(o.violations[ORACLE_UNREGISTERED] == 3);
}

static void what_does_not_fit_is_counted(void)
{
	u64 i;

	fresh(4);
	for (i = 0; i < 13; i++)
		map(i, (i + 1) * PAGE | READ);
	CHECK(o.live == 13 && !o.forgot);
	map(20, PAGE | READ);
	oracle_register(&o, 5, NAME, 0x7000000, 0x1000000);
	CHECK(o.forgot == 2);
	for (i = 1; i <= ORACLE_GROUPS; i++)
		CHECK(oracle_group(&o, i) == 1ull << (i - 1));
	CHECK(oracle_group(&o, 1) == 1 && o.forgot == 2);
	CHECK(!oracle_group(&o, i) && o.forgot == 3);
	for (i = 0; i < 13; i++)
		unmap(i);
	oracle_unset(&o, 7, ALL);
	CHECK(!o.live && !o.stale);
	for (i = 0; i < 13; i++)
		map(i, (i + 1) * PAGE | READ);
	CHECK(o.forgot == 3);
}

static void only_the_first_are_said(void)
{
	int i;

	fresh(8);
	map(3, PAGE | WRITE);
	for (i = 0; i < SAY_MAX; i++)
		release(PAGE);
	CHECK(total() == SAY_MAX && said == ORACLE_SAID);
	CHECK(strstr(o.said[0], "region let go too early"));
}

/*
 * Naive model: 2 tables of ENTRIES entries, 3 groups of which the first two use
 * table 0 and the last two table 1, PAGES pages; value v stands for page v / 4,
 * permission v / 2 % 2, pinned v % 2. Pins are counted as they are.
 */
#define TABLES	2
#define ENTRIES	4
#define GROUPS	3
#define PAGES	3
#define VALUES	(PAGES * 4)
#define TASKS	2

static struct {
	bool cached[TABLES][ENTRIES][VALUES][GROUPS];	/* and not live */
	int live[TABLES][ENTRIES];			/* value, or -1 */
	int open[TABLES][ENTRIES];			/* task, or -1 */
	int pins[PAGES];
	u64 violations[ORACLE_VIOLATIONS];
	u64 unknown;
} m;

static bool uses(int table, int group)
{
	return group == table || group == table + 1;
}

static bool same_tce(int v, int w)
{
	return v / 2 == w / 2;
}

static bool is_stale(int t, int e, int v)
{
	int g;

	for (g = 0; g < GROUPS; g++)
		if (m.cached[t][e][v][g])
			return true;
	return false;
}

static void naive_reset(void)
{
	int t, e;

	memset(&m, 0, sizeof(m));
	for (t = 0; t < TABLES; t++)
		for (e = 0; e < ENTRIES; e++) {
			m.live[t][e] = -1;
			m.open[t][e] = -1;
		}
}

static void naive_go_stale(int t, int e)
{
	int g;

	for (g = 0; g < GROUPS; g++)
		if (uses(t, g))
			m.cached[t][e][m.live[t][e]][g] = true;
	m.live[t][e] = -1;
	m.open[t][e] = -1;
}

static void naive_set(int t, int e, int v, int task)
{
	int w, g;

	if (m.live[t][e] >= 0 && !same_tce(m.live[t][e], v))
		naive_go_stale(t, e);
	for (w = 0; w < VALUES; w++)
		for (g = 0; g < GROUPS && same_tce(v, w); g++)
			m.cached[t][e][w][g] = false;
	m.live[t][e] = v;
	m.open[t][e] = task;
	m.pins[v / 4] += v % 2;
}

static void naive_kill(int table, unsigned int groups, int from, int to)
{
	int t, e, v, g;

	for (t = 0; t < TABLES; t++)
		for (e = from; e < to; e++)
			for (v = 0; v < VALUES; v++)
				for (g = 0; g < GROUPS; g++)
					if ((table < 0 || t == table) && groups >> g & 1)
						m.cached[t][e][v][g] = false;
}

/* Live or stale translations of a page, of maps that pinned it or did not. */
static int naive_reachable(int page, int pinned)
{
	int t, e, v, n = 0;

	for (t = 0; t < TABLES; t++)
		for (e = 0; e < ENTRIES; e++)
			for (v = 0; v < VALUES; v++)
				if (v / 4 == page && v % 2 == pinned)
					n += m.live[t][e] == v || is_stale(t, e, v);
	return n;
}

static void naive_unpin(int page)
{
	int held = naive_reachable(page, 1);

	if (m.pins[page] > held)
		m.pins[page]--;
	else if (held)
		m.violations[ORACLE_UNPINNED]++;
	else
		m.unknown++;
}

static void naive_done(int t, int from, int to, int task)
{
	int e, v;

	for (e = from; e < to; e++) {
		if (m.open[t][e] != task)
			continue;
		m.open[t][e] = -1;
		for (v = 0; v < VALUES; v++)
			m.violations[ORACLE_REMAPPED] += is_stale(t, e, v);
	}
}

static struct oracle_tce random_tce(int t, int e, int v)
{
	return (struct oracle_tce){
		.owner = 5, .table = 70 + t, .index = e, .shift = 12,
		.tce = v < 0 ? 0 : ((v / 4 + 1) * PAGE) | (v / 2 % 2 ? WRITE : READ),
		.ua = 0x1000, .pinned = v >= 0 && v % 2, .groups = t ? 6 : 3,
	};
}

static void random_change(int t, int e)
{
	struct oracle_tce tc;
	int v = rand() % VALUES, task = rand() % TASKS;

	if (rand() % 2) {
		tc = random_tce(t, e, v);
		tc.task = task;
		oracle_set(&o, &tc);
		naive_set(t, e, v, task);
	} else {
		/* Half of them looked at, but not cleared. */
		tc = random_tce(t, e, rand() % 2 ? m.live[t][e] : -1);
		oracle_clear(&o, &tc);
		if (m.live[t][e] >= 0 && !tc.tce)
			naive_go_stale(t, e);
	}
}

static void random_kill(int t)
{
	unsigned int groups = rand() % 8;
	int from = rand() % ENTRIES, to = from + rand() % (ENTRIES - from + 1);

	switch (rand() % 4) {
	case 0:
		oracle_kill_pe(&o, groups);
		naive_kill(-1, groups, 0, ENTRIES);
		break;
	case 1:
		oracle_unset(&o, 70 + t, groups);
		naive_kill(t, groups, 0, ENTRIES);
		break;
	default:
		oracle_kill(&o, 70 + t, groups, from, to - from);
		naive_kill(t, groups, from, to);
	}
}

static void random_step(void)
{
	int t = rand() % TABLES, page = rand() % PAGES, task = rand() % TASKS;
	int from = rand() % ENTRIES, to = from + rand() % (ENTRIES - from + 1);

	switch (rand() % 16) {
	case 0 ... 6:
		random_change(t, from);
		break;
	case 7 ... 11:
		random_kill(t);
		break;
	case 12 ... 13:
		oracle_unpin(&o, 5, (page + 1) * PAGE);
		naive_unpin(page);
		break;
	case 14:
		oracle_release(&o, 5, 0, 0x2000, (page + 1) * PAGE);
		m.violations[ORACLE_UNREGISTERED] += naive_reachable(page, 0);
		break;
	default:
		oracle_done(&o, 70 + t, from, to - from, task);
		naive_done(t, from, to, task);
	}
}

static u64 naive_stale(void)
{
	int t, e, v;
	u64 n = 0;

	for (t = 0; t < TABLES; t++)
		for (e = 0; e < ENTRIES; e++)
			for (v = 0; v < VALUES; v++)
				n += is_stale(t, e, v);
	return n;
}

static u64 naive_live(void)
{
	u64 n = 0;
	int t, e;

	for (t = 0; t < TABLES; t++)
		for (e = 0; e < ENTRIES; e++)
			n += m.live[t][e] >= 0;
	return n;
}

/* Behind a page unpinned too early pins are counted differently: stop there. */
static void random_sequence(u64 *seen)
{
	int step, v;

	fresh(9);
	naive_reset();
	for (step = 0; step < 200 && !m.violations[ORACLE_UNPINNED]; step++) {
		random_step();
		CHECK(!memcmp(o.violations, m.violations, sizeof(m.violations)));
		CHECK(o.unknown == m.unknown);
		CHECK(o.stale == naive_stale());
		CHECK(o.live == naive_live());
		if (failed)
			return;
	}
	CHECK(!o.forgot);
	for (v = 0; v < ORACLE_VIOLATIONS; v++)
		seen[v] += m.violations[v];
}

static void random_sequences_agree_with_the_naive_model(void)
{
	u64 seen[ORACLE_VIOLATIONS] = { 0 };
	int i, v;

	for (i = 0; i < 5000 && !failed; i++) {
		srand(i);
		random_sequence(seen);
		if (failed)
			fprintf(stderr, "the random sequence was number %d\n", i);
	}
	for (v = 0; v < ORACLE_VIOLATIONS; v++)
		CHECK(seen[v] > 100);
}

int main(void)
{
	the_right_order_is_silent();
	one_of_two_groups_is_not_enough();
	unpinned_before_the_kill();
	released_while_live();
	a_kill_does_not_make_a_live_entry_go();
	remapped_without_a_kill();
	the_same_translation_again_is_not_stale();
	done_is_of_one_task_and_one_range();
	kills_have_a_range_and_a_table();
	large_tce_pages_hold_every_system_page();
	regions_that_never_were_are_nobodys_concern();
	what_a_later_region_maps_is_its_own();
	what_does_not_fit_is_counted();
	only_the_first_are_said();
	random_sequences_agree_with_the_naive_model();
	free(memory);
	return failed;
}
