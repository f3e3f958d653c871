// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "sweep-work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "clock.h"
#include "marker.h"
#include "measure.h"
#include "util.h"

#define PAGE ((size_t)1 << SWEEP_PAGE_SHIFT)

/* Of the storm. */
#define BATCH 64u
#define LAPS 2u			/* around the window, at most */

/*
 * Of the stream: what a guest's 4 KiB reads of a fast disk look like, of which a
 * page stays mapped for a millisecond or two.
 */
#define PERIOD_NS 100000u
#define DEPTH 16u

/* IOVAs are taken in order, as an allocator does that goes round a window. */
static uint64_t iova_of(const struct sweep_place *p, uint64_t n)
{
	return p->window + n % SWEEP_WINDOW_TCES * PAGE;
}

static void *page_of(const struct sweep_place *p, uint64_t n)
{
	return p->memory->base + n * PAGE % SWEEP_MEMORY;
}

static int call(struct sweep_place *p, unsigned long request, void *arg, double *instructions)
{
	uint64_t before = measure_instructions();
	int ret = ioctl(p->container.fd, request, arg);

	*instructions += (double)(measure_instructions() - before) -
			 measure_overhead()->section;
	return ret ? -errno : 0;
}

/* A map between two looks at the counters, so that its own kills are known. */
static int map(struct sweep_place *p, struct sweep_found *f, unsigned long request, void *arg)
{
	struct kill_counters before, after;
	int ret = container_kills(&p->container, &before);

	if (!ret)
		ret = call(p, request, arg, &f->map_instructions);
	if (!ret)
		ret = container_kills(&p->container, &after);
	if (ret)
		return ret;
	f->kills_of_maps += after.kills - before.kills;
	f->looks++;
	f->held_sum += before.pending;
	if (before.pending > f->held_max)
		f->held_max = before.pending;
	return 0;
}

static int unmap(struct sweep_place *p, struct sweep_found *f, struct vfio_mtce_op *ops,
		 unsigned int n)
{
	struct vfio_iommu_mtce_update update = arg_update(ops, n);
	int ret = call(p, VFIO_IOMMU_MTCE_UPDATE, &update, &f->unmap_instructions);

	if (!ret)
		f->tces += n;
	return ret;
}

static struct vfio_mtce_op op_unmap(const struct sweep_place *p, uint64_t n)
{
	struct vfio_mtce_op op = arg_op(false, iova_of(p, n), NULL, PAGE);

	if (p->lazy)
		op.flags |= VFIO_MTCE_LAZY;
	return op;
}

static int storm_batch(struct sweep_place *p, struct sweep_found *f, uint64_t first)
{
	struct vfio_iommu_mtce_update update;
	struct vfio_mtce_op ops[BATCH];
	unsigned int i;
	int ret;

	for (i = 0; i < BATCH; i++)
		ops[i] = arg_op(true, iova_of(p, first + i), page_of(p, first + i), PAGE);
	update = arg_update(ops, BATCH);
	ret = map(p, f, VFIO_IOMMU_MTCE_UPDATE, &update);
	for (i = 0; i < BATCH; i++)
		ops[i] = op_unmap(p, first + i);
	return ret ? ret : unmap(p, f, ops, BATCH);
}

static int storm(struct sweep_place *p, struct sweep_found *f)
{
	uint64_t deadline = clock_ns() + p->ms * 1000000ull, n;
	int ret = 0;

	for (n = 0; n < LAPS * SWEEP_WINDOW_TCES && clock_ns() < deadline && !ret; n += BATCH)
		ret = storm_batch(p, f, n);
	return ret;
}

static int stream_step(struct sweep_place *p, struct sweep_found *f, uint64_t n)
{
	struct vfio_iommu_type1_dma_map arg = arg_map(iova_of(p, n), page_of(p, n), PAGE);
	struct vfio_mtce_op op;
	int ret = map(p, f, VFIO_IOMMU_MAP_DMA, &arg);

	if (ret || n < DEPTH)
		return ret;
	op = op_unmap(p, n - DEPTH);
	return unmap(p, f, &op, 1);
}

static void sleep_until(uint64_t ns)
{
	uint64_t now = clock_ns();
	struct timespec pause = { .tv_nsec = (long)(ns - now) };

	if (ns > now)
		nanosleep(&pause, NULL);
}

static int stream(struct sweep_place *p, struct sweep_found *f)
{
	uint64_t next = clock_ns(), deadline = next + p->ms * 1000000ull, n;
	int ret = 0;

	for (n = 0; next < deadline && !ret; n++) {
		ret = stream_step(p, f, n);
		next += PERIOD_NS;
		/* A host that cannot keep up does not catch up in a burst. */
		if (next < clock_ns())
			next = clock_ns();
		sleep_until(next);
	}
	return ret;
}

/* Around the work: counters, the clock, the section, and the flush it owes. */
static int run(struct sweep_place *p, struct sweep_found *f,
	       int (*work)(struct sweep_place *p, struct sweep_found *f))
{
	struct kill_counters before, after;
	uint64_t start;
	unsigned int i;
	int ret;

	memset(f, 0, sizeof(*f));
	ret = container_kills(&p->container, &before);
	if (ret)
		return ret;
	marker_write(p->section);
	start = clock_ns();
	ret = work(p, f);
	if (!ret && p->lazy)
		ret = call(p, VFIO_IOMMU_MTCE_FLUSH, &arg_flush, &f->unmap_instructions);
	f->seconds = (double)(clock_ns() - start) / 1e9;
	marker_write(0);
	if (!ret)
		ret = container_kills(&p->container, &after);
	if (ret)
		return ret;
	f->kills = after.kills - before.kills;
	f->kills_pe = after.kills_pe - before.kills_pe;
	for (i = 0; i < NUM_FLUSHES; i++)
		f->flushes[i] = after.flushes[i] - before.flushes[i];
	return 0;
}

static int run_storm(struct sweep_place *p, struct sweep_found *f)
{
	return run(p, f, storm);
}

static int run_stream(struct sweep_place *p, struct sweep_found *f)
{
	return run(p, f, stream);
}

const struct sweep_work sweep_works[] = {
	{ "storm", "batches of 64 single pages, mapped and unmapped as fast as it goes",
	  run_storm },
	{ "stream", "a page every 100 us, 16 of them mapped at a time, like 4 KiB I/O",
	  run_stream },
};

const unsigned int num_sweep_works = ARRAY_SIZE(sweep_works);
