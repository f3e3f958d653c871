// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "workers.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "cpus.h"
#include "measure.h"
#include "steal.h"
#include "util.h"

struct crew {
	unsigned int size;
	unsigned int ms;
	atomic_uint ready;
};

struct hand {
	struct crew *crew;
	struct worker *w;
	pthread_t thread;
};

static double counter_read(int fd)
{
	uint64_t n;

	return fd >= 0 && read(fd, &n, sizeof(n)) == sizeof(n) ? (double)n : NAN;
}

static double switches(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) ? NAN : (double)usage.ru_nvcsw;
}

/* Not a barrier that sleeps: who is woken later would work alone at the end. */
static void wait_for_all(struct crew *crew, unsigned int round)
{
	atomic_fetch_add(&crew->ready, 1);
	while (atomic_load(&crew->ready) < crew->size * round)
		;
}

static void work(struct worker *w, uint64_t deadline)
{
	while (clock_ns() < deadline) {
		unsigned int did = w->piece(w->arg);

		if (!did) {
			w->error = errno ? errno : EIO;
			return;
		}
		w->done += did;
	}
}

static void *hand_main(void *arg)
{
	struct hand *h = arg;
	struct worker *w = h->w;
	double instructions, slept;
	uint64_t start, time, stolen;
	int fd;

	cpus_pin(w->cpu);
	fd = measure_counter();
	wait_for_all(h->crew, 1);
	stolen = steal_ns(w->cpu);
	wait_for_all(h->crew, 2);
	slept = switches();
	instructions = counter_read(fd);
	start = clock_ns();
	work(w, start + h->crew->ms * 1000000ull);
	time = clock_ns() - start;
	w->instructions = counter_read(fd) - instructions;
	w->switches = switches() - slept;
	/* Asking takes time, and it waits then. */
	stolen = steal_ns(w->cpu) - stolen;
	if (stolen > time)
		stolen = time;
	w->stolen = (double)stolen / (double)time;
	w->seconds = (double)(time - stolen) / 1e9;
	if (fd >= 0)
		close(fd);
	return NULL;
}

void workers_run(struct worker *w, unsigned int n, unsigned int ms)
{
	struct crew crew = { .size = n, .ms = ms };
	struct hand *h = xcalloc(n, sizeof(*h));
	unsigned int i;

	for (i = 0; i < n; i++) {
		h[i].crew = &crew;
		h[i].w = &w[i];
		w[i].done = 0;
		w[i].error = 0;
		if (pthread_create(&h[i].thread, NULL, hand_main, &h[i]))
			die("no thread could be started");
	}
	for (i = 0; i < n; i++)
		pthread_join(h[i].thread, NULL);
	free(h);
}
