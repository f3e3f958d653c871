// SPDX-License-Identifier: GPL-2.0
#include "shrink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

/* Leaves out @n steps from @at on, if the others fail without them. */
static bool leave_out(uint32_t *steps, size_t *num, size_t at, size_t n, fails_fn fails, const void *run)
{
	const size_t behind = *num - at - n;
	uint32_t *rest = malloc((*num - n) * sizeof(*rest));
	bool failed;

	if (!rest)
		return false;
	memcpy(rest, steps, at * sizeof(*rest));
	memcpy(rest + at, steps + at + n, behind * sizeof(*rest));
	failed = fails(run, rest, *num - n);
	if (failed) {
		*num -= n;
		memcpy(steps, rest, *num * sizeof(*rest));
	}
	free(rest);
	return failed;
}

size_t shrink(uint32_t *steps, size_t num, fails_fn fails, const void *run, unsigned int seconds)
{
	const double end = clock_s() + seconds;
	size_t chunk = num, before, at;

	do {
		before = num;
		chunk = chunk > 1 ? chunk / 2 : 1;
		for (at = 0; at < num && num > chunk && clock_s() < end;) {
			size_t n = num - at < chunk ? num - at : chunk;

			if (!leave_out(steps, &num, at, n, fails, run))
				at += n;
		}
		/* Without one step another may have become needless. */
	} while ((chunk > 1 || num < before) && clock_s() < end);
	return num;
}

void steps_write(char *text, const uint32_t *steps, size_t num)
{
	size_t i;

	*text = '\0';
	for (i = 0; i < num; i++)
		text += sprintf(text, "%s%u", i ? "," : "", steps[i]);
}

size_t steps_read(const char *text, uint32_t *steps, size_t room)
{
	size_t num = 0;
	char *end;

	while (*text && num < room) {
		steps[num++] = strtoul(text, &end, 10);
		if (end == text)
			return 0;
		text = *end == ',' ? end + 1 : end;
	}
	return num;
}
