// SPDX-License-Identifier: GPL-2.0
#include "exact.h"

#include <math.h>

#include "clock.h"
#include "resource.h"
#include "symbols.h"
#include "util.h"

#define COUNTER "MTCE_COUNTER"
#define PATIENCE_NS 10000000000ull

/* The plugin writes there. */
#define SLOT_BEGIN	0
#define SLOT_END	1
#define SLOT_KILLS	2
#define SLOT_FUNCTIONS	3

static struct count_page *page;
static bool counting;

/* Numbers are part of the instruction. */
#define MARK "tdi 0,%0,%1"

static void mark_begin(void)
{
	__asm__ volatile(MARK :: "i"(SLOT_BEGIN), "i"(COUNT_MARK_READ) : "memory");
}

static void mark_end(void)
{
	__asm__ volatile(MARK :: "i"(SLOT_END), "i"(COUNT_MARK_READ) : "memory");
}

static void mark_kills(void)
{
	__asm__ volatile(MARK :: "i"(SLOT_KILLS), "i"(COUNT_MARK_READ) : "memory");
}

static void mark_functions(void)
{
	__asm__ volatile(MARK :: "i"(SLOT_FUNCTIONS), "i"(COUNT_MARK_FUNCTIONS) : "memory");
}

static void mark_command(void)
{
	__asm__ volatile(MARK :: "i"(SLOT_BEGIN), "i"(COUNT_MARK_COMMAND) : "memory");
}

/* For the plugin, which knows addresses only. */
static void name_functions(void)
{
	size_t i, n;
	const struct symbol *s = symbols_get(&n);

	for (i = 0; i < n; i++)
		page->functions[i] = (struct count_function){ s[i].start, s[i].room, s[i].flags };
	page->num_functions = n;
}

/*
 * On and off
 */

static uint64_t state(void)
{
	return __atomic_load_n(&page->state, __ATOMIC_ACQUIRE);
}

void exact_switch(bool on)
{
	uint64_t wanted = on ? COUNT_ON : COUNT_OFF, start = clock_ns();

	if (!page || state() == wanted)
		return;
	page->command = wanted;
	mark_command();
	while (state() != wanted)
		if (clock_ns() - start > PATIENCE_NS)
			die("the counter of " COUNTER " does not answer");
	counting = on;
}

static bool map_counter(void)
{
	page = resource_map(COUNTER, COUNT_PAGE_SIZE);
	if (page && page->magic != COUNT_PAGE_MAGIC)
		die(COUNTER " is not the memory of mtce's counter, or of another version");
	return page;
}

static void begin_anew(void)
{
	exact_switch(false);
	name_functions();
	exact_switch(true);
}

bool exact_open(void)
{
	if (!map_counter())
		return false;
	begin_anew();
	return true;
}

bool exact_join(void)
{
	if (!map_counter())
		return false;
	counting = state() == COUNT_ON;
	if (!counting)
		begin_anew();
	return true;
}

bool exact_present(void)
{
	return page;
}

bool exact_counting(void)
{
	return counting;
}

/*
 * Marks
 */

static void read_slot(const volatile struct count_slot *s, struct exact_mark *m)
{
	unsigned int i;

	for (i = 0; i < COUNT_KINDS; i++)
		m->of[i] = s->kinds[i];
	for (i = 0; i < COUNT_ROOMS; i++)
		m->of[COUNTED_ROOMS + i] = s->rooms[i];
	m->of[COUNTED_LINES] = s->lines;
	m->cpu = s->cpu;
}

static enum purity purity_of(const struct exact_mark *from, const struct exact_mark *to)
{
	if (from->cpu != to->cpu || from->of[COUNT_DISTURBANCES] != to->of[COUNT_DISTURBANCES])
		return DISTURBED;
	return from->of[COUNT_INTERRUPTS] == to->of[COUNT_INTERRUPTS] ? NO_INTERRUPT : NO_DISTURBANCE;
}

void exact_begin(struct exact_mark *m)
{
	mark_begin();
	read_slot(&page->slots[SLOT_BEGIN], m);
}

void exact_end(const struct exact_mark *m, struct count *c)
{
	struct exact_mark now;
	unsigned int i;

	mark_end();
	read_slot(&page->slots[SLOT_END], &now);
	for (i = 0; i < NUM_COUNTED; i++)
		c->of[i] = (double)(now.of[i] - m->of[i]);
	/* They are counted from mark to mark. */
	c->of[COUNTED_LINES] = now.of[COUNTED_LINES] == COUNT_LINES_MANY ? NAN : (double)now.of[COUNTED_LINES];
	c->purity = purity_of(m, &now);
}

bool exact_kills(uint64_t *all, uint64_t *pe)
{
	const volatile struct count_slot *s = &page->slots[SLOT_KILLS];

	mark_kills();
	*all = s->kills;
	*pe = page->knows_values ? s->kills_pe : s->kills_apart;
	return page->knows_values;
}

/*
 * By function
 */

static struct exact_mark functions_from;

void exact_functions_begin(void)
{
	mark_functions();
	read_slot(&page->slots[SLOT_FUNCTIONS], &functions_from);
}

const volatile uint64_t *exact_functions_end(enum purity *purity)
{
	struct exact_mark now;

	mark_functions();
	read_slot(&page->slots[SLOT_FUNCTIONS], &now);
	*purity = purity_of(&functions_from, &now);
	return page->counts;
}
