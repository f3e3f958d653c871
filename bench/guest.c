// SPDX-License-Identifier: GPL-2.0
#include "guest.h"

#include <endian.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "measure.h"
#include "util.h"

#define LIST_BYTES	4096u
#define SIZE		(((size_t)VMM_FREE + GUEST_LISTS * LIST_BYTES + 0xffff) & ~(size_t)0xffff)
#define FIRST_LIOBN	0x80000001ull

#define CALIBRATE_REPS	15u
#define CALIBRATE_CALLS	32u

static char error_text[256];

const char *guest_error(void)
{
	return error_text;
}

/* Remembers the sentence; returns @ret. */
static int __attribute__((format(printf, 2, 3))) failed(int ret, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(error_text, sizeof(error_text), format, ap);
	va_end(ap);
	return ret;
}

uint64_t guest_liobn(unsigned int table)
{
	return FIRST_LIOBN + table;
}

uint64_t guest_exits(const struct guest *g)
{
	return g->vmm.vcpu[0].exits;
}

/*
 * What QEMU makes of a hypercall that KVM passes on
 */

static int64_t answer_one(struct guest *g, const struct guest_table *t, uint64_t ioba, uint64_t tce)
{
	uint64_t page = 1ull << t->shift, at = (tce & ~TCE_RW) - GUEST_MEMORY;
	struct vfio_iommu_type1_dma_map map = arg_map(ioba, g->memory->base + at, page);
	struct vfio_iommu_type1_dma_unmap unmap = arg_unmap(ioba, page);
	int fd = g->container->fd;

	map.flags = tce & TCE_RW;	/* the same numbers */
	if (!map.flags)
		return ioctl(fd, VFIO_IOMMU_UNMAP_DMA, &unmap) ? H_PARAMETER : H_SUCCESS;
	if (at >= g->memory->size)
		return H_PARAMETER;
	return ioctl(fd, VFIO_IOMMU_MAP_DMA, &map) ? H_PARAMETER : H_SUCCESS;
}

static int64_t answer_list(struct guest *g, const struct guest_table *t, const uint64_t *arg)
{
	const uint64_t *tces = (const uint64_t *)(g->vmm.memory + arg[2]);
	int64_t ret = H_SUCCESS;
	uint64_t i;

	if (arg[2] > SIZE - LIST_BYTES || arg[3] > GUEST_LIST)
		return H_PARAMETER;
	for (i = 0; !ret && i < arg[3]; i++)
		ret = answer_one(g, t, arg[1] + (i << t->shift), be64toh(tces[i]));
	return ret;
}

static int64_t answer_stuff(struct guest *g, const struct guest_table *t, const uint64_t *arg)
{
	struct vfio_iommu_type1_dma_unmap unmap = arg_unmap(arg[1], arg[3] << t->shift);

	return ioctl(g->container->fd, VFIO_IOMMU_UNMAP_DMA, &unmap) ? H_PARAMETER : H_SUCCESS;
}

static int64_t answer(struct vmm_vcpu *vcpu, uint64_t nr, const uint64_t *arg)
{
	struct guest *g = vcpu->vmm->user;
	const struct guest_table *t;

	if (arg[0] - FIRST_LIOBN >= g->num_tables)
		return H_PARAMETER;
	t = &g->table[arg[0] - FIRST_LIOBN];
	switch (nr) {
	case H_PUT_TCE:
		return answer_one(g, t, arg[1], arg[2]);
	case H_PUT_TCE_INDIRECT:
		return answer_list(g, t, arg);
	case H_STUFF_TCE:
		return answer_stuff(g, t, arg);
	default:
		return H_HARDWARE;
	}
}

bool guest_lazy(bool on)
{
	return setting_change("/sys/module/vfio_iommu_mtce/parameters/lazy_hcalls", on ? "1" : "0");
}

/*
 * What nothing costs
 */

/* A hypercall outside of the window: KVM finds the table and refuses. */
static struct vmm_call null_call(const struct guest_table *t)
{
	return vmm_put(guest_liobn(0), t->start + t->size, 0);
}

static int run_raw(struct guest *g, struct vmm_call *calls, unsigned int num, struct count *c)
{
	struct moment begin;
	int ret;

	measure_begin(&begin);
	ret = vmm_run(&g->vmm.vcpu[0], calls, num, 1);
	measure_end(&begin, c);
	return ret ? failed(ret, "the guest does not run: %s", strerror(-ret)) : 0;
}

static int run_null(struct guest *g, unsigned int num, double *instructions)
{
	struct vmm_call calls[CALIBRATE_CALLS + 1];
	struct count samples[CALIBRATE_REPS];
	unsigned int i, rep;
	int ret = 0;

	for (rep = 0; rep < CALIBRATE_REPS && !ret; rep++) {
		for (i = 0; i < num; i++)
			calls[i] = null_call(&g->table[0]);
		ret = run_raw(g, calls, num, &samples[rep]);
		if (!ret && calls[0].result != H_PARAMETER)
			ret = failed(-EPROTO, "a hypercall outside of the window is answered with %lld",
				     (long long)calls[0].result);
	}
	*instructions = count_median(samples, CALIBRATE_REPS).of[COUNTED_INSTRUCTIONS];
	return ret;
}

/* The first run finds cold caches and pages that are not there. */
static int calibrate(struct guest *g)
{
	double one, many;
	int ret = run_null(g, 1, &one);

	if (!ret)
		ret = run_null(g, 1, &one);
	if (!ret)
		ret = run_null(g, 1 + CALIBRATE_CALLS, &many);
	if (ret)
		return ret;
	g->null_cost = (many - one) / CALIBRATE_CALLS;
	g->run_cost = one - g->null_cost;
	return 0;
}

/*
 * Coming and going
 */

int guest_open(struct guest *g, struct container *c, const struct memory *memory)
{
	int ret;

	memset(g, 0, sizeof(*g));
	g->container = c;
	g->memory = memory;
	ret = vmm_open(&g->vmm, SIZE, 1);
	if (ret)
		return failed(ret, "KVM makes no guest: %s", strerror(-ret));
	g->vmm.too_hard = answer;
	g->vmm.user = g;
	ret = vmm_memory(&g->vmm, 1, GUEST_MEMORY, memory->base, memory->size);
	if (!ret)
		return 0;
	vmm_close(&g->vmm);
	return failed(ret, "KVM does not take %zu MiB of guest memory: %s", memory->size >> 20, strerror(-ret));
}

int guest_table(struct guest *g, unsigned int shift, uint64_t start, uint64_t size)
{
	struct guest_table *t = &g->table[g->num_tables];
	int ret;

	*t = (struct guest_table) { .shift = shift, .start = start, .size = size };
	t->fd = vmm_table(&g->vmm, guest_liobn(g->num_tables), shift, start, size);
	if (t->fd < 0)
		return failed(t->fd, "KVM makes no TCE table: %s", strerror(-t->fd));
	ret = vmm_hand_over(&g->vmm, g->container->group_fd, t->fd);
	if (ret) {
		close(t->fd);
		return failed(ret, "KVM does not take the window at %#llx: %s", (unsigned long long)start,
			      strerror(-ret));
	}
	g->num_tables++;
	return g->num_tables == 1 ? calibrate(g) : 0;
}

void guest_take_back(struct guest *g)
{
	if (g->num_tables)
		vmm_take_back(&g->vmm, g->container->group_fd);
	while (g->num_tables)
		close(g->table[--g->num_tables].fd);
}

void guest_close(struct guest *g)
{
	guest_take_back(g);
	vmm_close(&g->vmm);
}

/*
 * Hypercalls
 */

uint64_t guest_list(struct guest *g, unsigned int i, const uint64_t *tces, unsigned int num)
{
	uint64_t at = VMM_FREE + (uint64_t)i * LIST_BYTES, *list = (uint64_t *)(g->vmm.memory + at);
	unsigned int k;

	for (k = 0; k < num; k++)
		list[k] = htobe64(tces[k]);
	return at;
}

int guest_run(struct guest *g, struct vmm_call *calls, unsigned int num, struct count *c)
{
	int ret = run_raw(g, calls, num, c);
	unsigned int i;

	c->of[COUNTED_INSTRUCTIONS] -= g->run_cost;
	for (i = 0; i < num && !ret; i++)
		if (calls[i].refused)
			ret = failed(-EIO, "hypercall %#llx, number %u of a batch, is answered with %lld",
				     (unsigned long long)calls[i].nr, i, (long long)calls[i].result);
	return ret;
}
