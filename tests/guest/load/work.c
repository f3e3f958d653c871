// SPDX-License-Identifier: GPL-2.0
/*
 * Each thread has a part of the window, and in it one area for each kind of call; so every entry
 * is known to be live or not, and what a call does to the table is known before it is made.
 */
#include "work.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"
#include "hcalls.h"

#define ENTRIES		(SZ_64M / SZ_4K - HCALL_ENTRIES)
#define POOL_PAGES	(POOL_SIZE / SZ_4K)
#define MAX_THREADS	64
#define AREAS		4

enum area { AREA_MAPS, AREA_UPDATES, AREA_LISTS, AREA_LAZY };

struct worker {
	pthread_t thread;
	uint64_t first;		/* entry of its part of the window */
	struct work todo;
	struct outcome out;
};

static struct worker workers[MAX_THREADS];
static struct shape shape;
static bool live[ENTRIES];
static pthread_barrier_t start;

static uint64_t area_entries(const struct shape *s)
{
	return ENTRIES / s->threads / AREAS;
}

/* First entry of the @i-th range of an area. After its last one it begins again. */
static uint64_t entry_of(const struct worker *w, enum area area, uint64_t i)
{
	uint64_t size = area_entries(&shape);

	return w->first + area * size + i % (size / shape.pages) * shape.pages;
}

static void *memory_of(uint64_t entry)
{
	uint64_t places = POOL_PAGES / shape.pages;

	return pool + entry / shape.pages % places * shape.pages * SZ_4K;
}

/*
 * Book-keeping
 */

static void make(struct worker *w, uint64_t entry, bool now_live)
{
	uint64_t i;

	for (i = entry; i < entry + shape.pages; i++) {
		w->out.unmapped += live[i];
		w->out.mapped += now_live;
		live[i] = now_live;
	}
}

static bool as_it_should(struct worker *w, const char *what, long ret, bool fine)
{
	if (!fine && !w->out.errors++)
		fprintf(stderr, "load: %s answered %ld\n", what, ret);
	return fine;
}

/*
 * One call each, the @i-th of its kind
 */

static void map(struct worker *w, uint64_t i)
{
	uint64_t entry = entry_of(w, AREA_MAPS, i);
	long ret = vfio_map(&box, RW, entry * SZ_4K, memory_of(entry),
			    shape.pages * SZ_4K);

	w->out.done.maps++;
	if (as_it_should(w, "map", ret, !ret))
		make(w, entry, true);
}

static void unmap(struct worker *w, uint64_t i)
{
	uint64_t entry = entry_of(w, AREA_MAPS, i);
	long ret = vfio_unmap(&box, entry * SZ_4K, shape.pages * SZ_4K);

	w->out.done.unmaps++;
	if (as_it_should(w, "unmap", ret, !ret))
		make(w, entry, false);
}

static void bad_map(struct worker *w, uint64_t i)
{
	long ret = vfio_map(&box, RW, SZ_64M + i * SZ_4K, pool, SZ_4K);

	w->out.done.bad_maps++;
	as_it_should(w, "map outside of every window", ret, ret < 0);
}

static void update_with(struct worker *w, struct vfio_mtce_op *ops, const char *what)
{
	uint32_t num = shape.ops, k;
	long ret = mtce_update(&box, ops, &num);

	w->out.operations += num;
	as_it_should(w, what, ret, !ret && num == shape.ops);
	for (k = 0; k < num; k++)
		make(w, ops[k].iova / SZ_4K, ops[k].op == VFIO_MTCE_OP_MAP);
}

static void update(struct worker *w, uint64_t i)
{
	struct vfio_mtce_op ops[shape.ops];
	uint64_t pairs = (shape.ops + 1) / 2, k;

	for (k = 0; k < shape.ops; k++) {
		uint64_t entry = entry_of(w, AREA_UPDATES, i * pairs + k / 2);
		uint64_t size = shape.pages * SZ_4K;

		ops[k] = k % 2 ? unmap_op(entry * SZ_4K, size) :
				 map_op(entry * SZ_4K, memory_of(entry), size);
		/* The area may have begun again. */
		if (k % 2 == 0)
			ops[k].flags |= VFIO_MTCE_REPLACE;
	}
	w->out.done.updates++;
	update_with(w, ops, "update");
}

static void list(struct worker *w, uint64_t i)
{
	uint64_t entry = entry_of(w, AREA_LISTS, i);
	uint64_t pages[shape.pages], k;
	long ret;

	/* Scattered: backwards. */
	for (k = 0; k < shape.pages; k++)
		pages[k] = (uintptr_t)pool + (shape.pages - 1 - k) * SZ_4K;
	ret = mtce_put_list(&box, RW | VFIO_MTCE_REPLACE, entry * SZ_4K, pages,
			    shape.pages);
	w->out.done.lists++;
	if (as_it_should(w, "list", ret, !ret))
		make(w, entry, true);
}

static void lazy_update(struct worker *w, uint64_t i)
{
	struct vfio_mtce_op ops[shape.ops];
	uint64_t k;

	for (k = 0; k < shape.ops; k++) {
		ops[k] = unmap_op(entry_of(w, AREA_LAZY, i * shape.ops + k) * SZ_4K,
				  shape.pages * SZ_4K);
		ops[k].flags |= VFIO_MTCE_LAZY;
	}
	w->out.done.lazy_updates++;
	update_with(w, ops, "lazy update");
}

static void flush(struct worker *w)
{
	long ret = mtce_flush(&box);

	w->out.done.flushes++;
	as_it_should(w, "flush", ret, !ret);
}

/* After each flush's share of the lazy updates, so that there is something to flush. */
static void lazy_updates(struct worker *w)
{
	uint64_t updates = w->todo.lazy_updates, flushes = w->todo.flushes;
	uint64_t i, k = 0;

	for (i = 0; i < flushes; i++) {
		while (k < (i + 1) * updates / flushes)
			lazy_update(w, k++);
		flush(w);
	}
	while (k < updates)
		lazy_update(w, k++);
}

static void *run_one(void *arg)
{
	struct worker *w = arg;
	uint64_t i;

	pthread_barrier_wait(&start);
	for (i = 0; i < w->todo.maps; i++)
		map(w, i);
	for (i = 0; i < w->todo.unmaps; i++)
		unmap(w, i);
	for (i = 0; i < w->todo.bad_maps; i++)
		bad_map(w, i);
	for (i = 0; i < w->todo.updates; i++)
		update(w, i);
	for (i = 0; i < w->todo.lists; i++)
		list(w, i);
	lazy_updates(w);
	return NULL;
}

/*
 * All of them
 */

/* Of @n things what thread @i gets. */
static uint64_t share(uint64_t n, uint64_t i)
{
	return n / shape.threads + (i < n % shape.threads);
}

const char *work_refused(const struct work *todo, const struct shape *s)
{
	uint64_t lazily;

	if (!s->ops || s->ops > 512)
		return "an update has 1 to 512 operations";
	if (!s->threads || s->threads > MAX_THREADS)
		return "there are 1 to 64 threads";
	if (!s->pages || s->pages > POOL_PAGES || s->pages > area_entries(s))
		return "so many pages do not fit into the window";
	if (!backend->ours && (todo->updates || todo->lists || todo->lazy_updates || todo->flushes))
		return "upstream only maps and unmaps";
	lazily = (todo->lazy_updates + s->threads - 1) / s->threads * s->ops * s->pages;
	if (lazily > POOL_PAGES || lazily > area_entries(s) / s->pages * s->pages)
		return "so many lazy unmaps do not fit into the window";
	return NULL;
}

static void set_up_lazy(struct worker *w)
{
	uint64_t n = w->todo.lazy_updates * shape.ops * shape.pages;
	uint64_t entry = entry_of(w, AREA_LAZY, 0), i;
	long ret;

	if (!n)
		return;
	ret = vfio_map(&box, RW, entry * SZ_4K, pool, n * SZ_4K);
	w->out.setup_maps++;
	if (!as_it_should(w, "map of set-up", ret, !ret))
		return;
	for (i = 0; i < n; i++)
		live[entry + i] = true;
}

void work_set_up(const struct work *todo, const struct shape *s)
{
	uint64_t i;

	shape = *s;
	for (i = 0; i < shape.threads; i++) {
		struct worker *w = &workers[i];

		w->first = i * AREAS * area_entries(&shape);
		w->todo = (struct work) {
			.maps = share(todo->maps, i),
			.unmaps = share(todo->unmaps, i),
			.bad_maps = share(todo->bad_maps, i),
			.updates = share(todo->updates, i),
			.lists = share(todo->lists, i),
			.lazy_updates = share(todo->lazy_updates, i),
			.flushes = share(todo->flushes, i),
		};
		set_up_lazy(w);
	}
}

static void add(struct outcome *to, const struct outcome *from)
{
	to->done.maps += from->done.maps;
	to->done.unmaps += from->done.unmaps;
	to->done.bad_maps += from->done.bad_maps;
	to->done.updates += from->done.updates;
	to->done.lists += from->done.lists;
	to->done.lazy_updates += from->done.lazy_updates;
	to->done.flushes += from->done.flushes;
	to->setup_maps += from->setup_maps;
	to->operations += from->operations;
	to->mapped += from->mapped;
	to->unmapped += from->unmapped;
	to->errors += from->errors;
}

void work_run(struct outcome *out)
{
	uint64_t i;

	pthread_barrier_init(&start, NULL, shape.threads);
	for (i = 0; i < shape.threads; i++) {
		if (pthread_create(&workers[i].thread, NULL, run_one, &workers[i])) {
			perror("load: thread");
			exit(1);
		}
	}
	for (i = 0; i < shape.threads; i++) {
		pthread_join(workers[i].thread, NULL);
		add(out, &workers[i].out);
	}
	pthread_barrier_destroy(&start);
}
