// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "progress.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "util.h"

#define SECOND 1000000000ull
/* Into a file or a pipe a line now and then is enough. */
#define PERIOD_TTY (SECOND / 10)
#define PERIOD_PIPE (5 * SECOND)

static struct {
	uint64_t *took;		/* of each item, when it was last done; 0: never yet */
	size_t items;
	unsigned int rounds;
	size_t done;		/* items of all rounds */
	size_t current;
	uint64_t began;		/* the current item */
	uint64_t started;
	uint64_t shown;
	bool tty;
} p;

void progress_begin(size_t items, unsigned int rounds)
{
	p.took = xcalloc(items, sizeof(*p.took));
	p.items = items;
	p.rounds = rounds;
	p.current = items;
	p.started = clock_ns();
	p.tty = isatty(STDERR_FILENO);
}

static void item_ended(uint64_t now)
{
	if (p.current == p.items)
		return;
	/* So short that the clock did not move is still done. */
	p.took[p.current] = now - p.began ? now - p.began : 1;
	p.done++;
}

/*
 * What each item took when it was last done; items are unlike, so for those that
 * never were there is only the mean of those that were. Too few of them: 0.
 */
static uint64_t estimate(unsigned int round)
{
	uint64_t known = 0, mean;
	size_t i, seen = 0;

	for (i = 0; i < p.items; i++) {
		known += p.took[i];
		seen += p.took[i] > 0;
	}
	if (seen * 4 < p.items)
		return 0;
	mean = known / seen;
	known += mean * (p.items - seen);
	/* This round's part by its share of items: which are left is the runner's secret. */
	return known * (p.rounds - round - 1) +
	       known / p.items * (p.items * (round + 1) - p.done);
}

void progress(unsigned int round, size_t item, const char *backend, const char *scenario)
{
	uint64_t now = clock_ns(), left;
	char remaining[48] = "";

	item_ended(now);
	p.current = item;
	p.began = now;
	if (p.shown && now - p.shown < (p.tty ? PERIOD_TTY : PERIOD_PIPE))
		return;
	p.shown = now;
	left = estimate(round);
	if (left)
		snprintf(remaining, sizeof(remaining), ", about %llu s left",
			 (unsigned long long)(left / SECOND + 1));
	fprintf(stderr, "%smtce-bench: %3zu %%  %3llu s%s  %s %s%s", p.tty ? "\r\033[K" : "",
		p.done * 100 / (p.items * p.rounds),
		(unsigned long long)((now - p.started) / SECOND), remaining, backend, scenario,
		p.tty ? "" : "\n");
}

void progress_end(void)
{
	fprintf(stderr, "%smtce-bench: measured for %llu s\n", p.tty ? "\r\033[K" : "",
		(unsigned long long)((clock_ns() - p.started) / SECOND));
	free(p.took);
}
