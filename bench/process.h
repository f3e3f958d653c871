/* SPDX-License-Identifier: GPL-2.0 */
/* What a program that measures needs before it begins. */
#ifndef MTCE_BENCH_PROCESS_H
#define MTCE_BENCH_PROCESS_H

#include <stddef.h>

/* Root, no limit of locked memory, one CPU. Dies if it cannot be. */
void process_prepare(void);
/* The IOMMU group of the option, or of MTCE_GROUPS if that is below 0. */
int process_group(int option);
/* Another of MTCE_GROUPS; -1 if there is none. */
int process_second_group(int first);
/* The option, or @name in MTCE_OUT. */
const char *process_output(const char *option, const char *name, char *buf, size_t size);

#endif
