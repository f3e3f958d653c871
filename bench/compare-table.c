// SPDX-License-Identifier: GPL-2.0
/* Prints a comparison in 80 columns. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "format.h"
#include "runfile.h"

#define WIDTH 79
#define NAME_WIDTH 21

static void wrap(const char *key, int indent, const char *text)
{
	size_t column = (size_t)indent, n;

	printf("%-*s", indent, key);
	if (strlen(key) >= column && indent)
		printf("\n%-*s", indent, "");
	while (*text) {
		n = strcspn(text, " ");
		if (column > (size_t)indent && column + n >= WIDTH) {
			printf("\n%-*s", indent, "");
			column = (size_t)indent;
		}
		printf("%s%.*s", column > (size_t)indent ? " " : "", (int)n, text);
		column += n + 1;
		text += n;
		text += strspn(text, " ");
	}
	printf("\n");
}

void print_wrapped(const char *key, const char *text)
{
	wrap(key, 10, text);
}

void print_folded(const char *text)
{
	wrap("", 0, text);
}

void print_origin(const char *what, const json_t *context)
{
	const json_t *machine = json_object_get(context, "machine");
	const char *cpu = json_text(machine, "cpu", "unknown CPU");
	char text[512];

	snprintf(text, sizeof(text), "%s%s%.10s, commit %.10s%s", what ? what : "", what ? ", " : "",
		 json_text(context, "date", "unknown"), json_text(context, "mtce_commit", "unknown"),
		 json_is_true(json_object_get(context, "mtce_dirty")) ? " with local changes" : "");
	print_folded(text);
	snprintf(text, sizeof(text), "kernel %s, %lld-byte pages, %.*s %s", json_text(context, "kernel", "unknown"),
		 (long long)json_integer_value(json_object_get(context, "page_size")), (int)strcspn(cpu, ","), cpu,
		 json_text(machine, "model", ""));
	print_folded(text);
}

static void join_command(char *buf, size_t size, const json_t *command)
{
	size_t i, used = 0;

	buf[0] = '\0';
	for (i = 0; i < json_array_size(command) && used < size; i++) {
		const char *word = json_string_value(json_array_get(command, i));

		used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? " " : "",
					 word ? word : "?");
	}
}

void table_context(const char *path, const json_t *run)
{
	const json_t *context = json_object_get(run, "context");
	const json_t *machine = json_object_get(context, "machine");
	char text[2048];

	print_wrapped("run", path);
	if (runfile_done(run) < 100) {
		snprintf(text, sizeof(text), "%.0f %% of it: it was interrupted, the rest is missing", runfile_done(run));
		print_wrapped("PARTIAL", text);
	}
	snprintf(text, sizeof(text), "%s, %lld-byte pages, %lld CPUs",
		 json_text(context, "kernel", "unknown"),
		 (long long)json_integer_value(json_object_get(context, "page_size")),
		 (long long)json_integer_value(json_object_get(context, "cpus_online")));
	print_wrapped("kernel", text);
	snprintf(text, sizeof(text), "%s, %s%s%s", json_text(machine, "cpu", "unknown CPU"),
		 json_text(machine, "model", "unknown model"),
		 json_is_true(json_object_get(context, "emulated")) ? ", " : "",
		 json_is_true(json_object_get(context, "emulated")) ?
		 json_text(context, "qemu", "emulated") : "");
	print_wrapped("machine", text);
	print_wrapped("counter", !strcmp(json_text(run, "instructions_counted_by", "pmu"), "qemu-plugin") ?
		      "every instruction, by a plugin of QEMU" : "the CPU's own");
	snprintf(text, sizeof(text), "%s%s", json_text(context, "mtce_commit", "unknown"),
		 json_is_true(json_object_get(context, "mtce_dirty")) ? " with local changes" : "");
	print_wrapped("commit", text);
	join_command(text, sizeof(text), json_object_get(context, "command"));
	print_wrapped("command", text);
	print_wrapped("date", json_text(context, "date", "unknown"));
}

static void print_page_heading(json_int_t page)
{
	printf("%lld %s TCEs\n", (long long)(page >= 1 << 20 ? page >> 20 : page >> 10),
	       page >= 1 << 20 ? "MiB" : "KiB");
}

/* The page size is in the heading already. */
static const char *short_name(const char *scenario)
{
	const char *dash = strchr(scenario, '-');

	return dash ? dash + 1 : scenario;
}

static const char *short_label(const char *label)
{
	return !strcmp(label, "mtce-takeover") ? "takeovr" : label;
}

static const char *shortest_label(const char *label)
{
	if (!strcmp(label, "mtce-takeover"))
		return "takov";
	return !strcmp(label, "upstream") ? "upstr" : label;
}

static const char *short_op(const char *op)
{
	if (!strcmp(op, "register"))
		return "reg";
	return !strcmp(op, "unregister") ? "unreg" : op;
}

static const char *cell_text(char *buf, size_t size, const struct cell *cell, double value)
{
	switch (cell->state) {
	case CELL_SKIPPED:
		return "skip";
	case CELL_FAILED:
		return "FAILED";
	default:
		return format_number(buf, size, value);
	}
}

static void print_heading(const struct comparison *c)
{
	int columns = (int)c->num_columns;
	size_t col;

	printf("\n%*s%*s%8s%*s\n", NAME_WIDTH + 8, "", columns * 8, "instructions per TCE", "",
	       columns * 6, "kill stores / TCE");
	printf("%-*s %-7s", NAME_WIDTH, "scenario", "step");
	for (col = 0; col < c->num_columns; col++)
		printf(" %7.8s", short_label(c->columns[col].label));
	printf(" %6s ", c->base != c->new ? "ratio" : "");
	for (col = 0; col < c->num_columns; col++)
		printf(" %5.5s", shortest_label(c->columns[col].label));
	printf("\n");
}

static void print_row(const struct comparison *c, const struct row *r, bool named)
{
	char buf[32];
	size_t col;

	printf("%-*s %-7s", NAME_WIDTH, named ? short_name(r->scenario) : "", short_op(r->op));
	for (col = 0; col < c->num_columns; col++)
		printf(" %7s", cell_text(buf, sizeof(buf), &r->cells[col],
					 r->cells[col].instructions));
	printf(" %6s ", c->base == c->new ? "" :
	       format_number(buf, sizeof(buf), compare_ratio(c, r)));
	for (col = 0; col < c->num_columns; col++)
		printf(" %5s", r->cells[col].state == CELL_MEASURED ?
		       format_number(buf, sizeof(buf), r->cells[col].kills) : "");
	printf("\n");
}

/* What was only timed is in the other table. */
static bool only_timed(const struct comparison *c, const struct row *r)
{
	size_t col;

	for (col = 0; col < c->num_columns; col++)
		if (r->cells[col].state == CELL_MEASURED && isnan(r->cells[col].p50))
			return false;
	for (col = 0; col < c->num_columns; col++)
		if (!isnan(r->cells[col].instructions) || !isnan(r->cells[col].kills))
			return false;
	return r->cells[c->base].state == CELL_MEASURED;
}

static void print_rows(const struct comparison *c, bool per_call)
{
	json_int_t page = 0;
	const char *last = "";
	size_t i;

	for (i = 0; i < c->num_rows; i++) {
		const struct row *r = &c->rows[i];

		if (r->per_call != per_call || !strcmp(r->op, OP_THREADS) || only_timed(c, r))
			continue;
		if (!per_call && r->tce_page != page)
			print_page_heading(r->tce_page);
		page = r->tce_page;
		print_row(c, r, strcmp(last, r->scenario));
		last = r->scenario;
	}
}

void table_instructions(const struct comparison *c)
{
	size_t i;

	print_heading(c);
	print_rows(c, false);
	for (i = 0; i < c->num_rows; i++)
		if (c->rows[i].per_call)
			break;
	if (i == c->num_rows)
		return;
	printf("in all, per call (not per TCE)\n");
	print_rows(c, true);
}

static bool has_latency(const struct row *r, size_t columns)
{
	size_t col;

	for (col = 0; col < columns; col++)
		if (!isnan(r->cells[col].p50))
			return r->headline;
	return false;
}

static bool any_emulated(const struct comparison *c)
{
	size_t col;

	for (col = 0; col < c->num_columns; col++)
		if (json_is_true(json_object_get(json_object_get(c->columns[col].run, "context"),
						 "emulated")))
			return true;
	return false;
}

void table_latency(const struct comparison *c)
{
	char p50[32], p99[32];
	size_t i, col;

	printf("\nmicroseconds per call%s\n", any_emulated(c) ?
	       ": EMULATED TIME, NOT POWER8 LATENCY" : "");
	printf("%-24s %-7s", "", "");
	for (col = 0; col < c->num_columns; col++)
		printf(" %15.15s", c->columns[col].label);
	printf("\n%-24s %-7s", "scenario", "step");
	for (col = 0; col < c->num_columns; col++)
		printf(" %7s %7s", "p50", "p99");
	printf("\n");
	for (i = 0; i < c->num_rows; i++) {
		const struct row *r = &c->rows[i];

		if (!has_latency(r, c->num_columns))
			continue;
		printf("%-24s %-7s", r->scenario, short_op(r->op));
		for (col = 0; col < c->num_columns; col++)
			printf(" %7s %7s", format_us(p50, sizeof(p50), r->cells[col].p50),
			       format_us(p99, sizeof(p99), r->cells[col].p99));
		printf("\n");
	}
}

static bool same_reason(const struct cell *a, const struct cell *b)
{
	return a->state == b->state && !strcmp(a->reason, b->reason);
}

/* Each reason once, with the scenarios it holds for. */
static void print_reasons(const struct comparison *c, enum cell_state state, const char *title)
{
	size_t i, col;

	for (i = 0; i < c->num_rows; i++) {
		for (col = 0; col < c->num_columns; col++) {
			const struct cell *cell = &c->rows[i].cells[col];
			char text[512];

			/* of neighbours with one reason only the first is told */
			if (cell->state != state || (col && same_reason(cell, cell - 1)) ||
			    (i && !strcmp(c->rows[i].scenario, c->rows[i - 1].scenario) &&
			     same_reason(cell, &c->rows[i - 1].cells[col])))
				continue;
			snprintf(text, sizeof(text), "%s (%s): %s", c->rows[i].scenario,
				 c->columns[col].label, cell->reason);
			print_wrapped(title, text);
		}
	}
}

static void print_stalls(const json_t *run)
{
	const json_t *stalls = json_object_get(run, "stalls");
	const json_t *gaps = json_object_get(stalls, "gaps_ns");
	char text[256];

	if (!gaps)
		return;
	snprintf(text, sizeof(text),
		 "by itself the machine stood still %lld times in %.1f s watched, %.2f %% of the time, at most for %.0f us: tails of that length are not a back end's",
		 (long long)json_integer_value(json_object_get(gaps, "count")),
		 json_number_or_nan(stalls, "watched_ms") / 1e3,
		 json_number_or_nan(stalls, "lost_percent"),
		 json_number_or_nan(gaps, "max") / 1e3);
	print_wrapped("stalls", text);
}

void table_notes(const struct comparison *c)
{
	printf("\n");
	print_stalls(c->columns[c->base].run);
	if (c->base != c->new) {
		char text[256];

		snprintf(text, sizeof(text), "instructions of %s divided by those of %s",
			 c->columns[c->base].label, c->columns[c->new].label);
		print_wrapped("ratio", text);
	}
	print_wrapped("work", "every column does the same work; without the calls update and put list it takes one ioctl per page (or per range)");
	table_uncounted(c);
	print_reasons(c, CELL_SKIPPED, "skipped");
	print_reasons(c, CELL_FAILED, "failed");
}
