// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations against a model of the table: one user address per entry,
 * 0 where nothing is mapped. Every answer is predicted, the device looks at
 * samples, and in the end the counters must agree with the model.
 *
 * MTCE_SEED repeats a run, MTCE_STEPS makes it longer. A run of random_configurations
 * draws how all is set up from the same seed; MTCE_RUNS says how many there are.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit.h"
#include "configuration.h"
#include "fixture.h"
#include "guest.h"

#define ENTRIES	2048u		/* of the window; the last one is the bounce page */
#define FREE	(ENTRIES - 1)
#define LONGEST	96u

/* Added to the address of what a device may only read. */
#define READ_ONLY	1u

static uint64_t model[ENTRIES];
static uint8_t *unregistered;
static uint64_t start;
static uint64_t random_state;
static uint64_t mapped, unmapped;	/* what the counters should say */

static uint32_t any(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 16) % below;
}

static unsigned int live_in(unsigned int first, unsigned int n)
{
	unsigned int i, live = 0;

	for (i = 0; i < n; i++)
		live += !!model[first + i];
	return live;
}

static void model_map(unsigned int first, unsigned int n, const uint64_t *addresses)
{
	unmapped += live_in(first, n);
	mapped += n;
	memcpy(&model[first], addresses, n * sizeof(*model));
}

static void model_unmap(unsigned int first, unsigned int n)
{
	unmapped += live_in(first, n);
	memset(&model[first], 0, n * sizeof(*model));
}

static uint64_t iova_of(unsigned int entry)
{
	return start + entry * SZ_4K;
}

/* Chooses a range of entries and the addresses for it. Returns their number. */
static unsigned int choose(unsigned int *first, uint64_t *addresses, bool scattered)
{
	unsigned int n = 1 + any(any(3) ? 8 : LONGEST), i;
	unsigned int page = any(POOL_SIZE / SZ_4K - LONGEST);

	*first = any(FREE - n + 1);
	for (i = 0; i < n; i++) {
		if (scattered)
			page = any(POOL_SIZE / SZ_4K);
		addresses[i] = (uintptr_t)pool + page * SZ_4K;
		page++;
	}
	return n;
}

static void step_v2(void)
{
	uint64_t addresses[LONGEST];
	unsigned int first, n = choose(&first, addresses, false);

	switch (any(5)) {
	case 0:
	case 1:
		OK(vfio_map(&box, RW, iova_of(first), (void *)addresses[0], n * SZ_4K));
		model_map(first, n, addresses);
		break;
	case 2:
	case 3:
		OK(vfio_unmap(&box, iova_of(first), n * SZ_4K));
		model_unmap(first, n);
		break;
	case 4:
		/*
		 * Refused. Upstream clears what was there, if the first page
		 * can be mapped; this one cannot.
		 */
		CHECK_IS(vfio_map(&box, RW, iova_of(first + (first == 0)),
				  unregistered, SZ_4K), want(-ENOENT, -EINVAL));
		if (!backend->ours)
			break;
		CHECK_IS(vfio_map(&box, RW, iova_of(first),
				  pool + POOL_SIZE - SZ_4K, n * SZ_4K + SZ_4K),
			 first + n < ENTRIES ? -ENOENT : -ENXIO);
		break;
	}
}

static void step_list(void)
{
	uint64_t addresses[LONGEST];
	unsigned int first, n = choose(&first, addresses, true);
	bool replace = any(2), bad = !any(4);
	int expected = 0;
	int ret;

	if (bad) {
		addresses[any(n)] = (uintptr_t)unregistered;
		expected = -ENOENT;
	}
	ret = mtce_put_list(&box, RW | (replace ? VFIO_MTCE_REPLACE : 0),
			    iova_of(first), addresses, n);
	if (!replace && live_in(first, n)) {
		/* Two reasons to refuse; which comes first is not promised. */
		CHECK(ret == -EEXIST || ret == expected);
		CHECK(ret);
		return;
	}
	CHECK_IS(ret, expected);
	if (!ret)
		model_map(first, n, addresses);
}

/* Predicts one operation of an update and does it to the model. Returns its answer. */
static int model_operation(const struct vfio_mtce_op *op, const uint64_t *addresses)
{
	unsigned int first = (op->iova - start) / SZ_4K, n = op->size / SZ_4K;

	if (op->op == VFIO_MTCE_OP_UNMAP) {
		model_unmap(first, n);
		return 0;
	}
	if (op->vaddr == (uintptr_t)unregistered)
		return -ENOENT;
	if (!(op->flags & VFIO_MTCE_REPLACE) && live_in(first, n))
		return -EEXIST;
	model_map(first, n, addresses);
	return 0;
}

/* A page for a map of @entry: sometimes one that is not registered. */
static uint64_t any_page(void)
{
	if (!any(200))
		return (uintptr_t)unregistered;
	return (uintptr_t)pool + any(POOL_SIZE / SZ_4K) * SZ_4K;
}

/* Operations that are alike, as they come from guests. Returns how many. */
static uint32_t alike(struct vfio_mtce_op *op, uint32_t room)
{
	uint32_t num = 1 + any(room < 24 ? room : 24), kind = any(6), i;
	bool stride = any(2);
	unsigned int entry = any(FREE);

	for (i = 0; i < num; i++) {
		entry = stride ? (entry + 16) % FREE : any(FREE);
		/* Mostly into what is free. */
		while (kind < 3 && model[entry] && any(100))
			entry = any(FREE);
		if (kind >= 4) {
			op[i] = unmap_op(iova_of(entry), SZ_4K);
			op[i].flags = kind == 4 ? VFIO_MTCE_LAZY : 0;
			continue;
		}
		op[i] = map_op(iova_of(entry), NULL, SZ_4K);
		op[i].flags = kind == 3 ? RW | VFIO_MTCE_REPLACE : kind == 2 ?
			      VFIO_MTCE_READ : RW;
		op[i].vaddr = any_page();
	}
	return num;
}

/* Single pages, as guests do most: runs of these take a way of their own. */
static void step_single_pages(void)
{
	struct vfio_mtce_op ops[96];
	uint32_t num, done, i;
	int expected = 0, ret;

	for (num = 0; !num || (num < ARRAY_SIZE(ops) && any(5));)
		num += alike(&ops[num], ARRAY_SIZE(ops) - num);
	done = num;
	ret = mtce_update(&box, ops, &done);
	for (i = 0; i < num && !expected; i++) {
		uint64_t page = ops[i].vaddr;

		if (!(ops[i].flags & VFIO_MTCE_WRITE))
			page |= READ_ONLY;
		expected = model_operation(&ops[i], &page);
	}
	CHECK_IS(ret, expected);
	CHECK_IS(done, expected ? i - 1 : num);
	if (!any(8))
		OK(mtce_flush(&box));
}

static void step_update(void)
{
	static uint64_t addresses[16][LONGEST];
	struct vfio_mtce_op ops[16];
	uint32_t num = 1 + any(16), done, i;
	int expected = 0, ret;

	memset(ops, 0, sizeof(ops));
	for (i = 0; i < num; i++) {
		unsigned int first, n = choose(&first, addresses[i], false);

		ops[i].iova = iova_of(first);
		ops[i].size = n * SZ_4K;
		ops[i].op = any(3) ? VFIO_MTCE_OP_MAP : VFIO_MTCE_OP_UNMAP;
		if (ops[i].op == VFIO_MTCE_OP_UNMAP) {
			ops[i].flags = any(2) ? VFIO_MTCE_LAZY : 0;
			continue;
		}
		ops[i].flags = RW | (any(3) ? VFIO_MTCE_REPLACE : 0);
		ops[i].vaddr = addresses[i][0];
		if (!any(24)) {
			ops[i].vaddr = (uintptr_t)unregistered;
			ops[i].flags |= VFIO_MTCE_REPLACE;
		}
	}
	done = num;
	ret = mtce_update(&box, ops, &done);
	for (i = 0; i < num && !expected; i++)
		expected = model_operation(&ops[i], addresses[i]);
	CHECK_IS(ret, expected);
	CHECK_IS(done, expected ? i - 1 : num);
}

/* One page of the guest's, and in *@ua what it is to us. */
static uint64_t any_guest_page(uint64_t *ua)
{
	uint64_t gpa = PAGE(any(128)) + any(16) * SZ_4K;
	bool read_only = !any(8);

	*ua = (uintptr_t)guest_at(gpa) | (read_only ? READ_ONLY : 0);
	return gpa | (read_only ? TCE_READ : TCE_RW);
}

static void step_guest_list(unsigned int first, unsigned int n)
{
	uint64_t *list = (uint64_t *)(vm.memory + LIST), addresses[LONGEST];
	unsigned int i;

	for (i = 0; i < n; i++)
		list[i] = htobe64(any_guest_page(&addresses[i]));
	CHECK_IS(vmm_hcall(&vm.vcpu[0], H_PUT_TCE_INDIRECT, LIOBN, iova_of(first), LIST, n), H_SUCCESS);
	model_map(first, n, addresses);
}

/* A hypercall: done by KVM, or by QEMU's part in lib/guest.c, all the same. */
static void step_hypercall(void)
{
	unsigned int first = any(FREE), n = 1 + any(LONGEST);
	uint64_t ua, tce;

	if (n > FREE - first)
		n = FREE - first;
	switch (any(5)) {
	case 0:
		CHECK_IS(hput(iova_of(first), 0), H_SUCCESS);
		model_unmap(first, 1);
		break;
	case 1:
		CHECK_IS(hstuff(iova_of(first), n), H_SUCCESS);
		model_unmap(first, n);
		break;
	case 2:
		step_guest_list(first, n);
		break;
	default:
		tce = any_guest_page(&ua);
		CHECK_IS(hput(iova_of(first), tce), H_SUCCESS);
		model_map(first, 1, &ua);
	}
}

/* The device's own view of one entry. */
static void look(unsigned int entry)
{
	void *page = (void *)(model[entry] & ~(uint64_t)READ_ONLY);

	if (!page) {
		CHECK(edu_is_kept_out(&edu, iova_of(entry), pool));
		return;
	}
	CHECK(edu_reads(&edu, iova_of(entry), page));
	CHECK_IS(edu_writes(&edu, iova_of(entry), page), !(model[entry] & READ_ONLY));
}

/* The kernel's view of every entry, through maps that may not replace. */
static void audit(void)
{
	unsigned int i;

	for (i = 0; i < FREE; i++) {
		bool live = is_live(&box, iova_of(i), pool, SZ_4K);

		if (live != !!model[i]) {
			test_failed(__FILE__, __LINE__, "entry %u is %s", i,
				    live ? "live" : "free");
			return;
		}
		if (!live) {
			mapped++;
			unmapped++;
		}
	}
}

/* Whoever did it. */
static long maps(const struct vfio_iommu_mtce_info *info)
{
	return info->stats.tces_mapped + info->stats.hcall_mapped;
}

static long unmaps(const struct vfio_iommu_mtce_info *info)
{
	return info->stats.tces_unmapped + info->stats.hcall_unmapped;
}

static void counters_agree(const struct vfio_iommu_mtce_info *before)
{
	struct vfio_iommu_mtce_info now;

	OK(mtce_info(&box, &now));
	CHECK_IS(maps(&now) - maps(before), (long)mapped);
	CHECK_IS(unmaps(&now) - unmaps(before), (long)unmapped);
	rig_no_windows();
	OK(mtce_info(&box, &now));
	CHECK_IS(maps(&now), unmaps(&now));
}

static bool in_mode(const char *name)
{
	const char *mode = getenv("MTCE_TEST_MODE");

	return mode && !strcmp(mode, name);
}

static long steps(void)
{
	const char *env = getenv("MTCE_STEPS");

	if (env)
		return atol(env);
	return in_mode("long") ? 400000 : in_mode("quick") ? 2000 : 10000;
}

static void step(const struct configuration *c)
{
	unsigned int kind = any(c->kvm ? 6 : 4);

	if (kind >= 4)
		step_hypercall();
	else if (!backend->native || kind == 0)
		step_v2();
	else if (kind == 1)
		step_list();
	else if (kind == 2)
		step_update();
	else
		step_single_pages();
}

/* The window is there, and empty. */
static void run_steps(struct configuration *c, long n)
{
	struct vfio_iommu_mtce_info before = { };
	long i, looks = 12;

	memset(model, 0, sizeof(model));
	mapped = 0;
	unmapped = 0;
	if (!unregistered)
		unregistered = mem_alloc(SZ_64K);
	if (backend->native)
		OK(mtce_info(&box, &before));
	for (i = 0; i < n && !test_has_failed(); i++) {
		step(c);
		if (!test_has_failed() && c->changes && !any(100))
			configuration_change(c, any);
		if (!test_has_failed() && i % (n / looks + 1) == n / looks) {
			look(any(FREE));
			audit_test();
		}
	}
	if (test_has_failed()) {
		diag("at step %ld", i);
		return;
	}
	audit_test();
	if (backend->native) {
		CHECKED(audit());
		counters_agree(&before);
	}
}

static uint64_t seed_of(uint64_t run)
{
	const char *env = getenv("MTCE_SEED");

	return env ? strtoull(env, NULL, 0) : 0x9e3779b97f4a7c15ull + run;
}

static void run_random(unsigned int levels)
{
	struct configuration c = { .levels = levels };
	long n = steps();

	random_state = seed_of(levels);
	diag("MTCE_SEED=%#llx MTCE_STEPS=%ld", (unsigned long long)random_state, n);
	start = rig_window(12, ENTRIES * SZ_4K, levels);
	CHECK(!test_has_failed());
	run_steps(&c, n);
}

static long runs(void)
{
	const char *env = getenv("MTCE_RUNS"), *variant = getenv("MTCE_TEST_VARIANT");

	if (getenv("MTCE_SEED"))
		return 1;
	if (env)
		return atol(env);
	if (in_mode("long"))
		return 40;
	/* A variant is one set-up, and these draw theirs themselves. */
	return variant && strcmp(variant, "default") ? 1 : 3;
}

static void run_configuration(uint64_t seed, long n)
{
	struct configuration c;

	diag("MTCE_SEED=%#llx MTCE_STEPS=%ld", (unsigned long long)seed, 4 * n);
	/* Neighbours' first numbers must not be alike. */
	random_state = seed * 0xff51afd7ed558ccdull;
	random_state ^= random_state >> 33;
	c = configuration_draw(any);
	configuration_say(&c);
	start = configuration_open(&c, ENTRIES);
	if (!test_has_failed())
		run_steps(&c, n);
	configuration_close();
	if (test_has_failed())
		diag("again: MTCE_TEST=random_configurations MTCE_SEED=%#llx MTCE_STEPS=%ld",
		     (unsigned long long)seed, 4 * n);
}

/* Others each time. */
static void random_configurations(void)
{
	const uint64_t first = 1000003ull * time(NULL);
	long n = steps() / 4, i;

	rig_close();
	for (i = 0; i < runs() && !test_has_failed(); i++)
		run_configuration(getenv("MTCE_SEED") ? seed_of(0) : first + i, n);
	if (!test_has_failed() && rig_open())
		test_failed(__FILE__, __LINE__, "no rig");
}

static void table_of_one_level(void)
{
	run_random(1);
}

static void table_of_two_levels(void)
{
	run_random(2);
}

static void memory_can_go_afterwards(void)
{
	rig_no_windows();
	OK(vfio_unregister(&box, pool, POOL_SIZE));
	OK(vfio_register(&box, pool, POOL_SIZE));
}

static const struct test tests[] = {
	TEST(table_of_one_level, 0),
	TEST(table_of_two_levels, 0),
	TEST(memory_can_go_afterwards, 0),
	TEST(random_configurations, NEEDS_OURS),
};

int main(void)
{
	static const struct suite suite = {
		.program = "stress_model",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.needs = NEEDS_EDU,
		.begin = rig_open,
		.end = rig_close,
	};

	return run_suite(&suite);
}
