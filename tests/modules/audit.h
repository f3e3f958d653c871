/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mtce_audit: does every TCE that a bridge can see have somebody who answers for it?
 *
 * Reading /sys/kernel/debug/mtce_audit audits every container of our driver that
 * the reader has open. The container is stopped meanwhile, KVM too. Tables are
 * walked as a bridge walks them, from it_base down, through all that was allocated
 * and not only through the window; the shadow's tree beside it. The driver's
 * functions are not asked, so what they would not find is found.
 *
 * The rules:
 *  - a TCE has a live shadow of the same memory and permissions, and a shadow its
 *    TCE;
 *  - nothing stands behind the window's end;
 *  - memory that is mapped is registered, or pinned by the map itself, and its
 *    pages are pinned;
 *  - a region is counted as mapped as often as TCEs map it or wait for their kill;
 *  - the tables that groups have are those of the container's windows.
 *
 * The file says what was looked at, lines of a name and a number, and then the
 * first violations in words. The module needs no symbol of the driver, so it may
 * stay loaded while that comes and goes.
 */
#ifndef MTCE_AUDIT_H
#define MTCE_AUDIT_H

#include <linux/types.h>

#include "mtce.h"

#define AUDIT_SAID	16
#define AUDIT_TEXT	160

/* A region, and how many live TCEs were seen to map it. */
struct audit_region {
	const struct mtce_region *r;
	u64 live;
};

/**
 * struct audit - one reading
 * @containers: audited
 * @windows: audited
 * @slots: entries looked at, in leaves
 * @present: of these, TCEs or live shadows
 * @violations: how many
 * @said: the first in words
 * @nr_said: valid elements of @said
 * @c: container at work
 * @w: window at work
 * @regions: of @c, by address
 * @nr_regions: elements of @regions
 */
struct audit {
	u64 containers;
	u64 windows;
	u64 slots;
	u64 present;
	u64 violations;
	char said[AUDIT_SAID][AUDIT_TEXT];
	unsigned int nr_said;

	struct mtce_container *c;
	struct mtce_window *w;
	struct audit_region *regions;
	unsigned long nr_regions;
};

__printf(2, 3) void audit_wrong(struct audit *a, const char *fmt, ...);

/* a->w, whose locks are all held. */
void audit_table(struct audit *a);

/* A stripe's kvm_lock, one of many. */
void audit_kvm_lock(struct mtce_stripe *s, struct mtce_container *c);
void audit_kvm_unlock(struct mtce_stripe *s);

#endif
