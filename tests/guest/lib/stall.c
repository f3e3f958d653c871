// SPDX-License-Identifier: GPL-2.0
#include "stall.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/userfaultfd.h>

#include "mem.h"

/* Root may wait for the kernel's own faults, too. */
static int uffd_open(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0 && ioctl(fd, UFFDIO_API, &api)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

const char *stall_possible(void)
{
	int fd = uffd_open();

	if (fd < 0)
		return "this kernel has no userfaultfd";
	close(fd);
	return NULL;
}

static bool open_missing(struct stall *s, size_t pages, size_t missing)
{
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	s->size = pages * mem_page();
	s->there = (pages - missing) * mem_page();
	s->fd = uffd_open();
	if (s->fd < 0)
		return false;
	s->mem = mmap(NULL, s->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->mem != MAP_FAILED) {
		reg.range.start = (uintptr_t)s->mem + s->there;
		reg.range.len = s->size - s->there;
		if (!ioctl(s->fd, UFFDIO_REGISTER, &reg))
			return true;
		munmap(s->mem, s->size);
	}
	close(s->fd);
	s->fd = -1;
	return false;
}

bool stall_open(struct stall *s, size_t pages)
{
	return open_missing(s, pages, pages);
}

bool stall_open_last(struct stall *s, size_t pages)
{
	return open_missing(s, pages, 1);
}

bool stall_seen(struct stall *s, int ms)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	struct uffd_msg msg;

	return poll(&p, 1, ms) == 1 && read(s->fd, &msg, sizeof(msg)) == sizeof(msg);
}

void stall_serve(struct stall *s, const void *bytes, size_t size)
{
	size_t missing = s->size - s->there;
	uint8_t *content = mem_alloc(missing);
	struct uffdio_copy copy = {
		.dst = (uintptr_t)s->mem + s->there,
		.src = (uintptr_t)content,
		.len = missing,
	};

	memcpy(content, bytes, size);
	while (ioctl(s->fd, UFFDIO_COPY, &copy) && errno == EAGAIN)
		copy.copy = 0;
	mem_free(content, missing);
}

void stall_close(struct stall *s)
{
	if (s->fd < 0)
		return;
	close(s->fd);
	munmap(s->mem, s->size);
	s->fd = -1;
}

static void *run(void *arg)
{
	struct async *a = arg;

	a->ret = a->call(a->arg);
	sem_post(&a->done);
	return NULL;
}

void async_start(struct async *a, int (*call)(void *arg), void *arg)
{
	a->call = call;
	a->arg = arg;
	sem_init(&a->done, 0, 0);
	a->started = !pthread_create(&a->thread, NULL, run, a);
	if (!a->started) {
		perror("pthread_create");
		exit(1);
	}
}

bool async_done(struct async *a, int ms)
{
	struct timespec until;
	int ret;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000l;
	if (until.tv_nsec >= 1000000000l) {
		until.tv_nsec -= 1000000000l;
		until.tv_sec++;
	}
	do
		ret = sem_timedwait(&a->done, &until);
	while (ret && errno == EINTR);
	if (!ret)
		sem_post(&a->done);	/* to be asked again */
	return !ret;
}

int async_result(struct async *a)
{
	if (a->started) {
		pthread_join(a->thread, NULL);
		sem_destroy(&a->done);
		a->started = false;
	}
	return a->ret;
}
