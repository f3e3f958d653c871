// SPDX-License-Identifier: GPL-2.0
/* In whatever order a VMM, its table, its window and its container go: nothing stays behind, nothing comes back. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aftermath.h"
#include "clock.h"
#include "cpu.h"
#include "fixture.h"
#include "guest.h"
#include "slow.h"
#include "stall.h"

#define AT	SZ_1M

static struct container other = { .fd = -1 };

/* Windows first: upstream leaks memory that is unregistered while it is mapped. */
static void after(void)
{
	if (box.fd >= 0)
		rig_no_windows();
	guest_close();
	container_close(&other);
	box_close();
	slow_end();
}

static bool kvm_has_the_table;

/* Live entries by KVM and by ioctls. */
static void fill(void)
{
	CHECKED(box_ready());
	CHECKED(guest_open(GUEST_SIZE, 1));
	CHECKED(guest_table(12, 0, SZ_64M));
	kvm_has_the_table = true;
	IN_KERNEL(hlist(AT, PAGE(0), SZ_64K, 64));
	IN_KERNEL(hput(2 * AT, PAGE(0) | TCE_RW));
	OK(vfio_map(&box, RW, 3 * AT, vm.memory + PAGE(0), SZ_1M));
	OK(vfio_map(&box, RW, 4 * AT, pool, SZ_1M));
}

/* Upstream's KVM maps in tables of windows that have gone. Ours must not: nobody would clear them. */
static void nothing_can_be_mapped(void)
{
	/* Without a table behind the guest's there is nothing that KVM could map: it says yes. */
	if (!backend->ours || !vm.vcpus || !kvm_has_the_table)
		return;
	vm.too_hard = NULL;
	CHECK(hput(AT, PAGE(1) | TCE_RW) != H_SUCCESS);
	CHECK(hlist(AT, PAGE(1), SZ_64K, 4) != H_SUCCESS);
	hput(AT, 0);
	hstuff(AT, 64);
}

/*
 * Every order
 */

static bool window_is_there, memory_is_registered;
static uint8_t *memory;
static size_t memory_size;

static void window_goes(void)
{
	OK(vfio_remove(&box, 0));
	window_is_there = false;
	nothing_can_be_mapped();
}

static void memory_goes(void)
{
	bool refused = window_is_there && !backend->revokes;

	if (window_is_there && !backend->ours)
		return;
	CHECK_IS(vfio_unregister(&box, memory, memory_size), refused ? -EBUSY : 0);
	memory_is_registered = refused;
	if (!refused)
		nothing_can_be_mapped();
}

static void table_goes(void)
{
	close(guest_table_fd);
	guest_table_fd = -1;
	kvm_has_the_table = false;
}

static void group_goes(void)
{
	if (vm.vcpus && box.group[0] >= 0)
		OK(vmm_take_back(&vm, box.group[0]));
	kvm_has_the_table = false;
}

static void machine_goes(void)
{
	vmm_close(&vm);
}

static void container_goes(void)
{
	OK(vfio_call(box.group[0], VFIO_GROUP_UNSET_CONTAINER, NULL));
	window_is_there = false;
	memory_is_registered = false;
	nothing_can_be_mapped();
}

typedef void (*event)(void);

/* The n-th order of these events. */
static void in_order(event *events, int num, int n)
{
	int i, pick;

	CHECKED(fill());
	memory_is_registered = true;
	window_is_there = true;
	memory = vm.memory;
	memory_size = vm.size;
	for (i = num; i > 0; i--) {
		pick = n % i;
		n /= i;
		CHECKED(events[pick]());
		memmove(events + pick, events + pick + 1, (i - pick - 1) * sizeof(*events));
	}
	if (memory_is_registered) {
		if (window_is_there)
			OK(vfio_remove(&box, 0));
		OK(vfio_unregister(&box, memory, memory_size));
	}
	guest_close();
	box_close();
	counts_are_back();
}

static void all_orders(const event *events, int num)
{
	event some[8];
	int n, orders = 1;

	for (n = 2; n <= num; n++)
		orders *= n;
	remember_counts();
	for (n = 0; n < orders; n++) {
		memcpy(some, events, num * sizeof(*events));
		in_order(some, num, n);
		if (test_has_failed()) {
			diag("order %d of %d", n, orders);
			break;
		}
	}
}

static void every_order_leaves_nothing(void)
{
	all_orders((event[]) { window_goes, memory_goes, table_goes, machine_goes }, 4);
}

static void every_order_with_a_detached_container(void)
{
	all_orders((event[]) { container_goes, group_goes, table_goes }, 3);
}

/* KVM holds the group, the container has been told to go: its memory is let go at once. */
static void container_gone_first(void)
{
	remember_counts();
	CHECKED(fill());
	OK(vfio_call(box.group[0], VFIO_GROUP_UNSET_CONTAINER, NULL));
	CHECKED(pins_are_back());
	CHECKED(nothing_can_be_mapped());
	CHECKED(pins_are_back());
	guest_close();
	box_close();
	counts_are_back();
}

/*
 * The process goes
 */

static int fill_in_child(void)
{
	fill();
	return test_has_failed();
}

static int exits_with_live_entries(void *unused)
{
	return fill_in_child();
}

static void vmm_exits_without_a_word(void)
{
	remember_counts();
	CHECK_IS(in_child(exits_with_live_entries, NULL), 0);
	counts_are_back();
	CHECKED(fill());
}

/* The child's guest maps without end until it is shot in the middle of it. */
static void guest_runs_for_ever(void)
{
	struct vmm_call calls[] = {
		vmm_list(LIOBN, AT, LIST, 64),
		vmm_put(LIOBN, 2 * AT, PAGE(3) | TCE_RW),
		vmm_list(LIOBN, 3 * AT, LIST, 64),
		vmm_stuff(LIOBN, AT, 32),
	};

	if (fill_in_child())
		_exit(1);
	guest_list(PAGE(0), SZ_64K, 64);
	for (;;)
		vmm_run(&vm.vcpu[0], calls, ARRAY_SIZE(calls), 1000);
}

static void kill_9_of_the_vmm(void)
{
	int round, status;
	pid_t pid;

	if (!pool)
		pool = mem_alloc(POOL_SIZE);
	remember_counts();
	for (round = 0; round < 5; round++) {
		fflush(stdout);
		pid = fork();
		if (!pid)
			guest_runs_for_ever();
		usleep(300000 + round * 37000);
		kill(pid, SIGKILL);
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(WIFSIGNALED(status));
		CHECKED(counts_are_back());
	}
	CHECKED(fill());
}

/*
 * A guest maps memory that another container of its process has, and its own has not. It cannot, but KVM finds the memory
 * in the process's list, and counts it until the hypercall ends. This one takes long (tests/modules/slow_main.c), in the
 * place of many that follow each other, and meanwhile the other container goes.
 */

#define SLOW_MS		4000	/* the driver used to give up after 2000 */
#define LONG_MS		7000
#define SKIPPED		77

static uint8_t *others;
static int slow_cpu, other_cpu;

static void guest_beside_another(void)
{
	if (!others)
		others = mem_alloc(SZ_1M);
	CHECKED(box_ready());
	CHECKED(guest_open(GUEST_SIZE, 1));
	CHECKED(guest_table(12, 0, SZ_64M));
	vm.too_hard = NULL;
	OK(guest_extra(others, SZ_1M));
}

/* Without a window, for whose end it would wait until hypercalls are over. */
static void other_registers_it(void)
{
	OK(container_open_at(&other, backend->v2, 1));
	OK(vfio_remove(&other, 0));
	OK(vfio_register(&other, others, SZ_1M));
}

static int maps_what_is_not_its_own(void *unused)
{
	cpu_bind(slow_cpu);
	return hput(AT, EXTRA | TCE_RW) <= -1000;
}

/* Returns when KVM has counted the memory. */
static void begin_slow_map(struct async *guest)
{
	async_start(guest, maps_what_is_not_its_own, NULL);
	slow_has_begun(STALL_LIMIT_MS);
}

/* The function gives a count back. */
static bool make_it_slow(int ms)
{
	if (other_cpu < 0) {
		test_skipped("it takes two CPUs");
		return false;
	}
	cpu_bind(other_cpu);
	return slow_function("mm_iommu_mapped_dec", NULL, ms);
}

static void memory_goes_when_the_hypercall_ends(void)
{
	struct async guest = { };
	long locked, since;

	CHECKED(guest_beside_another());
	remember_counts();
	locked = mem_locked_kb(0);
	CHECKED(other_registers_it());
	if (!make_it_slow(SLOW_MS))
		return;
	begin_slow_map(&guest);
	container_close(&other);
	if (!async_done(&guest, 0))
		diag("in the hypercall %ld KiB of the other container's are locked", mem_locked_kb(0) - locked);
	else
		test_failed(__FILE__, __LINE__, "the hypercall was over too soon");
	OK(async_result(&guest));
	since = clock_ms();
	CHECK(mem_locked_returns_to(locked));
	diag("%ld ms after its end none are", clock_ms() - since);
	counts_are_back();
}

static int unregisters(void *unused)
{
	return vfio_unregister(&other, others, SZ_1M);
}

/* After how many ms an unregister gives up, which tries some number of times. */
static void unregister_gives_up(long *ms)
{
	struct async guest = { };
	long since;
	int ret;

	if (!make_it_slow(LONG_MS))
		return;
	begin_slow_map(&guest);
	since = clock_ms();
	ret = unregisters(NULL);
	*ms = clock_ms() - since;
	OK(async_result(&guest));
	slow_end();
	if (!ret)
		test_skipped("no hypercall here is longer than an unregister waits");
	else
		CHECK_IS(ret, -EBUSY);
}

/* It gives up in the hypercall, and by then there is no container that could have its memory back. */
static void memory_goes_with_an_unregister_beside_a_release(void)
{
	struct async guest = { }, caller = { };
	long ms = 0;

	CHECKED(guest_beside_another());
	remember_counts();
	CHECKED(other_registers_it());
	CHECKED(unregister_gives_up(&ms));
	diag("an unregister gives up after %ld ms", ms);
	if (!make_it_slow(ms + ms / 2))
		return;
	begin_slow_map(&guest);
	async_start(&caller, unregisters, NULL);
	usleep(ms / 4 * 1000);
	CHECK(!async_done(&caller, 0));
	OK(container_detach(&other, 1));
	OK(async_result(&caller));
	OK(async_result(&guest));
	container_close(&other);
	counts_are_back();
}

/* The child says when it may be shot: in the middle of the hypercall, before the other container goes or after it. */
static void maps_until_it_is_shot(bool close_first, volatile bool *ready)
{
	struct async guest;

	guest_beside_another();
	if (!test_has_failed())
		other_registers_it();
	if (!test_has_failed() && !make_it_slow(SLOW_MS))
		_exit(SKIPPED);
	if (!test_has_failed())
		begin_slow_map(&guest);
	if (test_has_failed())
		_exit(1);
	if (close_first)
		container_close(&other);
	*ready = true;
	for (;;)
		pause();
}

static void shoot(bool close_first, volatile bool *ready)
{
	int status = 0;
	pid_t pid, ended = 0;

	*ready = false;
	fflush(stdout);
	pid = fork();
	if (!pid)
		maps_until_it_is_shot(close_first, ready);
	while (!*ready && !ended) {
		ended = waitpid(pid, &status, WNOHANG);
		usleep(10000);
	}
	if (ended && WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED) {
		test_skipped("it takes two CPUs and mtce_slow.ko");
		return;
	}
	CHECK(!ended);
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status));
}

static void killed_in_a_slow_map(bool close_first)
{
	volatile bool *ready = mem_alloc_shared(mem_page());

	if (!pool)
		pool = mem_alloc(POOL_SIZE);
	remember_counts();
	CHECKED(shoot(close_first, ready));
	counts_are_back();
}

static void memory_goes_with_a_killed_vmm(void)
{
	killed_in_a_slow_map(false);
}

static void memory_that_waits_goes_with_a_killed_vmm(void)
{
	killed_in_a_slow_map(true);
}

static const struct test tests[] = {
	TEST(every_order_leaves_nothing, 0),
	TEST(every_order_with_a_detached_container, 0),
	TEST(container_gone_first, 0),
	TEST(vmm_exits_without_a_word, 0),
	TEST(kill_9_of_the_vmm, 0),
	TEST(memory_goes_when_the_hypercall_ends, NEEDS_OURS | NEEDS_GROUPS),
	TEST(memory_goes_with_an_unregister_beside_a_release, NEEDS_OURS | NEEDS_GROUPS),
	TEST(memory_goes_with_a_killed_vmm, NEEDS_OURS | NEEDS_GROUPS),
	TEST(memory_that_waits_goes_with_a_killed_vmm, NEEDS_OURS | NEEDS_GROUPS),
};

static const char *begin_program(void)
{
	slow_cpu = cpu_nth(0);
	other_cpu = cpu_nth(1);
	return NULL;
}

/* For kvm_module.sh: a container that has gone, and KVM that still holds its table, until the input ends. */
static int hold(void)
{
	const char *why;
	char c;

	if (!backend_select(&why))
		return 4;
	fill();
	if (test_has_failed() || vfio_call(box.group[0], VFIO_GROUP_UNSET_CONTAINER, NULL))
		return 1;
	close(box.fd);
	box.fd = -1;
	printf("ready\n");
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	vm.too_hard = NULL;
	hput(AT, PAGE(1) | TCE_RW);
	hstuff(AT, 64);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct suite suite = {
		.program = "kvm_teardown",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_KVM,
		.begin = begin_program,
		.after = after,
	};

	if (argc == 2 && !strcmp(argv[1], "--hold"))
		return hold();
	return run_suite(&suite);
}
