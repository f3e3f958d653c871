// SPDX-License-Identifier: GPL-2.0
/* nvme-direct: reads an NVMe disk from user space and maps the memory of every read, in five ways. */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "marker.h"
#include "measure.h"
#include "version.h"
#include "nvme.h"
#include "run.h"
#include "stats.h"
#include "util.h"

const char *argp_program_version = "nvme-direct " MTCE_VERSION;

static const char doc[] =
	"Reads an NVMe disk from user space, maps the memory of every read for it and unmaps it again, and says what that costs. "
	"DEVICE is the controller, as 0002:01:00.1; it and all devices of its IOMMU group must be bound to vfio-pci. "
	"Nothing is ever written to the disk.\v"
	"Ways: call (each page in a call of its own, as v2 has them), batch (all pages of a round in one batch before the "
	"doorbell, and out in another), list (in one list, and out as one range), lazy (batches, with unmaps whose kills come "
	"later), once (everything mapped once, as today's drivers do: the device reaches all of it all the time). A round is "
	"DEPTH reads that begin at once. Each way uses the best back end that is loaded, but call is always on the v2 type.\n\n"
	"The data of every read is looked at: it must be the same each time, or the pattern that the lab's disk has. Instructions are "
	"the user's and the kernel's for mapping and unmapping alone. Kill stores are those that mtce counts; in "
	"the lab scripts/lab run --count-kills counts them for every back end, in the sections that the table names.\n\n"
	"Examples:\n"
	"  nvme-direct 0002:01:00.1\n"
	"  nvme-direct --depth 32 --block 65536 --way call --way batch 0002:01:00.1\n"
	"  nvme-direct --v2 --pattern --json - 0002:01:00.1\n\n"
	"Environment: MTCE_MARKER (lab: resource0 of the marker device), MTCE_COUNTER (lab: resource2 of the counter's).";

enum { KEY_V2 = 256, KEY_NATIVE, KEY_PATTERN, KEY_PASSES, KEY_SAMPLES, KEY_SECTIONS };

static const struct argp_option options[] = {
	{ "depth", 'd', "N", 0, "reads at a time (default: 16, at most 256)", 0 },
	{ "block", 'b', "BYTES", 0, "of a read, a multiple of 4096 (default: 16384, at most 1 MiB)", 0 },
	{ "reads", 'n', "N", 0, "reads of a pass, rounded up to whole rounds (default: 256)", 0 },
	{ "passes", KEY_PASSES, "N", 0, "passes behind a sample; one more comes first and is not measured (default: 5)", 0 },
	{ "samples", KEY_SAMPLES, "N", 0, "samples of instructions in the JSON (default: 1, at most 32); the table has their median", 0 },
	{ "way", 'w', "WAY", 0, "only this way; may be repeated", 0 },
	{ "native", KEY_NATIVE, NULL, 0, "every way on mtce's own type, also call", 0 },
	{ "v2", KEY_V2, NULL, 0, "every way on the v2 type: on upstream, or on mtce where it has taken over", 0 },
	{ "pattern", KEY_PATTERN, NULL, 0, "the disk must have the pattern: line n of 64 bytes is the number n", 0 },
	{ "json", 'j', "FILE", 0, "an object per way goes here too, each on its line; - is stdout, without the table", 0 },
	{ "sections", KEY_SECTIONS, "MAP,UNMAP", 0, "with one way: sections of the lab's trace (default: two for each way, from 1)", 0 },
	{ 0 }
};

struct arguments {
	struct job job;
	unsigned int reads;
	unsigned int chosen;		/* bits of ways */
	bool v2;
	bool native;
	unsigned int map_section;	/* 0: as usual */
	unsigned int unmap_section;
	const char *json;
};

static unsigned int number(struct argp_state *state, const char *what, const char *text, unsigned long max)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || *end || end == text || text[0] == '-' || !n || n > max)
		argp_error(state, "%s must be a number from 1 to %lu, not '%s'", what, max, text);
	return (unsigned int)n;
}

static unsigned int way_bit(struct argp_state *state, const char *name)
{
	unsigned int i;

	for (i = 0; i < num_ways; i++)
		if (!strcmp(ways[i].name, name))
			return 1u << i;
	argp_error(state, "no way is called '%s': they are call, batch, list, lazy and once", name);
	return 0;
}

static void parse_sections(struct argp_state *state, struct arguments *a, const char *text)
{
	char end;

	if (sscanf(text, "%u,%u%c", &a->map_section, &a->unmap_section, &end) != 2 || !a->map_section || !a->unmap_section)
		argp_error(state, "--sections must be two numbers, as 7,8, not '%s'", text);
}

static void check_options(struct argp_state *state, const struct arguments *a)
{
	if (!a->job.device)
		argp_error(state, "which device? Give its name, as 0002:01:00.1");
	if (a->v2 && a->native)
		argp_error(state, "--v2 and --native do not go together");
	if (a->map_section && (!a->chosen || (a->chosen & (a->chosen - 1))))
		argp_error(state, "--sections are for one --way");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'd':
		a->job.depth = number(state, "--depth", arg, NVME_MAX_DEPTH);
		break;
	case 'b':
		a->job.block = number(state, "--block", arg, (unsigned long)NVME_MAX_PAGES * NVME_PAGE);
		if (a->job.block % NVME_PAGE)
			argp_error(state, "--block must be a multiple of %u", NVME_PAGE);
		break;
	case 'n':
		a->reads = number(state, "--reads", arg, 1000000);
		break;
	case KEY_PASSES:
		a->job.passes = number(state, "--passes", arg, 100);
		break;
	case KEY_SAMPLES:
		a->job.samples = number(state, "--samples", arg, RUN_MAX_SAMPLES);
		break;
	case KEY_SECTIONS:
		parse_sections(state, a, arg);
		break;
	case KEY_NATIVE:
		a->native = true;
		break;
	case 'w':
		a->chosen |= way_bit(state, arg);
		break;
	case KEY_V2:
		a->v2 = true;
		break;
	case KEY_PATTERN:
		a->job.pattern = true;
		break;
	case 'j':
		a->json = arg;
		break;
	case ARGP_KEY_ARG:
		if (a->job.device)
			argp_error(state, "one device only, and '%s' is a second", arg);
		a->job.device = arg;
		break;
	case ARGP_KEY_END:
		check_options(state, a);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static int group_of(const char *device)
{
	char path[PATH_MAX], group[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", device);
	if (strchr(device, '/') || access(path, F_OK))
		die("there is no PCI device %s (the form is 0000:01:00.0)", device);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", device);
	len = readlink(path, group, sizeof(group) - 1);
	if (len < 0)
		die("%s is in no IOMMU group, so VFIO cannot use it", device);
	group[len] = '\0';
	return atoi(basename(group));
}

static double per_read(double value, const struct outcome *o)
{
	return value / (double)o->reads;
}

/* A copy: the median sorts. */
static double median(const double *samples, unsigned int n)
{
	double sorted[RUN_MAX_SAMPLES];

	memcpy(sorted, samples, n * sizeof(*sorted));
	return stats_median(sorted, n);
}

static double instructions_per_read(const struct arguments *a, const struct outcome *o)
{
	return median(o->map.instructions, a->job.samples) + median(o->unmap.instructions, a->job.samples);
}

static void print_head(const struct arguments *a, const char *model)
{
	printf("%s (%.40s), %u reads at a time of %u bytes, %u rounds, %u passes; each read:\n\n", a->job.device, model,
	       a->job.depth, a->job.block, a->job.rounds, a->job.passes * a->job.samples);
	printf("%-6s %-16s %8s %12s %8s %8s%s  %s\n", "way", "back end", "calls", "instructions", "kills", "us",
	       marker_present() ? " sections" : "", "data");
}

static void print_row(const struct way *w, const struct arguments *a, const struct outcome *o)
{
	char kills[16] = "-", instructions[24] = "-";

	if (o->counted_kills)
		snprintf(kills, sizeof(kills), "%.3f", per_read((double)(o->map.kills + o->unmap.kills), o));
	if (!measure_uncounted())
		snprintf(instructions, sizeof(instructions), "%.0f", instructions_per_read(a, o));
	printf("%-6s %-16s %8.3f %12s %8s %8.1f", w->name, o->kind, per_read((double)o->calls, o), instructions, kills,
	       per_read((double)o->ns, o) / 1000);
	if (marker_present())
		printf(" %4u,%-3u", o->map.section, o->unmap.section);
	printf("  %s\n", o->wrong ? "WRONG" : "right");
}

/* Kill stores of all and of whole PEs, by the lab's counter. */
static void print_seen(FILE *f, unsigned int section)
{
	uint64_t all, pe;

	marker_kills(section, &all, &pe);
	fprintf(f, ", \"kill_stores\": [%llu, %llu]", (unsigned long long)all, (unsigned long long)pe);
}

static void print_cost(FILE *f, const char *name, const struct cost *c, const struct arguments *a, const struct outcome *o)
{
	unsigned int i;

	fprintf(f, ", \"%s\": {\"section\": %u, \"instructions_per_read\": [", name, marker_present() ? c->section : 0);
	for (i = 0; i < a->job.samples && !measure_uncounted(); i++)
		fprintf(f, "%s%.1f", i ? ", " : "", c->instructions[i]);
	fprintf(f, "], \"kill_counter\": ");
	if (o->counted_kills)
		fprintf(f, "%llu", (unsigned long long)c->kills);
	else
		fprintf(f, "null");
	if (exact_present() && marker_present())
		print_seen(f, c->section);
	fprintf(f, "}");
}

static void print_json(FILE *f, const struct way *w, const struct arguments *a, const struct outcome *o)
{
	fprintf(f, "{\"way\": \"%s\", \"back_end\": \"%s\", \"depth\": %u, \"block\": %u, \"reads\": %llu, \"wrong_reads\": %llu, ",
		w->name, o->kind, a->job.depth, a->job.block, (unsigned long long)o->reads, (unsigned long long)o->wrong);
	fprintf(f, "\"calls_per_read\": %.4f, \"us_per_read\": %.2f, ", per_read((double)o->calls, o),
		per_read((double)o->ns, o) / 1000);
	if (measure_uncounted())
		fprintf(f, "\"instructions_per_read\": null");
	else
		fprintf(f, "\"instructions_per_read\": %.1f", instructions_per_read(a, o));
	print_cost(f, "map", &o->map, a, o);
	print_cost(f, "unmap", &o->unmap, a, o);
	fprintf(f, "}\n");
	fflush(f);
}

static FILE *open_json(const char *name)
{
	FILE *f;

	if (!name)
		return NULL;
	f = strcmp(name, "-") ? fopen(name, "w") : stdout;
	if (!f)
		die("cannot write %s: %s", name, strerror(errno));
	return f;
}

static unsigned int flags_of(const struct arguments *a, const struct way *w)
{
	if (a->native)
		return MTCE_OPEN_NATIVE;
	if (w->v2_calls)
		return MTCE_OPEN_PLAIN;
	return a->v2 ? MTCE_OPEN_V2 : 0;
}

static void run_one(struct arguments *a, unsigned int way, struct outcome *o)
{
	*o = (struct outcome) {
		.map = { .section = a->map_section ? a->map_section : 2 * way + 1 },
		.unmap = { .section = a->unmap_section ? a->unmap_section : 2 * way + 2 },
	};
	run_way(&ways[way], flags_of(a, &ways[way]), &a->job, o);
}

/* True if every read of every way was right. */
static bool run_all(struct arguments *a, FILE *json)
{
	bool right = true, head = json == stdout;
	unsigned int i;

	for (i = 0; i < num_ways; i++) {
		struct outcome o;

		if (a->chosen && !(a->chosen >> i & 1))
			continue;
		run_one(a, i, &o);
		if (json)
			print_json(json, &ways[i], a, &o);
		if (!head)
			print_head(a, o.model);
		head = true;
		if (json != stdout)
			print_row(&ways[i], a, &o);
		right &= !o.wrong;
	}
	return right;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { options, parse, "DEVICE", doc, NULL, NULL, NULL };
	struct arguments a = {
		.job = { .depth = 16, .block = 16384, .passes = 5, .samples = 1 },
		.reads = 256,
	};
	FILE *json;

	argp_err_exit_status = EXIT_USAGE;
	setvbuf(stdout, NULL, _IOLBF, 0);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	a.job.group = group_of(a.job.device);
	a.job.rounds = (a.reads + a.job.depth - 1) / a.job.depth;
	a.job.sums = xcalloc((size_t)a.job.rounds * a.job.depth, sizeof(*a.job.sums));
	json = open_json(a.json);
	marker_open();
	measure_join_exact();
	if (measure_uncounted())
		fprintf(stderr, "nvme-direct: instructions are not counted: %s\n", measure_uncounted());
	if (!run_all(&a, json))
		die("some reads brought wrong data");
	return 0;
}
