// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "measure.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "marker.h"
#include "stats.h"
#include "util.h"

#define CALIBRATE_REPS 31
#define CALIBRATE_CALLS 10000u

static int counter = -1;
static char why_not[128];
static struct overhead overhead;

uint64_t measure_instructions(void)
{
	uint64_t n = 0;

	if (counter >= 0 && read(counter, &n, sizeof(n)) != sizeof(n))
		return 0;
	return n;
}

static unsigned int run(int fd, const struct call *call, unsigned int n, int expect)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (ioctl(fd, call[i].request, call[i].arg) != expect)
			break;
	return i;
}

/* The same loop without the call; the barrier keeps the loads and the loop. */
static unsigned int run_empty(const struct call *call, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		__asm__ volatile("" :: "r"(call[i & 1].request), "r"(call[i & 1].arg));
	return i;
}

static double count_empty(unsigned int n)
{
	static const struct call nothing[2];
	double samples[CALIBRATE_REPS];
	unsigned int i;

	for (i = 0; i < CALIBRATE_REPS; i++) {
		uint64_t before = measure_instructions();

		run_empty(nothing, n);
		samples[i] = (double)(measure_instructions() - before);
	}
	return stats_median(samples, CALIBRATE_REPS);
}

int measure_counter(void)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_INSTRUCTIONS,
	};

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

void measure_open(void)
{
	counter = measure_counter();
	if (counter < 0) {
		snprintf(why_not, sizeof(why_not),
			 "perf_event_open: %s (see kernel.perf_event_paranoid)",
			 strerror(errno));
		return;
	}
	overhead.section = count_empty(0);
	overhead.per_call = (count_empty(CALIBRATE_CALLS) - overhead.section) / CALIBRATE_CALLS;
	if (overhead.section <= 0) {
		close(counter);
		counter = -1;
		snprintf(why_not, sizeof(why_not), "this CPU's instruction counter does not count");
	}
}

const char *measure_uncounted(void)
{
	return counter < 0 ? why_not : NULL;
}

const struct overhead *measure_overhead(void)
{
	return &overhead;
}

static double chunk_net(uint64_t instructions, unsigned int calls)
{
	return ((double)instructions - overhead.section) / calls - overhead.per_call;
}

/* Net instructions per call of each chunk; *@num of them. */
static unsigned int count_chunks(int fd, const struct call *call, unsigned int n,
				 unsigned int chunk, int expect, unsigned int section,
				 double *samples, unsigned int *num)
{
	unsigned int done;
	int error;

	errno = 0;
	*num = 0;
	marker_write(section);
	for (done = 0; done < n; ) {
		unsigned int want = n - done < chunk ? n - done : chunk;
		uint64_t before = measure_instructions();
		unsigned int ok = run(fd, call + done, want, expect);

		samples[(*num)++] = chunk_net(measure_instructions() - before, want);
		done += ok;
		if (ok != want)
			break;
	}
	error = errno;
	marker_write(0);
	errno = error;
	return done;
}

unsigned int measure_count(int fd, const struct call *call, unsigned int n, unsigned int chunk,
			   int expect, unsigned int section, double *per_call)
{
	double *samples = xcalloc(n / chunk + 1, sizeof(*samples));
	unsigned int num, done = count_chunks(fd, call, n, chunk, expect, section, samples, &num);
	int error = errno;

	*per_call = stats_median(samples, num);
	free(samples);
	errno = error;
	return done;
}

unsigned int measure_chunks(int fd, const struct call *call, unsigned int n, unsigned int chunk,
			    unsigned int section, double *chunks)
{
	unsigned int num, i, done = count_chunks(fd, call, n, chunk, 0, section, chunks, &num);

	for (i = 0; i < num; i++)
		chunks[i] *= n - i * chunk < chunk ? n - i * chunk : chunk;
	return done;
}

unsigned int measure_time(int fd, const struct call *call, unsigned int n,
			  unsigned int per_unit, int expect, uint64_t *ns)
{
	unsigned int done, unit = 0;

	for (done = 0; done < n; done += per_unit) {
		uint64_t start = clock_ns();
		unsigned int ok = run(fd, call + done, per_unit, expect);

		ns[unit++] = clock_ns() - start;
		if (ok != per_unit)
			return done + ok;
	}
	return done;
}
