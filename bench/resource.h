/* SPDX-License-Identifier: GPL-2.0 */
/* Memory of a PCI device of the lab. */
#ifndef MTCE_BENCH_RESOURCE_H
#define MTCE_BENCH_RESOURCE_H

#include <stddef.h>

/*
 * Maps the first @size bytes of the sysfs resource that environment variable @name
 * names, and enables the device. NULL: the variable is not set. Dies if it cannot.
 */
void *resource_map(const char *name, size_t size);

#endif
