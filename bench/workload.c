// SPDX-License-Identifier: GPL-2.0
#include "workload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SECONDS 3600u

enum { KEY_CALL = 512, KEY_PAGES, KEY_BATCH, KEY_ORDER, KEY_TCE_PAGE, KEY_TIME, KEY_LAZY };

static const struct argp_option options[] = {
	{ 0, 0, NULL, 0, "One workload of your own, in place of the scenarios:", 1 },
	{ "call", KEY_CALL, "KIND", 0, "what maps a batch: map (one range), update (an operation for each page) or "
	  "list (default: update)", 1 },
	{ "pages", KEY_PAGES, "N", 0, "so many are mapped, then unmapped (default: 4096)", 1 },
	{ "batch", KEY_BATCH, "N", 0, "pages in a call (default: 64)", 1 },
	{ "order", KEY_ORDER, "ORDER", 0, "sequential or scattered (default: sequential)", 1 },
	{ "tce-page", KEY_TCE_PAGE, "SIZE", 0, "4k, 64k or 16m (default: 4k)", 1 },
	{ "time", KEY_TIME, "SECONDS", 0, "measure the latency of each back end so long (default: 2)", 1 },
	{ "lazy", KEY_LAZY, NULL, 0, "unmaps are lazy, and a flush ends them", 1 },
	{ 0 }
};

const struct workload workload_default = {
	.work = WORK_UPDATE, .order = CONTIGUOUS, .pages = 4096, .batch = 64, .page_shift = 12, .seconds = 2,
};

static const struct word {
	const char *name;
	unsigned int value;
} calls[] = {
	{ .name = "map", .value = WORK_RANGE },
	{ .name = "update", .value = WORK_UPDATE },
	{ .name = "list", .value = WORK_LIST },
	{ 0 }
}, orders[] = {
	{ .name = "sequential", .value = CONTIGUOUS },
	{ .name = "scattered", .value = SCATTERED },
	{ 0 }
}, tce_pages[] = {
	{ .name = "4k", .value = 12 }, { .name = "64k", .value = 16 }, { .name = "16m", .value = 24 }, { 0 }
};

/* False: it has been told what is wrong. */
static bool is_value(struct argp_state *state, const struct word *words, const char *option, const char *arg,
		     unsigned int *value)
{
	const struct word *w;
	char known[64] = "";

	for (w = words; w->name; w++) {
		*value = w->value;
		if (!strcmp(w->name, arg))
			return true;
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s", known[0] ? ", " : "", w->name);
	}
	argp_error(state, "--%s is one of %s, not '%s'", option, known, arg);
	return false;
}

static const char *name_of(const struct word *w, unsigned int value)
{
	while (w->value != value)
		w++;
	return w->name;
}

static bool is_number(struct argp_state *state, const char *option, const char *arg, unsigned int most,
		      unsigned int *value)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(arg, &end, 10);
	*value = (unsigned int)n;
	if (!errno && !*end && end != arg && arg[0] != '-' && n && n <= most)
		return true;
	argp_error(state, "--%s must be a number from 1 to %u, not '%s'", option, most, arg);
	return false;
}

static bool is_whole(struct argp_state *state, const struct workload *w)
{
	if (!w->wanted || w->pages % w->batch == 0)
		return true;
	argp_error(state, "--pages must be a multiple of --batch: %u is none of %u", w->pages, w->batch);
	return false;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct workload *w = state->input;
	bool good = true;

	switch (key) {
	case KEY_CALL:
		good = is_value(state, calls, "call", arg, &w->work);
		break;
	case KEY_PAGES:
		good = is_number(state, "pages", arg, WORKLOAD_MOST_PAGES, &w->pages);
		break;
	case KEY_BATCH:
		good = is_number(state, "batch", arg, WORKLOAD_MOST_BATCH, &w->batch);
		break;
	case KEY_ORDER:
		good = is_value(state, orders, "order", arg, &w->order);
		break;
	case KEY_TCE_PAGE:
		good = is_value(state, tce_pages, "tce-page", arg, &w->page_shift);
		break;
	case KEY_TIME:
		good = is_number(state, "time", arg, MOST_SECONDS, &w->seconds);
		break;
	case KEY_LAZY:
		w->lazy = true;
		break;
	case ARGP_KEY_END:
		return is_whole(state, w) ? 0 : EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	w->wanted = true;
	return good ? 0 : EINVAL;
}

const struct argp workload_argp = { options, parse, NULL, NULL, NULL, NULL, NULL };

static const char *sentence_of(const struct workload *w)
{
	static char text[160];

	snprintf(text, sizeof(text), "own workload: %u %s pages, %s, %u in a call%s", w->pages,
		 name_of(tce_pages, w->page_shift), name_of(orders, w->order), w->batch,
		 w->lazy ? ", unmaps are lazy" : "");
	return text;
}

struct scenario workload_scenario(const struct workload *w)
{
	struct scenario s = {
		.sentence = sentence_of(w), .work = w->work, .order = w->order, .tces = w->batch,
		.piece = w->work == WORK_RANGE ? w->batch : 1, .units = w->pages / w->batch,
		.page_shift = w->page_shift, .lazy = w->lazy && w->work == WORK_UPDATE,
		.lazy_mode = w->lazy && w->work != WORK_UPDATE, .quick = true, .headline = true,
		.rig = { .page_shift = w->page_shift, .levels = 1, .tables = 1, .groups = 1 },
	};

	snprintf(s.name, sizeof(s.name), "%s-own-%s-%u%s%s", name_of(tce_pages, w->page_shift),
		 name_of(calls, w->work), w->batch, w->order == SCATTERED ? "-scattered" : "", w->lazy ? "-lazy" : "");
	return s;
}
