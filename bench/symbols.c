// SPDX-License-Identifier: GPL-2.0
#include "symbols.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

static struct symbol *all;
static size_t num;

static bool begins(const char *name, const char *with)
{
	return !strncmp(name, with, strlen(with));
}

/* The platform's part of what a back end does: set, clear and kill TCEs, look up pinned memory. */
static bool of_iommu(const char *name)
{
	return begins(name, "iommu_") || begins(name, "pnv_") || begins(name, "mm_iommu_");
}

static enum count_room room_of(const char *name, const char *module)
{
	if (begins(module, "[vfio_iommu_"))
		return COUNT_ROOM_BACKEND;
	if (begins(module, "[vfio"))
		return COUNT_ROOM_VFIO;
	return of_iommu(name) ? COUNT_ROOM_IOMMU : COUNT_ROOM_KERNEL;
}

/*
 * Windows are set and unset by functions of many names; entries are killed by one.
 * Interrupts that came while the kernel had them off are handled by a function, and
 * those that a guest was interrupted by when KVM has left it. Firmware is entered by
 * what otherwise ends an interrupt.
 */
static uint32_t flags_of(const char *name, enum count_room room)
{
	uint32_t flags = 0;

	if (room == COUNT_ROOM_IOMMU && strcmp(name, "pnv_pci_ioda2_tce_invalidate"))
		flags |= COUNT_KILLS_APART;
	if (strstr(name, "replay_soft_interrupts"))
		flags |= COUNT_REPLAYS;
	if (!strcmp(name, "_switch"))
		flags |= COUNT_DISTURBS;
	if (!strcmp(name, "__opal_call"))
		flags |= COUNT_RETURNS_NOT;
	if (begins(name, "kvmppc_interrupt"))
		flags |= COUNT_DISTURBS_INTERRUPT;
	return flags;
}

static void add(uint64_t start, enum count_room room, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		die("out of memory");
	all[num++] = (struct symbol){
		.start = start,
		.room = room,
		.flags = flags_of(name, room),
		.name = copy,
	};
}

static void add_line(const char *line)
{
	char type, name[256], module[64] = "";
	unsigned long long start;

	if (sscanf(line, "%llx %c %255s %63s", &start, &type, name, module) >= 3 &&
	    strchr("tTwW", type) && start)
		add(start, room_of(name, module), name);
}

static int compare(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void read_all(void)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[512];

	all = xcalloc(COUNT_MAX_FUNCTIONS, sizeof(*all));
	add(0, COUNT_ROOM_USER, "user space");
	while (f && num < COUNT_MAX_FUNCTIONS && fgets(line, sizeof(line), f))
		add_line(line);
	if (f)
		fclose(f);
	if (num == 1)
		die("/proc/kallsyms tells no addresses (see kernel.kptr_restrict)");
	qsort(all, num, sizeof(*all), compare);
}

const struct symbol *symbols_get(size_t *n)
{
	if (!all)
		read_all();
	*n = num;
	return all;
}
