// SPDX-License-Identifier: GPL-2.0
/*
 * The length of every call's struct: one byte too short is refused, exact and
 * longer are accepted, nothing behind the struct is touched, a pointer that
 * cannot be read is EFAULT.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fixture.h"

#define SPOT	SZ_1M
#define END(type, field) (offsetof(type, field) + sizeof(((type *)0)->field))

/* One call: how long its struct must be, how long it can be, what is in it, how to undo it. */
struct call {
	unsigned long cmd;
	size_t min;
	size_t full;
	void (*fill)(void *arg);
	void (*undo)(const void *arg);
	long answer;	/* of a well-formed call */
};

static uint8_t *page;	/* the last accessible page before one that is not */
static struct vfio_mtce_op op;
static uint64_t list[1];

static void fill_map(void *p)
{
	struct vfio_iommu_type1_dma_map *arg = p;

	arg->flags = RW;
	arg->vaddr = (uintptr_t)pool;
	arg->iova = SPOT;
	arg->size = SZ_4K;
}

static void undo_map(const void *p)
{
	vfio_unmap(&box, SPOT, SZ_4K);
}

static void fill_unmap(void *p)
{
	struct vfio_iommu_type1_dma_unmap *arg = p;

	arg->iova = SPOT;
	arg->size = SZ_4K;
}

static void fill_memory(void *p)
{
	struct vfio_iommu_spapr_register_memory *arg = p;

	arg->vaddr = (uintptr_t)edu.bounce;
	arg->size = SZ_64K;
}

static void undo_register(const void *p)
{
	vfio_unregister(&box, edu.bounce, SZ_64K);
}

static void fill_create(void *p)
{
	struct vfio_iommu_spapr_tce_create *arg = p;

	arg->page_shift = 12;
	arg->window_size = SZ_1M;
	arg->levels = 1;
}

static void undo_create(const void *p)
{
	vfio_remove(&box, ((const struct vfio_iommu_spapr_tce_create *)p)->start_addr);
}

/* There is no window at this address. */
static void fill_remove(void *p)
{
	((struct vfio_iommu_spapr_tce_remove *)p)->start_addr = 1ull << 59;
}

static void fill_update(void *p)
{
	struct vfio_iommu_mtce_update *arg = p;

	arg->ops = (uintptr_t)&op;
	arg->op_len = sizeof(op);
	arg->op_num = 1;
}

static void fill_put_list(void *p)
{
	struct vfio_iommu_mtce_put_list *arg = p;

	arg->flags = RW;
	arg->iova = SPOT;
	arg->list = (uintptr_t)list;
	arg->num = 1;
}

static void fill_nothing(void *p)
{
}

static void undo_nothing(const void *p)
{
}

/* The struct ends with the page: whatever the call touches behind it, it has no right to. */
static void *place(const struct call *call, size_t accessible, uint32_t argsz)
{
	uint8_t *arg = page + SZ_64K - accessible;
	uint8_t whole[512] = { };

	call->fill(whole);
	memcpy(whole, &argsz, sizeof(argsz));
	memcpy(arg, whole, accessible);
	return arg;
}

static long do_call(const struct call *call, size_t accessible, uint32_t argsz)
{
	void *arg = place(call, accessible, argsz);
	long ret = vfio_call(box.fd, call->cmd, arg);

	if (ret >= 0)
		call->undo(arg);
	return ret;
}

static void check_lengths(const struct call *call)
{
	size_t len;

	page = mem_alloc(2 * SZ_64K);
	mprotect(page + SZ_64K, SZ_64K, PROT_NONE);
	CHECKED(box_ready());
	edu.bounce = mem_alloc(SZ_64K);
	op = (struct vfio_mtce_op) {
		.op = VFIO_MTCE_OP_MAP, .flags = RW, .iova = SPOT,
		.size = SZ_4K, .vaddr = (uintptr_t)pool,
	};
	list[0] = (uintptr_t)pool;

	for (len = 0; len < call->min; len++)
		CHECK_IS(do_call(call, call->min, len), -EINVAL);
	CHECK_IS(do_call(call, call->min, call->min), call->answer);
	CHECK_IS(do_call(call, call->full, call->full), call->answer);
	for (len = call->min; len < call->full; len++)
		CHECK_IS(do_call(call, len, len), call->answer);
	/* A newer caller's struct: longer than this kernel knows. */
	CHECK_IS(do_call(call, call->full + 64, call->full + 64), call->answer);
	CHECK_IS(do_call(call, call->full, ~0u), call->answer);
	/* One byte of it is missing. */
	for (len = 4; len < call->min; len++)
		CHECK_IS(do_call(call, len, call->min), -EFAULT);
	CHECK_IS(vfio_call(box.fd, call->cmd, NULL), -EFAULT);
	CHECK_IS(vfio_call(box.fd, call->cmd, page + SZ_64K), -EFAULT);
	CHECK_IS(vfio_call(box.fd, call->cmd, (void *)0xc000000000000000ul), -EFAULT);
	mem_free(page, 2 * SZ_64K);
}

#define LENGTHS(name, ...)						\
static void name(void)							\
{									\
	const struct call call = { __VA_ARGS__ };			\
									\
	check_lengths(&call);						\
}

LENGTHS(map_dma, VFIO_IOMMU_MAP_DMA,
	END(struct vfio_iommu_type1_dma_map, size),
	sizeof(struct vfio_iommu_type1_dma_map), fill_map, undo_map, 0)
LENGTHS(unmap_dma, VFIO_IOMMU_UNMAP_DMA,
	END(struct vfio_iommu_type1_dma_unmap, size),
	sizeof(struct vfio_iommu_type1_dma_unmap), fill_unmap, undo_nothing, 0)
LENGTHS(get_info, VFIO_IOMMU_SPAPR_TCE_GET_INFO,
	END(struct vfio_iommu_spapr_tce_info, dma32_window_size),
	sizeof(struct vfio_iommu_spapr_tce_info), fill_nothing, undo_nothing, 0)
LENGTHS(register_memory, VFIO_IOMMU_SPAPR_REGISTER_MEMORY,
	sizeof(struct vfio_iommu_spapr_register_memory),
	sizeof(struct vfio_iommu_spapr_register_memory),
	fill_memory, undo_register, 0)
LENGTHS(unregister_memory, VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY,
	sizeof(struct vfio_iommu_spapr_register_memory),
	sizeof(struct vfio_iommu_spapr_register_memory),
	fill_memory, undo_nothing, -ENOENT)
LENGTHS(tce_create, VFIO_IOMMU_SPAPR_TCE_CREATE,
	END(struct vfio_iommu_spapr_tce_create, start_addr),
	sizeof(struct vfio_iommu_spapr_tce_create), fill_create, undo_create, 0)
LENGTHS(tce_remove, VFIO_IOMMU_SPAPR_TCE_REMOVE,
	END(struct vfio_iommu_spapr_tce_remove, start_addr),
	sizeof(struct vfio_iommu_spapr_tce_remove), fill_remove, undo_nothing,
	want(-ENXIO, -EINVAL))
LENGTHS(mtce_info_call, VFIO_IOMMU_MTCE_INFO,
	offsetof(struct vfio_iommu_mtce_info, stats),
	sizeof(struct vfio_iommu_mtce_info), fill_nothing, undo_nothing, 0)
LENGTHS(mtce_update_call, VFIO_IOMMU_MTCE_UPDATE,
	sizeof(struct vfio_iommu_mtce_update),
	sizeof(struct vfio_iommu_mtce_update), fill_update, undo_map, 0)
LENGTHS(mtce_put_list_call, VFIO_IOMMU_MTCE_PUT_LIST,
	sizeof(struct vfio_iommu_mtce_put_list),
	sizeof(struct vfio_iommu_mtce_put_list), fill_put_list, undo_map, 0)
LENGTHS(mtce_flush_call, VFIO_IOMMU_MTCE_FLUSH,
	sizeof(struct vfio_iommu_mtce_flush),
	sizeof(struct vfio_iommu_mtce_flush), fill_nothing, undo_nothing, 0)
LENGTHS(mtce_mode_call, VFIO_IOMMU_MTCE_MODE,
	sizeof(struct vfio_iommu_mtce_mode),
	sizeof(struct vfio_iommu_mtce_mode), fill_nothing, undo_nothing, 0)

static void eeh_pe_op(void)
{
	struct vfio_eeh_pe_op arg = { .op = VFIO_EEH_PE_GET_STATE };
	size_t min = END(struct vfio_eeh_pe_op, op);

	CHECKED(box_ready());
	if (vfio_call(box.fd, VFIO_CHECK_EXTENSION, (void *)(long)VFIO_EEH) != 1) {
		test_skipped("the platform has no EEH");
		return;
	}
	for (arg.argsz = 0; arg.argsz < min; arg.argsz++)
		CHECK_IS(vfio_call(box.fd, VFIO_EEH_PE_OP, &arg), -EINVAL);
	CHECK(vfio_call(box.fd, VFIO_EEH_PE_OP, &arg) >= 0);
	arg.argsz = sizeof(arg);
	CHECK(vfio_call(box.fd, VFIO_EEH_PE_OP, &arg) >= 0);
	/* Injecting needs more of the struct. */
	arg.op = VFIO_EEH_PE_INJECT_ERR;
	for (arg.argsz = min; arg.argsz < END(struct vfio_eeh_pe_op, err.mask); arg.argsz++)
		CHECK_IS(vfio_call(box.fd, VFIO_EEH_PE_OP, &arg), -EINVAL);
	CHECK_IS(vfio_call(box.fd, VFIO_EEH_PE_OP, NULL), -EFAULT);
}

/* A short info gets the limits; a longer one as many counters as fit, and not a byte more. */
static void info_fills_what_fits(void)
{
	uint8_t raw[sizeof(struct vfio_iommu_mtce_info) + 16];
	uint32_t argsz;
	size_t i;

	CHECKED(box_ready());
	for (argsz = 40; argsz <= sizeof(raw); argsz += 8) {
		memset(raw, 0xa5, sizeof(raw));
		memcpy(raw, &argsz, sizeof(argsz));
		OK(vfio_call(box.fd, VFIO_IOMMU_MTCE_INFO, raw));
		for (i = argsz; i < sizeof(raw); i++)
			CHECK(raw[i] == 0xa5);
		for (i = sizeof(struct vfio_iommu_mtce_info); i < sizeof(raw); i++)
			CHECK(raw[i] == 0xa5);
	}
}

static const struct test tests[] = {
	TEST(map_dma, 0),
	TEST(unmap_dma, 0),
	TEST(get_info, 0),
	TEST(register_memory, 0),
	TEST(unregister_memory, 0),
	TEST(tce_create, 0),
	TEST(tce_remove, 0),
	TEST(eeh_pe_op, 0),
	TEST(mtce_info_call, NEEDS_NATIVE),
	TEST(mtce_update_call, NEEDS_NATIVE),
	TEST(mtce_put_list_call, NEEDS_NATIVE),
	TEST(mtce_flush_call, NEEDS_NATIVE),
	TEST(mtce_mode_call, NEEDS_NATIVE),
	TEST(info_fills_what_fits, NEEDS_NATIVE),
};

static void after(void)
{
	box_close();
	if (edu.bounce)
		mem_free(edu.bounce, SZ_64K);
	edu.bounce = NULL;
}

int main(void)
{
	static const struct suite suite = {
		.program = "length",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.after = after,
	};

	return run_suite(&suite);
}
