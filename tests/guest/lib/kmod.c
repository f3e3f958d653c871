// SPDX-License-Identifier: GPL-2.0
#include "kmod.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tap.h"

/* It is built beside the tests. */
const char *kmod_load(const char *name, const char *parameters)
{
	static char why[128];
	char self[PATH_MAX] = "", path[PATH_MAX + 64];
	int fd, failed;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return "/proc is not there";
	snprintf(path, sizeof(path), "%s/../modules/%s.ko", dirname(self), name);
	snprintf(why, sizeof(why), "%s.ko is not built", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return why;
	failed = syscall(SYS_finit_module, fd, parameters, 0) && errno != EEXIST;
	snprintf(why, sizeof(why), "%s.ko cannot be loaded: %m", name);
	close(fd);
	return failed ? why : NULL;
}

void kmod_unload(const char *name)
{
	syscall(SYS_delete_module, name, 0);
}

static long number_in(const char *path)
{
	FILE *f = fopen(path, "r");
	long n = -1;

	if (f && fscanf(f, "%ld", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

long kmod_get(const char *name, const char *parameter)
{
	char path[256];

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", name, parameter);
	return number_in(path);
}

void kmod_set(const char *name, const char *parameter, long value)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", name, parameter);
	f = fopen(path, "w");
	CHECK(f && fprintf(f, "%ld", value) > 0 && !fclose(f));
}

long kmod_users(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", name);
	return number_in(path);
}
