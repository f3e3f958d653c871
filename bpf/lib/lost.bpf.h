/* SPDX-License-Identifier: GPL-2.0 */
/* Events that a tool has seen but had no room to keep: counted here, read by lost.c. */
#ifndef MTCE_LOST_BPF_H
#define MTCE_LOST_BPF_H

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} mtce_lost SEC(".maps");

static __always_inline void mtce_lose(void)
{
	__u32 zero = 0;
	__u64 *lost = bpf_map_lookup_elem(&mtce_lost, &zero);

	if (lost)
		(*lost)++;
}

#endif /* MTCE_LOST_BPF_H */
