// SPDX-License-Identifier: GPL-2.0
/* What a run did not count, and why: each reason once, with how many steps of a back end it holds for. */
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "runfile.h"
#include "util.h"

static const struct {
	const char *what;
	const char *reason;	/* key in a step */
} kinds[] = {
	{ "instructions", "instructions_reason" },
	{ "kill stores", "kill_reason" },
};

static json_t *known(const json_t *all, const char *what, const char *backend, const char *reason)
{
	json_t *j;
	size_t i;

	json_array_foreach(all, i, j)
		if (!strcmp(json_text(j, "what", ""), what) &&
		    !strcmp(json_text(j, "backend", ""), backend) &&
		    !strcmp(json_text(j, "reason", ""), reason))
			return j;
	return NULL;
}

static void add(json_t *all, const char *what, const char *backend, const char *reason)
{
	json_t *j = known(all, what, backend, reason);

	if (!j) {
		j = json_pack("{s:s,s:s,s:i,s:s}", "what", what, "backend", backend, "rows", 0, "reason", reason);
		json_array_append_new(all, j);
	}
	json_object_set_new(j, "rows", json_integer(1 + json_integer_value(json_object_get(j, "rows"))));
}

json_t *uncounted_json(const struct comparison *c)
{
	json_t *all = json_array();
	size_t i, col, kind;

	for (kind = 0; kind < ARRAY_SIZE(kinds); kind++)
		for (i = 0; i < c->num_rows; i++)
			for (col = 0; col < c->num_columns; col++) {
				const char *reason = json_text(c->rows[i].cells[col].step, kinds[kind].reason, NULL);

				if (reason)
					add(all, kinds[kind].what, c->columns[col].label, reason);
			}
	return all;
}

void table_uncounted(const struct comparison *c)
{
	json_t *all = uncounted_json(c), *j;
	char text[512];
	size_t i;

	json_array_foreach(all, i, j) {
		snprintf(text, sizeof(text), "%s of %lld rows (%s): %s", json_text(j, "what", ""),
			 (long long)json_integer_value(json_object_get(j, "rows")),
			 json_text(j, "backend", ""), json_text(j, "reason", ""));
		print_wrapped("uncounted", text);
	}
	json_decref(all);
}
