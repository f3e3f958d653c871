/* SPDX-License-Identifier: GPL-2.0 */
/* What is put side by side: columns of results, a row per scenario and step. */
#ifndef MTCE_BENCH_COMPARE_H
#define MTCE_BENCH_COMPARE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define MAX_COLUMNS 3
#define MAX_RUNS 16		/* a side */

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
	const json_t *step;	/* as it is in the file */
	const json_t *samples;	/* of instructions, per call... */
	double per;		/* ... so many TCEs; 1 where rows are per call */
	double purity;		/* of exact counts, see count.h; NAN: they are a CPU's */
	const json_t *run_medians; /* of several runs a side, as samples; NULL: of one */
	double above_null;
	double exits;		/* of a hypercall, to user space; NAN: there is no guest */
	double kills;		/* stores per TCE or per call; NAN: unknown */
	double kills_pe;	/* in all */
	double kills_all;
	double rate[2];		/* TCEs per second of one thread and of two */
	double one_thread;	/* instructions per TCE; those of two are above */
	double scaling;		/* two threads over one; NAN: not of threads */
	const json_t *scaling_samples;
	double machine;		/* the same of a loop that shares nothing */
	double share;		/* scaling of machine, repeat by repeat */
	const json_t *latency;	/* NULL: was not timed */
	double p50;		/* ns per call; NAN: too few calls for it */
	double p99;
};

/* What two cells may differ in; a bit each. */
enum measure {
	IN_STATE = 1 << 0,	/* one is measured, the other is not */
	IN_INSTRUCTIONS = 1 << 1,
	IN_KILLS = 1 << 2,
	IN_EXITS = 1 << 3,
	IN_P50 = 1 << 4,
	IN_P99 = 1 << 5,
	IN_SCALING = 1 << 6,
};

#define NUM_MEASURES 7

/* Of two sets of samples: how likely such a difference is by chance. */
struct test {
	double p;		/* NAN: there is nothing to test */
	double holm;		/* corrected for all tests of the comparison */
	double smallest;	/* p of samples so many, however far apart */
	bool decides;		/* so many samples can tell, after the correction */
};

/* Of two cells, A and B. */
struct difference {
	double median[2];	/* of instructions */
	double low[2];		/* interval of the median... */
	double high[2];
	double level[2];	/* ... which holds it with this probability */
	size_t samples[2];
	double change;		/* B against A, percent; NAN: not counted; infinite: A is 0 */
	bool apart;		/* no sample of A is as large as one of B, or none as small */
	bool runs_apart;	/* the same of the medians of runs */
	bool exact;		/* both counted exactly, without interrupts: there is no chance in it */
	struct test instructions;
	struct test latency;
	struct test scaling;
	unsigned int better;	/* of enum measure */
	unsigned int worse;
	bool untested;		/* worse or better in instructions or scaling without a test: too few samples */
};

struct row {
	const char *scenario;
	const char *op;
	const char *sentence;
	json_int_t tce_page;
	double tces;		/* per call */
	bool per_call;
	bool headline;
	struct cell cells[MAX_COLUMNS];
	struct difference difference;	/* of two columns, see compare_judge() */
};

struct comparison {
	struct column columns[MAX_COLUMNS];
	size_t num_columns;
	size_t base;		/* columns of the ratio: base / new */
	size_t new;
	struct row *rows;
	size_t num_rows;
	bool some_rows;		/* chosen by patterns */
	double p50_times;	/* geometric mean of all p50, B over A; NAN: too few rows */
};

/* Which rows are wanted: patterns of names, or of "name step"; none: all. */
struct selection {
	const char *patterns[MAX_RUNS];
	size_t num;
};

/* Columns are set; fills the rows. Returns false if there is none. */
bool compare_make(struct comparison *c, const struct selection *s);
double compare_ratio(const struct comparison *c, const struct row *r);
/* NULL, or the row. */
const struct row *compare_find(const struct comparison *c, const char *scenario, const char *op);
const char *compare_short_label(const char *label);

/* compare-latency.c: bins of a histogram, as in the file. */
/* In ns; NAN: fewer than ten calls are beyond it. */
double latency_percentile(const json_t *latency, double quantile);
double latency_calls(const json_t *latency);
void latency_test(const json_t *a, const json_t *b, struct test *t);
/* Adds the bins of @from. */
void latency_merge(json_t *into, const json_t *from);

/* compare-merge.c: the runs of a side as one; @names are theirs. */
json_t *merge_runs(json_t *const *runs, const char *const *names, size_t num);

/* compare-context.c */
/*
 * What differs between the contexts of two runs beside date, load and the driver under test. Prints each on
 * stderr; returns how many.
 */
unsigned int context_unlike(const char *name_a, const json_t *a, const char *name_b, const json_t *b);
/* Rows were chosen on mtce-bench's command line. */
bool context_is_partial(const json_t *run);
bool context_emulated(const json_t *run);

/* Percent that are a difference: what is tested, and what is counted exactly. */
struct least {
	double tested;
	double exact;
};

/* compare-judge.c: all tests of all comparisons are corrected together. */
void compare_judge(struct comparison *cs, size_t num, const struct least *least);
/* Names of the bits, with commas. */
const char *measures_text(char *buf, size_t size, unsigned int measures);

struct verdict {
	unsigned int rows;
	unsigned int same;
	unsigned int worse;
	unsigned int better;
	unsigned int new;	/* A has nothing like it */
	unsigned int unmeasured; /* skipped, or failed, on both sides */
	unsigned int tests;	/* that were corrected for */
	unsigned int untestable; /* rows with too few samples */
	unsigned int exact;	/* rows that are counted exactly... */
	unsigned int undisturbed; /* ... of these, no interrupt on either side... */
	unsigned int identical;	/* ... and of these the same to the instruction */
	const struct row *furthest[2]; /* of exact rows: without an interrupt, with some */
};

void verdict_add(struct verdict *v, const struct comparison *c);

/* compare-table.c */
void table_context(const char *path, const json_t *run);
void table_instructions(const struct comparison *c);
void table_latency(const struct comparison *c);
void table_notes(const struct comparison *c);
/* "key      words words", broken between words. */
void print_wrapped(const char *key, const char *text);
/* The same without a key. */
void print_folded(const char *text);
/* Of another kind than mtce-bench's: @what (or NULL), when, of which commit, and where it was measured. */
void print_origin(const char *what, const json_t *context);

/* compare-threads.c: nothing if no row is about threads */
#define OP_THREADS "threads"
void table_threads(const struct comparison *c);

/* compare-uncounted.c: what nobody could count, and why; nothing if all was counted */
void table_uncounted(const struct comparison *c);
json_t *uncounted_json(const struct comparison *c);

/* compare-hcalls.c: nothing if no row is about hypercalls */
void table_hcalls(const struct comparison *c);

/* compare-two.c */
void table_differences(const struct comparison *c);
void table_verdict(const struct verdict *v, const struct least *least);

/* compare-family.c: rows of a kind together. */
const char *family_of(const char *scenario);
void table_families(const struct comparison *c);
json_t *families_json(const struct comparison *c);

/* compare-dearer.c: where base is cheaper than another back end of the same run */
struct dearer;
struct dearer *dearer_find(const struct comparison *c, const struct selection *s);
void table_dearer(const struct comparison *c, const struct dearer *d);
json_t *dearer_json(const struct comparison *c, const struct dearer *d);
void dearer_free(struct dearer *d);

/* compare-json.c */
/* @judged: rows have a difference. */
json_t *compare_json(const struct comparison *c, bool judged);
json_t *context_json(const char *path, const json_t *run);
json_t *verdict_json(const struct verdict *v);
void csv_heading(void);
void csv_number(double v);	/* with the comma before it; empty if there is none */
void csv_rows(const char *title, const struct comparison *c, bool judged);

/* compare-model.c: what a step might cost on a POWER8 */
void table_model(const struct comparison *c);
json_t *model_json(void);
/* Adds to @row, which compare_json() has made of @r. */
void model_row_json(const struct comparison *c, const struct row *r, json_t *row);

/* compare-sweep.c, compare-replay.c: what mtce-sweep and mtce-replay have written */
void sweep_table(const json_t *run);
void sweep_csv(const json_t *run);
void replay_table(const json_t *run);
void replay_csv(const json_t *run);

/*
 * compare-goals.c: goals that are missed, and rows that were not measured where they should be. Both are
 * sentences in an array, and so the same for the table, JSON and CSV.
 */
void table_goals(const struct comparison *c);
json_t *goals_json(const struct comparison *c);
json_t *problems_of_one(const struct comparison *c);
json_t *problems_of_two(const struct comparison *cs, size_t num);

#endif
