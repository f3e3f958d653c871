/* SPDX-License-Identifier: GPL-2.0 */
/* Which CPU a thread runs on. */
#ifndef MTCE_TEST_CPU_H
#define MTCE_TEST_CPU_H

int cpu_nth(int n);		/* the nth CPU that the main thread may use, or -1 */
void cpu_bind(int cpu);		/* the calling thread, and those that it starts from now on */

#endif
