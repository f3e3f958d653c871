// SPDX-License-Identifier: GPL-2.0
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cpus.h"
#include "util.h"

void process_prepare(void)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	if (geteuid())
		die("must be root: it opens VFIO groups, counts instructions and sets module parameters");
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	cpus_choose();
}

int process_group(int option)
{
	const char *groups = getenv("MTCE_GROUPS");

	if (option >= 0)
		return option;
	if (!groups || !*groups)
		die("no IOMMU group is named: use --group N or MTCE_GROUPS, or let scripts/mtce-host choose a device");
	return atoi(groups);
}

int process_second_group(int first)
{
	const char *groups = getenv("MTCE_GROUPS");
	char *end;

	while (groups && *groups) {
		long group = strtol(groups, &end, 10);

		if (end == groups)
			break;
		if (group != first)
			return (int)group;
		groups = end + strspn(end, ", ");
	}
	return -1;
}

const char *process_output(const char *option, const char *name, char *buf, size_t size)
{
	const char *dir = getenv("MTCE_OUT");

	if (option)
		return option;
	snprintf(buf, size, "%s%s%s", dir ? dir : "", dir && *dir ? "/" : "", name);
	return buf;
}
