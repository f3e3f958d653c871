/* SPDX-License-Identifier: GPL-2.0 */
/* A KVM guest's TCE hypercalls, as far as KVM does them in the kernel. */
#ifndef MTCE_BENCH_HCALL_H
#define MTCE_BENCH_HCALL_H

#include "runner.h"

void hcall_run(struct run *run, struct result *r);

#endif
