/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of mtcelat's user-space half, and what goes from one to the other. */
#ifndef MTCELAT_PARTS_H
#define MTCELAT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/histogram.h"
#include "lib/probe.h"
#include "mtcelat.h"

/* What the user asked for. */
struct lat_request {
	struct mtce_scale scale;
	uint64_t unit_ns;	/* 1 or 1000 */
	uint32_t by;		/* a bit for each lat_dimension */
	uint32_t calls;		/* a bit for each call */
	uint32_t pid;		/* 0: all */
	uint32_t keys;		/* room for so many histograms */
	uint32_t sources;	/* a bit for each lat_source */
	uint64_t interval;	/* seconds; 0: until the end */
	uint64_t count;		/* of intervals; 0: until stopped */
	bool hcall;		/* hypercalls instead of calls */
	bool json;
};

struct lat_entry {
	struct lat_key key;
	struct lat_hist hist;
};

/* Histograms in the order in which they are shown. */
struct lat_set {
	struct lat_entry *entries;
	size_t n;
};

/* A piece of time, or all of it. */
struct lat_report {
	const struct lat_request *request;
	struct lat_set set;
	uint64_t number;	/* of the interval, from 1; 0: the total */
	uint64_t from_ns;	/* since the start */
	uint64_t to_ns;
	uint64_t lost;
};

/* mtcelat-watch.c: the BPF side */
void lat_watch(const struct lat_request *request);
struct lat_set lat_read(void);
uint64_t lat_lost(void);
void lat_stop(void);	/* after it, numbers do not change any more */

ino_t lat_module_id(const char *module);	/* another one: it was loaded anew; 0: it is not there */

/* mtcelat-hcall.c: probes on KVM. Where what is, found once. */
struct lat_kvm {
	uint64_t ours_first;	/* functions of mtce's module; 0: not loaded */
	uint64_t ours_last;
	unsigned int found;	/* of KVM's functions */
	char module[64];	/* that has them; empty: the kernel itself */
};

struct lat_kvm lat_hcall_find(void);
void lat_hcall_attach(struct bpf_program *enter, struct bpf_program *leave);
uint64_t lat_hcall_missed(void);
void lat_hcall_detach(void);	/* nothing, if nothing is attached */

/* mtcelat-set.c */
void lat_set_sort(struct lat_set *set);
struct lat_set lat_set_since(const struct lat_set *now, const struct lat_set *before);
void lat_set_free(struct lat_set *set);

/* mtcelat-words.c: what is said of a histogram, the same in text and in JSON */
const char *lat_source_name(unsigned int source);
const char *lat_source_measures(const struct lat_request *request);
const char *lat_call_name(unsigned int call);
int lat_call_number(const char *name);	/* or -1 */
const char *lat_stage_name(unsigned int stage);
const char *lat_dimension_name(unsigned int dimension);
/* TCE pages in a key's batch. */
uint64_t lat_batch_low(uint32_t batch);
uint64_t lat_batch_high(uint32_t batch);
static inline bool lat_by(const struct lat_request *r, enum lat_dimension d)
{
	return r->by & (1u << d);
}

/* mtcelat-rows.c: histograms as lines of a text */
struct lat_row {
	uint64_t low;		/* in the unit of the request */
	uint64_t high;		/* also in it; MTCE_NO_END: no end */
	uint64_t count[2];
	bool gap;		/* stands for many that are empty */
};

/*
 * Of one array of bins, or two beside each other (else @right is NULL), from the
 * first row with anything in it to the last, into @rows (LAT_BINS of them).
 * Returns how many.
 */
unsigned int lat_rows(const struct lat_request *r, const uint64_t *left,
		      const uint64_t *right, struct lat_row *rows);

/* The left 23 columns of the line; or all of the line of a gap: then false. */
bool lat_row_print(const struct lat_row *row);

/* mtcelat-text.c, mtcelat-compare.c, mtcelat-json.c */
void lat_text_head(const struct lat_request *request);
void lat_text(const struct lat_report *report);
void lat_compare(const struct lat_report *report);
void lat_json_head(const struct lat_request *request, int argc, char **argv);
void lat_json(const struct lat_report *report);

/* Of mtcelat-text.c, also for compare. */
void lat_text_when(const struct lat_report *report);
void lat_text_lost(const struct lat_report *report);
const char *lat_thousands(uint64_t n, char *buffer);	/* of 32 bytes; returns it */
void lat_bar(uint64_t value, uint64_t most, unsigned int width);

#endif /* MTCELAT_PARTS_H */
