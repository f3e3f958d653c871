// SPDX-License-Identifier: GPL-2.0
#include "scenario.h"

#include <stdio.h>

#include "util.h"

/* TCE page sizes a row is expanded to; Q_ marks those of a --quick run. */
#define P4K	(1u << 0)
#define P64K	(1u << 1)
#define P16M	(1u << 2)
#define PALL	(P4K | P64K | P16M)
#define Q4K	(P4K << 4)
#define Q64K	(P64K << 4)
#define Q16M	(P16M << 4)
#define QALL	(Q4K | Q64K | Q16M)

/* What else a row is. */
#define V1		(1u << 0)	/* no registered memory: maps pin their pages */
#define HEADLINE	(1u << 1)	/* in the short latency table */
#define SMP		(1u << 2)	/* one thread against two */
#define TWO_TABLES	(1u << 3)	/* ... of which each has a window of its own */
#define LAZY		(1u << 4)	/* unmaps carry VFIO_MTCE_LAZY */
#define LAZY_MODE	(1u << 5)	/* the container makes unmaps lazy */

static const struct {
	const char *prefix;
	unsigned int shift;
} pages[] = {
	{ "4k", 12 }, { "64k", 16 }, { "16m", 24 },
};

struct row {
	const char *name;
	const char *sentence;
	enum work work;
	enum order order;
	unsigned int tces;
	unsigned int piece;
	unsigned int pages;
	unsigned int flags;
};

static const char range_of[] = "one contiguous range";
static const char update_contiguous[] = "one operation per page, neighbouring IOVAs and pages";
static const char update_scattered[] = "one operation per page, scattered IOVAs and pages";
static const char list_contiguous[] = "list of neighbouring pages at one IOVA range";
static const char list_scattered[] = "list of scattered pages at one IOVA range";

static const char lazy_contiguous[] = "one operation per page, unmaps are lazy";
static const char lazy_scattered[] = "one operation per page, scattered, unmaps are lazy";

static const struct row rows[] = {
	{ "null-ioctl", "a call that the back end refuses: the cost of getting there",
	  WORK_NULL, CONTIGUOUS, 0, 0, P4K | Q4K, HEADLINE },

	{ "one-page", "one page per ioctl",
	  WORK_RANGE, CONTIGUOUS, 1, 1, PALL | QALL, HEADLINE },
	{ "one-page-scattered", "one page per ioctl, scattered IOVAs and pages",
	  WORK_RANGE, SCATTERED, 1, 1, P4K, 0 },
	{ "range-8", range_of,
	  WORK_RANGE, CONTIGUOUS, 8, 8, PALL | Q4K, 0 },
	{ "range-64", range_of,
	  WORK_RANGE, CONTIGUOUS, 64, 64, PALL | Q4K | Q16M, 0 },
	{ "range-512", range_of,
	  WORK_RANGE, CONTIGUOUS, 512, 512, PALL, 0 },
	{ "range-1024", range_of,
	  WORK_RANGE, CONTIGUOUS, 1024, 1024, PALL | Q4K | Q64K, HEADLINE },
	{ "range-4096", range_of,
	  WORK_RANGE, CONTIGUOUS, 4096, 4096, PALL, 0 },

	{ "update-1", update_contiguous,
	  WORK_UPDATE, CONTIGUOUS, 1, 1, PALL | Q4K, 0 },
	{ "update-8", update_contiguous,
	  WORK_UPDATE, CONTIGUOUS, 8, 1, PALL, 0 },
	{ "update-64", update_contiguous,
	  WORK_UPDATE, CONTIGUOUS, 64, 1, PALL, 0 },
	{ "update-512", update_contiguous,
	  WORK_UPDATE, CONTIGUOUS, 512, 1, PALL | Q4K, 0 },
	{ "update-4096", update_contiguous,
	  WORK_UPDATE, CONTIGUOUS, 4096, 1, PALL, 0 },
	{ "update-8-scattered", update_scattered,
	  WORK_UPDATE, SCATTERED, 8, 1, PALL, 0 },
	{ "update-64-scattered", update_scattered,
	  WORK_UPDATE, SCATTERED, 64, 1, PALL, 0 },
	{ "update-512-scattered", update_scattered,
	  WORK_UPDATE, SCATTERED, 512, 1, PALL | Q4K, HEADLINE },
	{ "update-4096-scattered", update_scattered,
	  WORK_UPDATE, SCATTERED, 4096, 1, PALL, 0 },
	{ "update-64x16", "64 operations of 16 pages each, scattered",
	  WORK_UPDATE, SCATTERED, 1024, 16, P4K | Q4K, 0 },

	{ "lazy-1", lazy_contiguous,
	  WORK_UPDATE, CONTIGUOUS, 1, 1, P4K, LAZY },
	{ "lazy-8", lazy_contiguous,
	  WORK_UPDATE, CONTIGUOUS, 8, 1, P4K, LAZY },
	{ "lazy-64", lazy_contiguous,
	  WORK_UPDATE, CONTIGUOUS, 64, 1, P4K, LAZY },
	{ "lazy-512", lazy_contiguous,
	  WORK_UPDATE, CONTIGUOUS, 512, 1, P4K | P64K | Q4K, LAZY },
	{ "lazy-512-scattered", lazy_scattered,
	  WORK_UPDATE, SCATTERED, 512, 1, P4K | P64K | Q4K, LAZY | HEADLINE },
	{ "lazy-one-page", "one page per ioctl, in a container whose unmaps are lazy",
	  WORK_RANGE, CONTIGUOUS, 1, 1, P4K, LAZY_MODE },

	{ "list-1", list_contiguous,
	  WORK_LIST, CONTIGUOUS, 1, 1, PALL | Q4K, 0 },
	{ "list-8", list_contiguous,
	  WORK_LIST, CONTIGUOUS, 8, 1, PALL, 0 },
	{ "list-64", list_contiguous,
	  WORK_LIST, CONTIGUOUS, 64, 1, PALL, 0 },
	{ "list-512", list_contiguous,
	  WORK_LIST, CONTIGUOUS, 512, 1, PALL, 0 },
	{ "list-4096", list_contiguous,
	  WORK_LIST, CONTIGUOUS, 4096, 1, PALL, 0 },
	{ "list-8-scattered", list_scattered,
	  WORK_LIST, SCATTERED, 8, 1, PALL, 0 },
	{ "list-64-scattered", list_scattered,
	  WORK_LIST, SCATTERED, 64, 1, PALL, 0 },
	{ "list-512-scattered", list_scattered,
	  WORK_LIST, SCATTERED, 512, 1, PALL | QALL, HEADLINE },
	{ "list-4096-scattered", list_scattered,
	  WORK_LIST, SCATTERED, 4096, 1, PALL, 0 },
	{ "list-512-descending", "list of pages from high to low addresses",
	  WORK_LIST, DESCENDING, 512, 1, P4K, 0 },

	{ "v1-one-page", "one page per ioctl, pinned by the map itself",
	  WORK_RANGE, CONTIGUOUS, 1, 1, P4K | Q4K, V1 },
	{ "v1-range-1024", "one range whose pages are pinned by the map itself",
	  WORK_RANGE, CONTIGUOUS, 1024, 1024, P4K | Q4K, V1 },

	{ "smp-one-page", "two threads, one table: one page per ioctl",
	  WORK_RANGE, CONTIGUOUS, 1, 1, P4K | Q4K, SMP },
	{ "smp-one-page-2w", "two threads, a table each: one page per ioctl",
	  WORK_RANGE, CONTIGUOUS, 1, 1, P4K | Q4K, SMP | TWO_TABLES },
	{ "smp-update-512", "two threads, one table: 512 operations of one page",
	  WORK_UPDATE, CONTIGUOUS, 512, 1, P4K | Q4K, SMP },
	{ "smp-update-512-2w", "two threads, a table each: 512 operations of one page",
	  WORK_UPDATE, CONTIGUOUS, 512, 1, P4K | Q4K, SMP | TWO_TABLES },
	{ "smp-range-1024", "two threads, one table: one contiguous range",
	  WORK_RANGE, CONTIGUOUS, 1024, 1024, P4K | Q4K, SMP },
	{ "smp-range-1024-2w", "two threads, a table each: one contiguous range",
	  WORK_RANGE, CONTIGUOUS, 1024, 1024, P4K | Q4K, SMP | TWO_TABLES },

	{ "close-empty", "join a container, close it: what the kernel does by itself",
	  WORK_CLOSE_EMPTY, CONTIGUOUS, 0, 0, P4K | Q4K, 0 },
	{ "close-2g", "2 GiB window: map and unmap 1,000 pages, close the container",
	  WORK_CLOSE, CONTIGUOUS, 1000, 1000, P4K | Q4K, 0 },
	{ "remove-2g", "2 GiB window: map and unmap 1,000 pages, remove the window",
	  WORK_REMOVE, CONTIGUOUS, 1000, 1000, P4K, 0 },
};

static void expand(struct scenario *s, const struct row *r, unsigned int page)
{
	snprintf(s->name, sizeof(s->name), "%s-%s", pages[page].prefix, r->name);
	s->sentence = r->sentence;
	s->work = r->work;
	s->order = r->order;
	s->tces = r->tces;
	s->piece = r->piece;
	s->page_shift = pages[page].shift;
	s->v1 = r->flags & V1;
	s->headline = r->flags & HEADLINE;
	s->lazy = r->flags & LAZY;
	s->lazy_mode = r->flags & LAZY_MODE;
	s->smp = r->flags & SMP;
	s->tables = r->flags & TWO_TABLES ? 2 : 1;
	s->quick = r->pages & (Q4K << page);
}

/* By page size first, so that neighbours share a window. */
struct scenario *scenarios_make(size_t *n)
{
	struct scenario *s = xcalloc(ARRAY_SIZE(rows) * ARRAY_SIZE(pages), sizeof(*s));
	unsigned int page;
	size_t row;

	*n = 0;
	for (page = 0; page < ARRAY_SIZE(pages); page++)
		for (row = 0; row < ARRAY_SIZE(rows); row++)
			if (rows[row].pages & (P4K << page))
				expand(&s[(*n)++], &rows[row], page);
	return s;
}

bool scenario_is_mapping(const struct scenario *s)
{
	return s->work == WORK_RANGE || s->work == WORK_UPDATE ||
	       s->work == WORK_LIST;
}
