// SPDX-License-Identifier: GPL-2.0
/* A container belongs to one process: whose memory it is, and what happens when that process goes. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

static int calls_are_refused(void *unused)
{
	struct vfio_iommu_spapr_tce_info info;
	uint64_t one = (uintptr_t)pool;

	if (vfio_map(&box, RW, SZ_1M, pool, SZ_4K) != -EPERM ||
	    vfio_unmap(&box, SZ_1M, SZ_4K) != -EPERM ||
	    vfio_register(&box, pool, SZ_64K) != -EPERM ||
	    vfio_unregister(&box, pool, POOL_SIZE) != -EPERM ||
	    vfio_window(&box, 12, SZ_1M, 1, NULL) != -EPERM ||
	    vfio_remove(&box, 0) != -EPERM ||
	    vfio_info(&box, &info) != -EPERM)
		return 1;
	if (backend->native &&
	    (mtce_map(&box, RW, SZ_1M, pool, SZ_4K) != -EPERM ||
	     mtce_put_list(&box, RW, SZ_1M, &one, 1) != -EPERM))
		return 2;
	return 0;
}

static void forked_child_gets_eperm(void)
{
	CHECKED(box_ready());
	CHECK_IS(in_child(calls_are_refused, NULL), 0);
	OK(vfio_map(&box, RW, SZ_1M, pool, SZ_4K));
}

static int closes(void *unused)
{
	box_close();
	return 0;
}

static void child_that_closes_takes_nothing_along(void)
{
	CHECKED(box_ready());
	OK(vfio_map(&box, RW, SZ_1M, pool, SZ_4K));
	CHECK_IS(in_child(closes, NULL), 0);
	OK(vfio_unmap(&box, SZ_1M, SZ_4K));
	OK(vfio_unregister(&box, pool, POOL_SIZE));
}

static int becomes_the_owner(void *unused)
{
	uint8_t *p = mem_alloc(SZ_64K);

	return vfio_register(&box, p, SZ_64K) ||
	       vfio_map(&box, RW, SZ_1M, p, SZ_4K);
}

/* The owner's memory is gone, the container is not: its clean-up has no mm to lean on. */
static void container_outlives_its_owner(void)
{
	long pins = mem_pins();

	CHECKED(box_open());
	CHECK_IS(in_child(becomes_the_owner, NULL), 0);
	CHECK_IS(vfio_map(&box, RW, SZ_1M, pool, SZ_4K), -EPERM);
	CHECK_IS(vfio_remove(&box, 0), -EPERM);
	box_close();
	CHECK(mem_pins_return_to(pins));
}

static int becomes_the_v1_owner(void *unused)
{
	uint8_t *p = mem_alloc(SZ_64K);

	return vfio_enable(&box) || vfio_map(&box, RW, SZ_1M, p, SZ_4K);
}

static void v1_container_outlives_its_owner(void)
{
	long pins = mem_pins();

	CHECKED(box_open_v1());
	CHECK_IS(in_child(becomes_the_v1_owner, NULL), 0);
	CHECK_IS(vfio_map(&box, RW, SZ_1M, pool, SZ_4K), -EPERM);
	box_close();
	CHECK(mem_pins_return_to(pins));
}

/* exec replaces the memory; the descriptor goes with it. */
static int execs(void *unused)
{
	if (becomes_the_owner(NULL))
		return 1;
	execl("/bin/true", "true", NULL);
	return 2;
}

static void owner_that_execs_leaves_nothing(void)
{
	long pins = mem_pins();

	CHECKED(box_open());
	CHECK_IS(in_child(execs, NULL), 0);
	box_close();
	CHECK(mem_pins_return_to(pins));
}

static const struct test tests[] = {
	TEST(forked_child_gets_eperm, 0),
	TEST(child_that_closes_takes_nothing_along, 0),
	TEST(container_outlives_its_owner, 0),
	TEST(v1_container_outlives_its_owner, 0),
	TEST(owner_that_execs_leaves_nothing, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "owner",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.after = box_close,
	};

	return run_suite(&suite);
}
