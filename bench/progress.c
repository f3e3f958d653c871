// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "progress.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"

#define SECOND 1000000000ull
/* Into a file or a pipe a line now and then is enough. */
#define PERIOD_TTY (SECOND / 10)
#define PERIOD_PIPE (5 * SECOND)

static uint64_t started, shown;
static bool tty;

void progress(unsigned int done, unsigned int total, const char *backend,
	      const char *scenario)
{
	uint64_t now = clock_ns();

	if (!started) {
		started = now;
		tty = isatty(STDERR_FILENO);
	} else if (now - shown < (tty ? PERIOD_TTY : PERIOD_PIPE)) {
		return;
	}
	shown = now;
	fprintf(stderr, "%smtce-bench: %3u %%  %3llu s  %s %s%s", tty ? "\r\033[K" : "",
		total ? done * 100 / total : 100, (unsigned long long)((now - started) / SECOND),
		backend, scenario, tty ? "" : "\n");
}

void progress_end(void)
{
	if (started)
		fprintf(stderr, "%smtce-bench: measured for %llu s\n", tty ? "\r\033[K" : "",
			(unsigned long long)((clock_ns() - started) / SECOND));
}
