// SPDX-License-Identifier: GPL-2.0
#include "race.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "cpu.h"
#include "mem.h"
#include "tap.h"

#define SIDES		4
#define CALLS		12	/* different ones of a side */
#define ERRNOS		134
#define LEAST_STEPS	3	/* of each side, however slow the machine */
#define PATIENCE	20.0	/* seconds for what the deadline did not see */

struct tally {
	const char *call;
	bool may_succeed;
	unsigned long ok;
	unsigned long failed[ERRNOS];
};

struct side {
	const char *name;
	void (*step)(struct side *s);
	void *arg;
	bool process;
	int cpu;
	uint64_t random;
	pthread_t thread;
	pid_t pid;
	volatile unsigned long steps;
	unsigned long steps_before;	/* this round */
	volatile bool ended;
	struct tally calls[CALLS];
};

/* Shared with children, who count here too. The strings are the same in all of them. */
static struct race {
	int sides;
	struct side side[SIDES];
	volatile int ready;
	volatile bool go, stop;
	/* The first thing that went wrong. */
	volatile int wrong;
	const char *wrong_side, *wrong_what;
	int wrong_detail;
} *race;

/*
 * Time and chance
 */

static double long_seconds = 6;

void race_long(double length)
{
	long_seconds = length;
}

static double seconds(void)
{
	const char *mode = getenv("MTCE_TEST_MODE"), *env = getenv("MTCE_RACE_SECONDS");

	if (env)
		return atof(env);
	if (mode && !strcmp(mode, "long"))
		return long_seconds;
	return mode && !strcmp(mode, "quick") ? 0.2 : 0.4;
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Each race begins elsewhere, but MTCE_SEED repeats them all. */
static uint64_t seed(void)
{
	static uint64_t state;
	const char *env = getenv("MTCE_SEED");

	if (!state) {
		state = env ? strtoull(env, NULL, 0) : (uint64_t)(clock_s() * 1e9);
		state = state ? state : 1;
		diag("MTCE_SEED=%#llx", (unsigned long long)state);
	}
	return next_random(&state);
}

uint32_t race_any(struct side *s, uint32_t below)
{
	return (next_random(&s->random) >> 16) % below;
}

void *race_arg(const struct side *s)
{
	return s->arg;
}

const char *race_possible(void)
{
	return cpu_nth(1) < 0 ? "a race needs two CPUs" : NULL;
}

/*
 * Answers
 */

void race_wrong(struct side *s, const char *what, int detail)
{
	if (__sync_lock_test_and_set(&race->wrong, 1))
		return;
	race->wrong_side = s->name;
	race->wrong_what = what;
	race->wrong_detail = detail;
	race->stop = true;
}

static struct tally *tally_of(struct side *s, const char *call)
{
	struct tally *t = s->calls;

	while (t < s->calls + CALLS - 1 && t->call && t->call != call)
		t++;
	t->call = call;
	return t;
}

int race_said(struct side *s, const char *call, int ret, const int *may)
{
	struct tally *t = tally_of(s, call);
	bool expected = false;

	for (; *may != RACE_MAY_END; may++) {
		expected |= *may == ret;
		t->may_succeed |= !*may;
	}
	if (!ret)
		t->ok++;
	else if (ret < 0 && ret > -ERRNOS)
		t->failed[-ret]++;
	if (!expected)
		race_wrong(s, call, ret);
	return ret;
}

/* Has every call that may succeed done so? */
static bool all_succeeded(void)
{
	const struct side *s;
	const struct tally *t;

	for (s = race->side; s < race->side + race->sides; s++)
		for (t = s->calls; t < s->calls + CALLS && t->call; t++)
			if (t->may_succeed && !t->ok)
				return false;
	return true;
}

/* One line for a side: what each call answered, and how often. */
static void print_side(const struct side *s)
{
	const struct tally *t;
	int i;

	printf("# %s:", s->name);
	for (t = s->calls; t < s->calls + CALLS && t->call; t++) {
		printf("%s %s %lu", t == s->calls ? "" : ",", t->call, t->ok);
		for (i = 0; i < ERRNOS; i++)
			if (t->failed[i])
				printf(" %s %lu", strerrorname_np(i), t->failed[i]);
	}
	printf("\n");
}

/* A race that nobody ran proves nothing. */
static void judge_side(const struct side *s)
{
	const struct tally *t;

	print_side(s);
	if (!s->steps)
		test_failed(__FILE__, __LINE__, "%s: never took a step", s->name);
	for (t = s->calls; t < s->calls + CALLS && t->call; t++)
		if (t->may_succeed && !t->ok)
			test_failed(__FILE__, __LINE__, "%s: %s never succeeded",
				    s->name, t->call);
}

static void judge(void)
{
	int i;

	for (i = 0; i < race->sides; i++)
		judge_side(&race->side[i]);
	if (race->wrong)
		test_failed(__FILE__, __LINE__, "%s: %s: %d", race->wrong_side,
			    race->wrong_what, race->wrong_detail);
}

/*
 * Sides
 */

static void add(const char *name, void (*step)(struct side *s), void *arg, bool process)
{
	struct side *s = &race->side[race->sides];

	if (race->sides == SIDES)
		abort();
	s->name = name;
	s->step = step;
	s->arg = arg;
	s->process = process;
	s->cpu = cpu_nth(race->sides & 1);
	s->random = seed() | 1;
	race->sides++;
}

void race_thread(const char *name, void (*step)(struct side *s), void *arg)
{
	add(name, step, arg, false);
}

void race_process(const char *name, void (*step)(struct side *s), void *arg)
{
	add(name, step, arg, true);
}

void race_new(void)
{
	if (!race)
		race = mem_alloc_shared(sizeof(*race));
	memset(race, 0, sizeof(*race));
}

static void *run_side(void *arg)
{
	struct side *s = arg;

	cpu_bind(s->cpu);
	__sync_fetch_and_add(&race->ready, 1);
	while (!race->go)
		sched_yield();
	while (!race->stop) {
		s->step(s);
		s->steps++;
	}
	s->ended = true;
	return NULL;
}

static bool start_side(struct side *s)
{
	if (!s->process)
		return !pthread_create(&s->thread, NULL, run_side, s);
	fflush(stdout);
	s->pid = fork();
	if (!s->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run_side(s);
		_exit(0);
	}
	return s->pid > 0;
}

static void start(void)
{
	int i;

	for (i = 0; i < race->sides; i++)
		if (!start_side(&race->side[i]))
			race_wrong(&race->side[i], "cannot start", 0);
	while (!race->wrong && race->ready < race->sides)
		usleep(1000);
	race->go = true;
}

static bool all_ran(void)
{
	const struct side *s;

	for (s = race->side; s < race->side + race->sides; s++)
		if (s->steps - s->steps_before < LEAST_STEPS)
			return false;
	return true;
}

/* A side that does not come back sits in the kernel: nothing can be tested behind it. */
static void await_end(const struct side *s)
{
	double limit = clock_s() + PATIENCE;

	while (!s->ended && clock_s() < limit)
		usleep(1000);
	if (s->ended)
		return;
	printf("Bail out! %s does not come back\n", s->name);
	_exit(1);
}

static void reap(struct side *s)
{
	await_end(s);
	if (s->process)
		waitpid(s->pid, NULL, 0);
	else
		pthread_join(s->thread, NULL);
}

void race_run(void)
{
	double began, length = seconds();
	int i;

	start();
	began = clock_s();
	while (!race->stop && clock_s() < began + length)
		usleep(2000);
	while (!race->stop && !(all_ran() && all_succeeded()) &&
	       clock_s() < began + length + PATIENCE)
		usleep(2000);
	race->stop = true;
	for (i = 0; i < race->sides; i++)
		reap(&race->side[i]);
	judge();
}

/*
 * Rounds
 */

/* What is in the middle is left to chance, but not before the race has begun. */
static void await_middle(unsigned int delay)
{
	double limit = clock_s() + PATIENCE;

	while (!race->stop && !all_ran() && clock_s() < limit)
		usleep(500);
	usleep(delay);
}

static void *execs(void *unused)
{
	execl("/bin/true", "true", NULL);
	_exit(3);
}

static void end_child(enum race_end end, bool in_thread, unsigned int delay)
{
	pthread_t thread;

	await_middle(delay);
	if (end == RACE_EXITS)
		_exit(0);
	/* By the first thread or by another, which then becomes the first. */
	if (end == RACE_EXECS && !in_thread)
		execs(NULL);
	if (end == RACE_EXECS && pthread_create(&thread, NULL, execs, NULL))
		_exit(4);
	for (;;)
		pause();
}

static void run_child(int (*prepare)(void), enum race_end end, bool in_thread,
		      unsigned int delay)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (prepare())
		_exit(2);
	start();
	end_child(end, in_thread, delay);
}

static bool await_go(pid_t pid, int *status)
{
	double limit = clock_s() + PATIENCE;

	while (!race->go && clock_s() < limit) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return false;
		usleep(500);
	}
	return true;
}

/* False if the child did not do its part. */
static bool one_round(int (*prepare)(void), enum race_end end, uint64_t chance)
{
	unsigned int delay = chance % 20000;
	int status = 0, i;
	pid_t pid;

	for (i = 0; i < race->sides; i++)
		race->side[i].steps_before = race->side[i].steps;
	race->ready = 0;
	race->go = false;
	fflush(stdout);
	pid = fork();
	if (!pid)
		run_child(prepare, end, chance >> 32 & 1, delay);
	if (pid < 0)
		return false;
	if (await_go(pid, &status)) {
		if (end == RACE_KILLED) {
			await_middle(delay);
			kill(pid, SIGKILL);
		}
		if (waitpid(pid, &status, 0) != pid)
			return false;
	}
	if (end == RACE_KILLED)
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static bool enough(int rounds, double limit)
{
	if (race->wrong || clock_s() > limit + PATIENCE)
		return true;
	return rounds >= LEAST_STEPS && clock_s() > limit && all_succeeded();
}

void race_rounds(void (*before)(void), int (*prepare)(void), enum race_end end)
{
	double limit = clock_s() + seconds();
	uint64_t random = seed() | 1;
	int rounds;

	for (rounds = 0; !enough(rounds, limit); rounds++) {
		int i;

		if (before)
			before();
		if (test_has_failed())
			break;
		if (!one_round(prepare, end, next_random(&random))) {
			test_failed(__FILE__, __LINE__, "round %d: the child did not do its part",
				    rounds);
			break;
		}
		for (i = 0; i < race->sides; i++)
			next_random(&race->side[i].random);
	}
	diag("%d rounds", rounds);
	judge();
}
