/* SPDX-License-Identifier: GPL-2.0 */
/* Reads of an NVMe disk from user space, by examples/nvme-direct. */
#ifndef MTCE_BENCH_IO_H
#define MTCE_BENCH_IO_H

#include "runner.h"

void io_run(struct run *run, struct result *r);

#endif
