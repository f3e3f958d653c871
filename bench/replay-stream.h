/* SPDX-License-Identifier: GPL-2.0 */
/* A guest's TCE traffic, as scripts/record-tces wrote it down: one hypercall a line. */
#ifndef MTCE_BENCH_REPLAY_STREAM_H
#define MTCE_BENCH_REPLAY_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the low bits of a TCE; the same numbers as VFIO_DMA_MAP_FLAG_READ and _WRITE. */
#define TCE_PERMISSIONS 3

enum hcall {
	HCALL_PUT = 'P',
	HCALL_LIST = 'I',
	HCALL_STUFF = 'S',
	WINDOW_MADE = 'W',	/* not a hypercall on TCEs: the guest made a window */
};

struct hypercall {
	uint64_t t_us;
	enum hcall op;
	unsigned int table;	/* 0, 1: LIOBNs in the order in which they appear */
	unsigned int part;	/* of the stream, see struct stream */
	uint64_t ioba;
	uint64_t npages;
	uint64_t tce;		/* the first: guest address and permissions; 0 clears */
	bool put;		/* was H_PUT_TCE, also where it clears */
};

#define STREAM_PARTS 8
#define STREAM_TABLES 2

/*
 * Parts are what results are told for: the guest's boot-time clear of its window,
 * the rest of its boot, disks, network.
 */
struct stream {
	char name[64];
	struct hypercall *calls;
	size_t n;
	const char *parts[STREAM_PARTS];
	unsigned int num_parts;
	unsigned int page_shift[STREAM_TABLES];
	uint64_t start[STREAM_TABLES];	/* IOVA of a table's first TCE */
	uint64_t tces[STREAM_TABLES];	/* it has so many */
	unsigned int num_tables;
};

/* A .csv, or a .csv.zst. Dies if it makes no sense. */
void stream_read(struct stream *s, const char *path);
void stream_free(struct stream *s);

#endif
