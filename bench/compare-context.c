// SPDX-License-Identifier: GPL-2.0
/* Where runs were made, and whether they can be compared. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "runfile.h"
#include "util.h"

/* When, what else was running, and the driver: two of them are what is compared. */
static const char * const may_differ[] = {
	"date", "load_average", "built", "mtce_commit", "mtce_dirty",
	"module_srcversions.vfio_iommu_mtce",
};

/* Of mtce-bench: options whose value says where: which group it was is in the context. */
static const char * const where_to[] = { "--output", "-o", "--context", "--group", "-g" };

static bool is_one_of(const char *word, const char * const *words, size_t num)
{
	size_t i;

	for (i = 0; i < num; i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

/* Without the program's folder, and without where it writes. */
static json_t *what_to_measure(const json_t *command)
{
	json_t *words = json_array();
	size_t i;

	for (i = 1; i < json_array_size(command); i++) {
		const char *word = json_string_value(json_array_get(command, i));

		if (!word || !strncmp(word, "--output=", 9) || !strncmp(word, "--context=", 10))
			continue;
		if (is_one_of(word, where_to, ARRAY_SIZE(where_to)))
			i++;
		else
			json_array_append_new(words, json_string(word));
	}
	return words;
}

static void print_unlike(const char *key, const json_t *a, const json_t *b)
{
	char *text_a = a ? json_dumps(a, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	char *text_b = b ? json_dumps(b, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

	fprintf(stderr, "mtce-compare: the runs differ in %s: %s in A, %s in B\n", key,
		text_a ? text_a : "nothing", text_b ? text_b : "nothing");
	free(text_a);
	free(text_b);
}

static unsigned int unlike(const char *path, const json_t *a, const json_t *b);

/* Keys of @a, and of @b those that @a does not have. */
static unsigned int unlike_objects(const char *path, const json_t *a, const json_t *b)
{
	const json_t *of[] = { a, b };
	unsigned int found = 0, i;

	for (i = 0; i < 2; i++) {
		void *at = json_object_iter((json_t *)of[i]);

		for (; at; at = json_object_iter_next((json_t *)of[i], at)) {
			const char *key = json_object_iter_key(at);
			char inner[256];

			if (i && json_object_get(a, key))
				continue;
			snprintf(inner, sizeof(inner), "%s%s%s", path, *path ? "." : "", key);
			if (!is_one_of(inner, may_differ, ARRAY_SIZE(may_differ)))
				found += unlike(inner, json_object_get(a, key),
						json_object_get(b, key));
		}
	}
	return found;
}

static unsigned int unlike(const char *path, const json_t *a, const json_t *b)
{
	bool same;

	if (json_is_object(a) && json_is_object(b))
		return unlike_objects(path, a, b);
	if (!strcmp(path, "command")) {
		json_t *words_a = what_to_measure(a), *words_b = what_to_measure(b);

		same = json_equal(words_a, words_b);
		json_decref(words_a);
		json_decref(words_b);
	} else {
		same = a && b && json_equal(a, b);
	}
	if (!same)
		print_unlike(path, a, b);
	return !same;
}

/* Runs from before there was a choice say nothing. */
static unsigned int unlike_counters(const json_t *a, const json_t *b)
{
	const char *by_a = json_text(a, "instructions_counted_by", "pmu");
	const char *by_b = json_text(b, "instructions_counted_by", "pmu");

	if (!strcmp(by_a, by_b))
		return 0;
	fprintf(stderr, "mtce-compare: the runs differ in who counted the instructions: %s, %s\n", by_a, by_b);
	return 1;
}

unsigned int context_unlike(const char *name_a, const json_t *a, const char *name_b, const json_t *b)
{
	unsigned int found = unlike_objects("", json_object_get(a, "context"),
					    json_object_get(b, "context")) +
			     unlike_objects("effort", json_object_get(a, "effort"),
					    json_object_get(b, "effort")) +
			     unlike_counters(a, b);

	if (found)
		fprintf(stderr, "mtce-compare: A is %s, B is %s\n", name_a, name_b);
	return found;
}

/* What chooses scenarios or back ends. */
bool context_is_partial(const json_t *run)
{
	const json_t *command = json_object_get(json_object_get(run, "context"), "command");
	bool partial = json_object_get(run, "workload");
	size_t i;

	for (i = 1; i < json_array_size(command); i++) {
		const char *word = json_string_value(json_array_get(command, i));

		partial = partial || (word && (!strncmp(word, "--s", 3) || !strncmp(word, "-s", 2) ||
					       !strncmp(word, "--b", 3) || !strncmp(word, "-b", 2) ||
					       !strncmp(word, "--q", 3) || !strncmp(word, "-q", 2)));
	}
	return partial;
}

bool context_emulated(const json_t *run)
{
	return json_is_true(json_object_get(json_object_get(run, "context"), "emulated"));
}
