// SPDX-License-Identifier: GPL-2.0
/* Rows of a kind together: the geometric mean of what each saves. */
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "format.h"
#include "util.h"

/* The first pattern that fits. */
static const struct family {
	const char *name;
	const char *pattern;
} families[] = {
	{ "own workload", "*-own-*" },
	{ "no work", "*-null-ioctl" },
	{ "two threads", "*-smp-*" },
	{ "beside a thread", "*-tail-*" },
	{ "beside a thread", "*-mixed-*" },
	{ "hypercalls", "*-hcall-*" },
	{ "v1", "*-v1-*" },
	{ "one page", "*-one-page*" },
	{ "ranges", "*-range-*" },
	{ "ranges", "*-kill-*" },
	{ "replace, remap", "*-replace-*" },
	{ "replace, remap", "*-remap-*" },
	{ "updates", "*-update-*" },
	{ "lists", "*-list-*" },
	{ "lazy", "*-lazy-*" },
	{ "lazy", "*-flush-*" },
	{ "lazy", "*-reuse-*" },
	{ "close, remove", "*-close-*" },
	{ "close, remove", "*-remove-*" },
	{ "register", "*-register-*" },
	{ "other", "*" },
};

const char *family_of(const char *scenario)
{
	size_t i;

	for (i = 0; fnmatch(families[i].pattern, scenario, 0); i++)
		;
	return families[i].name;
}

struct means {
	size_t rows;
	double ratio;		/* geometric mean */
	double least;
	double most;
};

static struct means means_of(const struct comparison *c, const char *family, const char *op)
{
	struct means m = { .least = INFINITY };
	double sum = 0;
	size_t i;

	for (i = 0; i < c->num_rows; i++) {
		double ratio = compare_ratio(c, &c->rows[i]);

		if (isnan(ratio) || !(ratio > 0) || strcmp(c->rows[i].op, op) ||
		    strcmp(family_of(c->rows[i].scenario), family))
			continue;
		sum += log(ratio);
		m.rows++;
		m.least = fmin(m.least, ratio);
		m.most = fmax(m.most, ratio);
	}
	m.ratio = m.rows ? exp(sum / (double)m.rows) : NAN;
	return m;
}

static bool seen_before(const struct comparison *c, size_t row)
{
	const char *family = family_of(c->rows[row].scenario);
	size_t i;

	for (i = 0; i < row; i++)
		if (!strcmp(c->rows[i].op, c->rows[row].op) &&
		    !strcmp(family_of(c->rows[i].scenario), family))
			return true;
	return false;
}

void table_families(const struct comparison *c)
{
	char mean[32], least[32], most[32];
	size_t i;

	if (c->base == c->new)
		return;
	printf("\ninstructions of %s divided by those of %s, by kind of work\n",
	       c->columns[c->base].label, c->columns[c->new].label);
	printf("%-17s %-10s %5s %15s %7s %7s\n", "kind", "step", "rows", "geometric mean", "least",
	       "most");
	for (i = 0; i < c->num_rows; i++) {
		const char *family = family_of(c->rows[i].scenario);
		struct means m = means_of(c, family, c->rows[i].op);

		if (!m.rows || seen_before(c, i))
			continue;
		printf("%-17s %-10s %5zu %15s %7s %7s\n", family, c->rows[i].op, m.rows,
		       format_number(mean, sizeof(mean), m.ratio),
		       format_number(least, sizeof(least), m.least),
		       format_number(most, sizeof(most), m.most));
	}
}

json_t *families_json(const struct comparison *c)
{
	json_t *all = json_array();
	size_t i;

	for (i = 0; i < c->num_rows; i++) {
		const char *family = family_of(c->rows[i].scenario);
		struct means m = means_of(c, family, c->rows[i].op);

		if (m.rows && !seen_before(c, i))
			json_array_append_new(all, json_pack("{s:s,s:s,s:i,s:f,s:f,s:f}", "family", family,
							     "op", c->rows[i].op, "rows", (int)m.rows,
							     "geometric_mean", m.ratio,
							     "least", m.least, "most", m.most));
	}
	return all;
}
