// SPDX-License-Identifier: GPL-2.0
#include "resource.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util.h"

/* Memory decoding must be on before the first access, or the store is lost. */
static void enable_device(const char *name, const char *resource)
{
	const char *slash = strrchr(resource, '/');
	char path[512];

	if (!slash)
		die("%s=%s is not the path of a sysfs resource", name, resource);
	snprintf(path, sizeof(path), "%.*s/enable", (int)(slash - resource),
		 resource);
	if (!file_read_number(path) && !setting_change(path, "1"))
		die("cannot enable the device of %s by %s: %s", name, path, strerror(errno));
}

void *resource_map(const char *name, size_t size)
{
	const char *resource = getenv(name);
	void *map;
	int fd;

	if (!resource || !*resource)
		return NULL;
	enable_device(name, resource);
	fd = open(resource, O_RDWR | O_SYNC | O_CLOEXEC);
	if (fd < 0)
		die("cannot open %s=%s: %s", name, resource, strerror(errno));
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		die("cannot map %s=%s: %s", name, resource, strerror(errno));
	return map;
}
