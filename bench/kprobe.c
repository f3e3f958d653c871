// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "kprobe.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

/* Older distributions have it mounted at the second place only. */
static const char * const tracefs[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
#define EVENT_NAME "mtce_bench/tce_kill"
#define EVENT "events/" EVENT_NAME "/"

/* Argument 3, the number of entries, is in the third argument register. */
#define PROBE "p:" EVENT_NAME " pnv_pci_ioda2_tce_invalidate npages=%gpr5:u64\n"

static bool probe_added, trigger_added;
static char trigger[128];

/* A file of tracefs, or of the first place where none is. */
static const char *path_of(const char *name)
{
	static char path[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tracefs); i++) {
		snprintf(path, sizeof(path), "%s/%s", tracefs[i], name);
		if (!access(path, F_OK))
			return path;
	}
	return path;
}

static bool append(const char *name, const char *text)
{
	int fd = open(path_of(name), O_WRONLY | O_APPEND | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return false;
	ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return ok;
}

static void remove_all(void)
{
	char undo[sizeof(trigger) + 1];

	if (trigger_added) {
		snprintf(undo, sizeof(undo), "!%s", trigger);
		append(EVENT "trigger", undo);
	}
	if (probe_added)
		append("kprobe_events", "-:" EVENT_NAME "\n");
	trigger_added = false;
	probe_added = false;
}

const char *kprobe_begin(void)
{
	static bool registered;

	if (!registered) {
		registered = true;
		atexit(remove_all);
	}
	if (access(path_of("kprobe_events"), W_OK))
		return "tracefs is not mounted, has no kprobes, or is closed by lockdown";
	snprintf(trigger, sizeof(trigger), "hist:keys=common_pid:vals=npages if common_pid==%d",
		 (int)getpid());
	probe_added = append("kprobe_events", PROBE);
	if (!probe_added)
		return "no kprobe on pnv_pci_ioda2_tce_invalidate";
	trigger_added = append(EVENT "trigger", trigger);
	if (trigger_added)
		return NULL;
	remove_all();
	return "this kernel has no histogram triggers";
}

uint64_t kprobe_end(void)
{
	FILE *f = fopen(path_of(EVENT "hist"), "re");
	char line[256];
	uint64_t sum = 0;

	while (f && fgets(line, sizeof(line), f)) {
		const char *value = line[0] == '{' ? strstr(line, "npages:") : NULL;

		if (value)
			sum += strtoull(value + strlen("npages:"), NULL, 10);
	}
	if (f)
		fclose(f);
	remove_all();
	return sum;
}
