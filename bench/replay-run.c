// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "replay-run.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "clock.h"
#include "exact.h"
#include "marker.h"
#include "measure.h"
#include "replay-guest.h"
#include "util.h"

struct replay {
	struct replay_job *job;
	const struct replay_setting *setting;
	struct container container;
	struct replay_calls calls;
	struct guest guest;
	uint64_t began_ns;
	uint64_t began_us;	/* of the recording */
	bool sections;
	char timeout[32];	/* as it was; empty: it was not changed */
};

static void must(const struct replay *p, int ret)
{
	if (ret)
		die("%s, %s: %s", p->job->backend->name, p->job->way->name, backend_error());
}

static void must_guest(const struct replay *p, int ret)
{
	if (ret)
		die("%s, %s: %s", p->job->backend->name, p->job->way->name, guest_error());
}

static void open_guest(struct replay *p, const uint64_t *window)
{
	const struct stream *s = p->setting->stream;
	unsigned int i;

	must_guest(p, guest_open(&p->guest, &p->container, p->setting->memory));
	for (i = 0; i < s->num_tables; i++)
		must_guest(p, guest_table(&p->guest, s->page_shift[i], window[i],
					  s->tces[i] << s->page_shift[i]));
}

/* Windows are made before anything is counted; a guest makes its second in between. */
static void replay_open(struct replay *p)
{
	const struct stream *s = p->setting->stream;
	const struct memory *memory = p->setting->memory;
	uint64_t window[STREAM_TABLES];
	unsigned int i;

	must(p, container_open(&p->container, p->job->backend, p->setting->group, false));
	must(p, container_register(&p->container, memory->base, memory->size));
	must(p, container_remove_window(&p->container, 0));
	for (i = 0; i < s->num_tables; i++)
		must(p, container_create_window(&p->container, s->page_shift[i],
						s->tces[i] << s->page_shift[i], 1, &window[i]));
	if (p->job->way->lazy)
		must(p, container_lazy_mode(&p->container, true));
	if (p->job->way->lazy_hcalls && !guest_lazy(true))
		die("%s, %s: this vfio_iommu_mtce has no lazy hypercalls", p->job->backend->name, p->job->way->name);
	if (p->job->way->kvm)
		open_guest(p, window);
	replay_calls_make(&p->calls, s, p->job->way, memory, window);
	p->began_us = p->calls.unit[0].t_us;
	p->began_ns = clock_ns();
}

/* The plugin makes the machine slow: the driver's timer would flush where it does not on a POWER8. */
static void set_timeout(struct replay *p)
{
	const struct replay_way *way = p->job->way;

	if (exact_counting() && (way->lazy || way->lazy_hcalls) &&
	    file_read_line(LAZY_TIMEOUT, p->timeout, sizeof(p->timeout)))
		setting_change(LAZY_TIMEOUT, NO_TIMEOUT);
}

static void replay_close(struct replay *p)
{
	replay_calls_free(&p->calls);
	if (p->job->way->kvm)
		guest_take_back(&p->guest);
	container_close(&p->container);
	if (p->job->way->kvm)
		guest_close(&p->guest);
	if (p->job->way->lazy_hcalls)
		guest_lazy(false);
	if (p->timeout[0])
		setting_change(LAZY_TIMEOUT, p->timeout);
}

static void do_calls(struct replay *p, const struct call *call, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (ioctl(p->container.fd, call[i].request, call[i].arg))
			die("%s, %s: call %zu of the replay fails: %s", p->job->backend->name,
			    p->job->way->name, (size_t)(call + i - p->calls.call),
			    strerror(errno));
}

/* Recorded pace: not before its time. Who is late does not catch up by waiting. */
static void wait_for(const struct replay *p, const struct replay_unit *u)
{
	uint64_t due = p->began_ns + (u->t_us - p->began_us) * 1000, now = clock_ns();
	struct timespec pause;

	if (!p->setting->pace || due <= now)
		return;
	pause.tv_sec = (time_t)((due - now) / 1000000000u);
	pause.tv_nsec = (long)((due - now) % 1000000000u);
	nanosleep(&pause, NULL);
}

/* Units from @from on that belong to the same part; *@calls: how many calls. */
static size_t same_part(const struct replay_calls *r, size_t from, size_t *calls)
{
	size_t i;

	*calls = 0;
	for (i = from; i < r->num_units && r->unit[i].part == r->unit[from].part; i++)
		*calls += r->unit[i].calls;
	return i - from;
}

static void flush(struct replay *p)
{
	if (p->job->way->lazy)
		must(p, container_flush(&p->container));
}

static void read_kills(struct replay *p, struct kill_counters *k)
{
	memset(k, 0, sizeof(*k));
	if (p->job->backend->counters)
		must(p, container_kills(&p->container, k));
}

/*
 * Counted
 */

static void count_amount(struct replay_found *f, const struct replay_unit *u, size_t units)
{
	size_t i;

	for (i = 0; i < units; i++) {
		f->hypercalls += u[i].hypercalls;
		f->tces += u[i].tces;
		f->ioctls += u[i].calls;
	}
}

static void count_kills(struct replay_found *f, const struct kill_counters *before,
			const struct kill_counters *after)
{
	unsigned int i;

	f->kills += after->kills - before->kills;
	for (i = 0; i < NUM_FLUSHES; i++)
		f->flushes[i] += after->flushes[i] - before->flushes[i];
}

/* At its pace there are waits between units, whose instructions are not the calls'. */
static double count_units(struct replay *p, const struct replay_unit *u, size_t units,
			  const struct call *call, size_t calls)
{
	uint64_t before, sum = 0;
	size_t i;

	if (!p->setting->pace) {
		before = measure_instructions();
		do_calls(p, call, calls);
		flush(p);
		return (double)(measure_instructions() - before) - measure_overhead()->section;
	}
	for (i = 0; i < units; call += u[i++].calls) {
		wait_for(p, &u[i]);
		before = measure_instructions();
		do_calls(p, call, u[i].calls);
		sum += measure_instructions() - before;
	}
	flush(p);
	return (double)sum - measure_overhead()->section * (double)units;
}

/* At its pace a guest leaves after each hypercall; that is not counted. */
static double count_guest(struct replay *p, size_t from, size_t units)
{
	const struct replay_hcall *hcall = &p->calls.hcall[from];
	double sum = 0;
	size_t i;

	if (!p->setting->pace)
		return replay_guest_do(&p->guest, hcall, units);
	for (i = 0; i < units; i++) {
		wait_for(p, &p->calls.unit[from + i]);
		sum += replay_guest_do(&p->guest, &hcall[i], 1);
	}
	return sum;
}

static double count_part(struct replay *p, size_t from, size_t units, const struct call *call,
			 size_t calls)
{
	if (p->job->way->kvm)
		return count_guest(p, from, units);
	return count_units(p, &p->calls.unit[from], units, call, calls) -
	       measure_overhead()->per_call * (double)calls;
}

static void count_run(struct replay *p, size_t from, size_t units, const struct call *call,
		      size_t calls)
{
	const struct replay_unit *u = &p->calls.unit[from];
	struct replay_found *f = &p->job->found[u->part];
	uint64_t exits = p->job->way->kvm ? guest_exits(&p->guest) : 0;
	struct kill_counters before, after;

	interrupted_exit();
	read_kills(p, &before);
	if (p->sections)
		marker_write(f->section);
	f->instructions[f->rounds] += count_part(p, from, units, call, calls);
	marker_write(0);
	read_kills(p, &after);
	if (f->rounds)
		return;
	count_kills(f, &before, &after);
	count_amount(f, u, units);
	if (p->job->way->kvm)
		f->exits += guest_exits(&p->guest) - exits;
}

/* Called for runs of units of one part. */
typedef void (*run_fn)(struct replay *p, size_t from, size_t units, const struct call *call,
		       size_t calls);

static void each_run(struct replay *p, run_fn run)
{
	const struct call *call = p->calls.call;
	size_t from, units, calls;

	for (from = 0; from < p->calls.num_units; from += units, call += calls) {
		units = same_part(&p->calls, from, &calls);
		run(p, from, units, call, calls);
	}
}

/*
 * Timed
 */

static void time_run(struct replay *p, size_t from, size_t units, const struct call *call,
		     size_t calls)
{
	const struct replay_unit *u = &p->calls.unit[from];
	struct histogram *h = &p->job->found[u->part].latency;
	size_t i;

	(void)calls;
	interrupted_exit();
	for (i = 0; i < units; call += u[i++].calls) {
		uint64_t start;

		wait_for(p, &u[i]);
		start = clock_ns();
		do_calls(p, call, u[i].calls);
		histogram_add(h, clock_ns() - start);
	}
	flush(p);
}

void replay_round(struct replay_job *job, const struct replay_setting *setting, bool sections)
{
	struct replay p = { .job = job, .setting = setting, .sections = sections };
	unsigned int i;

	exact_switch(true);
	set_timeout(&p);
	replay_open(&p);
	each_run(&p, count_run);
	replay_close(&p);
	for (i = 0; i < setting->stream->num_parts; i++)
		job->found[i].rounds++;
	/* One hypercall cannot be timed from outside of the guest. */
	if (job->way->kvm)
		return;
	/* The plugin makes all slower while it counts. */
	exact_switch(false);
	p.timeout[0] = '\0';
	replay_open(&p);
	each_run(&p, time_run);
	replay_close(&p);
}
