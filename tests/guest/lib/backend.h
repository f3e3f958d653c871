/* SPDX-License-Identifier: GPL-2.0 */
/* The table of back ends that one test body runs on, and what is known to be wrong with each. */
#ifndef MTCE_TEST_BACKEND_H
#define MTCE_TEST_BACKEND_H

#include <stdbool.h>

/* What is known to fail: an expected failure, listed by name. */
struct known {
	const char *program;
	const char *test;
	const char *why;
	bool deadly;	/* would take the host down, or warn in its log: never run */
};

struct backend {
	const char *name;
	unsigned long v1;	/* the type of VFIO_SET_IOMMU for the v1 calls */
	unsigned long v2;	/* and for the v2 calls */
	int takeover;		/* what the module's parameter must say */
	bool ours;
	bool native;		/* offers the new calls */
	bool revokes;		/* unregister of mapped memory unmaps it, where others say EBUSY */
	const struct known *known;
};

extern const struct backend *backend;

/* Chooses the back end that $MTCE_BACKEND names; NULL if it is not there, with the reason in *why. */
const struct backend *backend_select(const char **why);

const struct known *backend_known(const char *program, const char *test);

/* The errno that the contract promises; upstream has its own. */
int want(int ours, int upstreams);

#endif
