/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A KVM guest (vmm/) whose TCE hypercalls reach the windows of a container. What KVM passes on is answered by
 * MAP_DMA and UNMAP_DMA, as QEMU does it.
 *
 * Functions return 0 or -errno and leave the sentence for the user in guest_error().
 */
#ifndef MTCE_BENCH_GUEST_H
#define MTCE_BENCH_GUEST_H

#include "../vmm/vmm.h"
#include "backend.h"
#include "count.h"
#include "memory.h"

#define GUEST_TABLES	2u
#define GUEST_MEMORY	0x100000000ull	/* guest address of the memory that is mapped for DMA */
#define GUEST_LIST	512u		/* TCEs in a list, at most */
#define GUEST_LISTS	1024u		/* lists in guest memory, at most */

/* What KVM and a window share. */
struct guest_table {
	int fd;
	unsigned int shift;	/* of the guest's pages */
	uint64_t start;
	uint64_t size;
};

struct guest {
	struct vmm vmm;
	struct container *container;
	const struct memory *memory;
	struct guest_table table[GUEST_TABLES];
	unsigned int num_tables;
	double run_cost;	/* instructions to enter the guest and to leave it */
	double null_cost;	/* of a hypercall that KVM refuses at once */
};

const char *guest_error(void);
/* The memory must be registered with the container. */
int guest_open(struct guest *g, struct container *c, const struct memory *memory);
/* The window at @start shall be the guest's, in pages of 2^@shift. The first table also calibrates. */
int guest_table(struct guest *g, unsigned int shift, uint64_t start, uint64_t size);
/* Before the container is closed: KVM forgets the tables. */
void guest_take_back(struct guest *g);
void guest_close(struct guest *g);

/* From now on unmaps by hypercall are lazy, or not. False: this module has no such parameter. */
bool guest_lazy(bool on);

uint64_t guest_liobn(unsigned int table);
uint64_t guest_exits(const struct guest *g);
/* Guest address of list number @i; its TCEs are @tces. */
uint64_t guest_list(struct guest *g, unsigned int i, const uint64_t *tces, unsigned int num);

/*
 * The guest makes the hypercalls; each must succeed. *@c: counted for all of them. The instructions are without
 * what it costs to enter the guest and to leave it.
 */
int guest_run(struct guest *g, struct vmm_call *calls, unsigned int num, struct count *c);

#endif
