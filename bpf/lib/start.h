/* SPDX-License-Identifier: GPL-2.0 */
/* How a tool starts and stops: what must be there, said clearly if it is not. */
#ifndef MTCE_START_H
#define MTCE_START_H

#include <stdbool.h>

/*
 * Each of these prints one sentence and exits with status 1 if a tool cannot work
 * here. Call them after the options were parsed.
 */
void mtce_need_host(void);			/* root, kernel, its type information */
void mtce_need_module(const char *module);	/* loaded */
const char *mtce_need_tracefs(void);		/* returns where it is mounted */

/* libbpf is heard with --verbose only. */
void mtce_quiet_libbpf(void);

/* A step of libbpf's failed with @error (negative): say which, exit with status 1. */
__attribute__((noreturn)) void mtce_bpf_failed(const char *step, int error);

/*
 * From now on SIGINT and SIGTERM only make mtce_stopped() true, and system calls
 * that wait return EINTR.
 */
void mtce_stop_on_signals(void);
bool mtce_stopped(void);

/*
 * Everything is attached: tell on standard error, so that whoever starts a load
 * after that line misses nothing.
 */
void mtce_watching(const char *what);

/* Write what was printed. If that fails, mtce_stopped() is true and mtce_end() says why. */
void mtce_flush(void);

/* Flush the output; what could not be written makes the status 1. */
int mtce_end(void);

#endif /* MTCE_START_H */
