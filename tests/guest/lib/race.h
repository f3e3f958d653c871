/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Races: several sides, each a thread or a process bound to a CPU, that take the
 * same step over and over, from one start to one deadline. Every answer of the
 * kernel is counted by call and errno; one that was not expected ends the race
 * and fails the test, and so does a call that was never answered with 0 though
 * it might have been: a race that nobody ran proves nothing.
 *
 * MTCE_RACE_SECONDS: how long each race takes; otherwise MTCE_TEST_MODE says so.
 * MTCE_SEED: what the sides' random choices begin with.
 */
#ifndef MTCE_TEST_RACE_H
#define MTCE_TEST_RACE_H

#include <stdbool.h>
#include <stdint.h>

struct side;

/* What a call may answer: 0 where it may succeed, negative errnos. */
#define MAY(...)	((const int[]) { __VA_ARGS__, RACE_MAY_END })
#define RACE_MAY_END	1

const char *race_possible(void);	/* why not, or NULL */

/* How long each of this program's races takes in the long mode, in seconds. */
void race_long(double length);

/* Sides of the next race. The argument is the step's, through race_arg(). */
void race_new(void);
void race_thread(const char *name, void (*step)(struct side *s), void *arg);
void race_process(const char *name, void (*step)(struct side *s), void *arg);

/* All sides at once until the deadline. Fails the test. */
void race_run(void);

enum race_end { RACE_KILLED, RACE_EXITS, RACE_EXECS };

/*
 * Until the deadline: before() here, if there is one; then a child calls
 * prepare() (0: success), runs the sides as its threads, and ends in this way in
 * the middle of it. Fails the test.
 */
void race_rounds(void (*before)(void), int (*prepare)(void), enum race_end end);

/* In a step. */
void *race_arg(const struct side *s);
uint32_t race_any(struct side *s, uint32_t below);
/* Counts the answer, and returns it. @call is a string constant. */
int race_said(struct side *s, const char *call, int ret, const int *may);
/* Something other than an answer is wrong; the race ends. @what is a string constant. */
void race_wrong(struct side *s, const char *what, int detail);

#endif
