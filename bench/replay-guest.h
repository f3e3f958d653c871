/* SPDX-License-Identifier: GPL-2.0 */
/* The hypercalls of a stream, made by a KVM guest. */
#ifndef MTCE_BENCH_REPLAY_GUEST_H
#define MTCE_BENCH_REPLAY_GUEST_H

#include "guest.h"
#include "replay-calls.h"

/* Dies if one fails. Returns the instructions of all. */
double replay_guest_do(struct guest *g, const struct replay_hcall *hcall, size_t n);

#endif
