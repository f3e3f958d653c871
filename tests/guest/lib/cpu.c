// SPDX-License-Identifier: GPL-2.0
#include "cpu.h"

#include <sched.h>
#include <unistd.h>

int cpu_nth(int n)
{
	cpu_set_t set;
	int cpu;

	if (sched_getaffinity(getpid(), sizeof(set), &set))
		return -1;
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set) && !n--)
			return cpu;
	return -1;
}

void cpu_bind(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}
