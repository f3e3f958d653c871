// SPDX-License-Identifier: GPL-2.0
#include "guest.h"

#include <endian.h>
#include <string.h>
#include <unistd.h>

struct vmm vm;
int guest_table_fd = -1;

static unsigned int table_shift;
static uint64_t table_start, table_end;
static bool registered;
static uint8_t *extra;
static size_t extra_size;

void *guest_at(uint64_t gpa)
{
	if (gpa < vm.size)
		return vm.memory + gpa;
	if (extra && gpa >= EXTRA && gpa - EXTRA < extra_size)
		return extra + (gpa - EXTRA);
	return NULL;
}

int guest_extra(void *host, size_t size)
{
	int ret = vmm_memory(&vm, 1, EXTRA, host, host ? size : 0);

	extra = host;
	extra_size = size;
	return ret;
}

/*
 * What QEMU makes of a hypercall that KVM passes on
 */

static int64_t answer_one(uint64_t ioba, uint64_t tce)
{
	uint64_t page = 1ull << table_shift;
	void *at = guest_at(tce & ~TCE_RW);
	unsigned int flags = (tce & TCE_READ ? VFIO_DMA_MAP_FLAG_READ : 0) |
			     (tce & TCE_WRITE ? VFIO_DMA_MAP_FLAG_WRITE : 0);

	if (ioba < table_start || ioba >= table_end || (flags && !at))
		return H_PARAMETER;
	if (!flags)
		return vfio_unmap(&box, ioba, page) ? H_PARAMETER : H_SUCCESS;
	return vfio_map(&box, flags, ioba, at, page) ? H_PARAMETER : H_SUCCESS;
}

static int64_t answer_list(uint64_t ioba, uint64_t list, uint64_t num)
{
	uint64_t *tces = guest_at(list), i;
	int64_t ret = H_SUCCESS;

	for (i = 0; !ret && i < num; i++)
		ret = answer_one(ioba + (i << table_shift), be64toh(tces[i]));
	return ret;
}

static int64_t answer_stuff(uint64_t ioba, uint64_t num)
{
	if (ioba < table_start || ioba >= table_end || num > (table_end - ioba) >> table_shift)
		return H_PARAMETER;
	return vfio_unmap(&box, ioba, num << table_shift) ? H_PARAMETER : H_SUCCESS;
}

static int64_t answer(struct vmm_vcpu *vcpu, uint64_t nr, const uint64_t *arg)
{
	if (arg[0] != LIOBN || box.fd < 0)
		return H_PARAMETER;
	switch (nr) {
	case H_PUT_TCE:
		return answer_one(arg[1], arg[2]);
	case H_STUFF_TCE:
		return answer_stuff(arg[1], arg[3]);
	case H_PUT_TCE_INDIRECT:
		return answer_list(arg[1], arg[2], arg[3]);
	default:
		return H_HARDWARE;
	}
}

/*
 * Coming and going
 */

void guest_open(size_t size, int vcpus)
{
	OK(vmm_open(&vm, size, vcpus));
	vm.too_hard = answer;
	OK(vfio_register(&box, vm.memory, size));
	registered = true;
}

/*
 * A driver may take its time to let KVM in, and hypercalls are passed on until then. One that never does fails
 * where a test wants a hypercall in the kernel. Before ioctls begin: the window must stand still for it.
 */
static void await_kvm(void)
{
	uint64_t exits;
	int tries;

	for (tries = 0; tries < 50; tries++) {
		exits = guest_exits();
		OK(hput(table_start, TCE_RW));
		OK(hput(table_start, 0));
		if (guest_exits() == exits)
			break;
		usleep(10000);
	}
	if (tries)
		diag("KVM was let in after %d hypercalls, if at all", 2 * tries);
}

void guest_table(unsigned int shift, uint64_t start, uint64_t size)
{
	guest_table_fd = vmm_table(&vm, LIOBN, shift, start, size);
	CHECK(guest_table_fd >= 0);
	table_shift = shift;
	table_start = start;
	table_end = start + size;
	OK(vmm_hand_over(&vm, box.group[0], guest_table_fd));
	if (backend->ours)
		await_kvm();
}

void guest_table_close(void)
{
	if (guest_table_fd < 0)
		return;
	if (box.fd >= 0 && box.group[0] >= 0)
		vmm_take_back(&vm, box.group[0]);
	close(guest_table_fd);
	guest_table_fd = -1;
}

void guest_close(void)
{
	guest_table_close();
	if (registered && box.fd >= 0)
		vfio_unregister(&box, vm.memory, vm.size);
	registered = false;
	if (extra && box.fd >= 0)
		vfio_unregister(&box, extra, extra_size);
	extra = NULL;
	vmm_close(&vm);
}

/*
 * Hypercalls
 */

int64_t hput(uint64_t ioba, uint64_t tce)
{
	return vmm_hcall(&vm.vcpu[0], H_PUT_TCE, LIOBN, ioba, tce, 0);
}

int64_t hstuff(uint64_t ioba, uint64_t num)
{
	return vmm_hcall(&vm.vcpu[0], H_STUFF_TCE, LIOBN, ioba, 0, num);
}

void guest_list(uint64_t gpa, uint64_t step, unsigned int num)
{
	uint64_t *list = (uint64_t *)(vm.memory + LIST);
	unsigned int i;

	for (i = 0; i < num; i++)
		list[i] = htobe64((gpa + i * step) | TCE_RW);
}

int64_t hlist(uint64_t ioba, uint64_t gpa, uint64_t step, unsigned int num)
{
	guest_list(gpa, step, num);
	return vmm_hcall(&vm.vcpu[0], H_PUT_TCE_INDIRECT, LIOBN, ioba, LIST, num);
}

uint64_t guest_exits(void)
{
	uint64_t exits = 0;
	int i;

	for (i = 0; i < vm.vcpus; i++)
		exits += vm.vcpu[i].exits;
	return exits;
}
