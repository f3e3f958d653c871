/* SPDX-License-Identifier: GPL-2.0 */
/* How many events a tool does not know of. */
#ifndef MTCE_LOST_H
#define MTCE_LOST_H

#include <linux/types.h>

struct bpf_map;
struct bpf_object;

/*
 * @entry of a per-CPU array with elements of @size bytes, all of them __u64: the
 * sums over all processors into @sums. Exits if that cannot be.
 */
void mtce_percpu_sum(const struct bpf_map *map, __u32 entry, __u64 *sums,
		     size_t size);

/*
 * Since the object was loaded: those that found no room (lost.bpf.h), and those
 * for which the kernel did not run the program, because another BPF program was
 * at work on that processor.
 */
__u64 mtce_lost(const struct bpf_object *obj);

#endif /* MTCE_LOST_H */
