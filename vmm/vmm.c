// SPDX-License-Identifier: GPL-2.0
#include "vmm.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/kvm.h>

#define VM_HV		1ul	/* for KVM_CREATE_VM: no kvm-pr */
#define MSR_GUEST	(1ull << 63 | 1ull << 12 | 1ull << 1 | 1ull)	/* 64 bits, ME, RI, LE; real mode */

/* Guest memory: interrupt vectors, the program, a batch for each CPU. */
#define VECTORS		0x100u
#define VECTORS_END	0x3000u
#define PROGRAM		0x4000u
#define BATCH(index)	(0x10000u * (1 + (index)))

/* Hypercalls of our own; KVM passes on what it does not know. */
#define CALL_DONE	0x7000
#define CALL_CRASHED	0x7004

/*
 * The program: r14 = batch (struct vmm_call), r15 = calls in it, r16 = rounds.
 * A hypercall leaves r14 to r31 as they are.
 */
extern const char vmm_program[], vmm_program_end[];
asm("	.section .rodata\n"
	"	.balign	8\n"
	"vmm_program:\n"
	"	mr	17, 14\n"
	"	mr	18, 15\n"
	"1:	ld	3, 0(17)\n"
	"	ld	4, 8(17)\n"
	"	ld	5, 16(17)\n"
	"	ld	6, 24(17)\n"
	"	ld	7, 32(17)\n"
	"	sc	1\n"
	"	std	3, 40(17)\n"
	"	cmpdi	3, 0\n"
	"	beq	2f\n"
	"	ld	4, 48(17)\n"
	"	addi	4, 4, 1\n"
	"	std	4, 48(17)\n"
	"2:	addi	17, 17, 64\n"
	"	addi	18, 18, -1\n"
	"	cmpdi	18, 0\n"
	"	bgt	1b\n"
	"	addi	16, 16, -1\n"
	"	cmpdi	16, 0\n"
	"	bgt	vmm_program\n"
	"	li	3, 0x7000\n"	/* CALL_DONE */
	"	sc	1\n"
	"	b	.\n"
	"vmm_program_end:\n"
	"	.previous\n");

static int call(int fd, unsigned long cmd, const void *arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

const char *vmm_missing(void)
{
	const char *why = NULL;
	int vm, kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (kvm < 0)
		return "there is no /dev/kvm (modprobe kvm-hv)";
	vm = ioctl(kvm, KVM_CREATE_VM, VM_HV);
	if (vm < 0)
		why = "KVM does not run HV guests here";
	else
		close(vm);
	close(kvm);
	return why;
}

/* An interrupt is none of our plan. It comes in big-endian mode and is told as a hypercall. */
static void write_vectors(uint8_t *memory)
{
	uint32_t *code = (uint32_t *)(memory + VECTORS);

	while ((uint8_t *)code < memory + VECTORS_END) {
		*code++ = htobe32(0x38600000 | CALL_CRASHED);	/* li r3, CALL_CRASHED */
		*code++ = htobe32(0x44000022);			/* sc 1 */
	}
}

static int make_memory(struct vmm *v, size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	v->memory = p;
	v->size = size;
	write_vectors(v->memory);
	memcpy(v->memory + PROGRAM, vmm_program, vmm_program_end - vmm_program);
	return vmm_memory(v, 0, 0, v->memory, size);
}

static int enable_hcall(struct vmm *v, uint64_t nr)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_PPC_ENABLE_HCALL, .args = { nr, 1 } };

	return call(v->vm, KVM_ENABLE_CAP, &cap);
}

/* The next CPU, on a core of its own. */
static int make_vcpu(struct vmm *v, int threads)
{
	struct kvm_enable_cap papr = { .cap = KVM_CAP_PPC_PAPR };
	struct vmm_vcpu *vcpu = &v->vcpu[v->vcpus];
	void *run;

	vcpu->fd = ioctl(v->vm, KVM_CREATE_VCPU, (unsigned long)v->vcpus * threads);
	if (vcpu->fd < 0)
		return -errno;
	vcpu->vmm = v;
	vcpu->index = v->vcpus++;
	run = mmap(NULL, v->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (run == MAP_FAILED)
		return -errno;
	vcpu->run = run;
	return call(vcpu->fd, KVM_ENABLE_CAP, &papr);
}

static int make_device(struct vmm *v)
{
	struct kvm_create_device device = { .type = KVM_DEV_TYPE_VFIO };
	int ret = call(v->vm, KVM_CREATE_DEVICE, &device);

	if (!ret)
		v->device = device.fd;
	return ret;
}

static int make_machine(struct vmm *v, size_t size, int vcpus)
{
	int ret, threads;

	v->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (v->kvm < 0)
		return -errno;
	v->vm = ioctl(v->kvm, KVM_CREATE_VM, VM_HV);
	if (v->vm < 0)
		return -errno;
	v->run_size = ioctl(v->kvm, KVM_GET_VCPU_MMAP_SIZE, 0ul);
	threads = ioctl(v->vm, KVM_CHECK_EXTENSION, (unsigned long)KVM_CAP_PPC_SMT);
	ret = make_memory(v, size);
	if (!ret)
		ret = enable_hcall(v, H_PUT_TCE);
	if (!ret)
		ret = enable_hcall(v, H_STUFF_TCE);
	if (!ret)
		ret = enable_hcall(v, H_PUT_TCE_INDIRECT);
	while (!ret && v->vcpus < vcpus)
		ret = make_vcpu(v, threads > 0 ? threads : 1);
	return ret ? ret : make_device(v);
}

int vmm_open(struct vmm *v, size_t size, int vcpus)
{
	int ret;

	memset(v, 0, sizeof(*v));
	v->kvm = -1;
	v->vm = -1;
	v->device = -1;
	if (size <= VMM_FREE || size % 0x10000 || vcpus < 1 || vcpus > VMM_VCPUS)
		return -EINVAL;
	ret = make_machine(v, size, vcpus);
	if (ret)
		vmm_close(v);
	return ret;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void vmm_close(struct vmm *v)
{
	while (v->vcpus) {
		struct vmm_vcpu *vcpu = &v->vcpu[--v->vcpus];

		if (vcpu->run)
			munmap(vcpu->run, v->run_size);
		close_fd(&vcpu->fd);
	}
	if (!v->run_size)
		return;
	close_fd(&v->device);
	close_fd(&v->vm);
	close_fd(&v->kvm);
	if (v->memory)
		munmap(v->memory, v->size);
	v->memory = NULL;
	v->run_size = 0;
}

int vmm_memory(struct vmm *v, unsigned int slot, uint64_t gpa, void *host, size_t size)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)host,
	};

	return call(v->vm, KVM_SET_USER_MEMORY_REGION, &region);
}

int vmm_table(struct vmm *v, uint64_t liobn, unsigned int shift, uint64_t start, uint64_t size)
{
	struct kvm_create_spapr_tce_64 table = {
		.liobn = liobn,
		.page_shift = shift,
		.offset = start >> shift,
		.size = size >> shift,
	};

	return call(v->vm, KVM_CREATE_SPAPR_TCE_64, &table);
}

static int device_attr(struct vmm *v, uint64_t attr, const void *arg)
{
	struct kvm_device_attr set = {
		.group = KVM_DEV_VFIO_GROUP,
		.attr = attr,
		.addr = (uintptr_t)arg,
	};

	return call(v->device, KVM_SET_DEVICE_ATTR, &set);
}

int vmm_hand_over(struct vmm *v, int group, int table)
{
	struct kvm_vfio_spapr_tce pair = { .groupfd = group, .tablefd = table };
	int ret = device_attr(v, KVM_DEV_VFIO_GROUP_ADD, &(int32_t){ group });

	if (ret && ret != -EEXIST)
		return ret;
	return device_attr(v, KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE, &pair);
}

int vmm_take_back(struct vmm *v, int group)
{
	return device_attr(v, KVM_DEV_VFIO_GROUP_DEL, &(int32_t){ group });
}

static int start_at(struct vmm_vcpu *vcpu, unsigned int num, uint64_t rounds)
{
	struct kvm_regs regs = { .pc = PROGRAM, .msr = MSR_GUEST };

	regs.gpr[14] = BATCH(vcpu->index);
	regs.gpr[15] = num;
	regs.gpr[16] = rounds;
	return call(vcpu->fd, KVM_SET_REGS, &regs);
}

/* True if the guest goes on. */
static bool answer(struct vmm_vcpu *vcpu, int *ret)
{
	struct vmm *v = vcpu->vmm;
	struct kvm_run *run = vcpu->run;

	*ret = -EIO;
	if (run->exit_reason != KVM_EXIT_PAPR_HCALL || run->papr_hcall.nr == CALL_CRASHED)
		return false;
	*ret = 0;
	run->papr_hcall.ret = H_SUCCESS;
	if (run->papr_hcall.nr == CALL_DONE)
		return false;
	vcpu->exits++;
	run->papr_hcall.ret = v->too_hard ?
		v->too_hard(vcpu, run->papr_hcall.nr, (const uint64_t *)run->papr_hcall.args) : H_HARDWARE;
	return true;
}

/*
 * The kernel may come back with other floating-point and vector registers than it was entered with (seen: Debian's 6.12,
 * POWER8), so the compiler must keep nothing in those that a function preserves.
 */
static int enter_guest(int fd)
{
	int ret = call(fd, KVM_RUN, NULL);

	__asm__ volatile("" ::: "fr14", "fr15", "fr16", "fr17", "fr18", "fr19", "fr20", "fr21", "fr22", "fr23",
			 "fr24", "fr25", "fr26", "fr27", "fr28", "fr29", "fr30", "fr31", "v20", "v21", "v22",
			 "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31");
	return ret;
}

int vmm_run(struct vmm_vcpu *vcpu, struct vmm_call *calls, unsigned int num, uint64_t rounds)
{
	void *batch = vcpu->vmm->memory + BATCH(vcpu->index);
	int ret;

	if (!num || num > VMM_CALLS || !rounds)
		return -EINVAL;
	memcpy(batch, calls, num * sizeof(*calls));
	ret = start_at(vcpu, num, rounds);
	while (!ret) {
		ret = enter_guest(vcpu->fd);
		if (ret == -EINTR || ret == -EAGAIN)
			ret = 0;
		else if (!ret && !answer(vcpu, &ret))
			break;
	}
	vcpu->calls += num * rounds;
	memcpy(calls, batch, num * sizeof(*calls));
	return ret;
}

int64_t vmm_hcall(struct vmm_vcpu *vcpu, uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
	struct vmm_call one = { .nr = nr, .arg = { a0, a1, a2, a3 } };
	int ret = vmm_run(vcpu, &one, 1, 1);

	return ret ? ret - 1000 : one.result;
}
