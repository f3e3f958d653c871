/* SPDX-License-Identifier: GPL-2.0 */
/* A row of scenario-table.c: a scenario for one or more TCE page sizes. */
#ifndef MTCE_BENCH_SCENARIO_TABLE_H
#define MTCE_BENCH_SCENARIO_TABLE_H

#include "scenario.h"

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
#define TWO_TABLES	(1u << 3)	/* two windows: by turns, or (SMP) one each */
#define LAZY		(1u << 4)	/* unmaps carry VFIO_MTCE_LAZY */
#define LAZY_MODE	(1u << 5)	/* the container makes unmaps lazy */
#define FLUSH_EACH	(1u << 6)	/* a unit of lazy unmaps ends with a flush */
#define HUGE_PAGES	(1u << 7)	/* 16 MiB system pages, whatever the TCEs are */
#define TWO_GROUPS	(1u << 8)	/* a second IOMMU group in the container */
#define LEFT		(1u << 9)	/* still mapped when the window goes */
#define TIMED_READS	(1u << 10)	/* beside: GET_INFO is timed, not a map */
#define LOAD_READS	(1u << 11)	/* beside: the neighbour reads GET_INFO */
#define EMPTY		(1u << 12)	/* what is cleared is empty already */

struct row {
	const char *name;
	const char *sentence;
	enum work work;
	enum order order;
	unsigned int tces;
	unsigned int piece;
	unsigned int pages;
	unsigned int flags;
	unsigned int levels;	/* of the table; 0: one */
	unsigned int window_mib;/* of a teardown */
	enum again again;
	enum kill_scope kill;
};

extern const struct row scenario_rows[];
extern const size_t num_scenario_rows;

#endif
