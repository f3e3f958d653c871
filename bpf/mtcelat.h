/* SPDX-License-Identifier: GPL-2.0 */
/* What both halves of mtcelat know: switches, keys, bins. */
#ifndef MTCELAT_H
#define MTCELAT_H

#include "lib/events.h"

#define LAT_COMM_LEN	16

/*
 * Values below 8 have a bin each; above, every power of two is cut into 8 bins
 * of equal width. Linear bins are as many; the last bin of either has no end.
 */
#define LAT_SUB_BITS	3
#define LAT_SUB		(1u << LAT_SUB_BITS)
#define LAT_MAX_LOG2	47
#define LAT_BINS	((LAT_MAX_LOG2 - LAT_SUB_BITS + 2) * LAT_SUB)

/* What a histogram is kept for; a bit each in the switch "by". */
enum lat_dimension {
	LAT_BY_CALL,
	LAT_BY_BATCH,
	LAT_BY_TABLE,
	LAT_BY_PROCESS,
	LAT_BY_STAGE,
	LAT_DIMENSIONS,
};

/* Where its samples come from: the driver's own events, or a probe on a back end. */
enum lat_source {
	LAT_TRACEPOINT,
	LAT_UPSTREAM,
	LAT_MTCE,
	LAT_NONE,	/* a hypercall that leads to no back end */
	LAT_SOURCES,
};

/* Calls behind those of the driver's: hypercalls, by a probe on KVM. */
enum lat_hcall {
	LAT_H_PUT_TCE = MTCE_CALLS,
	LAT_H_PUT_TCE_INDIRECT,
	LAT_H_STUFF_TCE,
	LAT_CALLS,
};

#define LAT_HCALLS	(LAT_CALLS - MTCE_CALLS)
#define LAT_ALL_HCALLS	((1u << LAT_CALLS) - (1u << MTCE_CALLS))

/* Behind the stages of events.h: what is in none of them. */
#define LAT_STAGE_REST	MTCE_STAGES

/* Threads inside a probed call at the same time; histograms, unless told otherwise. */
#define LAT_THREADS	16384
#define LAT_KEYS	1024

/* Set before loading. */
struct lat_switches {
	__u32 by;		/* a bit for each lat_dimension */
	__u32 calls;		/* a bit for each call that is wanted */
	__u32 pid;		/* only this process, or 0 */
	__u32 linear;
	__u64 width_ns;		/* of a unit, or of a linear bin */
	__u64 ours_first;	/* functions of mtce's module are from here */
	__u64 ours_last;	/* to here */
	__u32 sources;		/* a bit for each lat_source; for hypercalls only */
	__u32 commands[MTCE_CALLS];	/* of ioctls */
};

/* Fields of dimensions that are not asked for are 0. No holes: it is a hash's key. */
struct lat_key {
	__u32 source;
	__u32 call;
	__u64 container;
	__s32 window;
	__u32 pid;
	__u32 batch;		/* 0, or one more than the log2 of the TCE pages */
	__u32 stage;
};

struct lat_hist {
	__u64 sum_ns;
	__u64 bins[LAT_BINS];
	char comm[LAT_COMM_LEN];	/* of who was the first */
};

static inline __u32 lat_log2(__u64 v)
{
	__u32 r = 0;

	if (v >> 32) {
		v >>= 32;
		r = 32;
	}
	if (v >> 16) {
		v >>= 16;
		r += 16;
	}
	if (v >> 8) {
		v >>= 8;
		r += 8;
	}
	if (v >> 4) {
		v >>= 4;
		r += 4;
	}
	if (v >> 2) {
		v >>= 2;
		r += 2;
	}
	return r + (__u32)(v >> 1);
}

static inline __u32 lat_bin(__u64 v)
{
	__u32 e;

	if (v < LAT_SUB)
		return (__u32)v;
	e = lat_log2(v);
	if (e > LAT_MAX_LOG2)
		return LAT_BINS - 1;
	return (e - LAT_SUB_BITS + 1) * LAT_SUB +
	       ((v >> (e - LAT_SUB_BITS)) & (LAT_SUB - 1));
}

static inline __u32 lat_bin_linear(__u64 steps)
{
	return steps < LAT_BINS ? (__u32)steps : LAT_BINS - 1;
}

#endif
