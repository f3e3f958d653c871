/* SPDX-License-Identifier: GPL-2.0 */
/* Kernel modules of tests/modules that a test loads. Parameters that are numbers. */
#ifndef MTCE_TEST_KMOD_H
#define MTCE_TEST_KMOD_H

/* Returns why it cannot be loaded, or NULL. One that is loaded already keeps its parameters. */
const char *kmod_load(const char *name, const char *parameters);
void kmod_unload(const char *name);

long kmod_get(const char *name, const char *parameter);		/* -1: there is none */
void kmod_set(const char *name, const char *parameter, long value);	/* fails the test if it cannot */
long kmod_users(const char *name);	/* as rmmod counts them; -1: cannot be known */

#endif
