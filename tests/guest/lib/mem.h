/* SPDX-License-Identifier: GPL-2.0 */
/* User memory, and what the kernel says that it holds of it. */
#ifndef MTCE_TEST_MEM_H
#define MTCE_TEST_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SZ_4K	0x1000ul
#define SZ_64K	0x10000ul
#define SZ_1M	0x100000ul
#define SZ_16M	0x1000000ul
#define SZ_64M	0x4000000ul
#define SZ_2G	0x80000000ul

size_t mem_page(void);			/* the system's page size */
void *mem_alloc(size_t size);		/* touched; dies if there is none */
void *mem_alloc_shared(size_t size);	/* with children */
void *mem_map_clean(size_t size);	/* in the page cache, read but never written; NULL: cannot be had, or known */
void *mem_alloc_huge(void);		/* one 16 MiB page, or NULL */
bool mem_huge_free(void);
void mem_free(void *p, size_t size);

long mem_locked_kb(pid_t pid);		/* VmLck, which is locked_vm; 0 = this process */
long mem_pins(void);			/* pages pinned in the whole system, once that stands still */
bool mem_locked_returns_to(long kb);	/* waits for 5 s: a worker lets go of it */
bool mem_pins_return_to(long pins);	/* waits: unpinning may be left to RCU */
long mem_info_kb(const char *name);	/* a line of /proc/meminfo: "MemFree:" */
long mem_unmoved(void);			/* pages that the kernel wanted to migrate and could not, since the boot */
int mem_is_dirty(void *p);		/* is this page? -1: cannot be known */

#endif
