// SPDX-License-Identifier: GPL-2.0
/*
 * A program of its own does the reads and counts as we do; what it says comes back as JSON. A call is a read, a TCE a
 * page of it.
 */
#define _GNU_SOURCE
#include "io.h"

#include <glob.h>
#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "marker.h"
#include "util.h"

#define PROGRAM	"../examples/nvme-direct/nvme-direct"
#define DEPTH	16u	/* reads at a time */
#define READS	256u	/* of a pass */
#define PASSES	3u	/* behind a sample */

static const char nvme_class[] = "0x010802";

/* A controller in the group; its name goes to @name. */
static bool nvme_in(int group, char *name, size_t size)
{
	char pattern[64], line[32];
	bool found = false;
	glob_t g;
	size_t i;

	snprintf(pattern, sizeof(pattern), "/sys/kernel/iommu_groups/%d/devices/*/class", group);
	if (group < 0 || glob(pattern, 0, NULL, &g))
		return false;
	for (i = 0; i < g.gl_pathc && !found; i++) {
		found = file_read_line(g.gl_pathv[i], line, sizeof(line)) && !strcmp(line, nvme_class);
		if (found)
			snprintf(name, size, "%s", basename(dirname(g.gl_pathv[i])));
	}
	globfree(&g);
	return found;
}

/* Beside this program, as make leaves it. */
static bool find_program(char *path, size_t size)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len < 0)
		return false;
	self[len] = '\0';
	return (size_t)snprintf(path, size, "%s/" PROGRAM, dirname(self)) < size && !access(path, X_OK);
}

static const char *type_option(const struct backend *b)
{
	return b->batch ? "--native" : "--v2";
}

/* "4k-io-batch" is way "batch". */
static const char *way_of(const struct scenario *s)
{
	return strstr(s->name, "io-") + strlen("io-");
}

static int write_command(char *command, size_t size, const struct run *run, const struct result *r, const char *device)
{
	char program[PATH_MAX];

	if (!find_program(program, sizeof(program)))
		return -1;
	return snprintf(command, size,
			"'%s' %s --way %s --depth %u --block %u --reads %u --passes %u --samples %u --sections %u,%u --json - %s 2>&1",
			program, type_option(r->backend), way_of(r->scenario), DEPTH,
			r->scenario->tces << r->scenario->page_shift, READS, PASSES, run->effort.samples,
			r->ops[OP_MAP].section, r->ops[OP_UNMAP].section, device) < (int)size ? 0 : -1;
}

/* Its last line: the result, or the sentence that says what is wrong. */
static bool read_answer(const char *command, char *answer, size_t size)
{
	FILE *f = popen(command, "r");
	char line[4096];

	answer[0] = '\0';
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f))
		snprintf(answer, size, "%.*s", (int)strcspn(line, "\n"), line);
	return !pclose(f);
}

static void take_cost(struct op_result *o, const struct scenario *s, const json_t *cost, uint64_t reads)
{
	const json_t *samples = json_object_get(cost, "instructions_per_read"), *kills = json_object_get(cost, "kill_counter");
	const json_t *seen = json_object_get(cost, "kill_stores");
	size_t i;

	for (i = 0; i < json_array_size(samples) && o->num_samples < MAX_SAMPLES; i++)
		o->samples[o->num_samples++] = json_number_value(json_array_get(samples, i));
	o->units += reads;
	if (seen)
		marker_add_kills(o->section, (uint64_t)json_integer_value(json_array_get(seen, 0)),
				 (uint64_t)json_integer_value(json_array_get(seen, 1)));
	if (json_is_integer(kills)) {
		o->kills += (uint64_t)json_integer_value(kills);
		o->kill_source = "driver counters";
	}
	if (json_is_integer(kills) || marker_present()) {
		o->kill_units += reads;
		o->kill_tces += reads * s->tces;
	}
}

static bool take_answer(struct result *r, const char *answer)
{
	json_t *j = json_loads(answer, 0, NULL);
	uint64_t reads = (uint64_t)json_integer_value(json_object_get(j, "reads"));
	bool right = reads && !json_integer_value(json_object_get(j, "wrong_reads"));

	if (right) {
		take_cost(&r->ops[OP_MAP], r->scenario, json_object_get(j, "map"), reads);
		take_cost(&r->ops[OP_UNMAP], r->scenario, json_object_get(j, "unmap"), reads);
	}
	json_decref(j);
	return right;
}

void io_run(struct run *run, struct result *r)
{
	char device[64], command[PATH_MAX + 512], answer[4096];

	if (!nvme_in(run->groups.first, device, sizeof(device)) && !nvme_in(run->groups.second, device, sizeof(device))) {
		result_skip(r, "there is no NVMe disk in the IOMMU groups that are used");
		return;
	}
	if (write_command(command, sizeof(command), run, r, device)) {
		result_skip(r, "examples/nvme-direct is not built");
		return;
	}
	r->how = r->backend->batch ? "nvme-direct --native" : "nvme-direct --v2";
	if (backend_select(r->backend))
		result_fail(r, backend_error());
	else if (!read_answer(command, answer, sizeof(answer)) || !take_answer(r, answer))
		result_fail(r, answer[0] ? answer : "nvme-direct does not run");
}
