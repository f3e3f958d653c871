// SPDX-License-Identifier: GPL-2.0
/* A BPF program at the entry of a kernel function, another at its return. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "probe.h"
#include "start.h"

/* struct bpf_link_info of a kprobe, which older headers do not have. */
struct kprobe_info {
	__u32 type;
	__u32 id;
	__u32 prog_id;
	__u32 pad;
	__u32 perf_type;
	__u32 pad2;
	__u64 name;
	__u32 name_len;
	__u32 offset;
	__u64 addr;
	__u64 missed;
	__u64 cookie;
};

static struct bpf_link *attach(const char *function, __u64 cookie, bool leave,
			       struct bpf_program *prog)
{
	LIBBPF_OPTS(bpf_kprobe_opts, opts, .bpf_cookie = cookie,
		    .retprobe = leave);
	struct bpf_link *link;
	char step[128];

	link = bpf_program__attach_kprobe_opts(prog, function, &opts);
	if (!link) {
		snprintf(step, sizeof(step), "put a probe on %s()", function);
		mtce_bpf_failed(step, -errno);
	}
	return link;
}

/* The return first: an entry without it would be a call that never ends. */
void mtce_probe_attach(struct mtce_probe *probe, const char *function,
		       __u64 cookie, struct bpf_program *enter,
		       struct bpf_program *leave)
{
	probe->leave = attach(function, cookie, true, leave);
	probe->enter = attach(function, cookie, false, enter);
}

static __u64 missed(const struct bpf_link *link)
{
	struct kprobe_info info = {};
	__u32 len = sizeof(info);

	if (!link || bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &len))
		return 0;
	return info.missed;
}

__u64 mtce_probe_missed(const struct mtce_probe *probe)
{
	return missed(probe->enter) + missed(probe->leave);
}

void mtce_probe_detach(struct mtce_probe *probe)
{
	bpf_link__destroy(probe->enter);
	bpf_link__destroy(probe->leave);
	probe->enter = NULL;
	probe->leave = NULL;
}
