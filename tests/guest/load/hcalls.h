/* SPDX-License-Identifier: GPL-2.0 */
/* Hypercalls of a small KVM guest (vmm/), so many of each kind, on entries that no other work uses. */
#ifndef MTCE_LOAD_HCALLS_H
#define MTCE_LOAD_HCALLS_H

#include <stdint.h>

/* Of the window, at its end. */
#define HCALL_ENTRIES	2048u

/* What is asked for. */
struct hcalls {
	uint64_t puts;		/* H_PUT_TCE, every one of another entry */
	uint64_t lists;		/* H_PUT_TCE_INDIRECT */
	uint64_t stuffs;	/* H_STUFF_TCE, first of what the lists have mapped */
	uint64_t length;	/* of a list, and of a stuff */
	uint64_t emulated;	/* H_PUT_TCE to a table that no VFIO group has */
	uint64_t left;		/* H_PUT_TCE that KVM has to leave to user space; on our back end only */
};

/* What it did to the table. */
struct hcall_outcome {
	uint64_t pages;		/* guest pages of all hypercalls, but those of the emulated table */
	uint64_t mapped;
	uint64_t cleared;
	uint64_t exits;		/* to user space */
	uint64_t errors;
};

/* Why this cannot be done, or NULL. */
const char *hcalls_refused(const struct hcalls *h);
/* After box_ready(). Registers the guest's memory. */
void hcalls_set_up(const struct hcalls *h);
void hcalls_run(struct hcall_outcome *out);
/*
 * KVM lets go of group and tables; before box_close(). The guest's memory stays registered until then, for
 * upstream cannot unregister what is mapped.
 */
void hcalls_end(void);

#endif
