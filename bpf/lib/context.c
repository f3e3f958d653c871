// SPDX-License-Identifier: GPL-2.0
/* Where a measurement was made. The same members as bench/context.c writes. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "context.h"

bool mtce_emulated(void)
{
	char text[256] = "";
	FILE *f = fopen("/proc/device-tree/compatible", "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	return memmem(text, n, "qemu", 4);
}

/* Text that is no UTF-8 becomes null. */
static void set_text(json_t *o, const char *key, const char *value)
{
	json_t *text = json_string(value);

	json_object_set_new(o, key, text ? text : json_null());
}

static json_t *machine(void)
{
	static const char *const keys[] = { "cpu", "revision", "platform", "model" };
	json_t *found = json_object();
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[512], *colon;
	size_t i;

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		colon = strstr(line, ": ");
		if (!colon)
			continue;
		line[strcspn(line, "\t:")] = '\0';
		for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
			if (!strcmp(line, keys[i]) && !json_object_get(found, keys[i]))
				set_text(found, keys[i], colon + 2);
	}
	if (f)
		fclose(f);
	return found;
}

static json_t *modules(void)
{
	static const char *const names[] = { "vfio_iommu_spapr_tce", "vfio_iommu_mtce" };
	json_t *found = json_object();
	char path[128], line[128];
	size_t i;
	FILE *f;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "/sys/module/%s/srcversion", names[i]);
		f = fopen(path, "re");
		if (f && fgets(line, sizeof(line), f)) {
			line[strcspn(line, "\n")] = '\0';
			set_text(found, names[i], line);
		} else {
			json_object_set_new(found, names[i], json_null());
		}
		if (f)
			fclose(f);
	}
	return found;
}

json_t *mtce_context(int argc, char **argv)
{
	json_t *context = json_object(), *command = json_array();
	time_t now = time(NULL);
	struct utsname u;
	char date[64];
	struct tm utc;
	int i;

	if (!uname(&u)) {
		set_text(context, "kernel", u.release);
		set_text(context, "kernel_build", u.version);
		set_text(context, "arch", u.machine);
		set_text(context, "host", u.nodename);
	}
	json_object_set_new(context, "page_size", json_integer(sysconf(_SC_PAGESIZE)));
	json_object_set_new(context, "cpus_online", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
	json_object_set_new(context, "machine", machine());
	json_object_set_new(context, "module_srcversions", modules());
	for (i = 0; i < argc; i++)
		json_array_append_new(command, json_string(argv[i]));
	json_object_set_new(context, "command", command);
	gmtime_r(&now, &utc);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &utc);
	set_text(context, "date", date);
	json_object_set_new(context, "emulated", json_boolean(mtce_emulated()));
	return context;
}
