// SPDX-License-Identifier: GPL-2.0
/* mtcestat: what the driver does, a line per second. */
#include <argp.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <jansson.h>

#include "lib/attach.h"
#include "lib/events.h"
#include "lib/format.h"
#include "lib/lost.h"
#include "lib/options.h"
#include "lib/start.h"
#include "mtcestat.h"
#include "mtcestat.skel.h"

#define NS_PER_SECOND	1000000000ull
#define LINES_PER_HEAD	20

static struct {
	unsigned int interval;	/* seconds */
	uint64_t count;		/* of lines; 0: no end */
	bool total;
	bool flushes;
	bool json;
} options = { .interval = 1 };

/* Everything that has happened since the tool was attached. */
struct moment {
	__u64 ktime;
	__u64 depth;		/* TCEs in queues at that moment */
	__u64 lost;
	struct mtcestat_counts counts;
};

const char *argp_program_version = "mtcestat 0.1";

static const char doc[] =
"Show what mtce's VFIO back end does, a line per second, and the totals at the end."
"\v"
"MAP and UNMAP are TCEs that calls wrote and cleared. KILLTCE and KILLPE are TCE kills by scope, in stores to bridges. "
"QUEUED is how many TCEs of lazy unmaps wait for their kill now. HPGS are guest pages of hypercalls that KVM worked on in the "
"kernel, HMAP and HCLR the TCEs that these wrote and cleared; LEFT is how often it left one to user space, where it becomes a call. "
"LWAIT is how often somebody waited for a lock. With --flushes, in place of hypercalls, FUL, TIM, EXP, REU and TEA are flushes by "
"reason: full, timeout, explicit, reuse, teardown. "
"Numbers too wide for their column are in k, M, G; --json and the totals have them all.\n"
"\n"
"Examples:\n"
"  mtcestat                 a line per second until Ctrl-C, then totals\n"
"  mtcestat 5 12            a line every 5 seconds, 12 times\n"
"  mtcestat --total 10 1    only the totals of 10 seconds\n"
"  mtcestat --flushes       why lazy unmaps are flushed, in place of hypercalls\n"
"  mtcestat --json | jq -c 'select(.event == \"interval\") | .kills'\n"
"\n"
"Exit status: 0; 1 something failed or is missing; 2 wrong usage.";

static const struct argp_option option_list[] = {
	{ "total", 't', NULL, 0, "Only the totals at the end", 0 },
	{ "flushes", 'f', NULL, 0, "Show flushes by reason in place of hypercalls; totals and --json have both", 0 },
	{ "json", 'j', NULL, 0, "One JSON object per line", 0 },
	{}
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 't':
		options.total = true;
		return 0;
	case 'f':
		options.flushes = true;
		return 0;
	case 'j':
		options.json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num == 0)
			options.interval = mtce_number(state, "the interval in seconds",
						       arg, 1, 86400);
		else if (state->arg_num == 1)
			options.count = mtce_number(state, "the count", arg, 1,
						    UINT32_MAX);
		else
			argp_usage(state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	option_list, parse, "[INTERVAL [COUNT]]", doc, mtce_options_child, NULL, NULL
};

/*
 * Reading
 */

/* One call reads them all, so none is counted twice while queues come and go. */
static __u64 queue_depth(const struct mtcestat_bpf *skel)
{
	static struct mtcestat_queue keys[MTCESTAT_QUEUES];
	static __u64 values[MTCESTAT_QUEUES];
	__u32 n = MTCESTAT_QUEUES, cursor, i;
	__u64 depth = 0;
	int error;

	error = bpf_map_lookup_batch(bpf_map__fd(skel->maps.queues), NULL,
				     &cursor, keys, values, &n, NULL);
	if (error && errno != ENOENT)
		err(1, "cannot read queues");
	for (i = 0; i < n; i++)
		depth += values[i];
	return depth;
}

static void read_moment(const struct mtcestat_bpf *skel, struct moment *m)
{
	m->ktime = mtce_ktime();
	m->depth = queue_depth(skel);
	m->lost = mtce_lost(skel->obj);
	mtce_percpu_sum(skel->maps.counts, 0, (__u64 *)&m->counts,
			sizeof(m->counts));
}

/* What happened from @from to @to. */
static struct moment between(const struct moment *from, const struct moment *to)
{
	const __u64 *a = (const __u64 *)&from->counts;
	const __u64 *b = (const __u64 *)&to->counts;
	struct moment d = *to;
	size_t i;

	d.ktime = to->ktime - from->ktime;
	d.lost = to->lost - from->lost;
	for (i = 0; i < sizeof(d.counts) / sizeof(__u64); i++)
		((__u64 *)&d.counts)[i] = b[i] - a[i];
	return d;
}

static __u64 sum(const __u64 *numbers, unsigned int count)
{
	__u64 s = 0;

	while (count--)
		s += numbers[count];
	return s;
}

/*
 * Lines
 */

static void print_head(void)
{
	printf("TIME      CALLS     MAP   UNMAP KILLTCE KILLPE QUEUED %s LWAIT\n",
	       options.flushes ? "FUL TIM EXP REU TEA" : "HPGS HMAP HCLR LEFT");
}

static void print_flushes(const struct mtcestat_counts *c)
{
	int i;

	for (i = 0; i < MTCE_FLUSHES; i++)
		printf(" %3s", mtce_short(c->flushes[i], 3).s);
}

/* In as many columns. */
static void print_hcalls(const struct mtcestat_counts *c)
{
	printf(" %4s %4s %4s %4s", mtce_short(c->hcall_pages, 4).s,
	       mtce_short(c->hcall_mapped, 4).s,
	       mtce_short(c->hcall_cleared, 4).s,
	       mtce_short(c->hcall_left, 4).s);
}

static void print_line(const struct moment *d)
{
	const struct mtcestat_counts *c = &d->counts;

	printf("%s %6s %7s %7s %7s %6s %6s", mtce_clock_now().s,
	       mtce_short(sum(c->calls, MTCE_CALLS), 6).s,
	       mtce_short(c->mapped, 7).s, mtce_short(c->unmapped, 7).s,
	       mtce_short(c->kills_tce, 7).s, mtce_short(c->kills_pe, 6).s,
	       mtce_short(d->depth, 6).s);
	if (options.flushes)
		print_flushes(c);
	else
		print_hcalls(c);
	printf(" %5s\n", mtce_short(sum(c->lock_waits, MTCE_LOCKS), 5).s);
}

/* Those that are not 0, by name. */
static void print_by_name(const __u64 *numbers, unsigned int count,
			  const char *(*name)(unsigned int number))
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (numbers[i])
			printf(" %s %llu", name(i), numbers[i]);
	putchar('\n');
}

static void print_total(const struct moment *d)
{
	const struct mtcestat_counts *c = &d->counts;
	__u64 flushes = sum(c->flushes, MTCE_FLUSHES);

	printf("total of %.1f s\n", (double)d->ktime / NS_PER_SECOND);
	printf("  calls        %llu, %llu of them failed:",
	       sum(c->calls, MTCE_CALLS), c->failed);
	print_by_name(c->calls, MTCE_CALLS, mtce_call_name);
	printf("  TCEs         %llu mapped, %llu unmapped\n", c->mapped,
	       c->unmapped);
	printf("  hypercalls   %llu pages, %llu TCEs mapped, %llu cleared, %llu left to user space\n",
	       c->hcall_pages, c->hcall_mapped, c->hcall_cleared, c->hcall_left);
	printf("  kill stores  %llu of a TCE, %llu of a PE\n", c->kills_tce,
	       c->kills_pe);
	printf("  lazy queue   %llu TCEs came, %llu were flushed, %llu wait\n",
	       c->queued, c->flushed, d->depth);
	printf("  flushes      %llu, the oldest TCE waited %.1f us on average:",
	       flushes, flushes ? (double)c->dwell_ns / flushes / 1000 : 0.0);
	print_by_name(c->flushes, MTCE_FLUSHES, mtce_reason_name);
	printf("  lock waits   %llu, %.1f us in all:",
	       sum(c->lock_waits, MTCE_LOCKS), (double)c->lock_wait_ns / 1000);
	print_by_name(c->lock_waits, MTCE_LOCKS, mtce_lock_name);
	printf("  lost         %llu events\n", d->lost);
}

/*
 * JSON
 */

static json_t *json_by_name(const __u64 *numbers, unsigned int count,
			    const char *(*name)(unsigned int number))
{
	json_t *object = json_object();
	unsigned int i;

	for (i = 0; i < count; i++)
		json_object_set_new(object, name(i), json_integer(numbers[i]));
	return object;
}

static void print_json(const char *event, const struct moment *d)
{
	const struct mtcestat_counts *c = &d->counts;
	json_t *line;

	line = json_pack("{s:s, s:f, s:f, s:o, s:I, s:I, s:I, s:{s:I, s:I, s:I, s:I}, s:{s:I, s:I}, s:{s:I, s:I, s:I}, s:o, s:I, s:o, s:I, s:I}",
			 "event", event,
			 "time", mtce_epoch(mtce_ktime()),
			 "seconds", (double)d->ktime / NS_PER_SECOND,
			 "calls", json_by_name(c->calls, MTCE_CALLS, mtce_call_name),
			 "failed", (json_int_t)c->failed,
			 "mapped", (json_int_t)c->mapped,
			 "unmapped", (json_int_t)c->unmapped,
			 "hcalls", "pages", (json_int_t)c->hcall_pages,
			 "mapped", (json_int_t)c->hcall_mapped,
			 "cleared", (json_int_t)c->hcall_cleared,
			 "left", (json_int_t)c->hcall_left,
			 "kills", "tce", (json_int_t)c->kills_tce,
			 "pe", (json_int_t)c->kills_pe,
			 "queue", "now", (json_int_t)d->depth,
			 "came", (json_int_t)c->queued,
			 "flushed", (json_int_t)c->flushed,
			 "flushes", json_by_name(c->flushes, MTCE_FLUSHES, mtce_reason_name),
			 "dwell_ns", (json_int_t)c->dwell_ns,
			 "lock_waits", json_by_name(c->lock_waits, MTCE_LOCKS, mtce_lock_name),
			 "lock_wait_ns", (json_int_t)c->lock_wait_ns,
			 "lost", (json_int_t)d->lost);
	/* A disk that is full is for mtce_flush(). */
	if (!line || (json_dumpf(line, stdout, JSON_COMPACT) && !ferror(stdout)))
		errx(1, "cannot write JSON");
	putchar('\n');
	json_decref(line);
}

/*
 * The loop
 */

static void print_interval(const struct moment *from, const struct moment *to)
{
	struct moment d = between(from, to);

	if (options.json)
		print_json("interval", &d);
	else
		print_line(&d);
	mtce_flush();
	if (d.lost)
		warnx("%llu events were lost in this interval", d.lost);
}

/* Until @ktime, or a signal. */
static void sleep_until(__u64 ktime)
{
	struct timespec ts = { ktime / NS_PER_SECOND, ktime % NS_PER_SECOND };

	while (!mtce_stopped() &&
	       clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

static void watch(const struct mtcestat_bpf *skel)
{
	/* Counts from zero on, not from here: nothing that was seen is left out. */
	struct moment last = { .ktime = mtce_ktime() }, now;
	__u64 start = last.ktime;
	uint64_t line = 0;

	while (!mtce_stopped() && (!options.count || line < options.count)) {
		if (!options.json && !options.total && line % LINES_PER_HEAD == 0)
			print_head();
		mtce_flush();
		line++;
		sleep_until(start + line * options.interval * NS_PER_SECOND);
		read_moment(skel, &now);
		if (!options.total)
			print_interval(&last, &now);
		last = now;
	}
	last.ktime -= start;
	if (options.json)
		print_json("total", &last);
	else
		print_total(&last);
}

int main(int argc, char **argv)
{
	struct mtcestat_bpf *skel;
	const char *way;
	int error;

	mtce_options_parse(&argp, argc, argv, NULL);
	mtce_need_host();
	mtce_need_module(MTCE_MODULE);
	mtce_quiet_libbpf();
	json_object_seed(1);	/* else it reads /dev/urandom, and the kernel may log that */
	skel = mtcestat_bpf__open();
	if (!skel)
		mtce_bpf_failed("open the BPF programs", -errno);
	way = mtce_choose_way(skel->obj, &skel->rodata->mtce_rate);
	error = mtcestat_bpf__load(skel);
	if (error)
		mtce_bpf_failed("load the BPF programs", error);
	mtce_stop_on_signals();
	error = mtcestat_bpf__attach(skel);
	if (error)
		mtce_bpf_failed("attach to the tracepoints", error);
	mtce_watching(way);
	watch(skel);
	mtcestat_bpf__destroy(skel);
	return mtce_end();
}
