/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Range arithmetic that cannot overflow. Pure: tests/host builds it too.
 */
#ifndef MTCE_RANGE_H
#define MTCE_RANGE_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
typedef unsigned long long u64;
#endif

/* True if [start, start + size) is not empty and does not wrap. */
static inline bool mtce_range_valid(u64 start, u64 size)
{
	return size && start + (size - 1) >= start;
}

/*
 * True if [start, start + size) lies inside [outer, outer + outer_size).
 * Right for every value of the four: only differences are compared.
 */
static inline bool mtce_range_inside(u64 start, u64 size, u64 outer,
				     u64 outer_size)
{
	u64 offset = start - outer;

	return offset < outer_size && size <= outer_size - offset;
}

/* True if two ranges, both valid, have a byte in common. */
static inline bool mtce_range_overlaps(u64 a, u64 a_size, u64 b, u64 b_size)
{
	return a - b < b_size || b - a < a_size;
}

/* True if start and size are multiples of 1 << shift. */
static inline bool mtce_range_aligned(u64 start, u64 size, unsigned int shift)
{
	return !((start | size) & ((1ULL << shift) - 1));
}

#endif /* MTCE_RANGE_H */
