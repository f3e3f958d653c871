// SPDX-License-Identifier: GPL-2.0
/* Names of the numbers in trace events; the driver shows them by the same names. */
#include <string.h>

#include "events.h"

static const char *const calls[MTCE_CALLS] = {
	[MTCE_CALL_OTHER] = "other",
	[MTCE_CALL_MAP] = "map",
	[MTCE_CALL_UNMAP] = "unmap",
	[MTCE_CALL_UPDATE] = "update",
	[MTCE_CALL_PUT_LIST] = "put_list",
	[MTCE_CALL_FLUSH] = "flush",
	[MTCE_CALL_REGISTER] = "register",
	[MTCE_CALL_UNREGISTER] = "unregister",
	[MTCE_CALL_CREATE] = "create",
	[MTCE_CALL_REMOVE] = "remove",
};

static const char *const reasons[MTCE_REASONS] = {
	[MTCE_REASON_FULL] = "full",
	[MTCE_REASON_TIMEOUT] = "timeout",
	[MTCE_REASON_EXPLICIT] = "explicit",
	[MTCE_REASON_REUSE] = "reuse",
	[MTCE_REASON_TEARDOWN] = "teardown",
};

static const char *const locks[MTCE_LOCKS] = {
	[MTCE_LOCK_STRIPE] = "stripe",
	[MTCE_LOCK_QUEUE] = "queue",
	[MTCE_LOCK_CONTAINER] = "container",
	[MTCE_LOCK_STOP] = "stop",
};

static const char *const stages[MTCE_STAGES] = {
	[MTCE_STAGE_COPY] = "copy",
	[MTCE_STAGE_LOCK] = "lock",
	[MTCE_STAGE_PIN] = "pin",
	[MTCE_STAGE_WRITE] = "write",
	[MTCE_STAGE_KILL] = "kill",
};

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
	return name_of(reasons, reason, MTCE_REASONS);
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
