// SPDX-License-Identifier: GPL-2.0
/* The sentence for a failure. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "internal.h"

static _Thread_local char sentence[320];

const char *mtce_error(void)
{
	return sentence;
}

int mtce_failed(int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(sentence, sizeof(sentence), format, ap);
	va_end(ap);
	return error;
}

int mtce_ioctl(int fd, unsigned long request, void *arg)
{
	int ret = ioctl(fd, request, arg);

	if (ret < 0)
		return -errno;
	return ret ? -EINVAL : 0;
}

const char *mtce_because(int error)
{
	switch (error) {
	case -EINVAL:
		return "an address, a size or a flag is not allowed (multiples of the window's page size; a map reads or writes)";
	case -ENXIO:
		return "the IOVAs do not lie inside one DMA window of the container";
	case -EEXIST:
		return "something is mapped there already and VFIO_MTCE_REPLACE was not given";
	case -ENOENT:
		return "this memory is not registered";
	case -ERANGE:
		return "the memory is not physically contiguous over a page of the window (use smaller pages, or huge pages)";
	case -EFAULT:
		return "memory of the program cannot be accessed";
	case -EPERM:
		return "the container belongs to another process, has no registered memory yet, or the platform does not allow it";
	case -EBUSY:
		return "it is in use (still mapped, or registered already)";
	case -ENOMEM:
		return "out of memory, or over the limit of locked memory (ulimit -l)";
	case -ENOSPC:
		return "both DMA windows are taken";
	case -ENODEV:
		return "the container has no group, or is being torn down";
	default:
		return strerror(-error);
	}
}
