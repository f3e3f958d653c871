// SPDX-License-Identifier: GPL-2.0
/* Histograms as lines of a text: finer bins put together, long gaps left out. */
#include <inttypes.h>
#include <stdio.h>

#include "mtcelat-parts.h"

#define MOST_EMPTY	3

static void add_bin(const struct lat_request *r, struct lat_row *row,
		    unsigned int bin, uint64_t left, uint64_t right)
{
	uint64_t high = mtce_bin_high(&r->scale, bin);

	if (!row->count[0] && !row->count[1] && !row->high)
		row->low = mtce_bin_low(&r->scale, bin) / r->unit_ns;
	row->high = high == MTCE_NO_END ? high : (high + 1) / r->unit_ns - 1;
	row->count[0] += left;
	row->count[1] += right;
}

static bool is_empty(const struct lat_row *row)
{
	return !row->count[0] && !row->count[1];
}

/* All rows, the empty ones too. */
static unsigned int make_rows(const struct lat_request *r, const uint64_t *left,
			      const uint64_t *right, struct lat_row *rows)
{
	unsigned int bin, last = 0, n = 0;

	for (bin = 0; bin < LAT_BINS; bin++) {
		unsigned int row = mtce_bin_row(&r->scale, bin);

		if (!bin || row != last)
			rows[n++] = (struct lat_row){};
		last = row;
		add_bin(r, &rows[n - 1], bin, left[bin], right ? right[bin] : 0);
	}
	return n;
}

unsigned int lat_rows(const struct lat_request *r, const uint64_t *left,
		      const uint64_t *right, struct lat_row *rows)
{
	unsigned int all = make_rows(r, left, right, rows), n = 0, i, j;

	for (i = 0; i < all; i = j) {
		for (j = i; j < all && is_empty(&rows[j]); j++)
			;
		if (j == all)
			break;
		if (j - i > MOST_EMPTY && n) {
			rows[n++] = (struct lat_row){ .gap = true };
			i = j;
		} else if (!n) {
			i = j;
		}
		for (; i <= j; i++)
			rows[n++] = rows[i];
		j = i;
	}
	return n;
}

bool lat_row_print(const struct lat_row *row)
{
	if (row->gap)
		printf("%12s\n", "...");
	else if (row->high == MTCE_NO_END)
		printf("%10" PRIu64 " %-12s", row->low, "and more");
	else
		printf("%10" PRIu64 " - %-10" PRIu64, row->low, row->high);
	return !row->gap;
}
