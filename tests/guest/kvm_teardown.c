// SPDX-License-Identifier: GPL-2.0
/* In whatever order a VMM, its table, its window and its container go: nothing stays behind, nothing comes back. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aftermath.h"
#include "fixture.h"
#include "guest.h"

#define AT	SZ_1M

/* Windows first: upstream leaks memory that is unregistered while it is mapped. */
static void after(void)
{
	if (box.fd >= 0)
		rig_no_windows();
	guest_close();
	box_close();
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

static const struct test tests[] = {
	TEST(every_order_leaves_nothing, 0),
	TEST(every_order_with_a_detached_container, 0),
	TEST(container_gone_first, 0),
	TEST(vmm_exits_without_a_word, 0),
	TEST(kill_9_of_the_vmm, 0),
};

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
		.after = after,
	};

	if (argc == 2 && !strcmp(argv[1], "--hold"))
		return hold();
	return run_suite(&suite);
}
