// SPDX-License-Identifier: GPL-2.0
/*
 * A step in the kernel that takes long, as a reset or a page fault may, holds up nobody
 * else, and the module stays until the call is done with it (invariants 8 and 12).
 * tests/modules/slow_main.c makes a kernel function slow, on the caller's CPU.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "aftermath.h"
#include "cpu.h"
#include "fixture.h"
#include "kmod.h"
#include "stall.h"

#define SLOW	"mtce_slow"
#define OURS	"vfio_iommu_mtce"
#define SLOW_MS	3000
#define AT	SZ_1M

static struct async caller;
static int slow_cpu, other_cpu;

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The next call of @function is slow; only one about @page, if that is not NULL. */
static void make_slow(const char *function, const void *page)
{
	char parameters[128];
	const char *why;

	snprintf(parameters, sizeof(parameters), "function=%s page=%#lx ms=%d", function,
		 (unsigned long)page, SLOW_MS);
	why = kmod_load(SLOW, parameters);
	if (why)
		test_skipped("%s", why);
}

/* The call has begun, and is where it is slow. */
static void begin(int (*call)(void *))
{
	long since = now_ms();

	async_start(&caller, call, NULL);
	while (kmod_get(SLOW, "begun") != 1 && now_ms() - since < STALL_LIMIT_MS)
		usleep(1000);
	CHECK_IS(kmod_get(SLOW, "begun"), 1);
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
	CHECKED(make_slow("eeh_iommu_group_to_pe", NULL));
	CHECKED(begin(asks_for_the_state));
	since = now_ms();
	OK(mtce_mode(&box, VFIO_MTCE_LAZY));
	took = now_ms() - since;
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
	CHECKED(make_slow("lock_mm_and_find_vma", update));
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
	kmod_unload(SLOW);
	if (update && update != MAP_FAILED)
		munmap(update, mem_page());
	update = NULL;
	box_close();
}

static const struct test tests[] = {
	TEST(eeh_op_holds_up_nobody, 0),
	TEST(answer_holds_the_module, 0),
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
