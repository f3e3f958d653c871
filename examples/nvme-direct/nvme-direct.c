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
#include "nvme.h"
#include "run.h"
#include "util.h"

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
	"Environment: MTCE_MARKER (lab: resource0 of the marker device).";

enum { KEY_V2 = 256, KEY_PATTERN, KEY_PASSES };

static const struct argp_option options[] = {
	{ "depth", 'd', "N", 0, "reads at a time (default: 16, at most 256)", 0 },
	{ "block", 'b', "BYTES", 0, "of a read, a multiple of 4096 (default: 16384, at most 1 MiB)", 0 },
	{ "reads", 'n', "N", 0, "reads of a pass, rounded up to whole rounds (default: 256)", 0 },
	{ "passes", KEY_PASSES, "N", 0, "measured passes, after one that is not (default: 5)", 0 },
	{ "way", 'w', "WAY", 0, "only this way; may be repeated", 0 },
	{ "v2", KEY_V2, NULL, 0, "every way on the v2 type: on upstream, or on mtce where it has taken over", 0 },
	{ "pattern", KEY_PATTERN, NULL, 0, "the disk must have the pattern: line n of 64 bytes is the number n", 0 },
	{ "json", 'j', "FILE", 0, "an object per way goes here too, each on its line; - is stdout, without the table", 0 },
	{ 0 }
};

struct arguments {
	struct job job;
	unsigned int reads;
	unsigned int chosen;		/* bits of ways */
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
		a->job.passes = 1 + number(state, "--passes", arg, 100);
		break;
	case 'w':
		a->chosen |= way_bit(state, arg);
		break;
	case KEY_V2:
		a->job.v2 = true;
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
		if (!a->job.device)
			argp_error(state, "which device? Give its name, as 0002:01:00.1");
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

static double instructions_per_read(const struct outcome *o, const struct job *j)
{
	return o->instructions / j->rounds / j->depth;
}

static void print_head(const struct arguments *a, const char *model)
{
	printf("%s (%.40s), %u reads at a time of %u bytes, %u rounds, %u passes; each read:\n\n", a->job.device, model,
	       a->job.depth, a->job.block, a->job.rounds, a->job.passes - 1);
	printf("%-6s %-18s %9s %13s %9s %8s%s  %s\n", "way", "back end", "calls", "instructions", "kills", "us",
	       marker_present() ? "  section" : "", "data");
}

static void print_row(const struct way *w, const struct arguments *a, const struct outcome *o, unsigned int section)
{
	char kills[16] = "-", instructions[24] = "-";

	if (o->counted_kills)
		snprintf(kills, sizeof(kills), "%.3f", per_read((double)o->kills, o));
	if (!measure_uncounted())
		snprintf(instructions, sizeof(instructions), "%.0f", instructions_per_read(o, &a->job));
	printf("%-6s %-18s %9.3f %13s %9s %8.1f", w->name, o->kind, per_read((double)o->calls, o), instructions, kills,
	       per_read((double)o->ns, o) / 1000);
	if (marker_present())
		printf(" %8u", section);
	printf("  %s\n", o->wrong ? "WRONG" : "right");
}

static void print_json(FILE *f, const struct way *w, const struct arguments *a, const struct outcome *o,
		       unsigned int section)
{
	fprintf(f, "{\"way\": \"%s\", \"back_end\": \"%s\", \"depth\": %u, \"block\": %u, \"reads\": %llu, \"wrong_reads\": %llu, ",
		w->name, o->kind, a->job.depth, a->job.block, (unsigned long long)o->reads, (unsigned long long)o->wrong);
	fprintf(f, "\"calls_per_read\": %.4f, \"us_per_read\": %.2f, ", per_read((double)o->calls, o),
		per_read((double)o->ns, o) / 1000);
	if (measure_uncounted())
		fprintf(f, "\"instructions_per_read\": null, ");
	else
		fprintf(f, "\"instructions_per_read\": %.1f, ", instructions_per_read(o, &a->job));
	if (o->counted_kills)
		fprintf(f, "\"kill_counter\": %llu, ", (unsigned long long)o->kills);
	else
		fprintf(f, "\"kill_counter\": null, ");
	fprintf(f, "\"section\": %u}\n", marker_present() ? section : 0);
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

/* True if every read of every way was right. */
static bool run_all(struct arguments *a, FILE *json)
{
	bool right = true, head = false;
	unsigned int i;

	for (i = 0; i < num_ways; i++) {
		struct outcome o;

		if (a->chosen && !(a->chosen >> i & 1))
			continue;
		run_way(&ways[i], &a->job, i + 1, &o);
		if (json)
			print_json(json, &ways[i], a, &o, i + 1);
		if (json != stdout && !head)
			print_head(a, o.model);
		head = true;
		if (json != stdout)
			print_row(&ways[i], a, &o, i + 1);
		right &= !o.wrong;
	}
	return right;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { options, parse, "DEVICE", doc, NULL, NULL, NULL };
	struct arguments a = {
		.job = { .depth = 16, .block = 16384, .passes = 6 },
		.reads = 256,
	};
	FILE *json;

	argp_err_exit_status = 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	a.job.group = group_of(a.job.device);
	a.job.rounds = (a.reads + a.job.depth - 1) / a.job.depth;
	a.job.sums = xcalloc((size_t)a.job.rounds * a.job.depth, sizeof(*a.job.sums));
	json = open_json(a.json);
	marker_open();
	measure_open();
	if (measure_uncounted())
		fprintf(stderr, "nvme-direct: instructions are not counted: %s\n", measure_uncounted());
	if (!run_all(&a, json))
		die("some reads brought wrong data");
	return 0;
}
