// SPDX-License-Identifier: GPL-2.0
#include "runfile.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"

static void check_result(const char *path, size_t i, const json_t *result)
{
	if (!json_is_object(result) || !json_is_string(json_object_get(result, "name")) ||
	    !json_is_string(json_object_get(result, "backend")))
		die("%s: scenario %zu has no name or no back end: not written by mtce-bench",
		    path, i + 1);
}

/* The first that is there; else the one that is missed. */
static void file_in(const char *folder, char *path, size_t size)
{
	static const char * const names[] = { "bench.json", "sweep.json", "replay.json" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, size, "%s/%s", folder, names[i]);
		if (!access(path, F_OK))
			return;
	}
	snprintf(path, size, "%s/%s", folder, names[0]);
}

json_t *runfile_read(const char *path)
{
	char inside[4096];
	json_error_t error;
	struct stat st;
	json_t *run;

	if (!strcmp(path, "-")) {
		run = json_loadf(stdin, 0, &error);
	} else {
		snprintf(inside, sizeof(inside), "%s", path);
		if (!stat(path, &st) && S_ISDIR(st.st_mode))
			file_in(path, inside, sizeof(inside));
		if (access(inside, R_OK))
			die("cannot read %s: %s", inside, strerror(errno));
		run = json_load_file(inside, 0, &error);
	}
	if (!run)
		die("%s is not JSON: line %d: %s", path, error.line, error.text);
	return run;
}

void runfile_check(const char *path, const json_t *run)
{
	const json_t *schema, *scenarios;
	size_t i;

	if (json_object_get(run, "kind"))
		die("%s is of mtce-%s, and is printed, not compared", path, json_text(run, "kind", "?"));
	schema = json_object_get(run, "schema");
	if (!json_is_integer(schema))
		die("%s was not written by mtce-bench: it has no schema number", path);
	if (json_integer_value(schema) != RUNFILE_SCHEMA)
		die("%s has schema %lld and this mtce-compare reads schema %d: use the one of the same checkout",
		    path, (long long)json_integer_value(schema), RUNFILE_SCHEMA);
	scenarios = json_object_get(run, "scenarios");
	if (!json_is_array(scenarios) || !json_array_size(scenarios))
		die("%s holds no scenarios", path);
	if (!json_is_object(json_object_get(run, "context")))
		die("%s has no context: nobody knows where it was measured", path);
	for (i = 0; i < json_array_size(scenarios); i++)
		check_result(path, i, json_array_get(scenarios, i));
}

json_t *runfile_load(const char *path)
{
	json_t *run = runfile_read(path);

	runfile_check(path, run);
	return run;
}

const json_t *runfile_result(const json_t *run, const char *scenario, const char *backend)
{
	const json_t *scenarios = json_object_get(run, "scenarios");
	size_t i;

	for (i = 0; i < json_array_size(scenarios); i++) {
		const json_t *r = json_array_get(scenarios, i);

		if ((!scenario || !strcmp(json_text(r, "name", ""), scenario)) &&
		    !strcmp(json_text(r, "backend", ""), backend))
			return r;
	}
	return NULL;
}

double runfile_done(const json_t *run)
{
	const json_t *partial = json_object_get(run, "partial");
	double turns = json_number_or_nan(partial, "turns");

	if (!partial)
		return 100;
	return turns > 0 ? 100 * json_number_or_nan(partial, "turns_done") / turns : 0;
}

bool runfile_has_backend(const json_t *run, const char *backend)
{
	return runfile_result(run, NULL, backend);
}

double json_number_or_nan(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

const char *json_text(const json_t *object, const char *key, const char *otherwise)
{
	const json_t *value = json_object_get(object, key);

	return json_is_string(value) ? json_string_value(value) : otherwise;
}
