/* SPDX-License-Identifier: GPL-2.0 */
/* The module's parameters. What a test changes is put back by param_restore(). */
#ifndef MTCE_TEST_PARAM_H
#define MTCE_TEST_PARAM_H

long param_get(const char *name);		/* -1: there is none */
void param_set(const char *name, long value);	/* fails the test if it cannot */
void param_restore(void);

#endif
