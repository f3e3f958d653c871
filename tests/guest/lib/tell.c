// SPDX-License-Identifier: GPL-2.0
#include "tell.h"

#include <stdarg.h>
#include <stdio.h>

#include "fixture.h"
#include "guest.h"

bool telling;

static void words(const char *fmt, va_list ap)
{
	printf("#   ");
	vprintf(fmt, ap);
}

void tell(const char *fmt, ...)
{
	va_list ap;

	if (!telling)
		return;
	va_start(ap, fmt);
	words(fmt, ap);
	va_end(ap);
	printf("\n");
}

void tell_answer(long got, long wanted, const char *fmt, ...)
{
	va_list ap;

	if (!telling)
		return;
	va_start(ap, fmt);
	words(fmt, ap);
	va_end(ap);
	printf(got == wanted ? ": %ld\n" : ": %ld, and %ld is right\n", got, wanted);
}

const char *where(uint64_t address)
{
	static char text[64];
	const uint64_t in_pool = address - (uintptr_t)pool, in_guest = address - (uintptr_t)vm.memory;
	const char *read_only = address & 1 ? ", read only" : "";

	if (in_pool < POOL_SIZE)
		snprintf(text, sizeof(text), "pool+%#llx%s", (unsigned long long)in_pool & ~1ull, read_only);
	else if (vm.memory && in_guest < vm.size)
		snprintf(text, sizeof(text), "guest+%#llx%s", (unsigned long long)in_guest & ~1ull, read_only);
	else
		snprintf(text, sizeof(text), "memory that is not registered");
	return text;
}

void tell_pages(unsigned int first, const uint64_t *addresses, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		tell("  entry %u: %s", first + i, where(addresses[i]));
}

static void tell_op(const struct vfio_mtce_op *op, uint64_t start)
{
	const unsigned int first = (op->iova - start) / SZ_4K, n = op->size / SZ_4K;

	if (op->op == VFIO_MTCE_OP_UNMAP)
		tell("  unmap %u from entry %u%s", n, first, op->flags & VFIO_MTCE_LAZY ? ", lazily" : "");
	else
		tell("  map %u from entry %u: %s%s%s", n, first, where(op->vaddr),
		     op->flags & VFIO_MTCE_WRITE ? "" : ", read only", op->flags & VFIO_MTCE_REPLACE ? ", replacing" : "");
}

void tell_ops(const struct vfio_mtce_op *ops, uint32_t num, uint64_t start)
{
	uint32_t i;

	for (i = 0; i < num; i++)
		tell_op(&ops[i], start);
}
