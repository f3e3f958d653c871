// SPDX-License-Identifier: GPL-2.0
#include "failnth.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

#define DEBUGFS	"/sys/kernel/debug/"

static int nth_fd = -1;

static bool write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool prepare(const char *kind)
{
	static const char *const fields[][2] = {
		{ "verbose", "0" }, { "ignore-gfp-wait", "N" }, { "min-order", "0" },
		{ "ignore-gfp-highmem", "N" }, { "probability", "0" }, { "times", "-1" },
		{ "task-filter", "N" },
	};
	char path[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		snprintf(path, sizeof(path), DEBUGFS "%s/%s", kind, fields[i][0]);
		if (!write_to(path, fields[i][1]) && i == 0)
			return false;
	}
	return true;
}

const char *failnth_open(void)
{
	bool slab = prepare("failslab"), page = prepare("fail_page_alloc");

	if (nth_fd < 0)
		nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (!slab || !page || nth_fd < 0)
		return "this kernel makes no allocation fail";
	diag("user copies fail, too: %s", prepare("fail_usercopy") ? "yes" : "no");
	return NULL;
}

bool failnth_set(long n)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", n);
	return pwrite(nth_fd, text, strlen(text), 0) > 0;
}

/* Reading and writing are user copies, and chances, themselves. */
bool failnth_failed(void)
{
	char text[32] = "";
	bool none = pread(nth_fd, text, sizeof(text) - 1, 0) <= 0 || strtol(text, NULL, 10) > 0;

	while (!failnth_set(0))
		;
	return !none;
}
