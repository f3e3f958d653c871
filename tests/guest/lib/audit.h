/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The auditor in the kernel (tests/modules/audit.h): every container of our driver that this process has open,
 * its tables raw. tests/guest/run loads it; without it nothing is audited. Every test of a suite is audited
 * when it has run, before what it left is cleared up.
 */
#ifndef MTCE_TEST_AUDIT_H
#define MTCE_TEST_AUDIT_H

/* How many violations there are now, which are printed; 0 also where there is no auditor. */
int audit_now(void);
/* The same for a test: any violation fails it. */
void audit_test(void);
/* What was audited so far, as a line of its own. */
void audit_report(void);

#endif
