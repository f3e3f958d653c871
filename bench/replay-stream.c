// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "replay-stream.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "util.h"

#define HEADING "t_us,phase,op,liobn,ioba,npages,tce_first,ret"

/* The default window of a pseries guest, until it makes another. */
#define DEFAULT_SHIFT 12
#define DEFAULT_TCES (1ull << 18)

/* A guest clears its window with hypercalls as large as they may be. */
#define CLEAR_PAGES 512

struct reader {
	struct stream *s;
	const char *path;
	size_t line;
	size_t room;
	uint64_t liobn[STREAM_TABLES];
};

static void bad(const struct reader *r, const char *why)
{
	die("%s, line %zu: %s", r->path, r->line, why);
}

static const char *part_name(const char *phase, const struct hypercall *h)
{
	if (!strcmp(phase, "boot"))
		return h->op == HCALL_STUFF && h->npages >= CLEAR_PAGES ? "boot-clear" : "boot";
	if (!strncmp(phase, "eth", 3) || !strncmp(phase, "net", 3))
		return "network";
	return "disk";
}

static unsigned int part_of(struct reader *r, const char *phase, const struct hypercall *h)
{
	const char *name = part_name(phase, h);
	unsigned int i;

	for (i = 0; i < r->s->num_parts; i++)
		if (!strcmp(r->s->parts[i], name))
			return i;
	r->s->parts[r->s->num_parts++] = name;
	return i;
}

static unsigned int table_of(struct reader *r, uint64_t liobn)
{
	unsigned int i;

	for (i = 0; i < r->s->num_tables; i++)
		if (r->liobn[i] == liobn)
			return i;
	if (i == STREAM_TABLES)
		bad(r, "more tables than a container has windows");
	r->liobn[i] = liobn;
	r->s->page_shift[i] = DEFAULT_SHIFT;
	r->s->tces[i] = DEFAULT_TCES;
	r->s->num_tables++;
	return i;
}

/* A window's line says how many pages, and their size where others say a TCE. */
static void window_made(struct reader *r, const struct hypercall *h)
{
	unsigned int shift = 0;

	while (shift < 40 && 1ull << shift != h->tce)
		shift++;
	if (shift < DEFAULT_SHIFT || shift == 40 || !h->npages)
		bad(r, "a window of no size, or with pages of no size");
	r->s->page_shift[h->table] = shift;
	r->s->tces[h->table] = h->npages;
	r->s->start[h->table] = h->ioba;
}

static struct hypercall *next_call(struct reader *r)
{
	struct stream *s = r->s;

	if (s->n == r->room) {
		r->room = r->room ? 2 * r->room : 1024;
		s->calls = realloc(s->calls, r->room * sizeof(*s->calls));
		if (!s->calls)
			die("not enough memory for %s", r->path);
	}
	return &s->calls[s->n++];
}

static void check_call(const struct reader *r, const struct hypercall *h)
{
	uint64_t offset = h->ioba - r->s->start[h->table];
	unsigned int shift = r->s->page_shift[h->table];

	if (!h->npages || offset & ((1ull << shift) - 1) || h->npages > r->s->tces[h->table] ||
	    offset >> shift > r->s->tces[h->table] - h->npages)
		bad(r, "TCEs that are not in the window");
}

static void read_line(struct reader *r, const char *line)
{
	struct hypercall h = {};
	uint64_t liobn;
	char phase[64], op;
	long long ret;

	if (sscanf(line, "%" SCNu64 ",%63[^,],%c,%" SCNi64 ",%" SCNi64 ",%" SCNu64 ",%" SCNi64 ",%lld",
		   &h.t_us, phase, &op, (int64_t *)&liobn, (int64_t *)&h.ioba, &h.npages,
		   (int64_t *)&h.tce, &ret) != 8)
		bad(r, "not a hypercall; expected " HEADING);
	if (ret)
		return;		/* the hypervisor refused: nothing was mapped */
	if (!strchr("PISW", op))
		bad(r, "the operation is not one of P, I, S, W");
	h.op = (enum hcall)op;
	h.table = table_of(r, liobn);
	if (h.op == WINDOW_MADE)
		window_made(r, &h);
	else
		check_call(r, &h);
	h.put = h.op == HCALL_PUT;
	/* Without permissions it clears. */
	if (h.op == HCALL_PUT && !(h.tce & TCE_PERMISSIONS))
		h.op = HCALL_STUFF;
	h.part = part_of(r, phase, &h);
	*next_call(r) = h;
}

static void *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "re");
	char *data = NULL;
	long end = -1;

	if (f && !fseek(f, 0, SEEK_END))
		end = ftell(f);
	if (end > 0) {
		rewind(f);
		data = xcalloc(1, (size_t)end);
	}
	if (!data || fread(data, 1, (size_t)end, f) != (size_t)end)
		die("cannot read %s: %s", path, end ? strerror(errno) : "it is empty");
	fclose(f);
	*size = (size_t)end;
	return data;
}

/* To @to, if the file is packed. */
static void unpack(FILE *to, const char *path, const void *data, size_t size)
{
	const size_t room = ZSTD_DStreamOutSize();
	ZSTD_DStream *z = ZSTD_createDStream();
	ZSTD_inBuffer in = { data, size, 0 };
	void *piece = xcalloc(1, room);
	size_t ret = 1;

	if (!z)
		die("not enough memory for %s", path);
	while (in.pos < in.size) {
		ZSTD_outBuffer out = { piece, room, 0 };

		ret = ZSTD_decompressStream(z, &out, &in);
		if (ZSTD_isError(ret))
			die("%s cannot be unpacked: %s", path, ZSTD_getErrorName(ret));
		fwrite(piece, 1, out.pos, to);
	}
	if (ret)
		die("%s is cut off", path);
	ZSTD_freeDStream(z);
	free(piece);
}

static bool is_packed(const char *path)
{
	size_t n = strlen(path);

	return n > 4 && !strcmp(path + n - 4, ".zst");
}

/* All of it, as text. */
static FILE *open_stream(const char *path)
{
	FILE *f = tmpfile();
	size_t size;
	void *data;

	if (!f)
		die("cannot make a temporary file: %s", strerror(errno));
	data = read_file(path, &size);
	if (is_packed(path))
		unpack(f, path, data, size);
	else
		fwrite(data, 1, size, f);
	free(data);
	if (fflush(f) || ferror(f))
		die("cannot write a temporary file: %s", strerror(errno));
	rewind(f);
	return f;
}

/* "traces/disk-net.csv.zst" is "disk-net". */
static void set_name(struct stream *s, const char *path)
{
	const char *slash = strrchr(path, '/');

	snprintf(s->name, sizeof(s->name), "%s", slash ? slash + 1 : path);
	s->name[strcspn(s->name, ".")] = '\0';
}

void stream_read(struct stream *s, const char *path)
{
	struct reader r = { .s = s, .path = path };
	FILE *f = open_stream(path);
	char line[256];

	memset(s, 0, sizeof(*s));
	set_name(s, path);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (r.line++)
			read_line(&r, line);
		else if (strcmp(line, HEADING))
			bad(&r, "not a recording of TCEs; it begins with " HEADING);
	}
	fclose(f);
	if (!s->n)
		die("%s holds no hypercall", path);
}

void stream_free(struct stream *s)
{
	free(s->calls);
	memset(s, 0, sizeof(*s));
}
