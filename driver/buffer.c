// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for the arrays of a call, which user space fills.
 *
 * On kernels that clear memory when it is allocated (init_on_alloc, Debian's
 * are) that would cost as much as all else that is done with a short array. A
 * cache with a constructor is not cleared. Only what copy_from_user() has written
 * is read from a buffer, and nothing is copied out of it.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "mtce.h"

/* 512 operations, or a list of 1,024 and the TCEs for it. */
#define BUFFER_SIZE	16384

static struct kmem_cache *cache;

static void leave_as_it_is(void *buffer)
{
}

int mtce_buffer_init(void)
{
	/* By cache lines: copy_from_user() is slow where alignments differ. */
	cache = kmem_cache_create_usercopy("mtce_buffer", BUFFER_SIZE, 0,
					   SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT,
					   0, BUFFER_SIZE, leave_as_it_is);
	return cache ? 0 : -ENOMEM;
}

void mtce_buffer_exit(void)
{
	kmem_cache_destroy(cache);
}

/* Returns NULL without memory. The content is undefined. */
void *mtce_buffer_alloc(size_t size)
{
	gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_NOWARN;

	return size <= BUFFER_SIZE ? kmem_cache_alloc(cache, gfp) :
				     kvmalloc(size, gfp);
}

void mtce_buffer_free(void *buffer, size_t size)
{
	if (size <= BUFFER_SIZE)
		kmem_cache_free(cache, buffer);
	else
		kvfree(buffer);
}
