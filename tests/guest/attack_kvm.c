// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM that does nothing with the hypercalls that KVM passes on, and has its memory registered wherever it can:
 * what KVM writes to a table by itself, or takes out and puts back, opens nothing to the device (invariants 2, 3, 10);
 * what it keeps is no memory of the host's (invariant 5).
 */
#include <string.h>
#include <unistd.h>

#include "aftermath.h"
#include "fixture.h"
#include "guest.h"
#include "race.h"

#define WINDOW	SZ_64M
#define AT	SZ_1M
#define FIRST	(pool + SZ_1M)
#define SECOND	pool
#define RACES	8	/* each leaves one moment to be hit: its end */
#define PAUSE_US 300	/* in which KVM may take the entry out */
#define OTHERS	4096	/* regions that KVM looks through for a page; they make that moment long */

static vmm_too_hard_fn qemus_part;

/* Without it as soon as KVM has the table. */
static void table(uint64_t size)
{
	vm.too_hard = qemus_part;
	guest_table(12, 0, size);
	vm.too_hard = NULL;
}

/*
 * KVM's H_STUFF_TCE takes an entry out, and puts it back if it is of memory that KVM does not know. An ioctl that
 * comes between finds nothing there. (H_PUT_TCE clears it in the end, and would hide that.)
 */

static void clears(struct side *s)
{
	uint64_t iova = *(uint64_t *)race_arg(s);
	struct vmm_call call = vmm_stuff(LIOBN, iova, 1);

	if (vmm_run(&vm.vcpu[0], &call, 1, 100))
		race_wrong(s, "the guest does not run", 0);
}

static void maps_and_replaces(struct side *s)
{
	uint64_t iova = *(uint64_t *)race_arg(s);

	race_said(s, "map", vfio_map(&box, RW, iova, FIRST, SZ_4K), MAY(0));
	usleep(PAUSE_US);
	race_said(s, "replace", vfio_map(&box, RW, iova, SECOND, SZ_4K), MAY(0));
}

static void maps_and_unmaps(struct side *s)
{
	uint64_t iova = *(uint64_t *)race_arg(s);

	race_said(s, "map", vfio_map(&box, RW, iova, FIRST, SZ_4K), MAY(0));
	usleep(PAUSE_US);
	race_said(s, "unmap", vfio_unmap(&box, iova, SZ_4K), MAY(0));
}

static struct container other = { .fd = -1 };

/* A container of upstream's, whose memory KVM knows. */
static void upstream_registers(uint8_t *mem, uint64_t size, unsigned int pieces)
{
	unsigned int i;

	OK(container_open_at(&other, VFIO_SPAPR_TCE_v2_IOMMU, 1));
	for (i = 0; i < pieces; i++)
		OK(vfio_register(&other, mem + i * size, size));
}

static void against_clears(void (*ioctls)(struct side *s))
{
	uint8_t *others = mem_alloc(OTHERS * SZ_64K);
	uint64_t iova;

	CHECKED(upstream_registers(others, SZ_64K, OTHERS));
	race_long(1);
	for (iova = AT; iova < AT + RACES * SZ_4K; iova += SZ_4K) {
		race_new();
		race_thread("vCPU 0", clears, &iova);
		race_thread("ioctls", ioctls, &iova);
		CHECKED(race_run());
		CHECK(edu_is_kept_out(&edu, iova, FIRST));
	}
	container_close(&other);
	mem_free(others, OTHERS * SZ_64K);
}

static void old_page_is_not_put_back(void)
{
	against_clears(maps_and_replaces);
}

static void unmapped_page_is_not_put_back(void)
{
	CHECKED(against_clears(maps_and_unmaps));
	OK(vfio_unregister(&box, pool, POOL_SIZE));
	OK(vfio_register(&box, pool, POOL_SIZE));
}

/*
 * The table is larger than the window, because it is a system page at least, and KVM goes by the table.
 */

static void small_window(void)
{
	guest_table_close();
	CHECK(!rig_window(12, SZ_1M, 1));
	table(4 * SZ_1M);
}

/* What is behind the end belongs to the table, so that a driver that does it does no harm here. */
static void clear_past_the_end_is_refused(void)
{
	if (mem_page() < SZ_64K) {
		test_skipped("the table has no more entries than the window");
		return;
	}
	CHECKED(small_window());
	CHECK(hstuff(SZ_1M, 16) != H_SUCCESS);
}

/* With memory that KVM knows from upstream's back end: it maps what it likes. */
static void nothing_stays_behind_the_end(void)
{
	int i;

	if (mem_page() < SZ_64K) {
		test_skipped("the table has no more entries than the window");
		return;
	}
	CHECKED(upstream_registers(vm.memory, vm.size, 1));
	CHECKED(small_window());
	for (i = 0; i < 16; i++)
		hput(2 * SZ_1M + i * SZ_4K, PAGE(i) | TCE_RW);
	CHECK(edu_is_kept_out(&edu, 2 * SZ_1M, guest_at(PAGE(0))));
	rig_no_windows();
	guest_table_close();
	OK(vfio_unregister(&other, vm.memory, vm.size));
	container_close(&other);
}

/*
 * KVM keeps the table of a window that is gone for as long as the guest's own is there, and it is counted no longer.
 * Each is handed over once: at the second time KVM loses a reference, and the module could not go.
 */
#define GONE		64
#define GONE_SIZE	(SZ_2G / 2)
#define GONE_KB		((long)(GONE * (GONE_SIZE / SZ_4K) * 8 / 1024))	/* in the tables of all of them */

static void windows_come_and_go(void)
{
	int i;

	for (i = 0; i < GONE; i++) {
		OK(vfio_window(&box, 12, GONE_SIZE, 1, NULL));
		OK(vmm_hand_over(&vm, box.group[0], guest_table_fd));
		OK(vfio_remove(&box, 0));
	}
}

static void tables_of_gone_windows_take_no_memory(void)
{
	long locked, less;

	guest_table_close();
	rig_no_windows();
	guest_table_fd = vmm_table(&vm, LIOBN, 12, 0, SZ_4K);
	CHECK(guest_table_fd >= 0);
	locked = mem_locked_kb(0);
	less = mem_info_kb("MemFree:");
	CHECKED(windows_come_and_go());
	less -= mem_info_kb("MemFree:");
	diag("%d tables, %ld KiB in all, are gone; %ld KiB less are free", GONE, GONE_KB, less);
	CHECK_IS(mem_locked_kb(0), locked);
	CHECK(less < GONE_KB / 4);
}

static void before(void)
{
	rig_no_windows();
	remember_counts();
	CHECK(!rig_window(12, WINDOW, 1));
	CHECKED(guest_open(GUEST_SIZE, 1));
	qemus_part = vm.too_hard;
	table(WINDOW);
}

static void after(void)
{
	rig_no_windows();
	guest_close();
	container_close(&other);
	counts_are_back();
}

static const struct test tests[] = {
	TEST(old_page_is_not_put_back, NEEDS_NATIVE | NEEDS_GROUPS),
	TEST(unmapped_page_is_not_put_back, NEEDS_NATIVE | NEEDS_GROUPS),
	TEST(clear_past_the_end_is_refused, 0),
	TEST(nothing_stays_behind_the_end, NEEDS_NATIVE | NEEDS_GROUPS),
	TEST(tables_of_gone_windows_take_no_memory, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "attack_kvm",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_EDU | NEEDS_KVM | NEEDS_OURS,
		.begin = rig_open,
		.before = before,
		.after = after,
		.end = rig_close,
	};

	return run_suite(&suite);
}
