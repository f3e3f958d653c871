// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "clock.h"
#include "marker.h"
#include "measure.h"
#include "nvme.h"
#include "stats.h"
#include "util.h"

#define POOL_TIMES	2u	/* the pool is so many times a round */
#define IOVA_TIMES	8u	/* and the IOVAs are */
#define MIN_WINDOW	(64ull << 20)

struct rig {
	const struct way *way;
	struct job *job;
	struct outcome *out;
	struct pages pages;
	struct nvme nvme;
	uint8_t *shared;
	unsigned int per_read;	/* pages */
	bool measured;		/* this pass is */
	double *map;		/* instructions of each round in each pass */
	double *unmap;
};

static void want(int ret)
{
	if (ret < 0)
		die("%s", mtce_error());
}

static void *memory(uint64_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("no memory for %llu KiB: %s", (unsigned long long)size >> 10, strerror(errno));
	return p;
}

static uint64_t round_up(uint64_t size, uint64_t to)
{
	return (size + to - 1) / to * to;
}

static uint64_t power_of_two(uint64_t size)
{
	uint64_t n = MIN_WINDOW;

	while (n < size)
		n *= 2;
	return n;
}

/* Always the same numbers. */
static uint32_t any(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/*
 * Beginning and end
 */

/* As memory is in a cache of pages: no two that belong together are neighbours. */
static void scatter(struct pages *p)
{
	unsigned int total = (unsigned int)(p->pool_size / NVME_PAGE), i;
	uint64_t *all = xcalloc(total, sizeof(*all));
	uint32_t seed = 1;

	for (i = 0; i < total; i++)
		all[i] = (uintptr_t)p->pool + (uint64_t)i * NVME_PAGE;
	for (i = 0; i < p->num; i++) {
		unsigned int j = i + any(&seed) % (total - i);

		p->page[i] = all[j];
		all[j] = all[i];
	}
	free(all);
}

static void make_pages(struct rig *r)
{
	struct pages *p = &r->pages;
	uint64_t round;

	r->per_read = r->job->block / NVME_PAGE;
	p->num = r->job->depth * r->per_read;
	round = (uint64_t)p->num * NVME_PAGE;
	p->pool_size = round_up(round * POOL_TIMES, (uint64_t)sysconf(_SC_PAGESIZE));
	p->pool = memory(p->pool_size);
	p->page = xcalloc(p->num, sizeof(*p->page));
	p->iova = xcalloc(p->num, sizeof(*p->iova));
	p->iova_size = round_up(round * IOVA_TIMES, NVME_PAGE);
	scatter(p);
}

static void open_window(struct rig *r)
{
	struct pages *p = &r->pages;
	uint64_t shared = nvme_shared_size(), start;

	want(mtce_window_remove(p->container, 0));
	want(mtce_window_create(p->container, 12, power_of_two(shared + p->iova_size + p->pool_size), 1, &start));
	r->shared = memory(shared);
	want(mtce_register(p->container, r->shared, shared));
	want(mtce_register(p->container, p->pool, p->pool_size));
	want(mtce_dma_map(p->container, VFIO_MTCE_READ | VFIO_MTCE_WRITE, start, r->shared, shared));
	p->iova_start = start + shared;
	p->iova_next = p->iova_start;
}

static void rig_open(struct rig *r, unsigned int flags)
{
	int fd;

	want(mtce_open(&r->pages.container, r->job->group, flags));
	make_pages(r);
	open_window(r);
	r->pages.batch = mtce_batch_new(r->pages.container, r->pages.num);
	if (!r->pages.batch)
		die("%s", mtce_error());
	fd = mtce_device(r->pages.container, r->job->device);
	want(fd);
	nvme_open(&r->nvme, fd, r->shared, r->pages.iova_start - nvme_shared_size());
}

static void rig_close(struct rig *r)
{
	struct pages *p = &r->pages;

	nvme_close(&r->nvme);
	mtce_batch_free(p->batch);
	mtce_close(p->container);
	munmap(r->shared, nvme_shared_size());
	munmap(p->pool, p->pool_size);
	free(p->page);
	free(p->iova);
	free(r->map);
	free(r->unmap);
}

static void fit(struct rig *r)
{
	if (r->job->block % r->nvme.block_size)
		die("the disk's blocks are %u bytes: --block must be a multiple of that", r->nvme.block_size);
	if (r->nvme.max_bytes && r->job->block > r->nvme.max_bytes)
		die("the controller reads %llu bytes at a time at most: --block is too large",
		    (unsigned long long)r->nvme.max_bytes);
	if (r->nvme.blocks * r->nvme.block_size < r->job->block)
		die("the disk is smaller than --block");
}

/*
 * Rounds
 */

/* Where read number @i of a round is on the disk, in bytes. */
static uint64_t place_of(struct rig *r, unsigned int round, unsigned int i)
{
	uint64_t places = r->nvme.blocks * r->nvme.block_size / r->job->block;
	uint32_t seed = round * r->job->depth + i;

	any(&seed);
	return any(&seed) % places * r->job->block;
}

static void submit_all(struct rig *r, unsigned int round)
{
	unsigned int i;

	for (i = 0; i < r->job->depth; i++)
		nvme_read(&r->nvme, i, place_of(r, round, i) / r->nvme.block_size,
			  r->job->block / r->nvme.block_size, r->pages.iova + i * r->per_read, r->per_read);
	nvme_ring(&r->nvme);
}

static void wait_all(struct rig *r)
{
	unsigned int i;

	for (i = 0; i < r->job->depth; i++)
		nvme_wait(&r->nvme);
}

static uint8_t *page_of(struct rig *r, unsigned int i)
{
	return (uint8_t *)(uintptr_t)r->pages.page[i];
}

static bool is_right(struct rig *r, unsigned int round, unsigned int i)
{
	uint64_t sum = 0xcbf29ce484222325ull, *known = &r->job->sums[round * r->job->depth + i];
	bool right = true;
	unsigned int k;

	for (k = 0; k < r->per_read; k++) {
		const uint8_t *page = page_of(r, i * r->per_read + k);

		if (r->job->pattern)
			right &= check_pattern(page, NVME_PAGE, place_of(r, round, i) + (uint64_t)k * NVME_PAGE);
		sum = check_sum(sum, page, NVME_PAGE);
	}
	if (!r->job->sums_known)
		*known = sum;
	return right && sum == *known;
}

static void check_all(struct rig *r, unsigned int round)
{
	unsigned int i;

	for (i = 0; i < r->job->depth; i++)
		r->out->wrong += !is_right(r, round, i);
	for (i = 0; i < r->pages.num; i++)
		check_spoil(page_of(r, i), NVME_PAGE);
}

static uint64_t kills(struct rig *r)
{
	struct vfio_iommu_mtce_info info;

	if (!r->out->counted_kills || mtce_get_info(r->pages.container, &info, sizeof(info)))
		return 0;
	return info.stats.kills_tce + info.stats.kills_pe;
}

/* Instructions of one step, without those of counting. */
static double count(struct rig *r, int (*function)(struct pages *p))
{
	uint64_t start = clock_ns();
	struct count counted;
	struct moment begin;
	int ret;

	measure_begin(&begin);
	ret = function(&r->pages);
	measure_end(&begin, &counted);
	r->out->ns += clock_ns() - start;
	want(ret);
	return counted.of[COUNTED_INSTRUCTIONS];
}

static double step(struct rig *r, int (*function)(struct pages *p), struct cost *cost)
{
	double instructions;
	uint64_t before;

	if (!function)
		return 0;
	if (!r->measured)
		return count(r, function);
	before = kills(r);
	marker_write(cost->section);
	instructions = count(r, function);
	marker_write(0);
	cost->kills += kills(r) - before;
	return instructions;
}

static void read_all(struct rig *r, unsigned int round)
{
	uint64_t start = clock_ns();

	submit_all(r, round);
	wait_all(r);
	r->out->ns += clock_ns() - start;
}

/* What is done before the first round and after the last counts as one more. */
static void one_pass(struct rig *r, unsigned int pass)
{
	unsigned int i, rounds = r->job->rounds;
	double *map = r->map + (size_t)pass * (rounds + 1), *unmap = r->unmap + (size_t)pass * (rounds + 1);

	map[rounds] = step(r, r->way->begin, &r->out->map);
	for (i = 0; i < rounds; i++) {
		map[i] = step(r, r->way->map, &r->out->map);
		read_all(r, i);
		unmap[i] = step(r, r->way->unmap, &r->out->unmap);
		check_all(r, i);
	}
	unmap[rounds] = step(r, r->way->end, &r->out->unmap);
	r->job->sums_known = true;
}

/*
 * A timer's interrupt falls into few of the passes, so each round's median is free of it; but rounds are not all alike
 * (one pays for the kills of many), so medians are added up.
 */
static double sample(struct rig *r, const double *rounds, unsigned int pass)
{
	unsigned int num = r->job->rounds + 1, i, k;
	double sum = 0, *same = xcalloc(r->job->passes, sizeof(*same));

	for (i = 0; i < num; i++) {
		for (k = 0; k < r->job->passes; k++)
			same[k] = rounds[(size_t)(pass + k) * num + i];
		sum += stats_median(same, r->job->passes);
	}
	free(same);
	return sum / r->job->rounds / r->job->depth;
}

static void measured_passes(struct rig *r)
{
	unsigned int pass, num = r->job->samples * r->job->passes, i;

	r->measured = true;
	r->pages.calls = 0;
	r->out->ns = 0;
	for (pass = 0; pass < num; pass++)
		one_pass(r, pass);
	for (i = 0; i < r->job->samples; i++) {
		r->out->map.instructions[i] = sample(r, r->map, i * r->job->passes);
		r->out->unmap.instructions[i] = sample(r, r->unmap, i * r->job->passes);
	}
	r->out->calls = r->pages.calls;
	r->out->reads = (uint64_t)num * r->job->rounds * r->job->depth;
}

void run_way(const struct way *way, unsigned int flags, struct job *job, struct outcome *out)
{
	struct rig r = { .way = way, .job = job, .out = out };
	size_t samples = (size_t)(job->rounds + 1) * job->passes * job->samples;

	r.map = xcalloc(samples, sizeof(*r.map));
	r.unmap = xcalloc(samples, sizeof(*r.unmap));
	rig_open(&r, flags);
	fit(&r);
	out->kind = mtce_kind_name(mtce_kind(r.pages.container));
	out->counted_kills = mtce_kind(r.pages.container) != MTCE_PLAIN;
	memcpy(out->model, r.nvme.model, sizeof(out->model));
	one_pass(&r, 0);
	measured_passes(&r);
	rig_close(&r);
}
