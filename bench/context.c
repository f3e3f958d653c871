// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "context.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

#define MTCE_PARAMETERS "/sys/module/vfio_iommu_mtce/parameters"

static void set_text(json_t *o, const char *key, const char *value)
{
	json_t *text = json_string(value);

	json_object_set_new(o, key, text ? text : json_null());
}

static void add_kernel(json_t *context)
{
	struct utsname u;
	char cmdline[1024];

	if (!uname(&u)) {
		set_text(context, "kernel", u.release);
		set_text(context, "kernel_build", u.version);
		set_text(context, "arch", u.machine);
		set_text(context, "host", u.nodename);
	}
	if (file_read_line("/proc/cmdline", cmdline, sizeof(cmdline)))
		set_text(context, "kernel_command_line", cmdline);
	json_object_set_new(context, "page_size", json_integer(sysconf(_SC_PAGESIZE)));
	json_object_set_new(context, "cpus_online", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
}

/* Those lines of /proc/cpuinfo that say what the machine is. */
static void add_machine(json_t *context)
{
	static const char * const keys[] = {
		"cpu", "revision", "platform", "model", "machine", "firmware", "MMU", "model name",
	};
	json_t *machine = json_object();
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[512], *colon;
	size_t i;

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		colon = strstr(line, ": ");
		if (!colon)
			continue;
		line[strcspn(line, "\t:")] = '\0';
		for (i = 0; i < ARRAY_SIZE(keys); i++)
			if (!strcmp(line, keys[i]) && !json_object_get(machine, keys[i]))
				set_text(machine, keys[i], colon + 2);
	}
	if (f)
		fclose(f);
	json_object_set_new(context, "machine", machine);
}

/* QEMU names itself in the device tree; hardware does not. */
static bool emulated(void)
{
	char text[256] = "";
	FILE *f = fopen("/proc/device-tree/compatible", "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	return memmem(text, n, "qemu", 4);
}

static void add_modules(json_t *context)
{
	static const char * const names[] = { "vfio_iommu_spapr_tce", "vfio_iommu_mtce" };
	json_t *modules = json_object();
	char path[128], text[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "/sys/module/%s/srcversion", names[i]);
		if (file_read_line(path, text, sizeof(text)))
			set_text(modules, names[i], text);
		else
			json_object_set_new(modules, names[i], json_null());
	}
	json_object_set_new(context, "module_srcversions", modules);
}

static void add_parameters(json_t *context)
{
	json_t *parameters = json_object();
	DIR *dir = opendir(MTCE_PARAMETERS);
	struct dirent *entry;
	char path[512], text[128];

	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), MTCE_PARAMETERS "/%s", entry->d_name);
		if (entry->d_name[0] != '.' && file_read_line(path, text, sizeof(text)))
			set_text(parameters, entry->d_name, text);
	}
	if (dir)
		closedir(dir);
	json_object_set_new(context, "mtce_parameters", parameters);
}

static void add_invocation(json_t *context, int argc, char **argv)
{
	json_t *command = json_array();
	time_t now = time(NULL);
	struct tm utc;
	char text[64];
	int i;

	for (i = 0; i < argc; i++)
		json_array_append_new(command, json_string(argv[i]));
	json_object_set_new(context, "command", command);
	gmtime_r(&now, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	set_text(context, "date", text);
}

static void add_file(json_t *context, const char *file)
{
	json_error_t error;
	json_t *more = json_load_file(file, 0, &error);

	if (!more)
		die("--context %s: line %d: %s", file, error.line, error.text);
	if (!json_is_object(more))
		die("--context %s must hold a JSON object", file);
	json_object_update(context, more);
	json_decref(more);
}

json_t *context_make(const char *file, int argc, char **argv)
{
	json_t *context = json_object();

	add_kernel(context);
	add_machine(context);
	add_modules(context);
	add_parameters(context);
	add_invocation(context, argc, argv);
	json_object_set_new(context, "emulated", json_boolean(emulated()));
	if (file)
		add_file(context, file);
	return context;
}
