/* SPDX-License-Identifier: GPL-2.0 */
/* What is measured: a table. To add a scenario, add a line to scenario-table.c. */
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
	WORK_REGISTER,		/* 1 GiB of memory, and back */
	WORK_BESIDE,		/* one thread is timed, alone and beside another */
	WORK_WAIT,		/* a lazy unmap, until the timer has had it killed */
	WORK_HCALL,		/* hypercalls of a KVM guest */
	WORK_IO,		/* reads of an NVMe disk from user space */
};

enum order {
	CONTIGUOUS,
	SCATTERED,		/* IOVAs (not of a list) and user pages */
	DESCENDING,		/* user pages from high to low */
};

/* What is done between a map and its unmap, to live entries that stay live. */
enum again {
	AGAIN_NOT,
	AGAIN_REPLACE,		/* other pages are mapped over them */
	AGAIN_REMAP,		/* they are unmapped, other pages mapped there */
};

/* What kills are to be, where the back end can be told (kill_threshold). */
enum kill_scope {
	KILL_DEFAULT,
	KILL_ENTRIES,
	KILL_PE,
};

/* What the container must be like; neighbours that want the same share it. */
struct rig_shape {
	unsigned int page_shift;/* of the TCEs */
	unsigned int levels;	/* of the tables */
	unsigned int tables;	/* windows, 1 or 2 */
	unsigned int groups;	/* 1 or 2 */
	bool v1;		/* no registered memory */
	bool huge;		/* 16 MiB system pages */
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
	unsigned int units;	/* mapped before the first is unmapped; 0: as many as are good for measuring */
	unsigned int page_shift;/* of the TCEs */
	bool lazy;		/* unmaps are lazy, one by one... */
	bool lazy_mode;		/* ... or because the container is */
	bool flush_each;	/* and a flush ends each unit */
	bool smp;		/* one thread against two: smp.c */
	bool left;		/* still mapped when the window goes */
	bool empty;		/* what is cleared is empty already */
	bool timed_reads;	/* beside: what is timed, and what the neighbour does, ... */
	bool load_reads;	/* ... is GET_INFO */
	unsigned int window_mib;/* of a teardown */
	enum again again;
	enum kill_scope kill;
	struct rig_shape rig;
	bool quick;		/* part of a --quick run */
	bool headline;		/* in the short latency table */
};

/* Expands the table; *@n is the number of scenarios. */
struct scenario *scenarios_make(size_t *n);

/* Work that maps and unmaps through a plan, in a window kept for many. */
bool scenario_is_mapping(const struct scenario *s);
/* Work in a container that is kept for many; otherwise it makes its own. */
bool scenario_wants_rig(const struct scenario *s);

#endif
