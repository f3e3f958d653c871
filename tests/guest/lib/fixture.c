// SPDX-License-Identifier: GPL-2.0
#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct container box = { .fd = -1 };
struct edu edu = { .fd = -1 };
uint8_t *pool;
bool rig_without_device;

static void open_as(unsigned long type)
{
	int ret = container_open(&box, type, 1);

	if (ret)
		test_failed(__FILE__, __LINE__,
			    "no container of type %#lx: %d", type, ret);
	if (pool)
		return;
	/* Nothing else can be right behind it: tests ask for what is beyond its end. */
	pool = mem_alloc(POOL_SIZE + SZ_64K);
	if (mprotect(pool + POOL_SIZE, SZ_64K, PROT_NONE))
		test_failed(__FILE__, __LINE__, "mprotect: %m");
}

void box_open(void)
{
	open_as(backend->v2);
}

void box_open_v1(void)
{
	open_as(backend->v1);
}

void box_close(void)
{
	container_close(&box);
}

void box_ready(void)
{
	uint64_t start;

	CHECKED(box_open());
	OK(vfio_register(&box, pool, POOL_SIZE));
	OK(vfio_remove(&box, 0));
	OK(vfio_window(&box, 12, SZ_64M, 1, &start));
	CHECK_IS((long)start, 0);
}

const char *rig_open(void)
{
	box_open();
	if (test_has_failed())
		return "no container";
	edu.bounce = mem_alloc(SZ_64K);
	if (vfio_register(&box, pool, POOL_SIZE) ||
	    vfio_register(&box, edu.bounce, SZ_64K)) {
		box_close();
		return "cannot register memory";
	}
	if (!rig_without_device && edu_open(&edu, &box, 0)) {
		box_close();
		return "cannot open the edu device";
	}
	return NULL;
}

void rig_close(void)
{
	edu_close(&edu);
	box_close();
}

void rig_no_windows(void)
{
	/* The starts of the two windows are the platform's choice. */
	vfio_remove(&box, 0);
	vfio_remove(&box, 1ull << 59);
}

void rig_bounce(uint64_t iova)
{
	edu.bounce_iova = iova;
	OK(vfio_map(&box, RW, iova, edu.bounce, SZ_4K));
}

uint64_t rig_window(unsigned int shift, uint64_t size, unsigned int levels)
{
	uint64_t start = ~0ull;
	uint64_t page = 1ull << shift;
	int ret;

	rig_no_windows();
	ret = vfio_window(&box, shift, size, levels, &start);
	edu.bounce_iova = start + size - page;
	if (!ret)
		ret = vfio_map(&box, RW, edu.bounce_iova, edu.bounce, page);
	if (ret)
		test_failed(__FILE__, __LINE__,
			    "no window with %u-bit pages: %d", shift, ret);
	return start;
}

bool is_live(struct container *c, uint64_t iova, const void *vaddr, uint64_t size)
{
	int ret = mtce_map(c, RW, iova, vaddr, size);

	if (!ret)
		mtce_unmap(c, iova, size);
	return ret == -EEXIST;
}

int in_child(int (*body)(void *), void *arg)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		int ret = body(arg);

		fflush(stdout);
		_exit(ret);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}
