// SPDX-License-Identifier: GPL-2.0
#include "marker.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util.h"

#define MARKER_REGISTER 4	/* bytes: the edu device's "liveness" register */

static volatile uint32_t *marker;
static volatile uint32_t *identity;	/* read-only, at the start */

/* Memory decoding must be on before the first access, or the store is lost. */
static void enable_device(const char *resource)
{
	const char *slash = strrchr(resource, '/');
	char path[512];

	if (!slash)
		die("MTCE_MARKER=%s is not the path of a sysfs resource0", resource);
	snprintf(path, sizeof(path), "%.*s/enable", (int)(slash - resource),
		 resource);
	if (!file_read_number(path) && !setting_change(path, "1"))
		die("cannot enable the marker device by %s: %s", path,
		    strerror(errno));
}

void marker_open(void)
{
	const char *resource = getenv("MTCE_MARKER");
	void *map;
	int fd;

	if (!resource || !*resource)
		return;
	enable_device(resource);
	fd = open(resource, O_RDWR | O_SYNC | O_CLOEXEC);
	if (fd < 0)
		die("cannot open MTCE_MARKER=%s: %s", resource, strerror(errno));
	map = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
		   MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		die("cannot map MTCE_MARKER=%s: %s", resource, strerror(errno));
	identity = map;
	marker = (volatile uint32_t *)((char *)map + MARKER_REGISTER);
}

bool marker_present(void)
{
	return marker;
}

void marker_write(uint32_t section)
{
	if (!marker)
		return;
	__sync_synchronize();
	*marker = htobe32(section);	/* the device's registers are big-endian */
	__sync_synchronize();
}

void marker_store(void)
{
	if (identity)
		*identity = 0;
}
