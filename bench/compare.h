/* SPDX-License-Identifier: GPL-2.0 */
/* What is put side by side: columns of results, a row per scenario and step. */
#ifndef MTCE_BENCH_COMPARE_H
#define MTCE_BENCH_COMPARE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define MAX_COLUMNS 3

struct column {
	const json_t *run;
	const char *backend;
	const char *label;
};

enum cell_state {
	CELL_ABSENT,
	CELL_SKIPPED,
	CELL_FAILED,
	CELL_MEASURED,
};

struct cell {
	enum cell_state state;
	const char *reason;	/* of skipped or failed */
	double instructions;	/* per TCE or per call; NAN: not counted */
	const json_t *samples;	/* of instructions, per call... */
	double per;		/* ... so many TCEs; 1 where rows are per call */
	double above_null;
	double exits;		/* of a hypercall, to user space; NAN: there is no guest */
	double kills;		/* stores per TCE or per call; NAN: unknown */
	double kills_pe;	/* in all */
	double kills_all;
	double rate[2];		/* TCEs per second of one thread and of two */
	double one_thread;	/* instructions per TCE; those of two are above */
	double scaling;		/* two threads over one; NAN: not of threads */
	double machine;		/* the same of a loop that shares nothing */
	double share;		/* scaling of machine, repeat by repeat */
	double p50;		/* ns per call */
	double p99;
};

struct row {
	const char *scenario;
	const char *op;
	const char *sentence;
	json_int_t tce_page;
	bool per_call;
	bool headline;
	struct cell cells[MAX_COLUMNS];
};

struct comparison {
	struct column columns[MAX_COLUMNS];
	size_t num_columns;
	size_t base;		/* columns of the ratio: base / new */
	size_t new;
	struct row *rows;
	size_t num_rows;
};

/* Columns are set; fills the rows. Returns false if no scenario is common. */
bool compare_make(struct comparison *c);
double compare_ratio(const struct comparison *c, const struct row *r);
/* NULL, or the row. */
const struct row *compare_find(const struct comparison *c, const char *scenario, const char *op);
/* @least: two runs, see compare_difference(); 0: back ends of one. */
json_t *compare_json(const struct comparison *c, double least);

/* compare-table.c */
void table_context(const char *path, const json_t *run);
void table_instructions(const struct comparison *c);
void table_latency(const struct comparison *c);
void table_notes(const struct comparison *c);

/* compare-threads.c: nothing if no row is about threads */
#define OP_THREADS "threads"
void table_threads(const struct comparison *c);

/* compare-hcalls.c: nothing if no row is about hypercalls */
void table_hcalls(const struct comparison *c);

/* Of two cells, A and B. */
struct difference {
	double median[2];	/* of instructions */
	double low[2];		/* interval of the median */
	double high[2];
	double p;		/* of being as far apart by chance */
	double change;		/* B against A, percent; NAN: not counted; infinite: A is 0 */
	bool instructions;	/* differ by more than chance, and enough */
	bool kills;
	bool worse;
};

struct verdict {
	unsigned int rows;
	unsigned int same;
	unsigned int worse;
};

/* compare-two.c: @least percent are worth a word */
void compare_difference(const struct cell *a, const struct cell *b, double least,
			struct difference *d);
void verdict_add(struct verdict *v, const struct comparison *c, double least);
void table_differences(const struct comparison *c, double least);
void table_verdict(const struct verdict *v, double least);

/* compare-goals.c: false if one is missed */
bool table_goals(const struct comparison *c);

#endif
