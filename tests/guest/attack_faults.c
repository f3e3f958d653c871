// SPDX-License-Identifier: GPL-2.0
/*
 * A page fault of the user's that does not end (userfaultfd) is his own affair:
 * while a call of his waits for it, every other call of the container, the lazy
 * queue, and whoever takes the group away go on (invariant 12). When the fault
 * is served the call ends as it should; when its process is killed, at once.
 *
 * Registering memory is not tried: the kernel pins it under mmap_lock, where it
 * does not wait for such a fault but answers -EFAULT.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aftermath.h"
#include "fixture.h"
#include "param.h"
#include "stall.h"

#define AT	SZ_1M			/* where the call that waits maps */
#define NEAR	(AT + 2 * SZ_4K)	/* the same stripe */
#define FAR	(32 * SZ_1M)		/* another one */

static struct stall slow = { .fd = -1 };
static struct async caller, helper;
static uint64_t served[32];	/* what the page will hold */
static int wrong_line, wrong_answer;

/*
 * Calls that wait
 */

static int map_one_page(void *unused)
{
	return vfio_map(&box, RW, AT, slow.mem, SZ_4K);
}

static int map_read_only(void *unused)
{
	return vfio_map(&box, VFIO_DMA_MAP_FLAG_READ, AT, slow.mem, SZ_4K);
}

static int map_pages(void *unused)
{
	return vfio_map(&box, RW, AT, slow.mem, slow.size);
}

static int map_in_a_batch(void *unused)
{
	struct vfio_mtce_op ops[2] = {
		map_op(AT, slow.mem, SZ_4K), map_op(AT + SZ_4K, slow.mem + SZ_4K, SZ_4K),
	};
	uint32_t done = 2;

	return mtce_update(&box, ops, &done);
}

static int eeh_argument(void *unused)
{
	struct vfio_eeh_pe_op *op = (void *)served;
	int ret;

	op->argsz = sizeof(*op);
	op->op = VFIO_EEH_PE_GET_STATE;
	ret = vfio_call(box.fd, VFIO_EEH_PE_OP, slow.mem);
	return ret > 0 ? 0 : ret;	/* a state */
}

static int update_array(void *unused)
{
	struct vfio_iommu_mtce_update u = {
		.argsz = sizeof(u),
		.ops = (uintptr_t)slow.mem,
		.op_len = sizeof(struct vfio_mtce_op),
		.op_num = 1,
	};
	struct vfio_mtce_op op = unmap_op(AT, SZ_4K);

	memcpy(served, &op, sizeof(op));
	return vfio_call(box.fd, VFIO_IOMMU_MTCE_UPDATE, &u);
}

static int list_array(void *unused)
{
	struct vfio_iommu_mtce_put_list l = {
		.argsz = sizeof(l),
		.flags = RW,
		.iova = AT,
		.list = (uintptr_t)slow.mem,
		.num = 1,
	};

	served[0] = (uintptr_t)pool;
	return vfio_call(box.fd, VFIO_IOMMU_MTCE_PUT_LIST, &l);
}

static void begin(int (*call)(void *))
{
	CHECK(stall_open(&slow, 4));
	async_start(&caller, call, NULL);
	if (stall_seen(&slow, STALL_LIMIT_MS))
		return;
	if (async_done(&caller, 0) && call == eeh_argument)
		test_skipped("there is no EEH here");
	else
		test_failed(__FILE__, __LINE__, "the call meets no page fault");
}

/* False if there is nothing to wait for. */
static bool waits(int (*call)(void *))
{
	begin(call);
	return !test_has_failed() && !async_done(&caller, 0);
}

/* The fault ends. */
static int go_on(void)
{
	stall_serve(&slow, served, sizeof(served));
	return async_result(&caller);
}

/*
 * What others do meanwhile
 */

/* Not the test's macros: this is another thread, and it may hang. */
#define EXPECT(call, expected) do {					\
	wrong_answer = (call);						\
	if (wrong_answer != (expected)) {				\
		wrong_line = __LINE__;					\
		return -1;						\
	}								\
} while (0)

static int maps_nearby(void *unused)
{
	EXPECT(vfio_map(&box, RW, NEAR, pool, SZ_4K), 0);
	EXPECT(vfio_unmap(&box, NEAR, SZ_4K), 0);
	return 0;
}

static int maps_elsewhere(void *unused)
{
	EXPECT(vfio_map(&box, RW, FAR, pool, SZ_64K), 0);
	EXPECT(vfio_unmap(&box, FAR, SZ_64K), 0);
	return 0;
}

/* All of the window: every stripe. */
static int unmaps_everything(void *unused)
{
	EXPECT(vfio_unmap(&box, 0, SZ_64M), 0);
	return 0;
}

static int asks(void *unused)
{
	struct vfio_iommu_spapr_tce_info info;
	struct vfio_iommu_mtce_info mine;

	EXPECT(vfio_info(&box, &info), 0);
	if (backend->ours)
		EXPECT(mtce_info(&box, &mine), 0);
	return 0;
}

static int registers(void *unused)
{
	EXPECT(vfio_register(&box, pool + 2 * SZ_1M, SZ_1M), 0);
	EXPECT(vfio_unregister(&box, pool + 2 * SZ_1M, SZ_1M), 0);
	return 0;
}

static int makes_windows(void *unused)
{
	uint64_t start;

	EXPECT(vfio_window(&box, 12, SZ_16M, 1, &start), 0);
	EXPECT(vfio_remove(&box, start), 0);
	return 0;
}

static int flushes(void *unused)
{
	if (!backend->ours)
		return 0;
	EXPECT(mtce_flush(&box), 0);
	EXPECT(mtce_mode(&box, VFIO_MTCE_LAZY), 0);
	EXPECT(mtce_mode(&box, 0), 0);
	return 0;
}

/* A lazy unmap whose time comes while there is also somebody who wants to stop everything. */
static int lazy_unmap_is_flushed(void *unused)
{
	struct vfio_iommu_mtce_info info;
	struct vfio_mtce_op op = lazy_unmap_op(FAR, SZ_4K);
	uint32_t done = 1;
	uint64_t before;
	int i;

	if (!backend->ours)
		return 0;
	EXPECT(mtce_info(&box, &info), 0);
	before = info.stats.flushes_timeout;
	EXPECT(vfio_map(&box, RW, FAR, pool, SZ_4K), 0);
	EXPECT(mtce_update(&box, &op, &done), 0);
	EXPECT(vfio_register(&box, pool + 3 * SZ_1M, SZ_64K), 0);
	for (i = 0; i < 20; i++) {
		usleep(50000);
		EXPECT(mtce_info(&box, &info), 0);
		if (info.stats.flushes_timeout > before && !info.stats.lazy_pending)
			break;
	}
	EXPECT(i < 20, true);
	EXPECT(vfio_unregister(&box, pool + 3 * SZ_1M, SZ_64K), 0);
	return 0;
}

static int takes_the_group_away(void *unused)
{
	return container_detach(&box, 0);
}

/* The others come back, all the while the call waits. */
static void others_work(int (*other)(void *))
{
	wrong_line = 0;
	async_start(&helper, other, NULL);
	if (!async_done(&helper, STALL_LIMIT_MS)) {
		test_failed(__FILE__, __LINE__, "waits for somebody else's page fault");
		return;
	}
	if (async_result(&helper))
		test_failed(__FILE__, wrong_line, "meanwhile: %d", wrong_answer);
	else if (async_done(&caller, 0))
		test_failed(__FILE__, __LINE__, "the call did not wait for its page");
}

/*
 * Tests
 */

static bool pins(int (*call)(void *))
{
	return call == map_one_page || call == map_read_only || call == map_pages ||
	       call == map_in_a_batch;
}

/* The pool is registered; other memory is pinned by maps, where the type has both. */
static void move_in(int (*call)(void *))
{
	uint64_t start;

	if (pins(call) && !backend->native) {
		CHECKED(box_open_v1());
		OK(vfio_enable(&box));
		return;
	}
	CHECKED(box_open());
	if (pins(call))
		OK(vfio_enable(&box));
	OK(vfio_register(&box, pool, SZ_1M));
	OK(vfio_remove(&box, 0));
	OK(vfio_window(&box, 12, SZ_64M, 1, &start));
	CHECK_IS((long)start, 0);
}

static void meanwhile(int (*call)(void *), int (*other)(void *))
{
	CHECKED(move_in(call));
	if (!waits(call))
		return;
	others_work(other);
	CHECK_IS(go_on(), 0);
	if (helper.started)
		async_result(&helper);
	box_close();
	stall_close(&slow);
	counts_are_back();
}

static void group_goes(int (*call)(void *))
{
	int ret;

	CHECKED(move_in(call));
	if (!waits(call))
		return;
	others_work(takes_the_group_away);
	ret = go_on();
	if (helper.started)
		async_result(&helper);
	if (test_has_failed())
		return;
	CHECK_IS(ret, -ENODEV);
	box_close();
	stall_close(&slow);
	counts_are_back();
}

/* v1 calls only: nothing may be pinned any more. */
static int disables(void *unused)
{
	EXPECT(vfio_disable(&box), 0);
	return 0;
}

static void disabled_meanwhile(int (*call)(void *))
{
	int ret;

	CHECKED(move_in(call));
	if (!waits(call))
		return;
	others_work(disables);
	ret = go_on();
	if (helper.started)
		async_result(&helper);
	if (test_has_failed())
		return;
	CHECK(ret == -EPERM || ret == -ENOENT);
	box_close();
	stall_close(&slow);
	counts_are_back();
}

/* The window that it was about to map in. */
static int removes_the_window(void *unused)
{
	EXPECT(vfio_remove(&box, 0), 0);
	return 0;
}

static void window_goes(int (*call)(void *))
{
	CHECKED(move_in(call));
	if (!waits(call))
		return;
	others_work(removes_the_window);
	if (test_has_failed()) {
		go_on();
		return;
	}
	CHECK_IS(go_on(), -ENXIO);
	box_close();
	stall_close(&slow);
	counts_are_back();
}

/* The killed process is gone at once, and the container is as it should be. */
static int waits_for_ever(void *arg)
{
	int (*call)(void *) = *(int (**)(void *))arg;

	move_in(call);
	begin(call);
	if (test_has_failed())
		return 1;
	kill(getppid(), SIGUSR1);
	pause();
	return 1;
}

static volatile sig_atomic_t child_waits;

static void note_signal(int sig)
{
	child_waits = 1;
}

static void killed_while_waiting(int (*call)(void *))
{
	int status, tries;
	pid_t pid, gone = 0;

	CHECKED(move_in(call));
	box_close();
	child_waits = 0;
	signal(SIGUSR1, note_signal);
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(waits_for_ever(&call));
	for (tries = 0; tries < 100 && !child_waits; tries++)
		usleep(100000);
	usleep(100000);
	kill(pid, SIGKILL);
	for (tries = 0; tries < 50 && !gone; tries++) {
		gone = waitpid(pid, &status, WNOHANG);
		usleep(100000);
	}
	CHECK_IS(gone, pid);
	CHECK(child_waits);
	pins_are_back();
}

static void before(void)
{
	memset(served, 0, sizeof(served));
	param_set("lazy_timeout_ms", 50);
	remember_counts();
}

static void after(void)
{
	if (caller.started)
		go_on();
	if (helper.started)
		async_result(&helper);
	stall_close(&slow);
	box_close();
	param_restore();
}

#define TRY(call, other)						\
	static void call ## _while_another_ ## other(void)		\
	{								\
		meanwhile(call, other);					\
	}
#define TRY_ALL(call)							\
	TRY(call, maps_nearby)						\
	TRY(call, maps_elsewhere)					\
	TRY(call, unmaps_everything)					\
	TRY(call, asks)							\
	TRY(call, registers)						\
	TRY(call, makes_windows)					\
	TRY(call, flushes)						\
	static void call ## _and_a_lazy_unmap_is_flushed(void)		\
	{								\
		meanwhile(call, lazy_unmap_is_flushed);			\
	}								\
	static void call ## _and_the_group_goes(void)			\
	{								\
		group_goes(call);					\
	}								\
	static void call ## _and_its_process_is_killed(void)		\
	{								\
		killed_while_waiting(call);				\
	}
#define TRY_PIN(call)							\
	static void call ## _and_is_disabled(void)			\
	{								\
		disabled_meanwhile(call);				\
	}								\
	static void call ## _and_the_window_goes(void)			\
	{								\
		window_goes(call);					\
	}

TRY_ALL(map_one_page)
TRY_ALL(map_read_only)
TRY_ALL(map_pages)
TRY_ALL(map_in_a_batch)
TRY_ALL(eeh_argument)
TRY_ALL(update_array)
TRY_ALL(list_array)
TRY_PIN(map_one_page)
TRY_PIN(map_pages)
TRY_PIN(map_in_a_batch)

static const struct test tests[] = {
	TEST(map_one_page_while_another_maps_nearby, 0),
	TEST(map_one_page_while_another_maps_elsewhere, 0),
	TEST(map_one_page_while_another_unmaps_everything, 0),
	TEST(map_one_page_while_another_asks, 0),
	TEST(map_one_page_while_another_registers, NEEDS_NATIVE),
	TEST(map_one_page_while_another_makes_windows, NEEDS_NATIVE),
	TEST(map_one_page_while_another_flushes, 0),
	TEST(map_one_page_and_a_lazy_unmap_is_flushed, NEEDS_NATIVE),
	TEST(map_one_page_and_the_group_goes, NEEDS_OURS),
	TEST(map_one_page_and_its_process_is_killed, 0),
	TEST(map_read_only_while_another_maps_nearby, 0),
	TEST(map_read_only_while_another_maps_elsewhere, 0),
	TEST(map_read_only_while_another_unmaps_everything, 0),
	TEST(map_read_only_while_another_asks, 0),
	TEST(map_read_only_while_another_registers, NEEDS_NATIVE),
	TEST(map_read_only_while_another_makes_windows, NEEDS_NATIVE),
	TEST(map_read_only_while_another_flushes, 0),
	TEST(map_read_only_and_a_lazy_unmap_is_flushed, NEEDS_NATIVE),
	TEST(map_read_only_and_the_group_goes, NEEDS_OURS),
	TEST(map_read_only_and_its_process_is_killed, 0),
	TEST(map_pages_while_another_maps_nearby, 0),
	TEST(map_pages_while_another_maps_elsewhere, 0),
	TEST(map_pages_while_another_unmaps_everything, 0),
	TEST(map_pages_while_another_asks, 0),
	TEST(map_pages_while_another_registers, NEEDS_NATIVE),
	TEST(map_pages_while_another_makes_windows, NEEDS_NATIVE),
	TEST(map_pages_while_another_flushes, 0),
	TEST(map_pages_and_a_lazy_unmap_is_flushed, NEEDS_NATIVE),
	TEST(map_pages_and_the_group_goes, NEEDS_OURS),
	TEST(map_pages_and_its_process_is_killed, 0),
	TEST(map_in_a_batch_while_another_maps_nearby, NEEDS_NATIVE),
	TEST(map_in_a_batch_while_another_maps_elsewhere, NEEDS_NATIVE),
	TEST(map_in_a_batch_while_another_unmaps_everything, NEEDS_NATIVE),
	TEST(map_in_a_batch_while_another_asks, NEEDS_NATIVE),
	TEST(map_in_a_batch_while_another_registers, NEEDS_NATIVE),
	TEST(map_in_a_batch_while_another_makes_windows, NEEDS_NATIVE),
	TEST(map_in_a_batch_while_another_flushes, NEEDS_NATIVE),
	TEST(map_in_a_batch_and_a_lazy_unmap_is_flushed, NEEDS_NATIVE),
	TEST(map_in_a_batch_and_the_group_goes, NEEDS_NATIVE),
	TEST(map_in_a_batch_and_its_process_is_killed, NEEDS_NATIVE),
	TEST(eeh_argument_while_another_maps_nearby, 0),
	TEST(eeh_argument_while_another_maps_elsewhere, 0),
	TEST(eeh_argument_while_another_unmaps_everything, 0),
	TEST(eeh_argument_while_another_asks, 0),
	TEST(eeh_argument_while_another_registers, 0),
	TEST(eeh_argument_while_another_makes_windows, 0),
	TEST(eeh_argument_while_another_flushes, 0),
	TEST(eeh_argument_and_a_lazy_unmap_is_flushed, NEEDS_NATIVE),
	TEST(eeh_argument_and_the_group_goes, NEEDS_OURS),
	TEST(eeh_argument_and_its_process_is_killed, 0),
	TEST(update_array_while_another_maps_nearby, NEEDS_NATIVE),
	TEST(update_array_while_another_maps_elsewhere, NEEDS_NATIVE),
	TEST(update_array_while_another_unmaps_everything, NEEDS_NATIVE),
	TEST(update_array_while_another_asks, NEEDS_NATIVE),
	TEST(update_array_while_another_registers, NEEDS_NATIVE),
	TEST(update_array_while_another_makes_windows, NEEDS_NATIVE),
	TEST(update_array_while_another_flushes, NEEDS_NATIVE),
	TEST(update_array_and_a_lazy_unmap_is_flushed, NEEDS_NATIVE),
	TEST(update_array_and_the_group_goes, NEEDS_NATIVE),
	TEST(update_array_and_its_process_is_killed, NEEDS_NATIVE),
	TEST(list_array_while_another_maps_nearby, NEEDS_NATIVE),
	TEST(list_array_while_another_maps_elsewhere, NEEDS_NATIVE),
	TEST(list_array_while_another_unmaps_everything, NEEDS_NATIVE),
	TEST(list_array_while_another_asks, NEEDS_NATIVE),
	TEST(list_array_while_another_registers, NEEDS_NATIVE),
	TEST(list_array_while_another_makes_windows, NEEDS_NATIVE),
	TEST(list_array_while_another_flushes, NEEDS_NATIVE),
	TEST(list_array_and_a_lazy_unmap_is_flushed, NEEDS_NATIVE),
	TEST(list_array_and_the_group_goes, NEEDS_NATIVE),
	TEST(list_array_and_its_process_is_killed, NEEDS_NATIVE),
	TEST(map_one_page_and_is_disabled, NEEDS_OURS),
	TEST(map_one_page_and_the_window_goes, NEEDS_NATIVE),
	TEST(map_pages_and_is_disabled, NEEDS_OURS),
	TEST(map_pages_and_the_window_goes, NEEDS_NATIVE),
	TEST(map_in_a_batch_and_is_disabled, NEEDS_NATIVE),
	TEST(map_in_a_batch_and_the_window_goes, NEEDS_NATIVE),
};

int main(void)
{
	static const struct suite suite = {
		.program = "attack_faults",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.begin = stall_possible,
		.before = before,
		.after = after,
	};

	return run_suite(&suite);
}
