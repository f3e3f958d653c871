// SPDX-License-Identifier: GPL-2.0
#include "replay-guest.h"

#include "exact.h"
#include "util.h"

/*
 * Hypercalls between two exits of the guest. What the plugin does not count, because an interrupt comes, ends with
 * the next exit: few are lost where batches are short.
 */
#define BATCH 512u
#define EXACT_BATCH 4u

_Static_assert(BATCH <= GUEST_LISTS && BATCH <= VMM_CALLS, "a batch has room in the guest");

static struct vmm_call call_of(struct guest *g, const struct replay_hcall *h, unsigned int i)
{
	uint64_t liobn = guest_liobn(h->table);

	if (h->clears)
		return h->put ? vmm_put(liobn, h->ioba, 0) : vmm_stuff(liobn, h->ioba, h->num);
	if (h->put)
		return vmm_put(liobn, h->ioba, h->tces[0]);
	return vmm_list(liobn, h->ioba, guest_list(g, i, h->tces, (unsigned int)h->num), h->num);
}

static double do_batch(struct guest *g, const struct replay_hcall *hcall, unsigned int n)
{
	struct vmm_call calls[BATCH];
	struct count counted;
	unsigned int i;

	for (i = 0; i < n; i++)
		calls[i] = call_of(g, &hcall[i], i);
	if (guest_run(g, calls, n, &counted))
		die("%s, kvm: %s", g->container->backend->name, guest_error());
	return counted.of[COUNTED_INSTRUCTIONS];
}

double replay_guest_do(struct guest *g, const struct replay_hcall *hcall, size_t n)
{
	const size_t batch = exact_counting() ? EXACT_BATCH : BATCH;
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i += batch)
		sum += do_batch(g, hcall + i, (unsigned int)(n - i < batch ? n - i : batch));
	return sum;
}
