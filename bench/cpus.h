/* SPDX-License-Identifier: GPL-2.0 */
/* Which CPU works: one for everything, a second for the second thread. */
#ifndef MTCE_BENCH_CPUS_H
#define MTCE_BENCH_CPUS_H

/* Chooses them of those that the process may use; the process moves to the first. */
void cpus_choose(void);
/* Number @n, 0 or 1; -1 if there is none. The second is on a core of its own if one is. */
int cpus_get(unsigned int n);
/* Moves the calling thread. */
void cpus_pin(int cpu);

#endif
