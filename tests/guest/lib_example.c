// SPDX-License-Identifier: GPL-2.0
/* The examples of docs/programmers.md do what that page says, on every back end. The Makefile takes them out of it. */
#define main example_main
#include "programmers.inc"
#undef main

#include "fixture.h"

static struct mtce_container *c;
static struct mtce_batch *batch;

static void before(void)
{
	OK(mtce_open(&c, vfio_group_number(0), backend->native ? MTCE_OPEN_NATIVE : MTCE_OPEN_V2));
	if (!pool)
		pool = mem_alloc(POOL_SIZE);
	OK(mtce_register(c, pool, POOL_SIZE));
	batch = mtce_batch_new(c, PAGES);
	CHECK(batch);
}

static void after(void)
{
	mtce_batch_free(batch);
	mtce_close(c);
	batch = NULL;
	c = NULL;
}

/* The examples' words are no TAP. */
static int words_aside(void)
{
	int out = dup(1);

	fflush(stdout);
	dup2(2, 1);
	return out;
}

static void words_back(int out)
{
	fflush(stdout);
	dup2(out, 1);
	close(out);
}

static int start(char *argument)
{
	char *argv[3] = { "program", argument };
	int out = words_aside(), ret;

	ret = example_main(argument ? 2 : 1, argv);
	words_back(out);
	return ret;
}

static void say(void (*example)(struct mtce_container *))
{
	int out = words_aside();

	example(c);
	words_back(out);
}

static void the_program(void)
{
	char group[16];

	after();
	snprintf(group, sizeof(group), "%d", vfio_group_number(0));
	CHECK_IS(start(group), 0);
	CHECK_IS(start("99999"), 1);
	CHECK_IS(start(NULL), 2);
}

static long unmapped_so_far(void)
{
	struct vfio_iommu_mtce_info info = { 0 };

	return mtce_get_info(c, &info, sizeof(info)) ? 0 : (long)info.stats.tces_unmapped;
}

static void with_the_library(void)
{
	char *memory = (char *)pool;
	long unmapped;

	say(say_what_is_here);
	CHECK_IS(one_piece_of_work(c, batch, memory), 0);
	CHECK_IS(map_scattered(c, memory), 0);
	OK(mtce_dma_map(c, RW, 0, memory, 4 * PAGE));
	unmapped = unmapped_so_far();
	CHECK_IS(lazily(c, batch), 0);
	CHECK_IS(unmapped_so_far() - unmapped, backend->ours ? 4 : 0);
	say(say_counters);
}

/* The first is done, the second fails, the third is dropped. */
static void what_fails_is_dropped(void)
{
	OK(mtce_batch_unmap(batch, 0, PAGE, PAGE));
	OK(mtce_batch_unmap(batch, 0, 1ULL << 50, PAGE));
	OK(mtce_batch_unmap(batch, 0, PAGE, PAGE));
	drop_what_fails(batch);
	CHECK_IS(mtce_batch_count(batch), 0);
}

static void without_the_library(void)
{
	uint64_t pages[] = { (uintptr_t)pool, (uintptr_t)pool + 3 * PAGE };
	int fd = mtce_fd(c);
	int answer = backend->ours ? 0 : -ENOTTY;

	CHECK(backend->native ? best_type(fd) == VFIO_SPAPR_MTCE_IOMMU : best_type(fd) != 0);
	CHECK_IS(has_batches(fd), backend->ours);
	CHECK_IS(put_list(fd, pages, 2), answer);
	/* What the list has mapped is in the way of the second operation. */
	CHECK_IS(update(fd, pool), backend->ours ? -EEXIST : -ENOTTY);
	OK(mtce_dma_unmap(c, 0, 0, 2 * PAGE));
	CHECK_IS(update(fd, pool), answer);
	CHECK_IS(mode(fd, VFIO_MTCE_LAZY), answer);
	OK(mtce_dma_unmap(c, 0, 0, 2 * PAGE));
	CHECK_IS(flush(fd), answer);
	CHECK_IS(mode(fd, 0), answer);
}

static const struct test tests[] = {
	TEST(the_program, 0),
	TEST(with_the_library, 0),
	TEST(what_fails_is_dropped, 0),
	TEST(without_the_library, 0),
};

int main(void)
{
	static const struct suite suite = {
		.program = "lib_example",
		.tests = tests,
		.num = ARRAY_SIZE(tests),
		.before = before,
		.after = after,
	};

	return run_suite(&suite);
}
