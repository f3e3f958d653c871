// SPDX-License-Identifier: GPL-2.0
/* Prints what the hypercalls of a KVM guest cost beyond leaving and entering it, in 80 columns. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "format.h"

#define NAME_WIDTH 21

static const char *short_label(const char *label)
{
	return !strcmp(label, "mtce-takeover") ? "takeovr" : label;
}

/* "4k-hcall-512" is "4k-512" here, but the page is in no heading. */
static const char *short_name(char *buf, size_t size, const char *scenario)
{
	const char *hcall = strstr(scenario, "hcall-");

	if (!hcall)
		return scenario;
	snprintf(buf, size, "%.*s%s", (int)(hcall - scenario), scenario, hcall + strlen("hcall-"));
	return buf;
}

static bool has_hypercalls(const struct comparison *c, const struct row *r)
{
	size_t col;

	for (col = 0; col < c->num_columns; col++)
		if (!isnan(r->cells[col].exits))
			return true;
	return false;
}

static void print_heading(const struct comparison *c)
{
	int columns = (int)c->num_columns * 8;
	size_t group, col;

	printf("\na KVM guest's hypercalls, each: the host's instructions above one that does\n");
	printf("nothing, and exits to user space\n");
	printf("%*s%*s %*s\n", NAME_WIDTH + 8, "", columns, "instructions", columns, "exits");
	printf("%-*s %-7s", NAME_WIDTH, "scenario", "step");
	for (group = 0; group < 2; group++) {
		for (col = 0; col < c->num_columns; col++)
			printf(" %7.8s", short_label(c->columns[col].label));
		printf("%s", group ? "\n" : " ");
	}
}

static void print_row(const struct comparison *c, const struct row *r)
{
	char buf[64];
	size_t col;

	printf("%-*s %-7s", NAME_WIDTH, short_name(buf, sizeof(buf), r->scenario), r->op);
	for (col = 0; col < c->num_columns; col++)
		printf(" %7s", format_number(buf, sizeof(buf), r->cells[col].above_null));
	printf(" ");
	for (col = 0; col < c->num_columns; col++)
		printf(" %7s", format_number(buf, sizeof(buf), r->cells[col].exits));
	printf("\n");
}

void table_hcalls(const struct comparison *c)
{
	bool any = false;
	size_t i;

	for (i = 0; i < c->num_rows; i++) {
		if (!has_hypercalls(c, &c->rows[i]))
			continue;
		if (!any)
			print_heading(c);
		any = true;
		print_row(c, &c->rows[i]);
	}
}
