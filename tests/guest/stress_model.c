// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations against a model of the table: one user address per entry,
 * 0 where nothing is mapped. Every answer is predicted, the device looks at
 * samples, and in the end the counters must agree with the model.
 *
 * MTCE_SEED repeats a run, MTCE_STEPS makes it longer. A run of random_configurations
 * draws how all is set up from the same seed; MTCE_RUNS says how many there are.
 *
 * Each step draws from a state of its own, so that any of them can be left out. A run
 * that fails is tried again with fewer and fewer steps, and those that are left are told
 * in words; MTCE_ONLY_STEPS repeats them.
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit.h"
#include "configuration.h"
#include "fixture.h"
#include "guest.h"
#include "shrink.h"
#include "tell.h"

#define ENTRIES	2048u		/* of the window; the last one is the bounce page */
#define FREE	(ENTRIES - 1)
#define LONGEST	96u
#define LOOKS	12u		/* of a run, by the device and by the auditor */
#define SHRINK_SECONDS	90
#define TOLD	40u		/* steps; a longer program is not read by anybody */

/* Added to the address of what a device may only read. */
#define READ_ONLY	1u

static uint64_t model[ENTRIES];
static uint8_t *unregistered;
static uint64_t start;
static uint64_t random_state;
static uint64_t mapped, unmapped;	/* what the counters should say */

/* The state from which draw number @i of this seed begins. Neighbours' first numbers are not alike (splitmix64). */
static void draw(uint64_t seed, uint64_t i)
{
	uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	z ^= z >> 31;
	random_state = z ? z : 1;
}

static uint32_t any(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 16) % below;
}

/* A call of a step, in words: the model says what is right. Leaves the function otherwise. */
#define ANSWERS(call, right, ...) do {					\
	const long answer_ = (call), right_ = (right);			\
									\
	tell_answer(answer_, right_, __VA_ARGS__);			\
	if (answer_ != right_) {					\
		test_failed(__FILE__, __LINE__, "%s is %ld, not %ld",	\
			    #call, answer_, right_);			\
		return;							\
	}								\
} while (0)

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

/* Refused. Upstream clears what was there, if the first page can be mapped; the first one's cannot. */
static void step_v2_refused(unsigned int first, unsigned int n)
{
	const unsigned int entry = first + (first == 0);

	ANSWERS(vfio_map(&box, RW, iova_of(entry), unregistered, SZ_4K), want(-ENOENT, -EINVAL),
		"MAP_DMA of entry %u: %s", entry, where((uintptr_t)unregistered));
	if (!backend->ours)
		return;
	ANSWERS(vfio_map(&box, RW, iova_of(first), pool + POOL_SIZE - SZ_4K, n * SZ_4K + SZ_4K),
		first + n < ENTRIES ? -ENOENT : -ENXIO, "MAP_DMA of %u from entry %u: the pool's end, and beyond", n + 1, first);
}

static void step_v2(void)
{
	uint64_t addresses[LONGEST];
	unsigned int first, n = choose(&first, addresses, false);

	switch (any(5)) {
	case 0:
	case 1:
		ANSWERS(vfio_map(&box, RW, iova_of(first), (void *)addresses[0], n * SZ_4K), 0,
			"MAP_DMA of %u from entry %u: %s", n, first, where(addresses[0]));
		model_map(first, n, addresses);
		break;
	case 2:
	case 3:
		ANSWERS(vfio_unmap(&box, iova_of(first), n * SZ_4K), 0, "UNMAP_DMA of %u from entry %u", n, first);
		model_unmap(first, n);
		break;
	case 4:
		step_v2_refused(first, n);
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
	/* Two reasons to refuse; which comes first is not promised. */
	if (!replace && live_in(first, n) && (!bad || ret != -ENOENT))
		expected = -EEXIST;
	tell_pages(first, addresses, n);
	ANSWERS(ret, expected, "PUT_LIST of %u from entry %u%s", n, first, replace ? ", replacing" : "");
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
	uint32_t num = 1 + any(room < 24 ? room : 24), kind = any(6), tries, i;
	bool stride = any(2);
	unsigned int entry = any(FREE);

	for (i = 0; i < num; i++) {
		entry = stride ? (entry + 16) % FREE : any(FREE);
		/* Mostly into what is free. What is drawn does not depend on the model: steps can be left out. */
		for (tries = kind < 3 && any(100) ? 100 : 0; tries && model[entry]; tries--)
			entry = (entry + 769) % FREE;
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

static void update_answers(const struct vfio_mtce_op *ops, uint32_t num, int ret, int expected, uint32_t done, uint32_t right)
{
	tell_ops(ops, num, start);
	ANSWERS(ret, expected, "UPDATE of these %u operations", num);
	ANSWERS(done, right, "operations done");
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
	CHECKED(update_answers(ops, num, ret, expected, done, expected ? i - 1 : num));
	if (!any(8))
		ANSWERS(mtce_flush(&box), 0, "FLUSH");
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
	update_answers(ops, num, ret, expected, done, expected ? i - 1 : num);
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
	tell_pages(first, addresses, n);
	ANSWERS(vmm_hcall(&vm.vcpu[0], H_PUT_TCE_INDIRECT, LIOBN, iova_of(first), LIST, n), H_SUCCESS,
		"H_PUT_TCE_INDIRECT of %u from entry %u", n, first);
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
		ANSWERS(hput(iova_of(first), 0), H_SUCCESS, "H_PUT_TCE of entry %u: cleared", first);
		model_unmap(first, 1);
		break;
	case 1:
		ANSWERS(hstuff(iova_of(first), n), H_SUCCESS, "H_STUFF_TCE of %u from entry %u", n, first);
		model_unmap(first, n);
		break;
	case 2:
		step_guest_list(first, n);
		break;
	default:
		tce = any_guest_page(&ua);
		ANSWERS(hput(iova_of(first), tce), H_SUCCESS, "H_PUT_TCE of entry %u: %s", first, where(ua));
		model_map(first, 1, &ua);
	}
}

/* The device's own view of one entry. */
static void look(unsigned int entry)
{
	void *page = (void *)(model[entry] & ~(uint64_t)READ_ONLY);

	tell("the device at entry %u: %s", entry, page ? where((uintptr_t)page) : "nothing");
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

/**
 * struct run - what is tried
 * @test: its name
 * @seed: of all that is drawn
 * @num: steps, while none is left out
 * @given: the value of MTCE_STEPS that gives so many
 * @levels: of the table, in the set-up that is there; 0: how all is set up is drawn
 */
struct run {
	const char *test;
	uint64_t seed;
	uint32_t num;
	long given;
	unsigned int levels;
};

/* The device looks at an entry after this step. */
static bool looks(const struct run *run, uint32_t i)
{
	const uint32_t every = run->num / LOOKS + 1;

	return i % every == every - 1;
}

/* Everything that comes with step number @i. */
static void one_step(const struct run *run, struct configuration *c, uint32_t i)
{
	draw(run->seed, i + 1);
	tell("step %u", i);
	CHECKED(step(c));
	if (c->changes && !any(100)) {
		CHECKED(configuration_change(c, any));
		if (telling)
			configuration_say(c);
	}
	if (looks(run, i)) {
		CHECKED(look(any(FREE)));
		audit_test();
	}
}

/* The window is there, and empty. Returns how many steps were begun. */
static size_t run_steps(const struct run *run, struct configuration *c, const uint32_t *steps, size_t num)
{
	struct vfio_iommu_mtce_info before = { };
	size_t i;

	memset(model, 0, sizeof(model));
	mapped = 0;
	unmapped = 0;
	if (!unregistered)
		unregistered = mem_alloc(SZ_64K);
	if (backend->native && mtce_info(&box, &before))
		test_failed(__FILE__, __LINE__, "there are no counters");
	for (i = 0; i < num && !test_has_failed(); i++)
		one_step(run, c, steps[i]);
	if (test_has_failed())
		return i;
	audit_test();
	if (backend->native && !test_has_failed())
		audit();
	if (backend->native && !test_has_failed())
		counters_agree(&before);
	return num;
}

/* In the rig that is open, or in one of its own where that is drawn. Returns the same. */
static size_t run_once(const struct run *run, const uint32_t *steps, size_t num)
{
	struct configuration c = { .levels = run->levels };

	if (run->levels) {
		start = rig_window(12, ENTRIES * SZ_4K, run->levels);
		return test_has_failed() ? 0 : run_steps(run, &c, steps, num);
	}
	draw(run->seed, 0);
	c = configuration_draw(any);
	configuration_say(&c);
	start = configuration_open(&c, ENTRIES);
	if (!test_has_failed())
		num = run_steps(run, &c, steps, num);
	configuration_close();
	return num;
}

/*
 * A failure with fewer steps
 */

struct attempt {
	const struct run *run;
	const uint32_t *steps;
	size_t num;
};

/* In a child, from nothing: a failure leaves nothing to the next attempt. */
static int attempt(void *arg)
{
	const struct attempt *a = arg;
	size_t i;

	if (!telling && !freopen("/dev/null", "w", stdout))
		return 0;
	test_begins();
	rig_without_device = true;
	for (i = 0; i < a->num; i++)
		rig_without_device &= !looks(a->run, a->steps[i]);
	if (a->run->levels && rig_open())
		return 0;
	run_once(a->run, a->steps, a->num);
	return test_has_failed();
}

static bool fails(const void *run, const uint32_t *steps, size_t num)
{
	struct attempt a = { .run = run, .steps = steps, .num = num };

	return in_child(attempt, &a) != 0;
}

static void say_how_to_repeat(const struct run *run, const uint32_t *steps, size_t num)
{
	char *text = malloc(12 * num + 1);

	if (!text)
		return;
	steps_write(text, steps, num);
	diag("again: MTCE_TEST=%s MTCE_SEED=%#llx MTCE_STEPS=%ld MTCE_ONLY_STEPS=%s", run->test,
	     (unsigned long long)run->seed, run->given, text);
	free(text);
}

/* The first failure of a program is enough. The group is free for it. */
static void make_short(const struct run *run, uint32_t *steps, size_t num)
{
	const size_t all = num;
	static bool done;

	if (done)
		return;
	done = true;
	if (!fails(run, steps, num)) {
		diag("these %zu steps do not fail when they are repeated", num);
		return;
	}
	num = shrink(steps, num, fails, run, SHRINK_SECONDS);
	diag("%zu of %zu steps are enough%s", num, all, num > TOLD ? "" : ":");
	if (num <= TOLD) {
		telling = true;
		fails(run, steps, num);
		telling = false;
	}
	say_how_to_repeat(run, steps, num);
}

/* The numbers of the steps to run, and how many: all, or those that MTCE_ONLY_STEPS names. */
static uint32_t *choose_steps(const struct run *run, size_t *num)
{
	const char *only = getenv("MTCE_ONLY_STEPS");
	uint32_t *steps = malloc(run->num * sizeof(*steps));

	for (*num = 0; steps && !only && *num < run->num; ++*num)
		steps[*num] = *num;
	if (steps && only)
		*num = steps_read(only, steps, run->num);
	return steps;
}

static void run(const struct run *run)
{
	const bool only = getenv("MTCE_ONLY_STEPS");
	size_t num, begun;
	uint32_t *steps = choose_steps(run, &num);

	if (!num) {
		test_failed(__FILE__, __LINE__, "MTCE_STEPS or MTCE_ONLY_STEPS names no step");
		return;
	}
	diag("MTCE_SEED=%#llx MTCE_STEPS=%ld", (unsigned long long)run->seed, run->given);
	telling = only;
	begun = run_once(run, steps, num);
	if (test_has_failed() && !only) {
		diag("at step %zu of %zu", begun, num);
		rig_close();
		make_short(run, steps, begun);
	}
	telling = false;
	free(steps);
}

static uint64_t seed_of(uint64_t otherwise)
{
	const char *env = getenv("MTCE_SEED");

	return env ? strtoull(env, NULL, 0) : otherwise;
}

static void run_levels(const char *test, unsigned int levels)
{
	const struct run r = {
		.test = test,
		.seed = seed_of(0x9e3779b97f4a7c15ull + levels),
		.num = steps(),
		.given = steps(),
		.levels = levels,
	};

	run(&r);
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

/* Others each time. */
static void random_configurations(void)
{
	const uint64_t first = 1000003ull * time(NULL);
	long i;

	rig_close();
	for (i = 0; i < runs() && !test_has_failed(); i++) {
		const struct run r = {
			.test = __func__,
			.seed = seed_of(first + i),
			.num = steps() / 4,
			.given = steps(),
		};

		run(&r);
	}
}

/* Whoever was before may have closed it. */
static void before(void)
{
	if (box.fd < 0 && rig_open())
		test_failed(__FILE__, __LINE__, "no rig");
}

static void table_of_one_level(void)
{
	run_levels(__func__, 1);
}

static void table_of_two_levels(void)
{
	run_levels(__func__, 2);
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
		.before = before,
		.end = rig_close,
	};

	return run_suite(&suite);
}
