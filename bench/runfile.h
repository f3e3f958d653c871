/* SPDX-License-Identifier: GPL-2.0 */
/* Reads what mtce-bench wrote, and refuses anything else. */
#ifndef MTCE_BENCH_RUNFILE_H
#define MTCE_BENCH_RUNFILE_H

#include <jansson.h>
#include <stdbool.h>

#define RUNFILE_SCHEMA 1
/* Of a step, if several runs were made one: the median of the samples of each. */
#define RUN_MEDIANS "run_medians"

/* A folder has its bench.json; "-" is stdin. Dies with a sentence that names the file. */
json_t *runfile_load(const char *path);
/* Whatever it is of; a folder stands for the file of its kind. */
json_t *runfile_read(const char *path);
/* Fails unless mtce-bench wrote it. */
void runfile_check(const char *path, const json_t *run);

/* NULL if the run has no such result. */
const json_t *runfile_result(const json_t *run, const char *scenario, const char *backend);
/* In percent, how much of a run that somebody interrupted was done; 100: all of it. */
double runfile_done(const json_t *run);
bool runfile_has_backend(const json_t *run, const char *backend);

/* NAN if it is missing or null. */
double json_number_or_nan(const json_t *object, const char *key);
/* @otherwise if it is missing or no string. */
const char *json_text(const json_t *object, const char *key, const char *otherwise);

#endif
