// SPDX-License-Identifier: GPL-2.0
/* Upstream and mtce side by side, 80 columns wide. */
#include <inttypes.h>
#include <stdio.h>

#include "mtcelat-parts.h"

#define BAR_WIDTH	16

/* Bars are shares, so that sides of different length can be compared. */
struct side {
	const uint64_t *bins;
	uint64_t count;
	uint64_t sum_ns;
};

static const uint64_t no_bins[LAT_BINS];

static struct side side_of(const struct lat_entry *e)
{
	struct side s = { no_bins, 0, 0 };

	if (e) {
		s.bins = (const uint64_t *)e->hist.bins;
		s.count = mtce_bins_count(s.bins);
		s.sum_ns = e->hist.sum_ns;
	}
	return s;
}

static double share(const struct lat_row *row, const struct side *sides, int i)
{
	return sides[i].count ? (double)row->count[i] / sides[i].count : 0;
}

static void print_head(const struct side *sides, const char *call)
{
	char a[32], b[32];

	printf("\n%-23s %-28s %s\n", call, "upstream", "mtce");
	printf("%-23s %-28s %s\n", "calls", lat_thousands(sides[0].count, a),
	       lat_thousands(sides[1].count, b));
}

/* A line of the table: a value of upstream, one of mtce, or a dash where there was no call. */
static void print_values(const char *what, const char *unit, const struct side *sides,
			 char values[2][32])
{
	int len = printf("%s, %s", what, unit);

	printf("%*s %-28s %s\n", len < 23 ? 23 - len : 0, "", sides[0].count ? values[0] : "-",
	       sides[1].count ? values[1] : "-");
}

static void print_summary(const struct lat_request *r, const struct side *sides)
{
	static const unsigned int per_10000[] = { 5000, 9000, 9900 };
	const char *unit = r->unit_ns == 1 ? "ns" : "us";
	char values[2][32], what[32];
	unsigned int i, j;

	for (j = 0; j < 2; j++)
		snprintf(values[j], sizeof(values[j]), "%.1f",
			 (double)sides[j].sum_ns / (sides[j].count ? sides[j].count : 1) / r->unit_ns);
	print_values("mean", unit, sides, values);
	for (i = 0; i < sizeof(per_10000) / sizeof(*per_10000); i++) {
		for (j = 0; j < 2; j++) {
			uint64_t ns = mtce_bins_percentile(&r->scale, sides[j].bins, per_10000[i]);

			if (ns == MTCE_NO_END)
				snprintf(values[j], sizeof(values[j]), "?");
			else
				lat_thousands(ns / r->unit_ns, values[j]);
		}
		snprintf(what, sizeof(what), "%u %% within", per_10000[i] / 100);
		print_values(what, unit, sides, values);
	}
}

static void print_rows(const struct lat_request *r, const struct side *sides)
{
	struct lat_row rows[LAT_BINS];
	unsigned int n = lat_rows(r, sides[0].bins, sides[1].bins, rows), i, j;
	double most = 0;

	for (i = 0; i < n; i++)
		for (j = 0; j < 2; j++)
			if (share(&rows[i], sides, j) > most)
				most = share(&rows[i], sides, j);
	for (i = 0; i < n; i++) {
		if (!lat_row_print(&rows[i]))
			continue;
		for (j = 0; j < 2; j++) {
			printf(" %8" PRIu64 " ", rows[i].count[j]);
			/* A part in a million of the longest bar is still no 0. */
			lat_bar((uint64_t)(share(&rows[i], sides, j) * 1e9),
				(uint64_t)(most * 1e9), BAR_WIDTH);
		}
		putchar('\n');
	}
}

void lat_compare(const struct lat_report *report)
{
	const struct lat_entry *e, *end = report->set.entries + report->set.n;

	lat_text_when(report);
	for (e = report->set.entries; e < end;) {
		const struct lat_entry *left = NULL, *right = NULL;
		uint32_t call = e->key.call;
		struct side sides[2];

		for (; e < end && e->key.call == call; e++)
			*(e->key.source == LAT_UPSTREAM ? &left : &right) = e;
		sides[0] = side_of(left);
		sides[1] = side_of(right);
		print_head(sides, lat_call_name(call));
		print_summary(report->request, sides);
		print_rows(report->request, sides);
	}
	lat_text_lost(report);
}
