// SPDX-License-Identifier: GPL-2.0
/* needs: bench/workload.c */
/* A workload on the command line becomes the scenario that it says, or is refused. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "../../bench/plan.h"
#include "../../bench/util.h"
#include "../../bench/workload.h"

/* Words of a command line. 0: taken. */
static int taken(struct workload *w, const char *words)
{
	char line[256], *argv[16] = { "mtce-bench" }, *rest = line;
	int argc = 1;

	snprintf(line, sizeof(line), "%s", words);
	while ((argv[argc] = strsep(&rest, " ")))
		argc++;
	*w = workload_default;
	return argp_parse(&workload_argp, argc, argv, ARGP_NO_EXIT | ARGP_NO_ERRS, NULL, w);
}

static void scenario(void)
{
	struct workload w;
	struct scenario s;

	assert(!taken(&w, "--call list --pages 8192 --batch 512 --order scattered --tce-page 64k --time 7"));
	assert(w.wanted && w.seconds == 7);
	s = workload_scenario(&w);
	assert(!strcmp(s.name, "64k-own-list-512-scattered"));
	assert(!strcmp(s.sentence, "own workload: 8192 64k pages, scattered, 512 in a call"));
	assert(s.work == WORK_LIST && s.order == SCATTERED && s.tces == 512 && s.piece == 1 && s.units == 16);
	assert(s.page_shift == 16 && s.rig.page_shift == 16 && s.rig.levels == 1 && s.rig.tables == 1);
	assert(!s.lazy && !s.lazy_mode && s.headline);
}

/* A range is mapped in one piece; a lazy unmap is the call's or the container's. */
static void kinds(void)
{
	struct workload w;

	assert(!taken(&w, "--call map --batch 8"));
	assert(workload_scenario(&w).piece == 8);
	assert(!taken(&w, "--call map --lazy") && workload_scenario(&w).lazy_mode);
	assert(!taken(&w, "--call update --lazy") && workload_scenario(&w).lazy);
}

static void nothing_said(void)
{
	struct workload w;

	assert(!taken(&w, "--batch 64") && w.wanted);
	w = workload_default;
	assert(!w.wanted && w.pages % w.batch == 0);
}

static void refused(void)
{
	static const char * const words[] = {
		"--pages 100 --batch 64", "--pages 0", "--pages 16385", "--batch 4097", "--batch -1", "--batch 8x",
		"--order random", "--call hypercall", "--tce-page 2m", "--time 0", "--time 3601", "--pages",
	};
	struct workload w;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		assert(taken(&w, words[i]));
}

/* As many as are allowed fit the window. */
static void fits(void)
{
	assert(WORKLOAD_MOST_PAGES <= WINDOW_TCES);
}

int main(void)
{
	scenario();
	kinds();
	nothing_said();
	refused();
	fits();
	return 0;
}
