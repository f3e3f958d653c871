// SPDX-License-Identifier: GPL-2.0
/* needs: examples/nvme-direct/check.c */
/* nvme-direct's look at what it has read: the pattern as seq writes it, and nothing else. */
#include "../../examples/nvme-direct/check.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGE	4096u
#define PAGES	64u

static uint8_t disk[PAGES * PAGE];
static int failed;

#define CHECK(cond) do {						\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		failed = 1;						\
	}								\
} while (0)

static void read_disk(void)
{
	FILE *f = popen("seq -f '%-63.0f' 0 4095", "r");

	CHECK(f && fread(disk, 1, sizeof(disk), f) == sizeof(disk));
	if (f)
		pclose(f);
}

static void every_page_is_right_in_its_place_only(void)
{
	unsigned int i, at;

	for (i = 0; i < PAGES; i++)
		for (at = 0; at < PAGES; at++)
			CHECK(check_pattern(disk + i * PAGE, PAGE, at * PAGE) == (i == at));
}

static void every_byte_counts(void)
{
	uint8_t *page = disk + 3 * PAGE;
	uint64_t sum = check_sum(1, page, PAGE);
	unsigned int i;

	for (i = 0; i < PAGE; i++) {
		page[i] ^= 1;
		CHECK(!check_pattern(page, PAGE, 3 * PAGE));
		CHECK(check_sum(1, page, PAGE) != sum);
		page[i] ^= 1;
	}
	CHECK(check_pattern(page, PAGE, 3 * PAGE));
}

static void spoiled_pages_are_not_taken_for_read_ones(void)
{
	check_spoil(disk, PAGE);
	CHECK(!check_pattern(disk, PAGE, 0));
}

int main(void)
{
	read_disk();
	every_page_is_right_in_its_place_only();
	every_byte_counts();
	spoiled_pages_are_not_taken_for_read_ones();
	return failed;
}
