// SPDX-License-Identifier: GPL-2.0
/*
 * How much more two threads do than one. Each maps and unmaps pages of its own
 * at IOVAs of its own, in one table or in two, for some time.
 *
 * Neither a busy host's emulated CPUs nor hardware threads do twice the work of
 * one. So the machine is measured in the same way, at the same time: a loop that
 * shares nothing, of as many instructions in refused ioctls as the work has and,
 * in the lab, as many MMIO stores, which QEMU does one after the other.
 *
 * A repeat is: one thread on the first CPU, both, one on the second; the machine
 * and the work by turns. So CPUs that are not alike, and a host that gets busier,
 * fall on both sides of each ratio. Where the lab says how long an emulated CPU had
 * to wait for a real one, that time is taken off.
 */
#include "smp.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "cpus.h"
#include "marker.h"
#include "measure.h"
#include "util.h"
#include "workers.h"

#define LANES 2u
#define MOST_STOLEN 0.75	/* of a thread's time */
#define FEWEST 3u		/* repeats that are worth a result */

/* Like one call of the plan, but nothing is shared. */
struct likeness {
	unsigned int refused;	/* ioctls */
	unsigned int stores;	/* MMIO */
};

/* What one thread has to do. */
struct lane {
	int fd;
	const struct scenario *scenario;
	struct plan plan;
	unsigned int next;	/* unit */
	unsigned int units;	/* of a piece */
	const char *how;	/* the calls that failed */
	struct likeness map;
	struct likeness unmap;
};

static bool lane_calls(struct lane *l, const struct calls *c)
{
	const struct call *call = c->call + l->next * c->per_unit;
	unsigned int i;

	for (i = 0; i < l->units * c->per_unit; i++) {
		if (!ioctl(l->fd, call[i].request, call[i].arg))
			continue;
		l->how = c->how;
		return false;
	}
	return true;
}

/* Maps some units and unmaps them; TCEs written. */
static unsigned int piece_of_work(void *arg)
{
	struct lane *l = arg;

	if (!lane_calls(l, &l->plan.map) || !lane_calls(l, &l->plan.unmap))
		return 0;
	l->next += l->units;
	if (l->next + l->units > l->plan.units)
		l->next = 0;
	return 2 * l->units * l->scenario->tces;
}

static bool like_calls(const struct lane *l, const struct likeness *like, unsigned int calls)
{
	unsigned int i;

	for (; calls; calls--) {
		for (i = 0; i < like->refused; i++)
			if (ioctl(l->fd, NULL_IOCTL, NULL) != -1 || errno != ENOTTY)
				return false;
		for (i = 0; i < like->stores; i++)
			marker_store();
	}
	return true;
}

static unsigned int piece_of_nothing(void *arg)
{
	struct lane *l = arg;

	return like_calls(l, &l->map, l->units * l->plan.map.per_unit) &&
	       like_calls(l, &l->unmap, l->units * l->plan.unmap.per_unit);
}

/* Half of a table each, or a table each; half of the memory in any case. */
static void lane_make(struct lane *l, unsigned int n, const struct rig *rig,
		      const struct result *r, unsigned int tces)
{
	const struct scenario *s = r->scenario;
	struct memory part = *rig->place.memory;
	struct place where = rig->place;
	unsigned int most = WINDOW_TCES / LANES / s->tces, units = tces / s->tces;

	part.size = part.size / LANES / part.page * part.page;
	part.base += n * part.size;
	if (n && s->rig.tables > 1)
		where = rig->second;
	else
		where.window += n * ((uint64_t)WINDOW_TCES / LANES << s->page_shift);
	where.other = where.window;
	where.memory = &part;
	memset(l, 0, sizeof(*l));
	l->fd = rig->container.fd;
	l->scenario = s;
	l->units = s->tces < 64 ? 64 / s->tces : 1;
	if (units < l->units)
		units = l->units;
	plan_make(&l->plan, s, r->backend, &where, units < most ? units : most);
}

/* Kills, each a store, of a call. Upstream does one for every TCE. */
static double kills_per_call(const struct rig *rig, const struct kill_counters *before,
			     unsigned int calls, unsigned int tces_per_call)
{
	const struct container *c = &rig->container;
	struct kill_counters after;

	if (!c->backend->counters || container_kills(c, &after))
		return tces_per_call;
	return (double)(after.kills - before->kills) / calls;
}

/* One pass alone: faults, caches, whether it works, and what a call is like. */
static int liken(struct lane *l, const struct rig *rig, const struct calls *c, double refused,
		 struct likeness *like)
{
	unsigned int n = l->plan.units * c->per_unit;
	struct kill_counters before = { 0 };
	struct count per_call;

	if (rig->container.backend->counters)
		container_kills(&rig->container, &before);
	l->how = c->how;
	if (measure_count(l->fd, c->call, n, n, 0, 0, &per_call) != n)
		return -1;
	like->refused = refused > 0 ? (unsigned int)lround(per_call.of[COUNTED_INSTRUCTIONS] / refused) : 1;
	if (!like->refused)
		like->refused = 1;
	if (marker_present())
		like->stores = (unsigned int)lround(kills_per_call(rig, &before, n,
								   l->scenario->tces / c->per_unit));
	return 0;
}

/* Instructions of a refused ioctl, 0 if they are not counted. */
static double refused_ioctl(const struct lane *l)
{
	struct call call[256];
	struct count per_call;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(call); i++)
		call[i] = (struct call) { .request = NULL_IOCTL };
	measure_count(l->fd, call, ARRAY_SIZE(call), 64, -1, 0, &per_call);
	return measure_uncounted() ? 0 : per_call.of[COUNTED_INSTRUCTIONS];
}

static int warm_up(struct lane *lane, const struct rig *rig)
{
	double refused = refused_ioctl(&lane[0]);
	unsigned int i;
	int ret = 0;

	for (i = 0; i < LANES && !ret; i++) {
		ret = liken(&lane[i], rig, &lane[i].plan.map, refused, &lane[i].map);
		if (!ret)
			ret = liken(&lane[i], rig, &lane[i].plan.unmap, refused, &lane[i].unmap);
	}
	return ret;
}

/* What @n threads did: TCEs per second of all together, the rest per TCE. */
struct did {
	double rate;
	double instructions;
	double switches;
	double stolen;
	struct smp_tally tally[LANES];
};

static struct did did_make(const struct worker *w, unsigned int n)
{
	struct did d = { 0 };
	double done = 0;
	unsigned int i;

	for (i = 0; i < n; i++) {
		d.tally[i] = (struct smp_tally) { (double)w[i].done, w[i].seconds };
		d.rate += smp_rate(&d.tally[i]);
		d.instructions += w[i].instructions;
		d.switches += w[i].switches;
		d.stolen += w[i].stolen / n;
		done += (double)w[i].done;
	}
	d.instructions /= done;
	d.switches /= done;
	return d;
}

static int run_some(struct lane *lane, unsigned int first, unsigned int n,
		    unsigned int (*piece)(void *arg), unsigned int ms, struct did *did)
{
	struct worker w[LANES];
	unsigned int i;

	for (i = 0; i < n; i++) {
		w[i] = (struct worker) {
			.cpu = cpus_get(first + i), .piece = piece, .arg = &lane[first + i],
		};
	}
	workers_run(w, n, ms);
	for (i = 0; i < n; i++) {
		if (!w[i].error)
			continue;
		errno = w[i].error;
		lane[0].how = lane[first + i].how;
		return -1;
	}
	*did = did_make(w, n);
	return 0;
}

/* What a repeat found of the work or of the machine: one thread here, one there, two. */
struct found {
	struct did here;
	struct did there;
	struct did two;
};

static struct did did_mean(const struct did *a, const struct did *b)
{
	return (struct did) {
		.rate = (a->rate + b->rate) / 2,
		.instructions = (a->instructions + b->instructions) / 2,
		.switches = (a->switches + b->switches) / 2,
		.stolen = (a->stolen + b->stolen) / 2,
	};
}

static int run_both(struct lane *lane, unsigned int first, unsigned int n, unsigned int ms,
		    struct did *machine, struct did *work)
{
	return run_some(lane, first, n, piece_of_nothing, ms, machine) ||
	       run_some(lane, first, n, piece_of_work, ms, work) ? -1 : 0;
}

static int run_repeat(struct lane *lane, unsigned int ms, struct found *machine,
		      struct found *work)
{
	return run_both(lane, 0, 1, ms, &machine->here, &work->here) ||
	       run_both(lane, 0, 2, ms, &machine->two, &work->two) ||
	       run_both(lane, 1, 1, ms, &machine->there, &work->there) ? -1 : 0;
}

/* If there was hardly any time left, what is said of it is not worth much. */
static bool believable(const struct found *f)
{
	return f->here.stolen < MOST_STOLEN && f->there.stolen < MOST_STOLEN &&
	       f->two.stolen < MOST_STOLEN;
}

static void tally_add(struct smp_tally *to, const struct smp_tally *t)
{
	to->done += t->done;
	to->seconds += t->seconds;
}

/* Sums, not means of ratios: a repeat with little time counts little. */
static void tallies_add(struct smp_tallies *to, const struct found *f)
{
	tally_add(&to->one[0], &f->here.tally[0]);
	tally_add(&to->one[1], &f->there.tally[0]);
	tally_add(&to->two[0], &f->two.tally[0]);
	tally_add(&to->two[1], &f->two.tally[1]);
}

static void keep(struct smp_threads *t, unsigned int at, const struct did *d)
{
	t->rate[at] = d->rate;
	t->instructions[at] = d->instructions;
	t->switches[at] = d->switches;
	t->stolen[at] = d->stolen;
}

static double ratio(const struct found *f)
{
	return f->two.rate / ((f->here.rate + f->there.rate) / 2);
}

static void keep_repeat(struct smp_result *s, const struct found *machine,
			const struct found *work)
{
	struct did one = did_mean(&work->here, &work->there);

	tallies_add(&s->machine, machine);
	tallies_add(&s->work, work);
	s->machine_samples[s->num] = ratio(machine);
	s->scaling_samples[s->num] = ratio(work);
	keep(&s->one, s->num, &one);
	keep(&s->two, s->num, &work->two);
	s->num++;
}

static int measure(struct lane *lane, const struct effort *e, struct smp_result *s)
{
	unsigned int left = e->smp_repeats, tries = e->smp_repeats * 2 + 4;

	for (; left && tries && s->num < MAX_SAMPLES && !interrupted(); tries--) {
		struct found machine, work;

		if (run_repeat(lane, e->smp_ms, &machine, &work))
			return -1;
		if (!believable(&machine) || !believable(&work))
			continue;
		keep_repeat(s, &machine, &work);
		left--;
	}
	return 0;
}

int smp_run(struct run *run, struct rig *rig, struct result *r)
{
	struct lane lane[LANES];
	unsigned int i;
	int ret = 0;

	if (cpus_get(1) < 0) {
		result_skip(r, "there is only one CPU");
		return 0;
	}
	if (!r->smp)
		r->smp = xcalloc(1, sizeof(*r->smp));
	for (i = 0; i < LANES; i++)
		lane_make(&lane[i], i, rig, r, run->effort.count_tces);
	r->how = lane[0].plan.map.how;
	errno = 0;
	if (warm_up(lane, rig) || measure(lane, &run->effort, r->smp)) {
		ret = errno ? -errno : -EIO;
		snprintf(r->failed, sizeof(r->failed), "a thread failed (%s): %s", lane[0].how,
			 strerror(-ret));
	}
	r->smp->refused = lane[0].map.refused + lane[0].unmap.refused;
	r->smp->stores = lane[0].map.stores + lane[0].unmap.stores;
	for (i = 0; i < LANES; i++)
		plan_free(&lane[i].plan);
	return ret;
}

void smp_judge(struct result *r)
{
	if (r->smp && !r->failed[0] && r->smp->num < FEWEST)
		result_skip(r, "the host is too busy: emulated CPUs stood still most of the time");
}
