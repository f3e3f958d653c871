// SPDX-License-Identifier: GPL-2.0
#include "check.h"

#include <string.h>

#define LINE 64u

static void line_of(uint8_t *line, uint64_t number)
{
	unsigned int digits = 1;
	uint64_t n;

	for (n = number; n > 9; n /= 10)
		digits++;
	memset(line, ' ', LINE - 1);
	line[LINE - 1] = '\n';
	for (n = number; digits; n /= 10)
		line[--digits] = (uint8_t)('0' + n % 10);
}

bool check_pattern(const uint8_t *page, uint32_t size, uint64_t at)
{
	uint8_t line[LINE];
	uint32_t i;

	for (i = 0; i < size; i += LINE) {
		line_of(line, (at + i) / LINE);
		if (memcmp(page + i, line, LINE))
			return false;
	}
	return true;
}

/* FNV-1a, eight bytes at a time. */
uint64_t check_sum(uint64_t sum, const uint8_t *page, uint32_t size)
{
	uint64_t word;
	uint32_t i;

	for (i = 0; i < size; i += sizeof(word)) {
		memcpy(&word, page + i, sizeof(word));
		sum = (sum ^ word) * 0x100000001b3ull;
	}
	return sum;
}

void check_spoil(uint8_t *page, uint32_t size)
{
	memset(page, 0xa5, size);
}
