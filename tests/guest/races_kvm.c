// SPDX-License-Identifier: GPL-2.0
/*
 * A guest's two CPUs make TCE hypercalls on 64 entries, against ioctls on the same entries and against memory,
 * windows, KVM and the container that come and go (invariants 8 and 10). In the long mode ten minutes of it.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "aftermath.h"
#include "audit.h"
#include "clock.h"
#include "fixture.h"
#include "guest.h"
#include "param.h"
#include "race.h"
#include "traffic.h"

#define ENTRIES		64u
#define BATCH		24u
#define ROUNDS		4u
#define MEMORY_PAGES	8u
#define LONG_SECONDS	45	/* for each of fifteen races */
#define SHORT_RACES	8	/* for what is there in moments only: so many in place of one */

/**
 * struct caller - what one of the guest's CPUs does
 * @cpu: which
 * @iova: of the entries
 * @gpa: of the memory, MEMORY_PAGES of 64K
 * @may_fail: its memory or window may be missing; otherwise all is done in the kernel
 * @rests: clears all in the end, and waits
 */
struct caller {
	int cpu;
	uint64_t iova;
	uint64_t gpa;
	bool may_fail;
	bool rests;
};

static uint64_t any_page(struct side *s, const struct caller *c)
{
	return c->gpa + race_any(s, MEMORY_PAGES) * SZ_64K + race_any(s, 16) * SZ_4K;
}

/* Each CPU has its own lists, each call of a batch one of them. */
static struct vmm_call any_list(struct side *s, const struct caller *c, uint64_t ioba, unsigned int num)
{
	uint64_t at = LIST + (c->cpu * 8 + race_any(s, 8)) * SZ_4K;
	uint64_t *list = (uint64_t *)(vm.memory + at);
	unsigned int i;

	for (i = 0; i < num; i++)
		list[i] = htobe64(any_page(s, c) | TCE_RW);
	return vmm_list(LIOBN, ioba, at, num);
}

static struct vmm_call any_call(struct side *s, const struct caller *c)
{
	unsigned int first = race_any(s, ENTRIES);
	unsigned int num = 1 + race_any(s, ENTRIES - first);
	uint64_t ioba = c->iova + first * SZ_4K;

	switch (race_any(s, 5)) {
	case 0:
		return vmm_put(LIOBN, ioba, 0);
	case 1:
		return vmm_stuff(LIOBN, ioba, num);
	case 2:
		return any_list(s, c, ioba, num);
	default:
		return vmm_put(LIOBN, ioba, any_page(s, c) | TCE_RW);
	}
}

static void judge_call(struct side *s, const struct caller *c, const struct vmm_call *call)
{
	const char *name = call->nr == H_PUT_TCE ? call->arg[2] ? "put" : "put 0" :
			   call->nr == H_STUFF_TCE ? "stuff" : "list";
	bool bad = call->result || call->refused;

	if (c->may_fail)
		race_said(s, name, bad ? -EINVAL : 0, MAY(0, -EINVAL));
	else
		race_said(s, name, bad ? -EINVAL : 0, MAY(0));
}

static void hypercalls(struct side *s)
{
	const struct caller *c = race_arg(s);
	struct vmm_vcpu *vcpu = &vm.vcpu[c->cpu];
	struct vmm_call calls[BATCH];
	uint64_t exits = vcpu->exits;
	unsigned int i;
	int ret;

	for (i = 0; i < BATCH; i++)
		calls[i] = any_call(s, c);
	if (c->rests)
		calls[BATCH - 1] = vmm_stuff(LIOBN, c->iova, ENTRIES);
	ret = vmm_run(vcpu, calls, BATCH, ROUNDS);
	if (ret)
		race_wrong(s, "the guest does not run", ret);
	for (i = 0; i < BATCH; i++)
		judge_call(s, c, &calls[i]);
	if (!c->may_fail && vcpu->exits != exits)
		race_wrong(s, "hypercalls that went to user space", vcpu->exits - exits);
	if (c->rests)
		usleep(race_any(s, 2000));
}

static void native_step(struct side *s, uint64_t iova, uint8_t *at, uint64_t size)
{
	struct vfio_mtce_op op = lazy_unmap_op(iova, size);
	uint64_t list[] = { (uintptr_t)at, (uintptr_t)pool };
	uint32_t num = 1;

	switch (race_any(s, 4)) {
	case 0:
		race_said(s, "map, no replace", mtce_map(&box, RW, iova, at, size), MAY(0, -EEXIST));
		break;
	case 1:
		race_said(s, "put list", mtce_put_list(&box, RW | VFIO_MTCE_REPLACE, iova, list, 2), MAY(0));
		break;
	case 2:
		race_said(s, "lazy unmap", mtce_update(&box, &op, &num), MAY(0));
		break;
	default:
		race_said(s, "unmap", mtce_unmap(&box, iova, size), MAY(0));
	}
}

/* The guest's own memory and other memory, by every call. */
static void ioctls(struct side *s)
{
	unsigned int first = race_any(s, ENTRIES - 8);
	uint64_t size = (1 + race_any(s, 8)) * SZ_4K;
	uint64_t iova = SPOT + first * SZ_4K;
	uint8_t *at = (race_any(s, 2) ? pool : vm.memory + PAGE(0)) + race_any(s, 16) * SZ_4K;

	switch (race_any(s, backend->native ? 4 : 2)) {
	case 0:
		race_said(s, "map", vfio_map(&box, RW, iova, at, size), MAY(0));
		break;
	case 1:
		race_said(s, "unmap", vfio_unmap(&box, iova, size), MAY(0));
		break;
	default:
		native_step(s, iova, at, size);
	}
}

static void two_cpus(struct caller *one, struct caller *two)
{
	race_thread("vCPU 0", hypercalls, one);
	race_thread("vCPU 1", hypercalls, two);
}

static struct caller caller_at(int cpu, uint64_t iova)
{
	return (struct caller) { .cpu = cpu, .iova = iova, .gpa = PAGE(0) };
}

/* Neither by the guest's memory nor by the pool is anything mapped any more. */
static void nothing_is_mapped(void)
{
	OK(vfio_unmap(&box, SPOT, 2 * ENTRIES * SZ_4K));
	OK(vfio_unregister(&box, vm.memory, vm.size));
	OK(vfio_register(&box, vm.memory, vm.size));
	OK(vfio_unregister(&box, pool, POOL_SIZE));
	OK(vfio_register(&box, pool, POOL_SIZE));
}

static void before(void)
{
	race_long(LONG_SECONDS);
	/* A race that wants the device closed leaves it so. */
	if (box.fd >= 0 && edu.fd < 0)
		box_close();
	CHECK(box.fd >= 0 || !rig_open());
	rig_no_windows();
	remember_counts();
	CHECK(!rig_window(12, RIG_WINDOW, 1));
	CHECKED(guest_open(GUEST_SIZE, 2));
	CHECKED(guest_table(12, 0, RIG_WINDOW));
	race_new();
}

static void after(void)
{
	if (box.fd >= 0)
		rig_no_windows();
	guest_close();
	if (box.fd >= 0)
		counts_are_back();
	param_restore();
}

static void two_cpus_on_entries_of_their_own(void)
{
	struct caller one = caller_at(0, SPOT), two = caller_at(1, SPOT + ENTRIES * SZ_4K);

	two_cpus(&one, &two);
	CHECKED(race_run());
	nothing_is_mapped();
}

static void hypercalls_against_ioctls(void)
{
	struct caller one = caller_at(0, SPOT), two = caller_at(1, SPOT);

	two_cpus(&one, &two);
	race_thread("ioctls", ioctls, NULL);
	CHECKED(race_run());
	IN_KERNEL(hput(SPOT, PAGE(20) | TCE_RW));
	CHECK(edu_reaches(&edu, SPOT, guest_at(PAGE(20))));
	nothing_is_mapped();
	CHECK(edu_is_kept_out(&edu, SPOT, guest_at(PAGE(20))));
}

struct memory {
	uint8_t *at;
	bool registered;
};

static void memory_goes_and_comes(struct side *s)
{
	struct memory *m = race_arg(s);

	if (!m->registered)
		m->registered = !race_said(s, "register", vfio_register(&box, m->at, SZ_1M), MAY(0));
	else if (backend->revokes)
		m->registered = race_said(s, "unregister", vfio_unregister(&box, m->at, SZ_1M), MAY(0));
	else
		m->registered = race_said(s, "unregister", vfio_unregister(&box, m->at, SZ_1M), MAY(0, -EBUSY));
	/* Long enough that a list finds all of its memory at times. */
	usleep(race_any(s, m->registered ? 3000 : 500));
}

/* Whether unmaps by hypercall are lazy, and for how long, changes while they are made. */
static void turns_the_knobs(struct side *s)
{
	param_set("lazy_hcalls", race_any(s, 4) > 0);
	param_set("lazy_entries", race_any(s, 2) ? race_any(s, 64) : 1024);
	param_set("lazy_timeout_ms", race_any(s, 2) ? 1 : 10);
	usleep(race_any(s, 3000));
}

/* @also: NULL, or one more side. */
static void against_memory(void (*also)(struct side *s))
{
	struct memory m = { .at = mem_alloc(SZ_1M) };
	struct caller one = caller_at(0, SPOT), two = caller_at(1, SPOT);

	two.gpa = EXTRA;
	one.gpa = EXTRA;
	two.may_fail = true;
	one.may_fail = true;
	two.rests = true;
	one.rests = true;
	OK(guest_extra(m.at, SZ_1M));
	two_cpus(&one, &two);
	race_thread("memory", memory_goes_and_comes, &m);
	if (also)
		race_thread("parameters", also, NULL);
	CHECKED(race_run());
	OK(vfio_unmap(&box, SPOT, ENTRIES * SZ_4K));
	if (m.registered)
		OK(vfio_unregister(&box, m.at, SZ_1M));
	OK(guest_extra(NULL, 0));
	mem_free(m.at, SZ_1M);
	nothing_is_mapped();
}

static void hypercalls_against_memory(void)
{
	against_memory(NULL);
}

static void lazy_hypercalls_against_memory(void)
{
	CHECKED(param_set("lazy_hcalls", 1));
	against_memory(turns_the_knobs);
}

/* A group that cannot kill its PE, so what was put off for those that can must not be left to both. */
static void stranger_joins_and_leaves(struct side *s)
{
	param_set("direct", 0);
	race_said(s, "attach", container_attach(&box, 1), MAY(0));
	param_set("direct", 1);
	usleep(race_any(s, 1000));
	race_said(s, "detach", container_detach(&box, 1), MAY(0));
	usleep(race_any(s, 1000));
}

static void lazy_hypercalls_against_another_group(void)
{
	struct caller one = caller_at(0, SPOT), two = caller_at(1, SPOT);

	CHECKED(param_set("lazy_hcalls", 1));
	CHECKED(param_set("kill_threshold", 0));
	two_cpus(&one, &two);
	race_thread("group", stranger_joins_and_leaves, NULL);
	CHECKED(race_run());
	nothing_is_mapped();
}

/*
 * A page of the guest's of 4,096 TCEs: it takes a hypercall milliseconds to clear them, and all the while it owes their
 * kill. Meanwhile their memory is revoked and registered anew.
 */
static void large_pages(struct side *s)
{
	const struct caller *c = race_arg(s);
	struct vmm_call calls[] = { vmm_put(LIOBN, c->iova, c->gpa | TCE_RW), vmm_stuff(LIOBN, c->iova, 1) };

	if (vmm_run(&vm.vcpu[c->cpu], calls, 2, ROUNDS))
		race_wrong(s, "the guest does not run", 0);
	judge_call(s, c, &calls[0]);
	judge_call(s, c, &calls[1]);
	if (c->rests)
		usleep(race_any(s, 3000));
}

/* Registered again at once, in what was just freed: a count that comes too late shows there. */
static void memory_is_revoked(struct side *s)
{
	uint8_t *at = race_arg(s);
	int wrong;

	if (!race_said(s, "unregister", vfio_unregister(&box, at, SZ_16M), backend->revokes ? MAY(0) : MAY(0, -EBUSY)))
		race_said(s, "register", vfio_register(&box, at, SZ_16M), MAY(0));
	wrong = audit_now();
	if (wrong)
		race_wrong(s, "violations that the auditor found", wrong);
	usleep(race_any(s, 2000));
}

static void clears_against_revoked_memory(void)
{
	struct caller one = { .cpu = 0, .iova = SZ_16M, .gpa = EXTRA, .may_fail = true };
	struct caller two = { .cpu = 1, .iova = 2 * SZ_16M, .gpa = EXTRA, .may_fail = true };
	uint8_t *at = mem_alloc(SZ_16M);
	int i;

	race_long(LONG_SECONDS / SHORT_RACES);
	/* Where nothing is revoked the memory must be free at times. */
	one.rests = !backend->revokes;
	two.rests = !backend->revokes;
	guest_table_close();
	CHECK(!rig_window(12, SZ_64M, 1));
	CHECKED(guest_table(24, 0, SZ_64M));
	OK(guest_extra(at, SZ_16M));
	OK(vfio_register(&box, at, SZ_16M));
	for (i = 0; i < SHORT_RACES; i++) {
		race_new();
		race_thread("vCPU 0", large_pages, &one);
		race_thread("vCPU 1", large_pages, &two);
		race_thread("memory", memory_is_revoked, at);
		CHECKED(race_run());
	}
	OK(vfio_unmap(&box, SZ_16M, 2 * SZ_16M));
	OK(vfio_unregister(&box, at, SZ_16M));
	OK(guest_extra(NULL, 0));
	mem_free(at, SZ_16M);
}

/*
 * Who only maps, by lists of pages of 16,384 TCEs, keeps the memory counted for nearly all the time. It is unregistered in
 * spite of that, and soon; and from then on nothing maps it, and nobody is told so. The kernel does not preempt a
 * hypercall, so an unregister waits for some of them, of a fifth of a second each, to get a CPU.
 */
#define LARGE_SHIFT	26
#define LARGE_LIST	15u
#define LARGE_WINDOW	(32 * SZ_64M)
#define SOON_MS		1000

static volatile bool memory_is_gone;
static volatile unsigned int times_gone;
static long longest_ms;

static void maps_large_lists(struct side *s)
{
	const struct caller *c = race_arg(s);
	struct vmm_call call = vmm_list(LIOBN, c->iova, LIST + c->cpu * SZ_4K, LARGE_LIST);
	const unsigned int times = times_gone;
	const bool gone = memory_is_gone;

	if (vmm_run(&vm.vcpu[c->cpu], &call, 1, 1))
		race_wrong(s, "the guest does not run", 0);
	judge_call(s, c, &call);
	if (gone && memory_is_gone && times == times_gone && !call.result)
		race_wrong(s, "a map of memory that is gone succeeded", 0);
}

static void unregister_soon(struct side *s, uint8_t *at)
{
	long ms = clock_ms();

	race_said(s, "unregister", vfio_unregister(&box, at, SZ_64M), MAY(0));
	ms = clock_ms() - ms;
	if (ms > longest_ms)
		longest_ms = ms;
	if (ms > SOON_MS)
		race_wrong(s, "milliseconds for an unregister", ms);
}

static void memory_goes_under_maps(struct side *s)
{
	uint8_t *at = race_arg(s);

	unregister_soon(s, at);
	times_gone++;
	memory_is_gone = true;
	usleep(20000);
	if (edu_sees(&edu, 0) || edu_sees(&edu, LARGE_LIST * SZ_64M))
		race_wrong(s, "the device sees memory that is gone", 0);
	memory_is_gone = false;
	race_said(s, "register", vfio_register(&box, at, SZ_64M), MAY(0));
	usleep(200000 + race_any(s, 200000));
}

static void run_maps_against_unregister(uint8_t *at)
{
	struct caller one = { .cpu = 0, .iova = 0, .gpa = EXTRA, .may_fail = true };
	struct caller two = { .cpu = 1, .iova = LARGE_LIST * SZ_64M, .gpa = EXTRA, .may_fail = true };
	uint64_t *list = (uint64_t *)(vm.memory + LIST);
	unsigned int i;

	for (i = 0; i < LARGE_LIST; i++) {
		list[i] = htobe64(EXTRA | TCE_RW);
		list[SZ_4K / sizeof(*list) + i] = list[i];
	}
	race_thread("vCPU 0", maps_large_lists, &one);
	race_thread("vCPU 1", maps_large_lists, &two);
	race_thread("memory", memory_goes_under_maps, at);
	longest_ms = 0;
	memory_is_gone = false;
	CHECKED(race_run());
	diag("the longest unregister took %ld ms", longest_ms);
}

/* The kernels that the lab builds do, and their names say so. */
static bool checks_itself(void)
{
	struct utsname name;

	return !uname(&name) && strstr(name.release, "-mtce-");
}

static void maps_do_not_hold_up_unregister(void)
{
	uint8_t *at;

	if (!backend->revokes) {
		test_skipped("memory that is mapped is not unregistered here");
		return;
	}
	if (!access("/sys/module/mtce_oracle", F_OK) || checks_itself()) {
		test_skipped("a hypercall of 245,760 TCEs takes seconds under the oracle, and where a kernel checks itself");
		return;
	}
	at = mem_alloc(SZ_64M);
	guest_close();
	CHECK(!rig_window(12, LARGE_WINDOW, 1));
	CHECKED(guest_open(SZ_64M, 2));
	CHECKED(guest_table(LARGE_SHIFT, 0, LARGE_WINDOW));
	vm.too_hard = NULL;
	OK(guest_extra(at, SZ_64M));
	OK(vfio_register(&box, at, SZ_64M));
	CHECKED(run_maps_against_unregister(at));
	OK(vfio_unregister(&box, at, SZ_64M));
	OK(guest_extra(NULL, 0));
	mem_free(at, SZ_64M);
}

/*
 * KVM reads a guest's list twice, and checks what it read the first time. On upstream bits below the TCE page in the
 * second reading stop the host.
 */
static void spoils(struct side *s)
{
	uint64_t *list = (uint64_t *)(vm.memory + LIST);
	unsigned int i = LIST_LENGTH - 1 - race_any(s, 8);
	uint64_t bits = race_any(s, 4) ? 0x814 | TCE_RW : 0;

	__atomic_store_n(&list[i], htobe64(PAGE(1) | bits), __ATOMIC_RELAXED);
	usleep(race_any(s, 500));
	__atomic_store_n(&list[i], htobe64(PAGE(1) | TCE_RW), __ATOMIC_RELAXED);
	usleep(race_any(s, 500));
}

static void maps_a_list(struct side *s)
{
	struct vmm_call call = vmm_list(LIOBN, SPOT, LIST, LIST_LENGTH);
	int wrong;

	if (vmm_run(&vm.vcpu[0], &call, 1, 1))
		race_wrong(s, "the guest does not run", 0);
	race_said(s, "list", call.result ? -EINVAL : 0, MAY(0, -EINVAL));
	wrong = audit_now();
	if (wrong)
		race_wrong(s, "violations that the auditor found", wrong);
}

static void list_that_changes_while_it_is_read(void)
{
	int i;

	race_long(LONG_SECONDS / SHORT_RACES);
	vm.too_hard = NULL;
	guest_list(PAGE(0), 0, LIST_LENGTH);
	for (i = 0; i < SHORT_RACES; i++) {
		race_new();
		race_thread("vCPU 0", maps_a_list, NULL);
		race_thread("spoiler", spoils, NULL);
		CHECKED(race_run());
	}
	OK(vfio_unmap(&box, SPOT, LIST_LENGTH * SZ_4K));
	nothing_is_mapped();
}

/* KVM's table for the window that is there now. */
static void table_again(struct side *s)
{
	close(guest_table_fd);
	guest_table_fd = vmm_table(&vm, LIOBN, 12, 0, RIG_WINDOW);
	if (guest_table_fd < 0)
		race_wrong(s, "KVM's table", guest_table_fd);
	else
		race_said(s, "hand over", vmm_hand_over(&vm, box.group[0], guest_table_fd), MAY(0));
}

static void window_goes_and_comes(struct side *s)
{
	race_said(s, "remove", vfio_remove(&box, 0), MAY(0));
	usleep(race_any(s, 1000));
	race_said(s, "create", vfio_window(&box, 12, RIG_WINDOW, 1 + race_any(s, 2), NULL), MAY(0));
	/* The old table is KVM's yet, and must not reach the new window's entries. */
	usleep(race_any(s, 1000));
	table_again(s);
	usleep(race_any(s, 3000));
}

static void hypercalls_against_windows(void)
{
	struct caller one = caller_at(0, SPOT), two = caller_at(1, SPOT);

	two.may_fail = true;
	one.may_fail = true;
	two_cpus(&one, &two);
	race_thread("window", window_goes_and_comes, NULL);
	CHECKED(race_run());
	nothing_is_mapped();
}

static void group_goes_and_comes(struct side *s)
{
	race_said(s, "take back", vmm_take_back(&vm, box.group[0]), MAY(0));
	usleep(race_any(s, 500));
	/* -ENOTTY: the last reference is on its way out. */
	race_said(s, "hand over", vmm_hand_over(&vm, box.group[0], guest_table_fd), MAY(0, -ENOTTY));
	usleep(race_any(s, 500));
}

static void kvm_comes_and_goes(void)
{
	struct caller one = caller_at(0, SPOT), two = caller_at(1, SPOT);

	two_cpus(&one, &two);
	race_thread("KVM", group_goes_and_comes, NULL);
	race_thread("ioctls", ioctls, NULL);
	CHECKED(race_run());
	nothing_is_mapped();
}

/* Container and all, while the guest's CPUs work on. */
static void container_goes_and_comes(struct side *s)
{
	race_said(s, "detach", vfio_call(box.group[0], VFIO_GROUP_UNSET_CONTAINER, NULL), MAY(0));
	usleep(race_any(s, 1000));
	race_said(s, "attach", vfio_call(box.group[0], VFIO_GROUP_SET_CONTAINER, &box.fd), MAY(0));
	race_said(s, "set type", vfio_call(box.fd, VFIO_SET_IOMMU, (void *)backend->v2), MAY(0));
	race_said(s, "register", vfio_register(&box, vm.memory, vm.size), MAY(0));
	race_said(s, "register", vfio_register(&box, pool, POOL_SIZE), MAY(0));
	race_said(s, "remove", vfio_remove(&box, 0), MAY(0));
	race_said(s, "create", vfio_window(&box, 12, RIG_WINDOW, 1, NULL), MAY(0));
	table_again(s);
	usleep(race_any(s, 3000));
}

static void hypercalls_against_detach(void)
{
	struct caller one = caller_at(0, SPOT), two = caller_at(1, SPOT);

	edu_close(&edu);
	two.may_fail = true;
	one.may_fail = true;
	two_cpus(&one, &two);
	race_thread("container", container_goes_and_comes, NULL);
	CHECKED(race_run());
	nothing_is_mapped();
	guest_close();
	box_close();
}

/*
 * A hypercall clears while an ioctl replaces: KVM, which does not know whose page it has in its hand, must not
 * put it back. Afterwards nobody maps the first page any more.
 */
static void clears(struct side *s)
{
	uint64_t iova = *(uint64_t *)race_arg(s);
	struct vmm_call calls[] = { vmm_put(LIOBN, iova, 0), vmm_stuff(LIOBN, iova, 1) };

	if (vmm_run(&vm.vcpu[0], calls, 2, 50))
		race_wrong(s, "the guest does not run", 0);
}

#define FIRST	(pool + SZ_1M)
#define SECOND	pool

static void replaces(struct side *s)
{
	uint64_t iova = *(uint64_t *)race_arg(s);

	race_said(s, "map", vfio_map(&box, RW, iova, FIRST, SZ_4K), MAY(0));
	race_said(s, "replace", vfio_map(&box, RW, iova, SECOND, SZ_4K), MAY(0));
}

static void old_page_stays_away(void)
{
	uint64_t iova;

	race_long(LONG_SECONDS / SHORT_RACES);
	for (iova = SPOT; iova < SPOT + SHORT_RACES * SZ_4K; iova += SZ_4K) {
		race_new();
		race_thread("vCPU 0", clears, &iova);
		race_thread("ioctls", replaces, &iova);
		CHECKED(race_run());
		CHECK(edu_is_kept_out(&edu, iova, FIRST));
		IN_KERNEL(hput(iova, 0));
		CHECK(edu_is_kept_out(&edu, iova, SECOND));
	}
	nothing_is_mapped();
}

/*
 * Memory that stays mapped cannot be unregistered. Who tries in vain changes nothing for hypercalls of that moment:
 * an entry whose map has succeeded is there.
 */
#define STAYS	(SPOT + ENTRIES * SZ_4K)

static void maps_and_looks(struct side *s)
{
	const struct caller *c = race_arg(s);
	struct vmm_call calls[BATCH];
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		calls[i] = vmm_put(LIOBN, c->iova + i * SZ_4K, any_page(s, c) | TCE_RW);
	if (vmm_run(&vm.vcpu[c->cpu], calls, BATCH, 1))
		race_wrong(s, "the guest does not run", 0);
	for (i = 0; i < BATCH; i++) {
		judge_call(s, c, &calls[i]);
		if (!calls[i].result && !is_live(&box, c->iova + i * SZ_4K, pool, SZ_4K))
			race_wrong(s, "a map that succeeded, and nothing is there: entry", i);
	}
}

static void unregisters_in_vain(struct side *s)
{
	race_said(s, "unregister", vfio_unregister(&box, vm.memory, vm.size), MAY(-EBUSY));
}

static void hypercalls_against_vain_unregister(void)
{
	struct caller one = caller_at(0, SPOT);

	IN_KERNEL(hput(STAYS, PAGE(0) | TCE_RW));
	race_thread("vCPU 0", maps_and_looks, &one);
	race_thread("memory", unregisters_in_vain, NULL);
	CHECKED(race_run());
	nothing_is_mapped();
}

/*
 * The VMM goes in the middle
 */

static int prepare(void)
{
	box_ready();
	if (!test_has_failed())
		guest_open(GUEST_SIZE, 2);
	if (!test_has_failed())
		guest_table(12, 0, SZ_64M);
	return test_has_failed();
}

static void vmm_goes(enum race_end end)
{
	struct caller one = caller_at(0, SPOT), two = caller_at(1, SPOT);

	guest_close();
	rig_close();
	remember_counts();
	two_cpus(&one, &two);
	race_thread("ioctls", ioctls, NULL);
	CHECKED(race_rounds(NULL, prepare, end));
	counts_are_back();
}

static void kill_9_under_fire(void)
{
	vmm_goes(RACE_KILLED);
}

static void exit_under_fire(void)
{
	vmm_goes(RACE_EXITS);
}

static const struct test tests[] = {
	TEST(two_cpus_on_entries_of_their_own, 0),
	TEST(hypercalls_against_ioctls, 0),
	TEST(hypercalls_against_memory, 0),
	TEST(lazy_hypercalls_against_memory, NEEDS_OURS),
	TEST(lazy_hypercalls_against_another_group, NEEDS_OURS | NEEDS_GROUPS),
	TEST(clears_against_revoked_memory, 0),
	TEST(maps_do_not_hold_up_unregister, NEEDS_OURS),
	TEST(list_that_changes_while_it_is_read, NEEDS_OURS),
	TEST(hypercalls_against_windows, NEEDS_SAFE_WALK),
	TEST(kvm_comes_and_goes, NEEDS_SAFE_WALK),
	TEST(old_page_stays_away, 0),
	TEST(hypercalls_against_vain_unregister, NEEDS_NATIVE),
	TEST(hypercalls_against_detach, NEEDS_SAFE_WALK),
	TEST(kill_9_under_fire, 0),
	TEST(exit_under_fire, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "races_kvm",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_EDU | NEEDS_KVM,
		.begin = race_possible,
		.before = before,
		.after = after,
		.end = rig_close,
	};

	return run_suite(&suite);
}
