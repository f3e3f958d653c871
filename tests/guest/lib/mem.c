// SPDX-License-Identifier: GPL-2.0
#include "mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/membarrier.h>

#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif
#define MAP_HUGE_16M (24 << MAP_HUGE_SHIFT)
#define HUGE "/sys/kernel/mm/hugepages/hugepages-16384kB/free_hugepages"

size_t mem_page(void)
{
	return sysconf(_SC_PAGESIZE);
}

static void *alloc(size_t size, int flags)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       flags | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	memset(p, 0, size);
	return p;
}

void *mem_alloc(size_t size)
{
	return alloc(size, MAP_PRIVATE);
}

void *mem_alloc_shared(size_t size)
{
	return alloc(size, MAP_SHARED);
}

/*
 * Linux 6.12 with 4K pages on the hash MMU never comes back from pinning the
 * later parts of a 16 MiB page, whatever back end asks: there is none to use.
 */
bool mem_huge_free(void)
{
	FILE *f = mem_page() < SZ_64K ? NULL : fopen(HUGE, "r");
	int n = 0;

	if (!f)
		return false;
	if (fscanf(f, "%d", &n) != 1)
		n = 0;
	fclose(f);
	return n > 0;
}

void *mem_alloc_huge(void)
{
	void *p = mmap(NULL, SZ_16M, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_16M,
		       -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	memset(p, 0, SZ_16M);
	return p;
}

/*
 * Shared memory whose pages a read has brought in. A store's fault would mark a page dirty at once, and a page of
 * tmpfs then stays so; on other file systems the kernel refuses long-term pins.
 */
void *mem_map_clean(size_t size)
{
	volatile uint8_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t at;

	if (p == MAP_FAILED)
		return NULL;
	for (at = 0; at < size; at += mem_page()) {
		(void)p[at];
		if (mem_is_dirty((void *)(p + at))) {
			munmap((void *)p, size);
			return NULL;
		}
	}
	return (void *)p;
}

void mem_free(void *p, size_t size)
{
	munmap(p, size);
}

/* The number behind a line's name, or -1. */
static long number_in(const char *path, const char *name)
{
	FILE *f = fopen(path, "r");
	char line[256];
	size_t len = strlen(name);
	long value = -1;

	if (!f)
		return -1;
	while (value < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len))
			value = strtol(line + len, NULL, 10);
	fclose(f);
	return value;
}

long mem_locked_kb(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", pid ? pid : getpid());
	return number_in(path, "VmLck:");
}

long mem_info_kb(const char *name)
{
	return number_in("/proc/meminfo", name);
}

long mem_unmoved(void)
{
	return number_in("/proc/vmstat", "pgmigrate_fail ");
}

static long pins_now(void)
{
	return number_in("/proc/vmstat", "nr_foll_pin_acquired ") -
	       number_in("/proc/vmstat", "nr_foll_pin_released ");
}

/*
 * The kernel leaves some unpinning to RCU: wait for a grace period, then for
 * two equal readings. CPUs count for themselves until told to add up.
 */
long mem_pins(void)
{
	long now, last = -1;
	int tries;

	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	for (tries = 0; tries < 50; tries++) {
		number_in("/proc/sys/vm/stat_refresh", "");
		now = pins_now();
		if (now == last)
			break;
		last = now;
		usleep(30000);
	}
	return now;
}

bool mem_pins_return_to(long pins)
{
	int tries;

	for (tries = 0; tries < 40; tries++) {
		if (mem_pins() == pins)
			return true;
		usleep(50000);
	}
	printf("# %ld pages are still pinned\n", mem_pins() - pins);
	return false;
}

bool mem_locked_returns_to(long kb)
{
	int tries;

	for (tries = 0; tries < 100; tries++) {
		if (mem_locked_kb(0) == kb)
			return true;
		usleep(50000);
	}
	printf("# %ld KiB are still locked\n", mem_locked_kb(0) - kb);
	return false;
}

#define KPF_DIRTY 4

int mem_is_dirty(void *p)
{
	uint64_t pfn = 0, flags = 0;
	FILE *map = fopen("/proc/self/pagemap", "r");
	FILE *kpf = fopen("/proc/kpageflags", "r");
	int ret = -1;

	if (map && kpf &&
	    !fseeko(map, (uintptr_t)p / mem_page() * 8, SEEK_SET) &&
	    fread(&pfn, 8, 1, map) == 1 && pfn >> 63 &&
	    !fseeko(kpf, (pfn & ((1ull << 55) - 1)) * 8, SEEK_SET) &&
	    fread(&flags, 8, 1, kpf) == 1)
		ret = flags >> KPF_DIRTY & 1;
	if (map)
		fclose(map);
	if (kpf)
		fclose(kpf);
	return ret;
}
