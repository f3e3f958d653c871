// SPDX-License-Identifier: GPL-2.0
/* Names of the numbers in trace events, from the list that the driver has them from. */
#include <string.h>

#include "events.h"

/* In the order of the numbers. */
#define EM(number, name, ...) name,
#define E_ EM
static const char *const calls[] = { MTCE_CALL_NAMES };
static const char *const reasons[] = { MTCE_FLUSH_NAMES };
static const char *const locks[] = { MTCE_LOCK_NAMES };
static const char *const stages[] = { MTCE_STAGE_NAMES };

static const char *name_of(const char *const *names, unsigned int number,
			   unsigned int count)
{
	return number < count ? names[number] : "unknown";
}

const char *mtce_call_name(unsigned int call)
{
	return name_of(calls, call, MTCE_CALLS);
}

const char *mtce_reason_name(unsigned int reason)
{
	return name_of(reasons, reason, MTCE_FLUSHES);
}

const char *mtce_lock_name(unsigned int lock)
{
	return name_of(locks, lock, MTCE_LOCKS);
}

const char *mtce_stage_name(unsigned int stage)
{
	return name_of(stages, stage, MTCE_STAGES);
}

int mtce_call_number(const char *name)
{
	int i;

	for (i = 0; i < MTCE_CALLS; i++)
		if (!strcmp(calls[i], name))
			return i;
	return -1;
}
