/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtual machine monitor for tests and benchmarks of TCE hypercalls: an HV guest that does one thing, a
 * batch of hypercalls in real mode. No device, no firmware, no QEMU.
 *
 * Calls return 0 or a file descriptor, or a negative errno.
 */
#ifndef MTCE_VMM_H
#define MTCE_VMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VMM_VCPUS	4		/* at most */
#define VMM_CALLS	1024u		/* of one batch, at most */
#define VMM_FREE	0x100000ul	/* guest memory from here on is the caller's */

/* Hypercalls and their answers, as PAPR numbers them. */
#define H_PUT_TCE		0x20
#define H_STUFF_TCE		0x138
#define H_PUT_TCE_INDIRECT	0x13c
#define H_SUCCESS		0
#define H_HARDWARE		(-1)
#define H_PARAMETER		(-4)
#define TCE_READ		1ull	/* by the device */
#define TCE_WRITE		2ull
#define TCE_RW			(TCE_READ | TCE_WRITE)

struct vmm_vcpu;

/**
 * typedef vmm_too_hard_fn - what user space makes of a hypercall that KVM passes on (QEMU's part)
 * @vcpu: who called
 * @nr: hypercall
 * @arg: its arguments
 * Return: the H_ code for the guest.
 */
typedef int64_t (*vmm_too_hard_fn)(struct vmm_vcpu *vcpu, uint64_t nr, const uint64_t *arg);

/**
 * struct vmm_vcpu - one of the guest's CPUs. Only one thread at a time may run it.
 * @vmm: its machine
 * @index: 0 and up
 * @calls: hypercalls that it has made
 * @exits: how many of them went to user space (KVM_EXIT_PAPR_HCALL)
 */
struct vmm_vcpu {
	struct vmm *vmm;
	int index;
	uint64_t calls;
	uint64_t exits;
	/* private */
	int fd;
	struct kvm_run *run;
};

/**
 * struct vmm - a virtual machine
 * @memory: guest memory that begins at the guest's address 0, also VFIO's to register
 * @size: of it
 * @vcpus: number of virtual CPUs
 * @vcpu: these
 * @too_hard: answers what KVM passes on; NULL: H_HARDWARE
 * @user: for whoever wrote too_hard()
 */
struct vmm {
	uint8_t *memory;
	size_t size;
	int vcpus;
	struct vmm_vcpu vcpu[VMM_VCPUS];
	vmm_too_hard_fn too_hard;
	void *user;
	/* private */
	int kvm, vm, device;
	size_t run_size;
};

/**
 * struct vmm_call - a hypercall of a batch, as the guest reads it
 * @nr: which one
 * @arg: its arguments
 * @result: the answer, of the last round
 * @refused: how many answers were not H_SUCCESS, of all rounds
 */
struct vmm_call {
	uint64_t nr;
	uint64_t arg[4];
	int64_t result;
	uint64_t refused;
	uint64_t unused;
};

/**
 * vmm_missing - can this machine run HV guests?
 * Return: NULL, or why not.
 */
const char *vmm_missing(void);

/**
 * vmm_open - a machine with the three TCE hypercalls switched on
 * @v: filled in
 * @size: bytes of memory, a multiple of 64 KiB above VMM_FREE
 * @vcpus: 1 to VMM_VCPUS
 */
int vmm_open(struct vmm *v, size_t size, int vcpus);

/**
 * vmm_close - the machine goes; tables that are still open are their owner's to close. May be called twice.
 * @v: may be half-open
 */
void vmm_close(struct vmm *v);

/**
 * vmm_memory - plugs memory in, or out
 * @v: machine
 * @slot: 1 and up
 * @gpa: guest address
 * @host: user address
 * @size: bytes; 0: out
 */
int vmm_memory(struct vmm *v, unsigned int slot, uint64_t gpa, void *host, size_t size);

/**
 * vmm_table - a TCE table in KVM
 * @v: machine
 * @liobn: its number for hypercalls
 * @shift: the guest's IOMMU page size
 * @start: first I/O bus address
 * @size: bytes of I/O bus addresses
 * Return: a file descriptor; closing it takes the table away.
 */
int vmm_table(struct vmm *v, uint64_t liobn, unsigned int shift, uint64_t start, uint64_t size);

/**
 * vmm_hand_over - the hypercalls of a table shall reach the window of a VFIO group that fits it
 * @v: machine
 * @group: file descriptor of the group
 * @table: file descriptor of the table
 */
int vmm_hand_over(struct vmm *v, int group, int table);

/**
 * vmm_take_back - KVM forgets a VFIO group
 * @v: machine
 * @group: file descriptor of the group
 */
int vmm_take_back(struct vmm *v, int group);

/**
 * vmm_run - the guest makes a batch of hypercalls, without leaving for user space in between
 * @vcpu: by this CPU
 * @calls: the batch; results are written back
 * @num: 1 to VMM_CALLS
 * @rounds: how many times over
 */
int vmm_run(struct vmm_vcpu *vcpu, struct vmm_call *calls, unsigned int num, uint64_t rounds);

/**
 * vmm_hcall - the guest makes one hypercall
 * Return: its H_ code, or a negative errno minus 1000 if the guest did not run.
 */
int64_t vmm_hcall(struct vmm_vcpu *vcpu, uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3);

/* Calls for a batch. */

static inline struct vmm_call vmm_put(uint64_t liobn, uint64_t ioba, uint64_t tce)
{
	return (struct vmm_call) { .nr = H_PUT_TCE, .arg = { liobn, ioba, tce } };
}

static inline struct vmm_call vmm_stuff(uint64_t liobn, uint64_t ioba, uint64_t num)
{
	return (struct vmm_call) { .nr = H_STUFF_TCE, .arg = { liobn, ioba, 0, num } };
}

/* The list lies in guest memory at @list, aligned to 4 KiB, in big-endian. */
static inline struct vmm_call vmm_list(uint64_t liobn, uint64_t ioba, uint64_t list, uint64_t num)
{
	return (struct vmm_call) { .nr = H_PUT_TCE_INDIRECT, .arg = { liobn, ioba, list, num } };
}

#endif
