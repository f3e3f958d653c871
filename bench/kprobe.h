/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counts upstream's TCE kills on hardware, where nobody sees MMIO stores: a
 * kprobe event on the kernel's kill function, its page counts summed up by a
 * histogram trigger. It costs instructions, so it has a pass of its own.
 */
#ifndef MTCE_BENCH_KPROBE_H
#define MTCE_BENCH_KPROBE_H

#include <stdint.h>

/* NULL and counting, or why it cannot be done. */
const char *kprobe_begin(void);
/* Entries killed by this process since kprobe_begin(); ends it. */
uint64_t kprobe_end(void);

#endif
