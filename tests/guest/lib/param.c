// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "param.h"
#include "tap.h"

#define FOLDER	"/sys/module/vfio_iommu_mtce/parameters/"

static struct {
	char name[32];
	long value;
} changed[8];
static size_t num_changed;

static FILE *open_param(const char *name, const char *mode)
{
	char path[128];

	snprintf(path, sizeof(path), FOLDER "%s", name);
	return fopen(path, mode);
}

long param_get(const char *name)
{
	FILE *f = open_param(name, "r");
	char text[32] = "";
	long ret = -1;

	if (!f)
		return -1;
	if (fscanf(f, "%31s", text) == 1)
		ret = *text == 'Y' ? 1 : *text == 'N' ? 0 : (long)strtoul(text, NULL, 10);
	fclose(f);
	return ret;
}

static int write_param(const char *name, long value)
{
	FILE *f = open_param(name, "w");

	if (!f)
		return -1;
	fprintf(f, "%ld", value);
	return fclose(f);
}

static void remember(const char *name)
{
	size_t i;

	for (i = 0; i < num_changed; i++)
		if (!strcmp(changed[i].name, name))
			return;
	if (num_changed == ARRAY_SIZE(changed))
		abort();
	snprintf(changed[num_changed].name, sizeof(changed->name), "%s", name);
	changed[num_changed++].value = param_get(name);
}

void param_set(const char *name, long value)
{
	remember(name);
	if (write_param(name, value))
		test_failed(__FILE__, __LINE__, "parameter %s cannot be set to %ld", name, value);
}

void param_restore(void)
{
	while (num_changed) {
		num_changed--;
		write_param(changed[num_changed].name, changed[num_changed].value);
	}
}
