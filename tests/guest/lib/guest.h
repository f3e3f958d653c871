/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A KVM guest (vmm/) beside the box: its memory is registered, and its table is handed to KVM with the
 * box's first group. What KVM passes on is answered by MAP_DMA and UNMAP_DMA of the box, as QEMU does it.
 */
#ifndef MTCE_TEST_GUEST_H
#define MTCE_TEST_GUEST_H

#include "fixture.h"
#include "vmm.h"

#define LIOBN		0x80000001ul
#define GUEST_SIZE	SZ_16M
#define LIST		VMM_FREE			/* in the guest, for H_PUT_TCE_INDIRECT */
#define LIST_LENGTH	512u
#define PAGE(i)		(VMM_FREE + SZ_64K * (1 + (i)))	/* in the guest, for DMA */

extern struct vmm vm;
extern int guest_table_fd;	/* -1: none */

/* Both fail the test. */
void guest_open(size_t size, int vcpus);
void guest_table(unsigned int shift, uint64_t start, uint64_t size);
/* KVM forgets group and table; the machine stays. */
void guest_table_close(void);
/* Closes whatever is open. The memory is unregistered if the box still has it; windows should have gone before. */
void guest_close(void);

/* Memory beside vm.memory; plugged in where @host is not NULL. Not registered. */
#define EXTRA		0x100000000ul			/* guest address */
int guest_extra(void *host, size_t size);
/* What the device sees: host memory of a guest address. */
void *guest_at(uint64_t gpa);

/* Hypercalls of the first CPU; they return the H_ code. */
int64_t hput(uint64_t ioba, uint64_t tce);
int64_t hstuff(uint64_t ioba, uint64_t num);
/* @num TCEs for guest pages of @step bytes from @gpa on. */
int64_t hlist(uint64_t ioba, uint64_t gpa, uint64_t step, unsigned int num);
void guest_list(uint64_t gpa, uint64_t step, unsigned int num);

/* Hypercalls that went to user space. */
uint64_t guest_exits(void);

/* The hypercall succeeds, and in the kernel. Leaves the function otherwise. */
#define IN_KERNEL(call) do {						\
	uint64_t was_ = guest_exits();					\
	CHECK_IS(call, H_SUCCESS);					\
	CHECK_IS(guest_exits() - was_, 0);				\
} while (0)

/* KVM passes it on. */
#define PASSED_ON(call, expected) do {					\
	uint64_t was_ = guest_exits();					\
	CHECK_IS(call, expected);					\
	CHECK_IS(guest_exits() - was_, 1);				\
} while (0)

#endif
