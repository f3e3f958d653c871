/* SPDX-License-Identifier: GPL-2.0 */
/* What is measured: a table. To add a scenario, add a line to scenario.c. */
#ifndef MTCE_BENCH_SCENARIO_H
#define MTCE_BENCH_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

enum work {
	WORK_NULL,		/* a call that the back end refuses */
	WORK_RANGE,		/* one range per unit */
	WORK_UPDATE,		/* many ranges per unit, each with its own IOVA */
	WORK_LIST,		/* many user pages at one IOVA range per unit */
	WORK_CLOSE,		/* use a large window, close the container */
	WORK_REMOVE,		/* use a large window, remove it */
	WORK_CLOSE_EMPTY,	/* close a container without a window */
};

enum order {
	CONTIGUOUS,
	SCATTERED,		/* IOVAs (not of a list) and user pages */
	DESCENDING,		/* user pages from high to low */
};

/*
 * One unit of work is what mtce can do in one call. A back end that cannot
 * does the same unit in several calls, and the result says so ("how").
 */
struct scenario {
	char name[40];
	const char *sentence;
	enum work work;
	enum order order;
	unsigned int tces;	/* per unit */
	unsigned int piece;	/* TCEs per range of a unit */
	unsigned int page_shift;/* of the TCEs */
	bool v1;		/* no registered memory: maps pin their pages */
	bool lazy;		/* unmaps are lazy, one by one... */
	bool lazy_mode;		/* ... or because the container is */
	bool smp;		/* one thread against two: smp.c */
	unsigned int tables;	/* windows: 1, or 2 if each thread has its own */
	bool quick;		/* part of a --quick run */
	bool headline;		/* in the short latency table */
};

/* Expands the table; *@n is the number of scenarios. */
struct scenario *scenarios_make(size_t *n);

/* Work that maps and unmaps through a plan, in a window kept for many. */
bool scenario_is_mapping(const struct scenario *s);

#endif
