// SPDX-License-Identifier: GPL-2.0
#include "slow.h"

#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "kmod.h"
#include "tap.h"

#define SLOW	"mtce_slow"

bool slow_load(const char *parameters)
{
	const char *why = kmod_load(SLOW, parameters);

	if (why)
		test_skipped("%s", why);
	return !why;
}

bool slow_function(const char *function, const void *page, int ms)
{
	char parameters[128];

	snprintf(parameters, sizeof(parameters), "function=%s page=%#lx ms=%d", function,
		 (unsigned long)page, ms);
	return slow_load(parameters);
}

void slow_has_begun(int limit_ms)
{
	const long end = clock_ms() + limit_ms;

	while (kmod_get(SLOW, "begun") != 1 && clock_ms() < end)
		usleep(1000);
	CHECK_IS(kmod_get(SLOW, "begun"), 1);
}

void slow_end(void)
{
	kmod_unload(SLOW);
}
