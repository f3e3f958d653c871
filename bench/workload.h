/* SPDX-License-Identifier: GPL-2.0 */
/* A workload of the user's own, from the command line: a scenario that is in no table. */
#ifndef MTCE_BENCH_WORKLOAD_H
#define MTCE_BENCH_WORKLOAD_H

#include <argp.h>
#include <stdbool.h>

#include "scenario.h"

#define WORKLOAD_MOST_PAGES 16384u	/* as many as the window has */
#define WORKLOAD_MOST_BATCH 4096u

struct workload {
	bool wanted;		/* one of the options was there */
	unsigned int work;	/* enum work */
	unsigned int order;	/* enum order */
	unsigned int pages;	/* mapped before the first of them is unmapped */
	unsigned int batch;	/* of them in a call */
	unsigned int page_shift;
	unsigned int seconds;	/* that each back end is timed */
	bool lazy;
};

/* What is not said on the command line. */
extern const struct workload workload_default;
/* Its input is a struct workload. */
extern const struct argp workload_argp;

struct scenario workload_scenario(const struct workload *w);

#endif
