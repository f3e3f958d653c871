// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "kprobe.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

#define TRACEFS "/sys/kernel/tracing/"
#define EVENT_NAME "mtce_bench/tce_kill"
#define EVENT TRACEFS "events/" EVENT_NAME "/"

/* Argument 3, the number of entries, is in the third argument register. */
#define PROBE "p:" EVENT_NAME " pnv_pci_ioda2_tce_invalidate npages=%gpr5:u64\n"

static bool probe_added, trigger_added;
static char trigger[128];

static bool append(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
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
		append(TRACEFS "kprobe_events", "-:" EVENT_NAME "\n");
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
	if (access(TRACEFS "kprobe_events", W_OK))
		return "tracefs is not mounted or has no kprobes";
	snprintf(trigger, sizeof(trigger), "hist:keys=common_pid:vals=npages if common_pid==%d",
		 (int)getpid());
	probe_added = append(TRACEFS "kprobe_events", PROBE);
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
	FILE *f = fopen(EVENT "hist", "re");
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
