// SPDX-License-Identifier: GPL-2.0
/* Histograms for the eye, 80 columns wide. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/context.h"
#include "lib/format.h"
#include "mtcelat-parts.h"

#define BAR_WIDTH	40

const char *lat_thousands(uint64_t n, char *buffer)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n), i;
	char *to = buffer;

	for (i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return buffer;
}

/* What is there at all is seen. */
void lat_bar(uint64_t value, uint64_t most, unsigned int width)
{
	unsigned int i, n = most ? (unsigned int)((double)value * width / most + 0.5) : 0;

	if (value && !n)
		n = 1;
	putchar('|');
	for (i = 0; i < width; i++)
		putchar(i < n ? '*' : ' ');
	putchar('|');
}

void lat_text_head(const struct lat_request *request)
{
	printf("%s.\n", lat_source_measures(request));
	if (mtce_emulated())
		printf("This machine is emulated: the times are the emulator's, not a POWER8's.\n");
}

void lat_text_when(const struct lat_report *report)
{
	struct mtce_text clock = mtce_clock_now();

	if (report->number)
		printf("\n%s, %.1f s to %.1f s\n", clock.s, report->from_ns / 1e9,
		       report->to_ns / 1e9);
	else
		printf("\n%s, all %.1f s\n", clock.s, report->to_ns / 1e9);
	if (!report->set.n)
		printf("no call\n");
}

void lat_text_lost(const struct lat_report *report)
{
	if (report->lost)
		printf("\nlost: %" PRIu64 " (there was no room for them, see --keys; or a probe could not run)\n",
		       report->lost);
}

static void title(const struct lat_request *r, const struct lat_entry *e)
{
	const struct lat_key *k = &e->key;

	printf("\n%s", lat_source_name(k->source));
	if (lat_by(r, LAT_BY_CALL))
		printf(" %s", lat_call_name(k->call));
	if (lat_by(r, LAT_BY_BATCH) && k->batch > 1)
		printf(", %" PRIu64 "-%" PRIu64 " TCEs", lat_batch_low(k->batch),
		       lat_batch_high(k->batch));
	else if (lat_by(r, LAT_BY_BATCH))
		printf(k->batch ? ", 1 TCE" : ", no TCE");
	if (lat_by(r, LAT_BY_TABLE))
		printf(", container %llx", k->container);
	if (lat_by(r, LAT_BY_TABLE) && k->window >= 0)
		printf(" window %d", k->window);
	else if (lat_by(r, LAT_BY_TABLE))
		printf(" no window");
	if (lat_by(r, LAT_BY_PROCESS))
		printf(", %.*s %u", LAT_COMM_LEN, e->hist.comm, k->pid);
	if (lat_by(r, LAT_BY_STAGE))
		printf(", stage %s", lat_stage_name(k->stage));
	printf("\n");
}

/* Values in the unit that was asked for. */
static const char *percentile(const struct lat_request *r, const uint64_t *bins,
			      unsigned int per_10000, char *buffer, size_t size)
{
	uint64_t ns = mtce_bins_percentile(&r->scale, bins, per_10000);

	if (ns == MTCE_NO_END)
		snprintf(buffer, size, "?");
	else
		snprintf(buffer, size, "%" PRIu64, ns / r->unit_ns);
	return buffer;
}

static void summary(const struct lat_request *r, const struct lat_hist *h)
{
	const uint64_t *bins = (const uint64_t *)h->bins;
	uint64_t n = mtce_bins_count(bins);
	char count[32], p50[32], p90[32], p99[32];

	printf("%s calls, mean %.0f, 50%% <= %s, 90%% <= %s, 99%% <= %s %s\n",
	       lat_thousands(n, count), (double)h->sum_ns / n / r->unit_ns,
	       percentile(r, bins, 5000, p50, sizeof(p50)),
	       percentile(r, bins, 9000, p90, sizeof(p90)),
	       percentile(r, bins, 9900, p99, sizeof(p99)),
	       r->unit_ns == 1 ? "ns" : "us");
}

static void rows(const struct lat_request *r, const struct lat_hist *h)
{
	struct lat_row rows[LAT_BINS];
	unsigned int n, i;
	uint64_t most = 0;

	n = lat_rows(r, (const uint64_t *)h->bins, NULL, rows);
	for (i = 0; i < n; i++)
		if (rows[i].count[0] > most)
			most = rows[i].count[0];
	printf("%13s %21s\n", r->unit_ns == 1 ? "ns" : "us", "calls");
	for (i = 0; i < n; i++) {
		if (!lat_row_print(&rows[i]))
			continue;
		printf(" %11" PRIu64 " ", rows[i].count[0]);
		lat_bar(rows[i].count[0], most, BAR_WIDTH);
		putchar('\n');
	}
}

void lat_text(const struct lat_report *report)
{
	size_t i;

	lat_text_when(report);
	for (i = 0; i < report->set.n; i++) {
		const struct lat_entry *e = &report->set.entries[i];

		title(report->request, e);
		summary(report->request, &e->hist);
		rows(report->request, &e->hist);
	}
	lat_text_lost(report);
}
