/* SPDX-License-Identifier: GPL-2.0 */
/* Failing with one sentence; being interrupted; small files. */
#ifndef MTCE_BENCH_UTIL_H
#define MTCE_BENCH_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Says the sentence and ends the program with 1; settings go back (atexit). */
void die(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

void *xcalloc(size_t n, size_t size);

/* First line of a small file, without its newline. False: not readable. */
bool file_read_line(const char *path, char *buf, size_t size);
bool file_write(const char *path, const char *text);
/* -1 if it is not a file with a number in it. */
long long file_read_number(const char *path);

/*
 * Writes a sysfs or procfs setting; what it was before is written back when
 * the program ends, in reverse order. False: it could not be written (errno).
 */
bool setting_change(const char *path, const char *value);
void settings_restore(void);

/* After this, Ctrl-C and friends only set a flag, so that nothing is cut off. */
void interrupts_catch(void);
bool interrupted(void);
/* Ends the program with 130 if somebody asked for it. */
void interrupted_exit(void);

#endif
