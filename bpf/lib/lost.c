// SPDX-License-Identifier: GPL-2.0
/* How many events a tool does not know of. */
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lost.h"

void mtce_percpu_sum(const struct bpf_map *map, __u32 entry, __u64 *sums,
		     size_t size)
{
	int cpus = libbpf_num_possible_cpus(), cpu;
	size_t words = size / sizeof(__u64), i;
	__u64 *values;

	if (cpus < 0)
		errx(1, "cannot tell how many processors there are");
	values = calloc(cpus, size);
	if (!values)
		err(1, "cannot read counters");
	if (bpf_map_lookup_elem(bpf_map__fd(map), &entry, values))
		err(1, "cannot read %s", bpf_map__name(map));
	memset(sums, 0, size);
	for (cpu = 0; cpu < cpus; cpu++)
		for (i = 0; i < words; i++)
			sums[i] += values[cpu * words + i];
	free(values);
}

static __u64 misses_of(const struct bpf_program *prog)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd = bpf_program__fd(prog);

	/* Kernels before 5.12 do not say; the field then stays 0. */
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		return 0;
	return info.recursion_misses;
}

__u64 mtce_lost(const struct bpf_object *obj)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(obj, "mtce_lost");
	struct bpf_program *prog;
	__u64 lost = 0;

	if (map)
		mtce_percpu_sum(map, 0, &lost, sizeof(lost));
	bpf_object__for_each_program(prog, obj)
		lost += misses_of(prog);
	return lost;
}
