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
#define CPUS "/sys/devices/system/cpu"
#define GROUPS "/sys/kernel/iommu_groups"

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

/* Every file of a folder is a name and a line. */
static void add_folder(json_t *context, const char *key, const char *folder)
{
	json_t *values = json_object();
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[512], text[512];

	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.' && file_read_line(path, text, sizeof(text)))
			set_text(values, entry->d_name, text);
	}
	if (dir)
		closedir(dir);
	json_object_set_new(context, key, values);
}

/* null where the machine does not say. */
static void add_line(json_t *context, const char *key, const char *path)
{
	char text[512];

	if (file_read_line(path, text, sizeof(text)))
		set_text(context, key, text);
	else
		json_object_set_new(context, key, json_null());
}

/* What makes the same code take another time. */
static void add_settings(json_t *context)
{
	add_line(context, "smt", CPUS "/smt/control");
	add_line(context, "cpu0_threads", CPUS "/cpu0/topology/thread_siblings_list");
	add_line(context, "governor", CPUS "/cpu0/cpufreq/scaling_governor");
	add_line(context, "firmware", "/proc/device-tree/ibm,opal/firmware/version");
	add_line(context, "load_average", "/proc/loadavg");
	add_folder(context, "mitigations", CPUS "/vulnerabilities");
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
	add_settings(context);
	add_folder(context, "mtce_parameters", MTCE_PARAMETERS);
	add_invocation(context, argc, argv);
	json_object_set_new(context, "emulated", json_boolean(emulated()));
	if (file)
		add_file(context, file);
	return context;
}

/* The root bus of the device's domain belongs to it. */
static void add_bridge(json_t *group, const char *device)
{
	char path[512];

	snprintf(path, sizeof(path), "/sys/class/pci_bus/%.4s:00/of_node/compatible", device);
	add_line(group, "bridge", path);
}

void context_add_group(json_t *context, int number)
{
	json_t *group = json_object(), *devices = json_array();
	struct dirent *entry;
	char path[128];
	DIR *dir;

	json_object_set_new(group, "number", json_integer(number));
	/* The platform's name for it: domain and PE. */
	snprintf(path, sizeof(path), GROUPS "/%d/name", number);
	add_line(group, "name", path);
	snprintf(path, sizeof(path), GROUPS "/%d/devices", number);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (!json_array_size(devices))
			add_bridge(group, entry->d_name);
		json_array_append_new(devices, json_string(entry->d_name));
	}
	if (dir)
		closedir(dir);
	json_object_set_new(group, "devices", devices);
	json_object_set_new(context, "iommu_group", group);
}
