/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long a CPU had no real CPU under it. An emulated machine on a busy host
 * stands still most of the time, and not with both CPUs at once.
 *
 * In the lab MTCE_STEAL is the folder of QEMU's threads, /proc/PID/task, of which
 * "CPU 0/TCG" is CPU 0, and the second number of schedstat the nanoseconds that it
 * could have run and did not. Without it nothing is stolen, as on hardware.
 */
#ifndef MTCE_BENCH_STEAL_H
#define MTCE_BENCH_STEAL_H

#include <stdbool.h>
#include <stdint.h>

void steal_open(void);
bool steal_known(void);
uint64_t steal_ns(int cpu);	/* so far; 0 if unknown */

#endif
