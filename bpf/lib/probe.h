/* SPDX-License-Identifier: GPL-2.0 */
/* A BPF program at the entry of a kernel function, another at its return. */
#ifndef MTCE_PROBE_H
#define MTCE_PROBE_H

#include <linux/types.h>

struct bpf_link;
struct bpf_program;

struct mtce_probe {
	struct bpf_link *enter;
	struct bpf_link *leave;
};

/* The programs get @cookie from bpf_get_attach_cookie(). Exits if it cannot be. */
void mtce_probe_attach(struct mtce_probe *probe, const char *function,
		       __u64 cookie, struct bpf_program *enter,
		       struct bpf_program *leave);

/*
 * How often the kernel could not run them: more threads were in the function than
 * it had room for, or a probe hit inside a probe. Since Linux 6.7 it says so;
 * before, this is 0.
 */
__u64 mtce_probe_missed(const struct mtce_probe *probe);

/* No program runs any more when this returns; what was missed is not known then. */
void mtce_probe_detach(struct mtce_probe *probe);

#endif /* MTCE_PROBE_H */
