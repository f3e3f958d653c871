// SPDX-License-Identifier: GPL-2.0
/*
 * Slow callers: a call waits for its arguments (userfaultfd) while the container
 * gets another owner, while that owner exits, or while the group is detached.
 * When the arguments are there, the call must find that it is too late: EPERM or
 * ENODEV, nothing has changed, nobody's counts are wrong (invariants 8 and 12).
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aftermath.h"
#include "fixture.h"
#include "stall.h"

#define AT	SZ_1M
#define FREE	(2 * SZ_1M)
#define WINDOW	SZ_64M

/* A call: what it is given, and what the page will hold that is not there yet. */
struct late {
	unsigned long cmd;
	void *arg;
	union {
		uint64_t align;
		uint8_t bytes[256];
	} page;
	union {
		struct vfio_iommu_mtce_update update;
		struct vfio_iommu_mtce_put_list list;
	} outer;
};

static struct late late;
static struct stall slow = { .fd = -1 };
static struct async caller, helper;

/*
 * The calls: each tries to do harm to whoever has the container by then.
 */

#define IN_PAGE(type)	type *a = (type *)late.page.bytes; a->argsz = sizeof(*a)

static void map(void)
{
	IN_PAGE(struct vfio_iommu_type1_dma_map);
	late.cmd = VFIO_IOMMU_MAP_DMA;
	a->flags = RW;
	a->vaddr = (uintptr_t)pool;
	a->iova = FREE;
	a->size = SZ_4K;
}

static void unmap(void)
{
	IN_PAGE(struct vfio_iommu_type1_dma_unmap);
	late.cmd = VFIO_IOMMU_UNMAP_DMA;
	a->iova = AT;
	a->size = SZ_64K;
}

static void memory(unsigned long cmd, uint8_t *ua, uint64_t size)
{
	IN_PAGE(struct vfio_iommu_spapr_register_memory);
	late.cmd = cmd;
	a->vaddr = (uintptr_t)ua;
	a->size = size;
}

static void register_memory(void)
{
	memory(VFIO_IOMMU_SPAPR_REGISTER_MEMORY, pool + SZ_1M, SZ_64K);
}

static void unregister(void)
{
	memory(VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, pool + 2 * SZ_1M, SZ_1M);
}

static void create(void)
{
	IN_PAGE(struct vfio_iommu_spapr_tce_create);
	late.cmd = VFIO_IOMMU_SPAPR_TCE_CREATE;
	a->page_shift = 12;
	a->window_size = SZ_64M;
	a->levels = 1;
}

static void remove_window(void)
{
	IN_PAGE(struct vfio_iommu_spapr_tce_remove);
	late.cmd = VFIO_IOMMU_SPAPR_TCE_REMOVE;
}

static void get_info(void)
{
	IN_PAGE(struct vfio_iommu_spapr_tce_info);
	late.cmd = VFIO_IOMMU_SPAPR_TCE_GET_INFO;
}

static void info(void)
{
	IN_PAGE(struct vfio_iommu_mtce_info);
	late.cmd = VFIO_IOMMU_MTCE_INFO;
}

static void flush(void)
{
	IN_PAGE(struct vfio_iommu_mtce_flush);
	late.cmd = VFIO_IOMMU_MTCE_FLUSH;
}

static void mode(void)
{
	IN_PAGE(struct vfio_iommu_mtce_mode);
	late.cmd = VFIO_IOMMU_MTCE_MODE;
	a->flags = VFIO_MTCE_LAZY;
}

static void eeh(void)
{
	IN_PAGE(struct vfio_eeh_pe_op);
	late.cmd = VFIO_EEH_PE_OP;
	a->op = VFIO_EEH_PE_GET_STATE;
}

static void fill_update(struct vfio_iommu_mtce_update *u, void *ops)
{
	u->argsz = sizeof(*u);
	u->ops = (uintptr_t)ops;
	u->op_len = sizeof(struct vfio_mtce_op);
	u->op_num = 1;
	late.cmd = VFIO_IOMMU_MTCE_UPDATE;
}

static struct vfio_mtce_op some_op;
static uint64_t some_list[1];

static void update(void)
{
	some_op = unmap_op(AT, SZ_64K);
	fill_update((void *)late.page.bytes, &some_op);
}

static void update_array(void)
{
	struct vfio_mtce_op op = map_op(FREE, pool, SZ_4K);

	memcpy(late.page.bytes, &op, sizeof(op));
	fill_update(&late.outer.update, slow.mem);
	late.arg = &late.outer;
}

static void fill_list(struct vfio_iommu_mtce_put_list *l, void *list)
{
	l->argsz = sizeof(*l);
	l->flags = RW;
	l->iova = FREE;
	l->list = (uintptr_t)list;
	l->num = 1;
	late.cmd = VFIO_IOMMU_MTCE_PUT_LIST;
}

static void put_list(void)
{
	some_list[0] = (uintptr_t)pool;
	fill_list((void *)late.page.bytes, some_list);
}

static void put_list_array(void)
{
	uint64_t ua = (uintptr_t)pool;

	memcpy(late.page.bytes, &ua, sizeof(ua));
	fill_list(&late.outer.list, slow.mem);
	late.arg = &late.outer;
}

static int makes_the_call(void *unused)
{
	return vfio_call(box.fd, late.cmd, late.arg);
}

/* The call has begun, and waits. */
static void begin(void (*fill)(void))
{
	memset(&late, 0, sizeof(late));
	CHECK(stall_open(&slow, 1));
	late.arg = slow.mem;
	fill();
	async_start(&caller, makes_the_call, NULL);
	if (stall_seen(&slow, STALL_LIMIT_MS))
		return;
	if (async_done(&caller, 0) && late.cmd == VFIO_EEH_PE_OP)
		test_skipped("there is no EEH here");
	else
		test_failed(__FILE__, __LINE__, "the call does not look at its arguments");
}

/* Its arguments come. */
static int go_on(void)
{
	stall_serve(&slow, late.page.bytes, sizeof(late.page.bytes));
	return async_result(&caller);
}

/*
 * Whose container it is
 */

/* Three regions, one window, 64 KiB mapped at AT. */
static void move_in(void)
{
	uint64_t start;

	OK(vfio_register(&box, pool, SZ_1M));
	OK(vfio_register(&box, pool + 2 * SZ_1M, SZ_1M));
	OK(vfio_remove(&box, 0));
	OK(vfio_window(&box, 12, WINDOW, 1, &start));
	OK(vfio_map(&box, RW, AT, pool, SZ_64K));
}

/* All of that is as it was, and nothing else is there. */
static void nothing_has_changed(void)
{
	struct vfio_iommu_mtce_info i;

	if (backend->ours) {
		OK(mtce_info(&box, &i));
		CHECK_IS(i.windows, 1);
		CHECK_IS(i.stats.tces_mapped, 16);
		CHECK_IS(i.stats.tces_unmapped, 0);
		CHECK_IS(i.stats.registered_bytes, 2 * SZ_1M);
		CHECK_IS(i.flags & VFIO_MTCE_INFO_LAZY_MODE, 0);
	}
	OK(vfio_unmap(&box, AT, SZ_64K));
	OK(vfio_unregister(&box, pool, SZ_1M));
	OK(vfio_unregister(&box, pool + 2 * SZ_1M, SZ_1M));
	OK(vfio_remove(&box, 0));
}

/*
 * Another owner
 */

static struct {
	pid_t pid;
	int to, from;		/* pipes */
} owner;

static void owner_moves_in(int from, int to)
{
	long locked, before = mem_locked_kb(0);
	char go;

	CHECKED(move_in());
	locked = mem_locked_kb(0);
	CHECK(write(to, "r", 1) == 1);
	CHECK(read(from, &go, 1) == 1);
	if (go == 'x')		/* exits with all of it */
		return;
	CHECK_IS(mem_locked_kb(0), locked);
	CHECKED(nothing_has_changed());
	CHECK_IS(mem_locked_kb(0), before);
}

static void owner_start(void)
{
	int down[2], up[2];

	CHECK(!pipe(down) && !pipe(up));
	fflush(stdout);
	owner.pid = fork();
	CHECK(owner.pid >= 0);
	if (!owner.pid) {
		close(down[1]);
		close(up[0]);
		owner_moves_in(down[0], up[1]);
		fflush(stdout);
		_exit(test_has_failed());
	}
	close(down[0]);
	close(up[1]);
	owner.to = down[1];
	owner.from = up[0];
}

static int owner_says_ready(void *unused)
{
	char word;

	return read(owner.from, &word, 1) == 1 && word == 'r' ? 0 : -EPIPE;
}

static int owner_ends(const char *word)
{
	int status, sent = write(owner.to, word, 1);

	close(owner.to);
	close(owner.from);
	if (waitpid(owner.pid, &status, 0) != owner.pid || sent != 1)
		return -1;
	return status;
}

/* A process takes the container while the call of this one waits. */
static void owner_comes(void)
{
	CHECKED(owner_start());
	async_start(&helper, owner_says_ready, NULL);
	if (!async_done(&helper, STALL_LIMIT_MS))
		test_failed(__FILE__, __LINE__, "another process waits for a page fault of this one");
}

static void another_owner(void (*fill)(void), bool exits)
{
	int ret, ended;

	CHECKED(box_open());
	remember_counts();
	CHECKED(begin(fill));
	if (async_done(&caller, 0))
		return;
	owner_comes();
	if (exits && !test_has_failed())
		CHECK_IS(owner_ends("x"), 0);
	ret = go_on();
	if (async_result(&helper))
		test_failed(__FILE__, __LINE__, "the other process could not have the container");
	if (!exits || test_has_failed()) {
		ended = owner_ends("c");
		CHECK_IS(ended, 0);
	}
	CHECK_IS(ret, -EPERM);
	box_close();
	counts_are_back();
}

/*
 * No group, and no container any more
 */

static int detaches(void *unused)
{
	return container_detach(&box, 0);
}

/* A new container behind the same descriptor. */
static void begin_again(void)
{
	OK(container_attach(&box, 0));
	OK(vfio_call(box.fd, VFIO_SET_IOMMU, (void *)backend->v2));
	CHECKED(move_in());
}

static void group_leaves(void (*fill)(void))
{
	int ret;

	CHECKED(box_open());
	remember_counts();
	CHECKED(move_in());
	CHECKED(begin(fill));
	if (async_done(&caller, 0))
		return;
	async_start(&helper, detaches, NULL);
	if (!async_done(&helper, STALL_LIMIT_MS))
		test_failed(__FILE__, __LINE__, "detaching waits for a page fault of the user's");
	else
		begin_again();
	ret = go_on();
	OK(async_result(&helper));
	if (test_has_failed())
		return;
	CHECK_IS(ret, -ENODEV);
	CHECKED(nothing_has_changed());
	box_close();
	counts_are_back();
}

/*
 * A call that comes too late must not make its process the owner of what is
 * gone: nobody would ever let go of its mm again.
 */

#define MM_SLAB	"/sys/kernel/slab/mm_struct/"
#define LEAVERS	24

static long mms(void)
{
	FILE *f = fopen(MM_SLAB "shrink", "w");
	long n = -1;

	if (!f)
		return -1;
	fputs("1", f);
	fclose(f);
	f = fopen(MM_SLAB "objects", "r");
	if (f && fscanf(f, "%ld", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

/* Registers in a container that nobody owned when its group went. */
static void registers_too_late(void)
{
	CHECKED(box_open());
	CHECKED(begin(register_memory));
	OK(container_detach(&box, 0));
	CHECK_IS(go_on(), -ENODEV);
	box_close();
}

static int leaver(void *unused)
{
	registers_too_late();
	return test_has_failed();
}

static void late_register_keeps_no_mm(void)
{
	long before = mms();
	int i;

	if (before < 0) {
		test_skipped("this kernel does not count its mm_structs");
		return;
	}
	for (i = 0; i < LEAVERS; i++)
		CHECK_IS(in_child(leaver, NULL), 0);
	mem_pins();		/* a grace period */
	i = mms() - before;
	diag("%d mm_structs more after %d processes", i, LEAVERS);
	CHECK(i < LEAVERS / 2);
}

/*
 * Calls without arguments: release is made long, and they come in the middle
 */

#define CHUNK	SZ_64M

/* 2 GiB of entries that pin, of which each is let go by itself. */
static void fill_window(uint8_t *chunk)
{
	uint64_t iova;

	for (iova = CHUNK; iova < SZ_2G; iova += CHUNK)
		OK(vfio_map(&box, RW, iova, chunk, CHUNK));
}

static int disables(void *unused)
{
	return vfio_disable(&box);
}

/* Twice, the second time for nothing: the count goes down once. */
static void disable_twice_counts_once(void)
{
	long locked;

	CHECKED(box_open_v1());
	remember_counts();
	OK(vfio_enable(&box));
	OK(vfio_map(&box, RW, AT, pool, SZ_64K));
	OK(vfio_disable(&box));
	locked = mem_locked_kb(0);
	OK(vfio_disable(&box));
	CHECK_IS(mem_locked_kb(0), locked);
	box_close();
	counts_are_back();
}

static void disable_while_the_group_leaves(void)
{
	uint8_t *chunk = mem_alloc(CHUNK);
	int round, late_ones = 0;

	remember_counts();
	for (round = 0; round < 6 && !test_has_failed(); round++) {
		CHECKED(box_open_v1());
		OK(vfio_enable(&box));
		CHECKED(fill_window(chunk));
		async_start(&caller, detaches, NULL);
		usleep(20000 << round);
		async_start(&helper, disables, NULL);
		OK(async_result(&caller));
		late_ones += async_result(&helper) == -ENODEV;
		box_close();
		counts_are_back();
	}
	mem_free(chunk, CHUNK);
	if (!test_has_failed() && !late_ones)
		test_skipped("no call came in the middle of it");
}

/*
 * Tests
 */

static void after(void)
{
	if (caller.started) {
		if (slow.fd >= 0)
			stall_serve(&slow, late.page.bytes, sizeof(late.page.bytes));
		async_result(&caller);
	}
	if (helper.started)
		async_result(&helper);
	stall_close(&slow);
	box_close();
}

static const char *begin_program(void)
{
	signal(SIGPIPE, SIG_IGN);	/* an owner that could not move in is gone */
	return stall_possible();
}

#define OWNED(call)							\
	static void call ## _of_another_owner(void)			\
	{								\
		another_owner(call, false);				\
	}								\
	static void call ## _of_an_owner_that_exits(void)		\
	{								\
		another_owner(call, true);				\
	}

#define LEFT(call)							\
	static void call ## _after_release(void)			\
	{								\
		group_leaves(call);					\
	}

OWNED(map)
LEFT(map)
OWNED(unmap)
LEFT(unmap)
OWNED(register_memory)
LEFT(register_memory)
OWNED(unregister)
LEFT(unregister)
OWNED(create)
LEFT(create)
OWNED(remove_window)
LEFT(remove_window)
OWNED(get_info)
LEFT(get_info)
OWNED(eeh)
LEFT(eeh)
OWNED(info)
LEFT(info)
OWNED(update)
LEFT(update)
OWNED(update_array)
LEFT(update_array)
OWNED(put_list)
LEFT(put_list)
OWNED(put_list_array)
LEFT(put_list_array)
OWNED(flush)
LEFT(flush)
OWNED(mode)
LEFT(mode)

#define TEST_LEFT(call, needs)	TEST(call ## _after_release, needs)

static const struct test tests[] = {
	TEST(map_of_another_owner, NEEDS_OURS),
	TEST(map_of_an_owner_that_exits, NEEDS_OURS),
	TEST(unmap_of_another_owner, NEEDS_OURS),
	TEST(unmap_of_an_owner_that_exits, NEEDS_OURS),
	TEST(register_memory_of_another_owner, NEEDS_OURS),
	TEST(register_memory_of_an_owner_that_exits, NEEDS_OURS),
	TEST(unregister_of_another_owner, NEEDS_OURS),
	TEST(unregister_of_an_owner_that_exits, NEEDS_OURS),
	TEST(create_of_another_owner, NEEDS_OURS),
	TEST(create_of_an_owner_that_exits, NEEDS_OURS),
	TEST(remove_window_of_another_owner, NEEDS_OURS),
	TEST(remove_window_of_an_owner_that_exits, NEEDS_OURS),
	TEST(get_info_of_another_owner, NEEDS_OURS),
	TEST(get_info_of_an_owner_that_exits, NEEDS_OURS),
	TEST(eeh_of_another_owner, NEEDS_OURS),
	TEST(eeh_of_an_owner_that_exits, NEEDS_OURS),
	TEST(info_of_another_owner, NEEDS_OURS),
	TEST(info_of_an_owner_that_exits, NEEDS_OURS),
	TEST(update_of_another_owner, NEEDS_OURS),
	TEST(update_of_an_owner_that_exits, NEEDS_OURS),
	TEST(update_array_of_another_owner, NEEDS_OURS),
	TEST(update_array_of_an_owner_that_exits, NEEDS_OURS),
	TEST(put_list_of_another_owner, NEEDS_OURS),
	TEST(put_list_of_an_owner_that_exits, NEEDS_OURS),
	TEST(put_list_array_of_another_owner, NEEDS_OURS),
	TEST(put_list_array_of_an_owner_that_exits, NEEDS_OURS),
	TEST(flush_of_another_owner, NEEDS_OURS),
	TEST(flush_of_an_owner_that_exits, NEEDS_OURS),
	TEST(mode_of_another_owner, NEEDS_OURS),
	TEST(mode_of_an_owner_that_exits, NEEDS_OURS),
	TEST_LEFT(map, 0),
	TEST_LEFT(unmap, 0),
	TEST_LEFT(register_memory, 0),
	TEST_LEFT(unregister, 0),
	TEST_LEFT(create, 0),
	TEST_LEFT(remove_window, 0),
	TEST_LEFT(get_info, 0),
	TEST_LEFT(eeh, 0),
	TEST_LEFT(info, NEEDS_OURS),
	TEST_LEFT(update, NEEDS_OURS),
	TEST_LEFT(update_array, NEEDS_OURS),
	TEST_LEFT(put_list, NEEDS_OURS),
	TEST_LEFT(put_list_array, NEEDS_OURS),
	TEST_LEFT(flush, NEEDS_OURS),
	TEST_LEFT(mode, NEEDS_OURS),
	TEST(late_register_keeps_no_mm, NEEDS_OURS),
	TEST(disable_twice_counts_once, 0),
	TEST(disable_while_the_group_leaves, NEEDS_OURS),
};

int main(void)
{
	static const struct suite suite = {
		.program = "attack_late",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.begin = begin_program,
		.after = after,
	};

	return run_suite(&suite);
}
