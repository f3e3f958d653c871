// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "cpus.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>

#include "util.h"

static int chosen[2] = { -1, -1 };

static long long topology(int cpu, const char *what)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/%s", cpu, what);
	return file_read_number(path);
}

/* Hardware threads of one core share what is measured. */
static bool one_core(int a, int b)
{
	return topology(a, "core_id") == topology(b, "core_id") &&
	       topology(a, "physical_package_id") == topology(b, "physical_package_id");
}

static int second_of(const cpu_set_t *cpus, int first)
{
	int cpu, other = -1;

	for (cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
		if (!CPU_ISSET(cpu, cpus) || cpu == first)
			continue;
		if (!one_core(cpu, first))
			return cpu;
		if (other < 0)
			other = cpu;
	}
	return other;
}

void cpus_choose(void)
{
	cpu_set_t cpus;
	int cpu;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return;
	/* The last CPU: the first one takes most interrupts. */
	for (cpu = CPU_SETSIZE - 1; cpu > 0 && !CPU_ISSET(cpu, &cpus); cpu--)
		;
	chosen[0] = cpu;
	chosen[1] = second_of(&cpus, cpu);
	cpus_pin(cpu);
}

int cpus_get(unsigned int n)
{
	return chosen[n];
}

void cpus_pin(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}
