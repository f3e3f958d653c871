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
#include "util.h"

#define CALIBRATE_REPS 31
#define CALIBRATE_CALLS 10000u

static int counter = -1;
static char why_not[128];

/* What counting costs, by the CPU's counter and by the plugin. */
static struct cost {
	struct overhead overhead;
	struct count section;
	struct count call;
} costs[2];

static struct cost *cost(void)
{
	return &costs[exact_counting()];
}

uint64_t measure_instructions(void)
{
	uint64_t n = 0;

	if (exact_counting()) {
		struct exact_mark m;

		exact_begin(&m);
		return m.of[COUNT_INSTRUCTIONS];
	}
	if (counter >= 0 && read(counter, &n, sizeof(n)) != sizeof(n))
		return 0;
	return n;
}

/*
 * The kernel switches the registers of floats and vectors on when they are used, and off at some later time. While one
 * kind is off its way back to user space is 44 instructions longer. This uses all kinds.
 */
static void switch_registers_on(void)
{
	__asm__ volatile(".machine push; .machine power7; xxlor 0,0,0; .machine pop");
}

void measure_begin(struct moment *m)
{
	switch_registers_on();
	if (exact_counting())
		exact_begin(&m->exact);
	else
		m->instructions = measure_instructions();
}

static void end_gross(const struct moment *m, struct count *c)
{
	if (exact_counting()) {
		exact_end(&m->exact, c);
		return;
	}
	*c = (struct count){ .purity = DISTURBED };
	c->of[COUNTED_INSTRUCTIONS] = (double)(measure_instructions() - m->instructions);
}

void measure_end(const struct moment *m, struct count *c)
{
	end_gross(m, c);
	count_subtract(c, &cost()->section, 1);
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

static struct count count_empty(unsigned int n)
{
	static const struct call nothing[2];
	struct count samples[CALIBRATE_REPS];
	struct moment m;
	unsigned int i;

	for (i = 0; i < CALIBRATE_REPS; i++) {
		measure_begin(&m);
		run_empty(nothing, n);
		end_gross(&m, &samples[i]);
	}
	return count_median(samples, CALIBRATE_REPS);
}

static void calibrate(void)
{
	struct cost *c = cost();

	c->section = count_empty(0);
	c->call = count_empty(CALIBRATE_CALLS);
	count_subtract(&c->call, &c->section, 1);
	count_scale(&c->call, 1.0 / CALIBRATE_CALLS);
	c->overhead.section = c->section.of[COUNTED_INSTRUCTIONS];
	c->overhead.per_call = c->call.of[COUNTED_INSTRUCTIONS];
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
	calibrate();
	if (cost()->overhead.section <= 0) {
		close(counter);
		counter = -1;
		snprintf(why_not, sizeof(why_not), "this CPU's instruction counter does not count");
	}
}

void measure_open_exact(void)
{
	measure_open();
	if (exact_open())
		calibrate();
}

void measure_join_exact(void)
{
	measure_open();
	if (exact_join())
		calibrate();
}

const char *measure_timing_counter_name(void)
{
	return counter < 0 ? "none" : "pmu";
}

const char *measure_counter_name(void)
{
	return exact_present() ? "qemu-plugin" : measure_timing_counter_name();
}

const char *measure_uncounted(void)
{
	return counter < 0 && !exact_present() ? why_not : NULL;
}

const struct overhead *measure_overhead(void)
{
	return &cost()->overhead;
}

static void end_chunk(const struct moment *m, unsigned int calls, struct count *c)
{
	measure_end(m, c);
	count_scale(c, 1.0 / calls);
	count_subtract(c, &cost()->call, 1);
}

/* Net counts per call of each chunk; *@num of them. */
static unsigned int count_chunks(int fd, const struct call *call, unsigned int n,
				 unsigned int chunk, int expect, unsigned int section,
				 struct count *samples, unsigned int *num)
{
	struct moment m;
	unsigned int done;
	int error;

	errno = 0;
	*num = 0;
	marker_write(section);
	for (done = 0; done < n; ) {
		unsigned int want = n - done < chunk ? n - done : chunk, ok;

		measure_begin(&m);
		ok = run(fd, call + done, want, expect);
		end_chunk(&m, want, &samples[(*num)++]);
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
			   int expect, unsigned int section, struct count *per_call)
{
	struct count *samples = xcalloc(n / chunk + 1, sizeof(*samples));
	unsigned int num, done = count_chunks(fd, call, n, chunk, expect, section, samples, &num);
	int error = errno;

	*per_call = count_median(samples, num);
	free(samples);
	errno = error;
	return done;
}

unsigned int measure_chunks(int fd, const struct call *call, unsigned int n, unsigned int chunk,
			    unsigned int section, struct count *chunks)
{
	unsigned int num, i, done = count_chunks(fd, call, n, chunk, 0, section, chunks, &num);

	for (i = 0; i < num; i++)
		count_scale(&chunks[i], n - i * chunk < chunk ? n - i * chunk : chunk);
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
