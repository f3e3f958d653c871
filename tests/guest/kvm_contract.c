// SPDX-License-Identifier: GPL-2.0
/*
 * A KVM guest's TCE hypercalls are done in the kernel, on the same entries as the ioctls (invariant 10). The
 * device says what is mapped, KVM's exits say who did it. After each test pins and locked_vm are as before it.
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aftermath.h"
#include "fixture.h"
#include "guest.h"
#include "param.h"

#define WINDOW	SZ_64M
#define AT	SZ_1M		/* an I/O address */

/* After a hypercall that maps: the device is there, and then it is not. */
#define REACHES(iova, gpa)	CHECK(edu_reaches(&edu, iova, guest_at(gpa)))
#define KEPT_OUT(iova, gpa)	CHECK(edu_is_kept_out(&edu, iova, guest_at(gpa)))

static void before(void)
{
	rig_no_windows();
	remember_counts();
	CHECK(!rig_window(12, WINDOW, 1));
	CHECKED(guest_open(GUEST_SIZE, 1));
	guest_table(12, 0, WINDOW);
}

/* The window goes first, then KVM's reference on it, then the memory. */
static void after(void)
{
	rig_no_windows();
	guest_close();
	counts_are_back();
	param_restore();
}

/*
 * What each hypercall does
 */

static void put_tce_maps_and_unmaps(void)
{
	IN_KERNEL(hput(AT, PAGE(0) | TCE_RW));
	REACHES(AT, PAGE(0));
	IN_KERNEL(hput(AT, 0));
	KEPT_OUT(AT, PAGE(0));
	IN_KERNEL(hput(AT, 0));
}

static void put_tce_permits_what_it_says(void)
{
	IN_KERNEL(hput(AT, PAGE(0) | TCE_READ));
	CHECK(edu_reads(&edu, AT, guest_at(PAGE(0))));
	CHECK(!edu_writes(&edu, AT, guest_at(PAGE(0))));
	IN_KERNEL(hput(AT, PAGE(0) | TCE_WRITE));
	CHECK(edu_writes(&edu, AT, guest_at(PAGE(0))));
}

static void put_tce_replaces(void)
{
	IN_KERNEL(hput(AT, PAGE(0) | TCE_RW));
	IN_KERNEL(hput(AT, PAGE(1) | TCE_RW));
	REACHES(AT, PAGE(1));
	KEPT_OUT(AT, PAGE(0));
	IN_KERNEL(hput(AT, PAGE(1) | TCE_RW));
	REACHES(AT, PAGE(1));
}

static void list_maps_and_replaces(void)
{
	IN_KERNEL(hlist(AT, PAGE(0), SZ_4K, LIST_LENGTH));
	REACHES(AT, PAGE(0));
	REACHES(AT + 511 * SZ_4K, PAGE(0) + 511 * SZ_4K);
	IN_KERNEL(hlist(AT + SZ_4K, PAGE(64), SZ_64K, 8));
	REACHES(AT, PAGE(0));
	REACHES(AT + SZ_4K, PAGE(64));
	REACHES(AT + 8 * SZ_4K, PAGE(71));
	REACHES(AT + 9 * SZ_4K, PAGE(0) + 9 * SZ_4K);
	IN_KERNEL(hstuff(AT, LIST_LENGTH));
	KEPT_OUT(AT + 8 * SZ_4K, PAGE(71));
	KEPT_OUT(AT + 511 * SZ_4K, PAGE(0) + 511 * SZ_4K);
}

static void stuff_clears_what_is_there(void)
{
	IN_KERNEL(hlist(AT, PAGE(0), SZ_4K, 16));
	IN_KERNEL(hstuff(AT + 4 * SZ_4K, 8));
	REACHES(AT + 3 * SZ_4K, PAGE(0) + 3 * SZ_4K);
	KEPT_OUT(AT + 4 * SZ_4K, PAGE(0) + 4 * SZ_4K);
	KEPT_OUT(AT + 11 * SZ_4K, PAGE(0) + 11 * SZ_4K);
	REACHES(AT + 12 * SZ_4K, PAGE(0) + 12 * SZ_4K);
	/* Live and empty ones. */
	IN_KERNEL(hstuff(AT - 8 * SZ_4K, 64));
	KEPT_OUT(AT + 12 * SZ_4K, PAGE(0) + 12 * SZ_4K);
}

/* A guest clears its whole window when it boots, but ours has the bounce page in its last entry. */
static void boot_time_clear_of_an_empty_window(void)
{
	uint64_t i;

	for (i = 0; i < WINDOW / SZ_4K - 512; i += 512)
		IN_KERNEL(hstuff(i * SZ_4K, 512));
	IN_KERNEL(hput(AT, PAGE(0) | TCE_RW));
	REACHES(AT, PAGE(0));
}

/* What is wrong with the arguments is found before anything happens, in the kernel or by who answers. */
static void bad_arguments_change_nothing(void)
{
	IN_KERNEL(hput(AT, PAGE(0) | TCE_RW));
	CHECK_IS(hput(WINDOW, PAGE(1) | TCE_RW), H_PARAMETER);
	CHECK_IS(hput(AT + 1, PAGE(1) | TCE_RW), H_PARAMETER);
	CHECK_IS(hput(1ull << 59, PAGE(1) | TCE_RW), H_PARAMETER);
	CHECK_IS(hput(AT, GUEST_SIZE | TCE_RW), H_PARAMETER);
	CHECK_IS(hlist(AT, PAGE(1), SZ_4K, 513), H_PARAMETER);
	CHECK_IS(vmm_hcall(&vm.vcpu[0], H_PUT_TCE_INDIRECT, LIOBN, AT, LIST + 8, 1), H_PARAMETER);
	CHECK_IS(vmm_hcall(&vm.vcpu[0], H_STUFF_TCE, LIOBN, AT, PAGE(1) | TCE_RW, 1), H_PARAMETER);
	CHECK_IS(vmm_hcall(&vm.vcpu[0], H_PUT_TCE, LIOBN + 1, AT, 0, 0), H_PARAMETER);
	CHECK_IS(vmm_hcall(&vm.vcpu[0], H_STUFF_TCE, LIOBN + 1, AT, 0, 1), H_PARAMETER);
	REACHES(AT, PAGE(0));
	KEPT_OUT(AT, PAGE(1));
}

/* The last of the list is no memory: KVM looks at all before it maps one, then passes it on. */
static void list_with_a_bad_entry_is_passed_on(void)
{
	vm.too_hard = NULL;
	PASSED_ON(hlist(AT, GUEST_SIZE - 7 * SZ_4K, SZ_4K, 8), H_HARDWARE);
	KEPT_OUT(AT, GUEST_SIZE - 7 * SZ_4K);
	KEPT_OUT(AT + 6 * SZ_4K, GUEST_SIZE - SZ_4K);
}

/*
 * KVM takes an entry of a list for a map whatever it permits, and counts it. Upstream never gives that back: the
 * memory stays for good.
 */
static void list_entry_that_permits_nothing(void)
{
	uint64_t *list = (uint64_t *)(vm.memory + LIST);
	uint8_t *more = mem_alloc(SZ_1M);
	long locked = mem_locked_kb(0);

	OK(guest_extra(more, SZ_1M));
	OK(vfio_register(&box, more, SZ_1M));
	IN_KERNEL(hput(AT + SZ_4K, EXTRA | TCE_RW));
	guest_list(EXTRA, SZ_64K, 4);
	list[1] = htobe64(EXTRA + SZ_64K);
	IN_KERNEL(vmm_hcall(&vm.vcpu[0], H_PUT_TCE_INDIRECT, LIOBN, AT, LIST, 4));
	REACHES(AT, EXTRA);
	KEPT_OUT(AT + SZ_4K, EXTRA);
	KEPT_OUT(AT + SZ_4K, EXTRA + SZ_64K);
	REACHES(AT + 2 * SZ_4K, EXTRA + 2 * SZ_64K);
	IN_KERNEL(hput(AT + SZ_4K, EXTRA));
	IN_KERNEL(hstuff(AT, 4));
	OK(vfio_unregister(&box, more, SZ_1M));
	CHECK_IS(mem_locked_kb(0), locked);
	OK(guest_extra(NULL, 0));
	mem_free(more, SZ_1M);
}

/*
 * Memory
 */

static void memory_that_is_not_registered_is_passed_on(void)
{
	uint8_t *more = mem_alloc(SZ_1M);

	OK(guest_extra(more, SZ_1M));
	PASSED_ON(hput(AT, EXTRA | TCE_RW), H_PARAMETER);
	KEPT_OUT(AT, EXTRA);
	OK(vfio_register(&box, more, SZ_1M));
	IN_KERNEL(hput(AT, EXTRA | TCE_RW));
	REACHES(AT, EXTRA);
	IN_KERNEL(hput(AT, 0));
	OK(vfio_unregister(&box, more, SZ_1M));
	PASSED_ON(hput(AT, EXTRA | TCE_RW), H_PARAMETER);
	KEPT_OUT(AT, EXTRA);
	OK(guest_extra(NULL, 0));
	mem_free(more, SZ_1M);
}

/* Where it is refused nothing has changed; where it is done the entries are gone. */
static void unregister_of_memory_that_kvm_mapped(void)
{
	IN_KERNEL(hput(AT, PAGE(0) | TCE_RW));
	IN_KERNEL(hlist(2 * AT, PAGE(1), SZ_64K, 64));
	CHECK_IS(vfio_unregister(&box, vm.memory, vm.size), backend->revokes ? 0 : -EBUSY);
	if (backend->revokes) {
		KEPT_OUT(AT, PAGE(0));
		KEPT_OUT(2 * AT + 63 * SZ_4K, PAGE(64));
		PASSED_ON(hput(AT, PAGE(0) | TCE_RW), H_PARAMETER);
		KEPT_OUT(AT, PAGE(0));
		return;
	}
	REACHES(AT, PAGE(0));
	IN_KERNEL(hput(AT, 0));
	CHECK_IS(vfio_unregister(&box, vm.memory, vm.size), -EBUSY);
	IN_KERNEL(hstuff(2 * AT, 64));
	OK(vfio_unregister(&box, vm.memory, vm.size));
	PASSED_ON(hput(AT, PAGE(0) | TCE_RW), H_PARAMETER);
}

/* Replaced, cleared or mapped twice by KVM: each is counted as often as it is mapped. */
static void counts_follow_kvm(void)
{
	uint8_t *more = mem_alloc(SZ_1M);

	OK(guest_extra(more, SZ_1M));
	OK(vfio_register(&box, more, SZ_1M));
	IN_KERNEL(hput(AT, EXTRA | TCE_RW));
	IN_KERNEL(hput(AT, EXTRA | TCE_RW));
	IN_KERNEL(hlist(AT, EXTRA, SZ_4K, 16));
	IN_KERNEL(hlist(AT + 8 * SZ_4K, PAGE(0), SZ_4K, 8));
	IN_KERNEL(hstuff(AT, 8));
	OK(vfio_unregister(&box, more, SZ_1M));
	OK(guest_extra(NULL, 0));
	mem_free(more, SZ_1M);
	IN_KERNEL(hstuff(AT, 16));
}

/*
 * What a device wrote must not be lost when the page is only in the page cache. A page that was read, never written,
 * is clean; the CPU's own stores show only when it is unmapped.
 */
static void written_memory_is_dirty(void)
{
	uint8_t *p = mem_map_clean(SZ_64K);

	if (!p) {
		test_skipped("there is no clean memory, or /proc/kpageflags does not tell");
		return;
	}
	OK(guest_extra(p, SZ_64K));
	OK(vfio_register(&box, p, SZ_64K));
	IN_KERNEL(hput(AT, EXTRA | TCE_READ));
	IN_KERNEL(hput(AT, EXTRA | TCE_RW));
	CHECK(edu_writes(&edu, AT, p));
	CHECK_IS(mem_is_dirty(p), 0);
	IN_KERNEL(hput(AT, 0));
	OK(vfio_unregister(&box, p, SZ_64K));
	CHECK_IS(mem_is_dirty(p), 1);
	OK(guest_extra(NULL, 0));
	mem_free(p, SZ_64K);
}

/*
 * One truth for KVM and ioctls
 */

static void ioctl_works_on_what_kvm_wrote(void)
{
	IN_KERNEL(hlist(AT, PAGE(0), SZ_64K, 4));
	OK(vfio_unmap(&box, AT, SZ_4K));
	KEPT_OUT(AT, PAGE(0));
	OK(vfio_map(&box, RW, AT + SZ_4K, pool, SZ_4K));
	CHECK(edu_reaches(&edu, AT + SZ_4K, pool));
	KEPT_OUT(AT + SZ_4K, PAGE(1));
	OK(vfio_unmap(&box, AT, 4 * SZ_4K));
	KEPT_OUT(AT + 3 * SZ_4K, PAGE(3));
	OK(vfio_unregister(&box, vm.memory, vm.size));
	OK(vfio_register(&box, vm.memory, vm.size));
}

static void kvm_works_on_what_an_ioctl_wrote(void)
{
	OK(vfio_map(&box, RW, AT, vm.memory + PAGE(0), 4 * SZ_4K));
	OK(vfio_map(&box, RW, 2 * AT, pool, 4 * SZ_4K));
	IN_KERNEL(hput(AT, 0));
	KEPT_OUT(AT, PAGE(0));
	IN_KERNEL(hput(AT + SZ_4K, PAGE(9) | TCE_RW));
	REACHES(AT + SZ_4K, PAGE(9));
	IN_KERNEL(hlist(2 * AT, PAGE(20), SZ_4K, 2));
	REACHES(2 * AT + SZ_4K, PAGE(20) + SZ_4K);
	CHECK(edu_reaches(&edu, 2 * AT + 2 * SZ_4K, pool + 2 * SZ_4K));
	IN_KERNEL(hstuff(2 * AT, 4));
	CHECK(edu_is_kept_out(&edu, 2 * AT + 3 * SZ_4K, pool + 3 * SZ_4K));
	IN_KERNEL(hstuff(AT, 4));
	OK(vfio_unregister(&box, vm.memory, vm.size));
	OK(vfio_register(&box, vm.memory, vm.size));
	OK(vfio_unregister(&box, pool, POOL_SIZE));
	OK(vfio_register(&box, pool, POOL_SIZE));
}

static void new_calls_see_what_kvm_wrote(void)
{
	uint64_t list[4] = { (uintptr_t)pool, (uintptr_t)pool + SZ_64K, (uintptr_t)pool, (uintptr_t)pool };

	IN_KERNEL(hlist(AT, PAGE(0), SZ_64K, 4));
	CHECK_IS(mtce_map(&box, RW, AT, pool, SZ_4K), -EEXIST);
	CHECK_IS(mtce_put_list(&box, RW, AT, list, 4), -EEXIST);
	REACHES(AT, PAGE(0));
	OK(mtce_put_list(&box, RW | VFIO_MTCE_REPLACE, AT, list, 2));
	CHECK(edu_reaches(&edu, AT + SZ_4K, pool + SZ_64K));
	OK(mtce_unmap(&box, AT, 4 * SZ_4K));
	KEPT_OUT(AT + 2 * SZ_4K, PAGE(2));
	CHECK(!is_live(&box, AT, pool, SZ_4K));
	OK(mtce_map(&box, RW, AT, pool, SZ_4K));
	IN_KERNEL(hput(AT, 0));
	CHECK(!is_live(&box, AT, pool, SZ_4K));
}

/* A lazy unmap whose kill is still to come, then KVM maps there. */
static void kvm_maps_where_a_kill_is_owed(void)
{
	struct vfio_mtce_op op = lazy_unmap_op(AT, 4 * SZ_4K);
	uint32_t num = 1;

	OK(mtce_map(&box, RW, AT, pool, 4 * SZ_4K));
	OK(mtce_update(&box, &op, &num));
	IN_KERNEL(hput(AT, PAGE(0) | TCE_RW));
	REACHES(AT, PAGE(0));
	CHECK(edu_is_kept_out(&edu, AT + SZ_4K, pool + SZ_4K));
	OK(mtce_flush(&box));
	REACHES(AT, PAGE(0));
	IN_KERNEL(hput(AT, 0));
	KEPT_OUT(AT, PAGE(0));
}

/*
 * Lazy unmaps by hypercall: the parameter lazy_hcalls
 */

#define LONG_MS	600000	/* no kill by time unless a test wants it */

static void hcalls_are_lazy(void)
{
	param_set("lazy_entries", 4096);
	param_set("lazy_timeout_ms", LONG_MS);
	param_set("lazy_hcalls", 1);
}

/* Kills for hypercalls since @then; in *@pending what waits. */
static long hcall_kills_since(struct vfio_iommu_mtce_info *then, long *pending)
{
	struct vfio_iommu_mtce_info now = { };
	long kills;

	mtce_info(&box, &now);
	kills = now.stats.hcall_kills_tce + now.stats.hcall_kills_pe - then->stats.hcall_kills_tce -
		then->stats.hcall_kills_pe;
	*pending = now.stats.lazy_pending;
	*then = now;
	return kills;
}

/* The entries go with the hypercall, the kills later; a flush does all of them. */
static void lazy_hypercalls_are_killed_by_a_flush(void)
{
	struct vfio_iommu_mtce_info then = { };
	long pending;

	CHECKED(hcalls_are_lazy());
	IN_KERNEL(hlist(AT, PAGE(0), SZ_4K, 64));
	hcall_kills_since(&then, &pending);
	IN_KERNEL(hstuff(AT, 32));
	IN_KERNEL(hput(AT + 40 * SZ_4K, 0));
	CHECK_IS(hcall_kills_since(&then, &pending), 0);
	CHECK_IS(pending, 33);
	KEPT_OUT(AT, PAGE(0));
	KEPT_OUT(AT + 40 * SZ_4K, PAGE(0) + 40 * SZ_4K);
	OK(mtce_flush(&box));
	CHECK(hcall_kills_since(&then, &pending) > 0);
	CHECK_IS(pending, 0);
}

/* Nor do they wait for longer than they may. */
static void lazy_hypercalls_are_killed_in_time(void)
{
	struct vfio_iommu_mtce_info then = { };
	long pending, i;

	CHECKED(hcalls_are_lazy());
	param_set("lazy_timeout_ms", 20);
	IN_KERNEL(hlist(AT, PAGE(0), SZ_4K, 8));
	hcall_kills_since(&then, &pending);
	IN_KERNEL(hstuff(AT, 8));
	for (i = 0; i < 500 && hcall_kills_since(&then, &pending) == 0; i++)
		usleep(10000);
	CHECK(i < 500);
	CHECK_IS(pending, 0);
}

/* In each stripe there are at most lazy_entries. */
static void lazy_hypercalls_are_killed_when_many(void)
{
	struct vfio_iommu_mtce_info then = { };
	long pending;

	CHECKED(hcalls_are_lazy());
	param_set("lazy_entries", 16);
	IN_KERNEL(hlist(AT, PAGE(0), SZ_4K, 64));
	hcall_kills_since(&then, &pending);
	IN_KERNEL(hstuff(AT, 64));
	/* Three times 16; of a PE where the bridge can. */
	CHECK_IS(hcall_kills_since(&then, &pending), then.flags & VFIO_MTCE_INFO_PE_KILL ? 3 : 48);
	CHECK_IS(pending, 16);
}

/* A map there reaches what it maps, before the kill and after it. */
static void lazy_hypercalls_and_a_map_of_the_same(void)
{
	CHECKED(hcalls_are_lazy());
	IN_KERNEL(hput(AT, PAGE(0) | TCE_RW));
	IN_KERNEL(hput(AT, 0));
	IN_KERNEL(hput(AT, PAGE(1) | TCE_RW));
	REACHES(AT, PAGE(1));
	OK(vfio_unmap(&box, AT, SZ_4K));
	KEPT_OUT(AT, PAGE(1));
	OK(vfio_map(&box, RW, AT, pool, SZ_4K));
	IN_KERNEL(hput(AT, 0));
	IN_KERNEL(hput(AT, PAGE(0) | TCE_RW));
	REACHES(AT, PAGE(0));
}

/* Memory and windows can go at once, and take with them what waits. */
static void lazy_hypercalls_hold_nothing_up(void)
{
	CHECKED(hcalls_are_lazy());
	IN_KERNEL(hlist(AT, PAGE(0), SZ_64K, 64));
	IN_KERNEL(hstuff(AT, 64));
	OK(vfio_unregister(&box, vm.memory, vm.size));
	OK(vfio_register(&box, vm.memory, vm.size));
	IN_KERNEL(hlist(AT, PAGE(0), SZ_64K, 64));
	IN_KERNEL(hstuff(AT, 64));
	OK(vfio_remove(&box, 0));
	OK(vfio_unregister(&box, vm.memory, vm.size));
	OK(vfio_register(&box, vm.memory, vm.size));
}

/* Without the parameter, the next unmap is complete when the hypercall is. */
static void hypercalls_are_strict_again(void)
{
	struct vfio_iommu_mtce_info then = { };
	long pending;

	CHECKED(hcalls_are_lazy());
	IN_KERNEL(hlist(AT, PAGE(0), SZ_4K, 3));
	IN_KERNEL(hput(AT, 0));
	param_set("lazy_hcalls", 0);
	hcall_kills_since(&then, &pending);
	CHECK_IS(pending, 1);
	IN_KERNEL(hput(AT + SZ_4K, 0));
	CHECK(hcall_kills_since(&then, &pending) > 0);
	CHECK_IS(pending, 0);
	param_set("lazy_hcalls", 1);
	param_set("lazy_entries", 0);
	IN_KERNEL(hput(AT + 2 * SZ_4K, 0));
	CHECK(hcall_kills_since(&then, &pending) > 0);
}

/*
 * Windows
 */

/* The same with another window and another table of KVM's. */
static bool with_window(unsigned int shift, uint64_t size, unsigned int levels, unsigned int kvm_shift,
			uint64_t kvm_size)
{
	guest_table_close();
	if (!rig_window(shift, size, levels))
		guest_table(kvm_shift, 0, kvm_size);
	return !test_has_failed();
}

static void window_of_two_levels(void)
{
	CHECK(with_window(12, SZ_2G, 2, 12, SZ_2G));
	/* No leaf yet where it clears. */
	IN_KERNEL(hstuff(SZ_2G / 4, 512));
	IN_KERNEL(hput(AT, PAGE(0) | TCE_RW));
	IN_KERNEL(hlist(SZ_2G / 2 - 4 * SZ_4K, PAGE(1), SZ_4K, 8));
	REACHES(AT, PAGE(0));
	REACHES(SZ_2G / 2 + 3 * SZ_4K, PAGE(1) + 7 * SZ_4K);
	IN_KERNEL(hstuff(SZ_2G / 2 - 4 * SZ_4K, 8));
	KEPT_OUT(SZ_2G / 2, PAGE(1) + 4 * SZ_4K);
	IN_KERNEL(hput(AT, 0));
	OK(vfio_unregister(&box, vm.memory, vm.size));
	OK(vfio_register(&box, vm.memory, vm.size));
}

static void guest_page_of_16_tces(void)
{
	CHECK(with_window(12, WINDOW, 1, 16, WINDOW));
	IN_KERNEL(hput(AT, PAGE(0) | TCE_RW));
	REACHES(AT, PAGE(0));
	REACHES(AT + 15 * SZ_4K, PAGE(0) + 15 * SZ_4K);
	KEPT_OUT(AT + SZ_64K, PAGE(1));
	IN_KERNEL(hlist(AT, PAGE(3), SZ_64K, 32));
	REACHES(AT + 31 * SZ_64K + SZ_4K, PAGE(34) + SZ_4K);
	/* An ioctl takes one TCE out of the middle. */
	OK(vfio_unmap(&box, AT + SZ_4K, SZ_4K));
	KEPT_OUT(AT + SZ_4K, PAGE(3) + SZ_4K);
	REACHES(AT + 2 * SZ_4K, PAGE(3) + 2 * SZ_4K);
	IN_KERNEL(hstuff(AT, 32));
	KEPT_OUT(AT + 31 * SZ_64K + SZ_4K, PAGE(34) + SZ_4K);
	OK(vfio_unregister(&box, vm.memory, vm.size));
	OK(vfio_register(&box, vm.memory, vm.size));
}

/* A direct window, as a guest with memory to plug makes it: 256 TCEs of 64K for each of its pages. */
static void guest_page_of_256_tces(void)
{
	if (mem_page() < SZ_64K) {
		test_skipped("memory of 4K pages has no TCEs of 64K");
		return;
	}
	guest_close();
	CHECKED(guest_open(4 * SZ_16M, 1));
	CHECK(!rig_window(16, 16 * SZ_16M, 1));
	CHECKED(guest_table(24, 0, 8 * SZ_16M));
	IN_KERNEL(hlist(0, 0, SZ_16M, 4));
	REACHES(PAGE(0), PAGE(0));
	REACHES(4 * SZ_16M - SZ_4K, 4 * SZ_16M - SZ_4K);
	IN_KERNEL(hput(5 * SZ_16M, SZ_16M | TCE_RW));
	REACHES(5 * SZ_16M + 77 * SZ_64K, SZ_16M + 77 * SZ_64K);
	IN_KERNEL(hstuff(0, 8));
	KEPT_OUT(PAGE(0), PAGE(0));
	KEPT_OUT(5 * SZ_16M + 77 * SZ_64K, SZ_16M + 77 * SZ_64K);
	OK(vfio_unregister(&box, vm.memory, vm.size));
	OK(vfio_register(&box, vm.memory, vm.size));
}

static void second_window(void)
{
	uint64_t second;

	guest_table_close();
	OK(vfio_window(&box, 16, SZ_64M, 1, &second));
	CHECKED(guest_table(16, second, SZ_64M));
	if (mem_page() < SZ_64K) {
		test_skipped("memory of 4K pages has no TCEs of 64K");
		return;
	}
	IN_KERNEL(hput(second + AT, PAGE(0) | TCE_RW));
	REACHES(second + AT, PAGE(0));
	IN_KERNEL(hstuff(second, 512));
	KEPT_OUT(second + AT, PAGE(0));
}

/* Refused means: not H_SUCCESS, whether KVM says so itself or passes it on. */
static void stuff_past_the_windows_end(void)
{
	int64_t ret;

	/* First where what lies behind still belongs to the table, so that a kernel that does it does no harm. */
	CHECK(with_window(12, SZ_16M, 1, 12, SZ_16M));
	ret = hstuff(SZ_16M - 4 * SZ_4K, 16);
	CHECK(ret != H_SUCCESS);
	/* Then where it does not. */
	CHECK(with_window(12, SZ_64M, 1, 12, SZ_64M));
	IN_KERNEL(hput(SZ_64M - 2 * SZ_4K, PAGE(0) | TCE_RW));
	ret = hstuff(SZ_64M - 2 * SZ_4K, 3);
	CHECK(ret != H_SUCCESS);
	ret = hstuff(SZ_64M - SZ_4K, 512);
	CHECK(ret != H_SUCCESS);
}

/*
 * The platform rounds a small window's table up to a page, and KVM compares with that. What a guest
 * writes behind the end must not be reached by the device, or must go with the window.
 */
static void entries_behind_the_windows_end(void)
{
	uint64_t far = 4 * SZ_1M, i;

	CHECK(with_window(12, SZ_1M, 1, 12, far));
	if (mem_page() < SZ_64K) {
		test_skipped("the table has no more entries than the window");
		return;
	}
	for (i = 0; i < 16; i++)
		hput(2 * SZ_1M + i * SZ_4K, PAGE(i) | TCE_RW);
	hlist(far - 512 * SZ_4K, PAGE(0), SZ_4K, 512);
	if (backend->ours) {
		KEPT_OUT(2 * SZ_1M, PAGE(0));
		KEPT_OUT(far - SZ_4K, PAGE(0) + 511 * SZ_4K);
	}
	rig_no_windows();
	guest_table_close();
	OK(vfio_unregister(&box, vm.memory, vm.size));
	CHECKED(pins_are_back());
	OK(vfio_register(&box, vm.memory, vm.size));
}

/*
 * A window that is smaller than the one page of the guest's over it: KVM takes the table's size for the window's.
 * What the window has is cleared, and killed before the hypercall ends.
 */
static void window_smaller_than_a_guest_page(void)
{
	struct vfio_iommu_mtce_info then, now;
	uint64_t start;

	guest_table_close();
	OK(vfio_window(&box, 12, 8 * SZ_4K, 1, &start));
	guest_table_fd = vmm_table(&vm, LIOBN, 16, start, SZ_64K);
	CHECK(guest_table_fd >= 0);
	OK(vmm_hand_over(&vm, box.group[0], guest_table_fd));
	vm.too_hard = NULL;
	CHECK(hput(start, PAGE(0) | TCE_RW) != H_SUCCESS);
	KEPT_OUT(start, PAGE(0));
	KEPT_OUT(start + 7 * SZ_4K, PAGE(0) + 7 * SZ_4K);
	OK(vfio_map(&box, RW, start, vm.memory + PAGE(0), 8 * SZ_4K));
	OK(mtce_info(&box, &then));
	CHECK(hput(start, 0) != H_SUCCESS);
	OK(mtce_info(&box, &now));
	KEPT_OUT(start, PAGE(0));
	KEPT_OUT(start + 7 * SZ_4K, PAGE(0) + 7 * SZ_4K);
	CHECK_IS(now.stats.hcall_unmapped - then.stats.hcall_unmapped, 8);
	CHECK(now.stats.hcall_kills_tce + now.stats.hcall_kills_pe >
	      then.stats.hcall_kills_tce + then.stats.hcall_kills_pe);
	OK(vfio_remove(&box, start));
}

/*
 * Who goes first
 */

/* The bounce page moves to a window of its own; what KVM holds of the other leads nowhere. */
static void window_removed_while_kvm_holds_it(void)
{
	uint64_t second;

	OK(vfio_window(&box, 12, SZ_1M, 1, &second));
	CHECKED(rig_bounce(second));
	IN_KERNEL(hlist(AT, PAGE(0), SZ_64K, 32));
	REACHES(AT, PAGE(0));
	OK(vfio_remove(&box, 0));
	KEPT_OUT(AT, PAGE(0));
	CHECK(hput(AT, PAGE(0) | TCE_RW) != H_SUCCESS);
	CHECK(hlist(AT, PAGE(0), SZ_64K, 4) != H_SUCCESS);
	hput(AT, 0);
	hstuff(AT, 32);
	KEPT_OUT(AT, PAGE(0));
	/* Nothing of it counts. */
	OK(vfio_unregister(&box, vm.memory, vm.size));
	OK(vfio_register(&box, vm.memory, vm.size));
}

/* A new window in the place of the old one: KVM's old table must not reach it until it is handed over. */
static void new_window_is_not_kvms(void)
{
	IN_KERNEL(hput(AT, PAGE(0) | TCE_RW));
	CHECK(!rig_window(12, WINDOW, 1));
	KEPT_OUT(AT, PAGE(0));
	vm.too_hard = NULL;
	hput(AT, PAGE(0) | TCE_RW);
	KEPT_OUT(AT, PAGE(0));
	OK(vfio_map(&box, RW, AT, pool, SZ_4K));
	hput(AT, 0);
	hstuff(AT, 4);
	CHECK(edu_reaches(&edu, AT, pool));
}

static void kvm_gone_first(void)
{
	uint64_t gpa = PAGE(0);
	uint8_t *page = vm.memory + gpa;

	IN_KERNEL(hlist(AT, gpa, SZ_64K, 32));
	guest_table_close();
	CHECK(edu_reaches(&edu, AT, page));
	OK(vfio_unmap(&box, AT, SZ_4K));
	CHECK(edu_is_kept_out(&edu, AT, page));
	CHECK(edu_reaches(&edu, AT + SZ_4K, page + SZ_64K));
	OK(vfio_unmap(&box, AT, 32 * SZ_4K));
	OK(vfio_unregister(&box, vm.memory, vm.size));
	OK(vfio_register(&box, vm.memory, vm.size));
	CHECKED(guest_table(12, 0, WINDOW));
	IN_KERNEL(hput(AT, gpa | TCE_RW));
	REACHES(AT, gpa);
}

/*
 * The second group is not handed over: it shares the table, which KVM has. Linux (6.12 to 7.3) loses a reference
 * on a table that a VM is given twice, so nothing that the table holds would ever go, our module neither.
 */
static void several_groups(void)
{
	OK(container_attach(&box, 1));
	IN_KERNEL(hlist(AT, PAGE(0), SZ_64K, 8));
	REACHES(AT, PAGE(0));
	IN_KERNEL(hput(AT, PAGE(9) | TCE_RW));
	REACHES(AT, PAGE(9));
	OK(container_detach(&box, 1));
	REACHES(AT, PAGE(9));
	IN_KERNEL(hput(AT + SZ_4K, 0));
	KEPT_OUT(AT + SZ_4K, PAGE(1));
}

static const struct test tests[] = {
	TEST(put_tce_maps_and_unmaps, 0),
	TEST(put_tce_permits_what_it_says, 0),
	TEST(put_tce_replaces, 0),
	TEST(list_maps_and_replaces, 0),
	TEST(stuff_clears_what_is_there, 0),
	TEST(boot_time_clear_of_an_empty_window, 0),
	TEST(bad_arguments_change_nothing, 0),
	TEST(list_with_a_bad_entry_is_passed_on, 0),
	TEST(list_entry_that_permits_nothing, NEEDS_OURS),
	TEST(memory_that_is_not_registered_is_passed_on, 0),
	TEST(unregister_of_memory_that_kvm_mapped, 0),
	TEST(counts_follow_kvm, 0),
	TEST(written_memory_is_dirty, 0),
	TEST(ioctl_works_on_what_kvm_wrote, 0),
	TEST(kvm_works_on_what_an_ioctl_wrote, 0),
	TEST(new_calls_see_what_kvm_wrote, NEEDS_NATIVE),
	TEST(kvm_maps_where_a_kill_is_owed, NEEDS_NATIVE),
	TEST(lazy_hypercalls_are_killed_by_a_flush, NEEDS_NATIVE),
	TEST(lazy_hypercalls_are_killed_in_time, NEEDS_NATIVE),
	TEST(lazy_hypercalls_are_killed_when_many, NEEDS_NATIVE),
	TEST(lazy_hypercalls_and_a_map_of_the_same, NEEDS_OURS),
	TEST(lazy_hypercalls_hold_nothing_up, NEEDS_OURS),
	TEST(hypercalls_are_strict_again, NEEDS_NATIVE),
	TEST(window_of_two_levels, 0),
	TEST(guest_page_of_16_tces, 0),
	TEST(guest_page_of_256_tces, 0),
	TEST(second_window, 0),
	TEST(stuff_past_the_windows_end, 0),
	TEST(entries_behind_the_windows_end, 0),
	TEST(window_smaller_than_a_guest_page, NEEDS_NATIVE),
	TEST(window_removed_while_kvm_holds_it, 0),
	TEST(new_window_is_not_kvms, 0),
	TEST(kvm_gone_first, 0),
	TEST(several_groups, NEEDS_GROUPS),
};

int main(void)
{
	static const struct suite suite = {
		.program = "kvm_contract",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_EDU | NEEDS_KVM,
		.begin = rig_open,
		.before = before,
		.after = after,
		.end = rig_close,
	};

	return run_suite(&suite);
}
