// SPDX-License-Identifier: GPL-2.0
#include "scenario.h"

#include <stdio.h>

#include "scenario-table.h"
#include "util.h"

static const struct {
	const char *prefix;
	unsigned int shift;
} pages[] = {
	{ "4k", 12 }, { "64k", 16 }, { "16m", 24 },
};

static void set_flags(struct scenario *s, unsigned int flags)
{
	s->headline = flags & HEADLINE;
	s->lazy = flags & LAZY;
	s->lazy_mode = flags & LAZY_MODE;
	s->flush_each = flags & FLUSH_EACH;
	s->smp = flags & SMP;
	s->left = flags & LEFT;
	s->timed_reads = flags & TIMED_READS;
	s->load_reads = flags & LOAD_READS;
	s->empty = flags & EMPTY;
	s->rig.v1 = flags & V1;
	s->rig.huge = flags & HUGE_PAGES;
	s->rig.tables = flags & TWO_TABLES ? 2 : 1;
	s->rig.groups = flags & TWO_GROUPS ? 2 : 1;
}

static void expand(struct scenario *s, const struct row *r, unsigned int page)
{
	snprintf(s->name, sizeof(s->name), "%s-%s", pages[page].prefix, r->name);
	s->sentence = r->sentence;
	s->work = r->work;
	s->order = r->order;
	s->tces = r->tces;
	s->piece = r->piece;
	s->page_shift = pages[page].shift;
	s->window_mib = r->window_mib;
	s->again = r->again;
	s->kill = r->kill;
	s->quick = r->pages & (Q4K << page);
	set_flags(s, r->flags);
	s->rig.page_shift = s->page_shift;
	s->rig.levels = r->levels ? r->levels : 1;
}

/* By page size first, so that neighbours share a window. */
struct scenario *scenarios_make(size_t *n)
{
	struct scenario *s = xcalloc(num_scenario_rows * ARRAY_SIZE(pages), sizeof(*s));
	unsigned int page;
	size_t row;

	*n = 0;
	for (page = 0; page < ARRAY_SIZE(pages); page++)
		for (row = 0; row < num_scenario_rows; row++)
			if (scenario_rows[row].pages & (P4K << page))
				expand(&s[(*n)++], &scenario_rows[row], page);
	return s;
}

bool scenario_is_mapping(const struct scenario *s)
{
	return s->work == WORK_RANGE || s->work == WORK_UPDATE ||
	       s->work == WORK_LIST;
}

bool scenario_wants_rig(const struct scenario *s)
{
	return scenario_is_mapping(s) || s->work == WORK_NULL || s->work == WORK_BESIDE ||
	       s->work == WORK_WAIT;
}
