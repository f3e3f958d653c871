// SPDX-License-Identifier: GPL-2.0
#include "histogram.h"

#include <string.h>

void histogram_reset(struct histogram *h)
{
	memset(h, 0, sizeof(*h));
	h->min = UINT64_MAX;
}

unsigned int histogram_bin(uint64_t value)
{
	unsigned int shift;

	if (value < HISTOGRAM_SUB)
		return (unsigned int)value;
	shift = 63 - (unsigned int)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
	/* value >> shift lies in [SUB, 2 * SUB); each shift has SUB bins */
	return shift * HISTOGRAM_SUB + (unsigned int)(value >> shift);
}

uint64_t histogram_bin_low(unsigned int bin)
{
	unsigned int shift;

	if (bin < 2 * HISTOGRAM_SUB)
		return bin;
	shift = bin / HISTOGRAM_SUB - 1;
	return (uint64_t)(bin % HISTOGRAM_SUB + HISTOGRAM_SUB) << shift;
}

uint64_t histogram_bin_high(unsigned int bin)
{
	if (bin < 2 * HISTOGRAM_SUB)
		return bin;
	return histogram_bin_low(bin) +
	       ((uint64_t)1 << (bin / HISTOGRAM_SUB - 1)) - 1;
}

void histogram_add_many(struct histogram *h, uint64_t value, uint64_t count)
{
	if (!count)
		return;
	h->bins[histogram_bin(value)] += count;
	h->count += count;
	if (value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
}

void histogram_add(struct histogram *h, uint64_t value)
{
	histogram_add_many(h, value, 1);
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	unsigned int i;

	for (i = 0; i < HISTOGRAM_BINS; i++)
		into->bins[i] += from->bins[i];
	into->count += from->count;
	if (from->min < into->min)
		into->min = from->min;
	if (from->max > into->max)
		into->max = from->max;
}

uint64_t histogram_percentile(const struct histogram *h, unsigned int per_10000)
{
	uint64_t rank, seen = 0, high;
	unsigned int i;

	if (!h->count)
		return 0;
	/* ceil(count * p / 10000), in two parts so that it cannot overflow */
	rank = h->count / 10000 * per_10000 +
	       (h->count % 10000 * per_10000 + 9999) / 10000;
	if (rank < 1)
		return h->min;
	for (i = 0; i < HISTOGRAM_BINS; i++) {
		seen += h->bins[i];
		if (seen >= rank)
			break;
	}
	high = i < HISTOGRAM_BINS ? histogram_bin_high(i) : h->max;
	return high < h->max ? high : h->max;
}
