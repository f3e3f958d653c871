/* SPDX-License-Identifier: GPL-2.0 */
/* What oracle_model.c needs of the world: the kernel's, or for tests/host the C library's. */
#ifndef ORACLE_SHIM_H
#define ORACLE_SHIM_H

#ifdef __KERNEL__

#include <linux/sprintf.h>
#include <linux/string.h>
#include <linux/types.h>

#else

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#endif
#endif
