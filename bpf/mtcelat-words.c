// SPDX-License-Identifier: GPL-2.0
/* What is said of a histogram, the same in text and in JSON. */
#include <string.h>

#include "mtcelat-parts.h"

const char *lat_source_name(unsigned int source)
{
	if (source == LAT_NONE)
		return "none";
	return source == LAT_UPSTREAM ? "upstream" : "mtce";
}

const char *lat_source_measures(const struct lat_request *request)
{
	if (request->hcall)
		return "Latency of TCE hypercalls in KVM, by kprobe and kretprobe";
	if (request->sources == 1u << LAT_TRACEPOINT)
		return "Latency of calls as mtce's driver measures it (mtce_call_end)";
	return "Latency of calls of the back end's ioctl function, by kprobe and kretprobe";
}

static const char *const hcalls[LAT_HCALLS] = {
	"H_PUT_TCE", "H_PUT_TCE_INDIRECT", "H_STUFF_TCE",
};

const char *lat_call_name(unsigned int call)
{
	if (call >= MTCE_CALLS && call < LAT_CALLS)
		return hcalls[call - MTCE_CALLS];
	return mtce_call_name(call);
}

int lat_call_number(const char *name)
{
	int i;

	for (i = 0; i < LAT_HCALLS; i++)
		if (!strcasecmp(hcalls[i], name))
			return MTCE_CALLS + i;
	return mtce_call_number(name);
}

const char *lat_stage_name(unsigned int stage)
{
	return stage == LAT_STAGE_REST ? "rest" : mtce_stage_name(stage);
}

const char *lat_dimension_name(unsigned int dimension)
{
	static const char *const names[LAT_DIMENSIONS] = {
		[LAT_BY_CALL] = "call",
		[LAT_BY_BATCH] = "batch",
		[LAT_BY_TABLE] = "table",
		[LAT_BY_PROCESS] = "process",
		[LAT_BY_STAGE] = "stage",
	};

	return names[dimension];
}

uint64_t lat_batch_low(uint32_t batch)
{
	return batch ? 1ull << (batch - 1) : 0;
}

uint64_t lat_batch_high(uint32_t batch)
{
	return batch ? lat_batch_low(batch) * 2 - 1 : 0;
}
