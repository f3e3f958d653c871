// SPDX-License-Identifier: GPL-2.0
#include "hcalls.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "fixture.h"
#include "guest.h"

#define FIRST		(SZ_64M / SZ_4K - HCALL_ENTRIES)
#define EMULATED_LIOBN	(LIOBN + 1)
#define PUTS		1024u	/* entries for puts, and behind them those for lists */

static struct hcalls todo;
static int emulated_table = -1;

static bool any(const struct hcalls *h)
{
	return h->puts || h->lists || h->stuffs || h->emulated || h->left;
}

const char *hcalls_refused(const struct hcalls *h)
{
	if (!any(h))
		return NULL;
	if (vmm_missing())
		return vmm_missing();
	if (h->puts + h->left > PUTS)
		return "there are 1,024 puts and left puts at most";
	if (!h->length || h->length > LIST_LENGTH || h->lists * h->length > HCALL_ENTRIES - PUTS)
		return "a list has 1 to 512 pages, and all lists have 1,024 at most";
	if (h->stuffs > h->lists)
		return "there are at most as many stuffs as lists";
	if (h->left && !backend->ours)
		return "upstream's KVM is not told to leave a hypercall";
	return NULL;
}

void hcalls_set_up(const struct hcalls *h)
{
	todo = *h;
	if (!any(h))
		return;
	guest_open(GUEST_SIZE, 1);
	guest_table(12, 0, SZ_64M);
	emulated_table = vmm_table(&vm, EMULATED_LIOBN, 12, 0, SZ_64M);
	CHECK(emulated_table >= 0);
}

static void as_it_should(struct hcall_outcome *out, const char *what, int64_t got, int64_t wanted)
{
	if (got != wanted && !out->errors++)
		fprintf(stderr, "load: %s answered %lld\n", what, (long long)got);
}

static uint64_t at(uint64_t entry)
{
	return (FIRST + entry) * SZ_4K;
}

/* In an enabled container maps pin pages, which KVM cannot do. Nobody does these then. */
static void left_ones(struct hcall_outcome *out)
{
	uint64_t i;

	if (!todo.left)
		return;
	as_it_should(out, "enable", vfio_enable(&box), 0);
	vm.too_hard = NULL;
	for (i = 0; i < todo.left; i++)
		as_it_should(out, "a put that is left", hput(at(todo.puts + i), PAGE(0) | TCE_RW), H_HARDWARE);
	as_it_should(out, "disable", vfio_disable(&box), 0);
}

static int64_t put_emulated(uint64_t entry)
{
	return vmm_hcall(&vm.vcpu[0], H_PUT_TCE, EMULATED_LIOBN, entry * SZ_4K, PAGE(0) | TCE_RW, 0);
}

void hcalls_run(struct hcall_outcome *out)
{
	uint64_t before = vm.vcpus ? guest_exits() : 0, i;

	for (i = 0; i < todo.puts; i++)
		as_it_should(out, "put", hput(at(i), PAGE(i % 64) | TCE_RW), H_SUCCESS);
	for (i = 0; i < todo.lists; i++)
		as_it_should(out, "list", hlist(at(PUTS + i * todo.length), PAGE(0), SZ_4K, todo.length), H_SUCCESS);
	for (i = 0; i < todo.stuffs; i++)
		as_it_should(out, "stuff", hstuff(at(PUTS + i * todo.length), todo.length), H_SUCCESS);
	for (i = 0; i < todo.emulated; i++)
		as_it_should(out, "a put to an emulated device", put_emulated(i), H_SUCCESS);
	left_ones(out);
	out->pages = todo.puts + todo.left + (todo.lists + todo.stuffs) * todo.length;
	out->mapped = todo.puts + todo.lists * todo.length;
	out->cleared = todo.stuffs * todo.length;
	out->exits = (vm.vcpus ? guest_exits() : 0) - before;
}

void hcalls_end(void)
{
	if (emulated_table >= 0)
		close(emulated_table);
	guest_table_close();
}
