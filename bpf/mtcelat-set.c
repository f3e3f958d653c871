// SPDX-License-Identifier: GPL-2.0
/* Sets of histograms: their order, and what came between two of them. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "mtcelat-parts.h"

#define COMPARE(field) \
	do { \
		if (a->field != b->field) \
			return a->field < b->field ? -1 : 1; \
	} while (0)

static int compare_keys(const void *left, const void *right)
{
	const struct lat_key *a = left, *b = right;

	COMPARE(call);
	COMPARE(batch);
	COMPARE(container);
	COMPARE(window);
	COMPARE(pid);
	COMPARE(stage);
	COMPARE(source);
	return 0;
}

/* An entry begins with its key. */
void lat_set_sort(struct lat_set *set)
{
	qsort(set->entries, set->n, sizeof(*set->entries), compare_keys);
}

static const struct lat_entry *find(const struct lat_set *set,
				    const struct lat_key *key)
{
	return set->n ? bsearch(key, set->entries, set->n,
				sizeof(*set->entries), compare_keys) : NULL;
}

static void subtract(struct lat_hist *from, const struct lat_hist *what)
{
	unsigned int i;

	from->sum_ns -= what->sum_ns;
	for (i = 0; i < LAT_BINS; i++)
		from->bins[i] -= what->bins[i];
}

struct lat_set lat_set_since(const struct lat_set *now, const struct lat_set *before)
{
	struct lat_set set = { .entries = calloc(now->n + 1, sizeof(*now->entries)) };
	const struct lat_entry *old;
	size_t i;

	if (!set.entries)
		err(1, "no memory for %zu histograms", now->n);
	for (i = 0; i < now->n; i++) {
		struct lat_entry *e = &set.entries[set.n];

		*e = now->entries[i];
		old = find(before, &e->key);
		if (old)
			subtract(&e->hist, &old->hist);
		if (mtce_bins_count((uint64_t *)e->hist.bins))
			set.n++;
	}
	return set;
}

void lat_set_free(struct lat_set *set)
{
	free(set->entries);
	*set = (struct lat_set){};
}
