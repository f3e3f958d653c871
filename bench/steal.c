// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "steal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "util.h"

#define MAX_CPUS 64

static int schedstat[MAX_CPUS];	/* files; 0: none */
static bool known;

static void thread_look(const char *dir, const char *tid)
{
	char path[512], name[64];
	unsigned int cpu;

	snprintf(path, sizeof(path), "%s/%s/comm", dir, tid);
	if (!file_read_line(path, name, sizeof(name)) ||
	    sscanf(name, "CPU %u/TCG", &cpu) != 1 || cpu >= MAX_CPUS)
		return;
	snprintf(path, sizeof(path), "%s/%s/schedstat", dir, tid);
	schedstat[cpu] = open(path, O_RDONLY | O_CLOEXEC);
	if (schedstat[cpu] > 0)
		known = true;
}

void steal_open(void)
{
	const char *path = getenv("MTCE_STEAL");
	DIR *dir = path && *path ? opendir(path) : NULL;
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			thread_look(path, entry->d_name);
	if (dir)
		closedir(dir);
}

bool steal_known(void)
{
	return known;
}

uint64_t steal_ns(int cpu)
{
	unsigned long long ran, waited;
	char text[128];
	ssize_t n;

	if (cpu < 0 || cpu >= MAX_CPUS || schedstat[cpu] <= 0)
		return 0;
	n = pread(schedstat[cpu], text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	return sscanf(text, "%llu %llu", &ran, &waited) == 2 ? waited : 0;
}
