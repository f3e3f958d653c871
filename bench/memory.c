// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "memory.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util.h"

#define HUGE_SHIFT 24
#define HUGE_PAGE ((size_t)1 << HUGE_SHIFT)
#define HUGE_DIR "/sys/kernel/mm/hugepages/hugepages-16384kB/"
#define HUGE_WANTED 64	/* 1 GiB */

#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif

static struct memory normal, huge;
static const char *huge_failure;

static size_t free_memory(void)
{
	return (size_t)sysconf(_SC_AVPHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
}

bool memory_make(struct memory *m, size_t size)
{
	*m = (struct memory) { .page = (size_t)sysconf(_SC_PAGESIZE) };
	if (free_memory() < size)
		return false;
	m->base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m->base == MAP_FAILED)
		return false;
	/* Whether a huge page comes along must not depend on luck. */
	madvise(m->base, size, MADV_NOHUGEPAGE);
	memset(m->base, 1, size);
	m->size = size;
	return true;
}

void memory_unmake(struct memory *m)
{
	if (m->size)
		munmap(m->base, m->size);
	m->size = 0;
}

static const struct memory *normal_get(size_t size)
{
	if (normal.size >= size)
		return &normal;
	memory_unmake(&normal);
	if (!memory_make(&normal, size))
		die("the bench maps %zu MiB of memory, and only %zu MiB are free",
		    size >> 20, free_memory() >> 20);
	return &normal;
}

/* How many huge pages there are for us, after asking the kernel for more. */
static size_t huge_reserve(void)
{
	long long have = file_read_number(HUGE_DIR "nr_hugepages");
	long long avail = file_read_number(HUGE_DIR "free_hugepages");
	size_t spare = free_memory() / 2 / HUGE_PAGE;
	char text[32];

	if (have < 0 || avail < 0)
		return 0;
	if (avail < HUGE_WANTED) {
		long long more = HUGE_WANTED - avail;

		if ((size_t)more > spare)
			more = (long long)spare;
		snprintf(text, sizeof(text), "%lld", have + more);
		setting_change(HUGE_DIR "nr_hugepages", text);
		avail = file_read_number(HUGE_DIR "free_hugepages");
	}
	return avail > HUGE_WANTED ? HUGE_WANTED : (size_t)avail;
}

static char *huge_map(size_t pages)
{
	char *base = mmap(NULL, pages * HUGE_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB |
			  (HUGE_SHIFT << MAP_HUGE_SHIFT), -1, 0);

	if (base == MAP_FAILED)
		return NULL;
	memset(base, 1, pages * HUGE_PAGE);
	return base;
}

/*
 * Pins a page in every MiB of a huge page, for writing: process_vm_writev().
 * Linux 6.12 with 4K pages on the hash MMU never comes back from beyond the
 * first 2 MiB of a 16 MiB page. It does honour a fatal signal, so a child asks,
 * with a page of its own: an inherited one would be copied first.
 */
#define PROBES 16
static void probe_child(void)
{
	char bytes[PROBES] = "", *base = huge_map(1);
	struct iovec local = { bytes, sizeof(bytes) }, remote[PROBES];
	size_t i;

	if (!base)
		_exit(1);
	for (i = 0; i < PROBES; i++)
		remote[i] = (struct iovec) { base + i * (HUGE_PAGE / PROBES), 1 };
	signal(SIGALRM, SIG_DFL);
	alarm(5);
	_exit(process_vm_writev(getpid(), &local, 1, remote, PROBES, 0) != PROBES);
}

/* NULL if it can pin them. */
static const char *huge_unpinnable(void)
{
	pid_t child = fork();
	int status;

	if (!child)
		probe_child();
	if (child < 0 || waitpid(child, &status, 0) != child)
		return "no process could be started to try 16 MiB huge pages";
	if (WIFSIGNALED(status))
		return "this kernel hangs when it pins 16 MiB huge pages";
	return WEXITSTATUS(status) ? "16 MiB huge pages cannot be mapped or pinned" : NULL;
}

static const char *huge_alloc(void)
{
	const char *why;
	size_t pages;

	if (access(HUGE_DIR, F_OK))
		return "this kernel has no 16 MiB huge pages";
	pages = huge_reserve();
	if (!pages)
		return "no 16 MiB huge page could be reserved (see nr_hugepages)";
	why = huge_unpinnable();
	if (why)
		return why;
	huge.base = huge_map(pages);
	if (!huge.base)
		return "reserved 16 MiB huge pages could not be mapped";
	huge.size = pages * HUGE_PAGE;
	huge.page = HUGE_PAGE;
	return NULL;
}

const struct memory *memory_get_huge(const char **why)
{
	if (!huge.size && !huge_failure)
		huge_failure = huge_alloc();
	*why = huge_failure;
	return huge.size ? &huge : NULL;
}

const struct memory *memory_get(size_t page, size_t size, const char **why)
{
	if (page <= (size_t)sysconf(_SC_PAGESIZE))
		return normal_get(size);
	return memory_get_huge(why);
}

void memory_free_all(void)
{
	memory_unmake(&normal);
	memory_unmake(&huge);
}
