// SPDX-License-Identifier: GPL-2.0
/*
 * A step in the kernel that takes long, as a reset or a page fault may, an update of the
 * longest kind, or an mm that stays locked holds up nobody else, and the module stays until
 * the call is done with it (invariants 8 and 12).
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "aftermath.h"
#include "clock.h"
#include "cpu.h"
#include "fixture.h"
#include "kmod.h"
#include "slow.h"
#include "stall.h"

#define OURS	"vfio_iommu_mtce"
#define SLOW_MS	3000
#define AT	SZ_1M
#define QUICK_MS	2000

static struct async caller;
static int slow_cpu, other_cpu;

/* The call has begun, and is where it is slow. */
static void begin(int (*call)(void *))
{
	async_start(&caller, call, NULL);
	slow_has_begun(STALL_LIMIT_MS);
}

static void comes_through(const char *what, int (*call)(void))
{
	long since = clock_ms(), took;

	OK(call());
	took = clock_ms() - since;
	diag("%s took %ld ms", what, took);
	CHECK(took < QUICK_MS);
}

static int detaches(void)
{
	return container_detach(&box, 0);
}

/*
 * VFIO_EEH_PE_OP
 */

static int asks_for_the_state(void *unused)
{
	struct vfio_eeh_pe_op op = { .argsz = sizeof(op), .op = VFIO_EEH_PE_GET_STATE };

	cpu_bind(slow_cpu);
	vfio_call(box.fd, VFIO_EEH_PE_OP, &op);
	return 0;
}

/* A call that wants the container for itself goes on. */
static void eeh_op_holds_up_nobody(void)
{
	long since, took;

	CHECKED(box_open());
	CHECKED(slow_function("eeh_iommu_group_to_pe", NULL, SLOW_MS));
	CHECKED(begin(asks_for_the_state));
	since = clock_ms();
	OK(mtce_mode(&box, VFIO_MTCE_LAZY));
	took = clock_ms() - since;
	diag("the other call took %ld ms, this one takes %d", took, SLOW_MS);
	CHECK(took < SLOW_MS / 2);
	CHECK(!async_done(&caller, 0));
}

/*
 * An update of one operation, whose argument can be read at once and written only after a
 * page fault
 */

static struct vfio_iommu_mtce_update *update;
static struct vfio_mtce_op op;

/* A private copy of a file's page is made when it is written to. */
static void open_update(void)
{
	struct vfio_iommu_mtce_update u = {
		.argsz = sizeof(u),
		.ops = (uintptr_t)&op,
		.op_len = sizeof(op),
		.op_num = 1,
	};
	FILE *f = tmpfile();

	op = map_op(AT, pool, SZ_4K);
	CHECK(f && fwrite(&u, sizeof(u), 1, f) == 1 && !fflush(f));
	update = mmap(NULL, mem_page(), PROT_READ | PROT_WRITE, MAP_PRIVATE, fileno(f), 0);
	fclose(f);
	CHECK(update != MAP_FAILED);
	CHECK_IS(*(volatile uint32_t *)&update->op_num, 1);
}

static int updates(void *unused)
{
	cpu_bind(slow_cpu);
	return vfio_call(box.fd, VFIO_IOMMU_MTCE_UPDATE, update);
}

/*
 * The group has gone, and the call has yet to say how many operations were done. It is slow
 * where its page fault begins, before it locks the mm, which a detach counts memory in.
 */
static void answer_holds_the_module(void)
{
	long users, now;

	remember_counts();
	users = kmod_users(OURS);
	if (users < 0) {
		test_skipped(OURS " is not a module here");
		return;
	}
	CHECKED(box_ready());
	CHECKED(open_update());
	CHECKED(slow_function("lock_mm_and_find_vma", update, SLOW_MS));
	CHECKED(begin(updates));
	OK(container_detach(&box, 0));
	now = kmod_users(OURS);
	CHECK(!async_done(&caller, 0));
	CHECK(now > users);
	OK(async_result(&caller));
	CHECK_IS(update->op_num, 1);
	box_close();
	mem_pins();		/* a grace period */
	CHECK_IS(kmod_users(OURS), users);
	counts_are_back();
}

/*
 * Somebody holds the owner's mmap_lock, which locked memory is counted under, as a thread
 * of his may that waits for a file system
 */

#define LOCKED_MS	6000

static int creates_a_window(void *unused)
{
	cpu_bind(slow_cpu);
	return vfio_window(&box, 16, SZ_64M, 1, NULL);
}

static int removes_a_window(void *unused)
{
	cpu_bind(slow_cpu);
	return vfio_remove(&box, 1ull << 59);
}

static int unregisters(void *unused)
{
	cpu_bind(slow_cpu);
	return vfio_unregister(&box, pool + 2 * SZ_1M, SZ_1M);
}

static int enables(void *unused)
{
	cpu_bind(slow_cpu);
	return vfio_enable(&box);
}

static int disables(void *unused)
{
	cpu_bind(slow_cpu);
	return vfio_disable(&box);
}

static void move_in(int (*call)(void *))
{
	uint64_t start;

	CHECKED(box_open());
	OK(vfio_register(&box, pool, SZ_1M));
	OK(vfio_register(&box, pool + 2 * SZ_1M, SZ_1M));
	OK(vfio_map(&box, RW, AT, pool, SZ_4K));
	if (call == removes_a_window)
		OK(vfio_window(&box, 16, SZ_64M, 1, &start));
	if (call == disables)
		OK(vfio_enable(&box));
}

/* No call here may need memory: where would it come from? */
static void others_go_on(void)
{
	struct vfio_iommu_mtce_info info;

	OK(vfio_map(&box, RW, AT + SZ_4K, pool + SZ_4K, SZ_4K));
	OK(mtce_map(&box, RW, AT + 2 * SZ_4K, pool, SZ_4K));
	OK(vfio_unmap(&box, AT, 3 * SZ_4K));
	OK(mtce_flush(&box));
	OK(mtce_info(&box, &info));
	OK(mtce_mode(&box, VFIO_MTCE_LAZY));
}

static void lock_mm(void)
{
	char parameters[64];

	snprintf(parameters, sizeof(parameters), "function=account_locked_vm lock=1 ms=%d",
		 LOCKED_MS);
	slow_load(parameters);
}

static void locked_mm_holds_up_nobody(int (*call)(void *))
{
	long since, took;

	remember_counts();
	CHECKED(move_in(call));
	CHECKED(lock_mm());
	CHECKED(begin(call));
	since = clock_ms();
	CHECKED(others_go_on());
	took = clock_ms() - since;
	diag("the calls took %ld ms", took);
	CHECK(took < QUICK_MS);
	CHECKED(comes_through("the detach", detaches));
	CHECK(!async_done(&caller, 0));
	async_result(&caller);
	slow_end();	/* and so the lock is let go */
	box_close();
	counts_are_back();
}

#define LOCKED(call)							\
	static void call ## _while_the_mm_is_locked(void)		\
	{								\
		locked_mm_holds_up_nobody(call);			\
	}

LOCKED(creates_a_window)
LOCKED(removes_a_window)
LOCKED(unregisters)
LOCKED(enables)
LOCKED(disables)

/* The last group leaves, and all memory goes, while its owner's mm is locked. */
static void detach_while_the_mm_is_locked(void)
{
	remember_counts();
	CHECKED(move_in(NULL));
	CHECKED(lock_mm());
	CHECKED(comes_through("the detach", detaches));
	slow_has_begun(0);
	slow_end();
	box_close();
	counts_are_back();
}

/*
 * One update that maps and unmaps all of a window, over and over
 */

#define OPS	65536
#define BIG	(256 * SZ_1M)

static struct vfio_mtce_op *many;
static uint8_t *big;
static uint32_t done;

static int updates_for_long(void *unused)
{
	cpu_bind(slow_cpu);
	done = OPS;
	return mtce_update(&box, many, &done);
}

static void open_many(void)
{
	uint64_t start;
	uint32_t i;

	big = mem_alloc(BIG);
	many = mem_alloc(OPS * sizeof(*many));
	CHECKED(box_open());
	OK(vfio_register(&box, big, BIG));
	OK(vfio_remove(&box, 0));
	OK(vfio_window(&box, 12, BIG, 1, &start));
	for (i = 0; i < OPS; i++)
		many[i] = i & 1 ? unmap_op(start, BIG) : map_op(start, big, BIG);
}

static void close_many(void)
{
	if (many)
		mem_free(many, OPS * sizeof(*many));
	if (big)
		mem_free(big, BIG);
	many = NULL;
	big = NULL;
}

static int sets_the_mode(void)
{
	return mtce_mode(&box, 0);
}

static int removes_the_window(void)
{
	return vfio_remove(&box, 0);
}

/* Others come through while it is at work, and then it ends with this answer. */
static void long_update(const char *what, int (*call)(void), int answer)
{
	long since;

	CHECKED(open_many());
	since = clock_ms();
	async_start(&caller, updates_for_long, NULL);
	usleep(500000);
	CHECKED(comes_through("another call", sets_the_mode));
	CHECK(!async_done(&caller, 0));
	CHECKED(comes_through(what, call));
	CHECK_IS(async_result(&caller), answer);
	diag("%u operations in %ld ms", done, clock_ms() - since);
	CHECK(done > 0 && done < OPS);
}

static void long_update_makes_way(void)
{
	struct vfio_iommu_mtce_info info;

	CHECKED(long_update("the window's removal", removes_the_window, -ENXIO));
	OK(mtce_info(&box, &info));
	CHECK_IS(info.stats.tces_mapped, (long)((done + 1) / 2 * (BIG / SZ_4K)));
	CHECK_IS(info.stats.tces_unmapped, (long)info.stats.tces_mapped);
}

static void long_update_lets_the_group_go(void)
{
	remember_counts();
	CHECKED(long_update("the detach", detaches, -ENODEV));
	box_close();
	close_many();
	counts_are_back();
}

static const char *begin_program(void)
{
	slow_cpu = cpu_nth(0);
	other_cpu = cpu_nth(1);
	if (other_cpu < 0)
		return "it takes two CPUs";
	cpu_bind(other_cpu);
	return NULL;
}

static void after(void)
{
	if (caller.started)
		async_result(&caller);
	slow_end();
	if (update && update != MAP_FAILED)
		munmap(update, mem_page());
	update = NULL;
	box_close();
	close_many();
}

static const struct test tests[] = {
	TEST(eeh_op_holds_up_nobody, 0),
	TEST(answer_holds_the_module, 0),
	TEST(creates_a_window_while_the_mm_is_locked, 0),
	TEST(removes_a_window_while_the_mm_is_locked, 0),
	TEST(unregisters_while_the_mm_is_locked, 0),
	TEST(enables_while_the_mm_is_locked, 0),
	TEST(disables_while_the_mm_is_locked, 0),
	TEST(detach_while_the_mm_is_locked, 0),
	TEST(long_update_makes_way, 0),
	TEST(long_update_lets_the_group_go, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "attack_slow",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_NATIVE,
		.begin = begin_program,
		.after = after,
	};

	return run_suite(&suite);
}
