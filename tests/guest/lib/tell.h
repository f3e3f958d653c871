/* SPDX-License-Identifier: GPL-2.0 */
/* Says in words what a short program does, call by call; silent while @telling is not set. */
#ifndef MTCE_TEST_TELL_H
#define MTCE_TEST_TELL_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/vfio_mtce.h>

extern bool telling;

void tell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* What a call was, its answer, and the right one where that is another. */
void tell_answer(long got, long wanted, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Where an address is: in the pool, in the guest's memory, elsewhere. Good until the next call of it. */
const char *where(uint64_t address);
/* What the entries from @first on are to map. */
void tell_pages(unsigned int first, const uint64_t *addresses, unsigned int n);
/* The operations of an update in a window at @start. */
void tell_ops(const struct vfio_mtce_op *ops, uint32_t num, uint64_t start);

#endif
