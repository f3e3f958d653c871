/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that is not there until it is served (userfaultfd): whoever touches it
 * waits, also the kernel on behalf of a call. And calls in threads of their own,
 * so that a test sees one that does not come back.
 */
#ifndef MTCE_TEST_STALL_H
#define MTCE_TEST_STALL_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stall {
	int fd;			/* -1: not open */
	uint8_t *mem;
	size_t size;
	size_t there;		/* bytes at its beginning that are there */
};

const char *stall_possible(void);	/* why not, or NULL */

bool stall_open(struct stall *s, size_t pages);
/* Only the last of them is not there. */
bool stall_open_last(struct stall *s, size_t pages);
/* Has somebody begun to wait, within so many ms? */
bool stall_seen(struct stall *s, int ms);
/* All pages are there from now on; the first that was not begins with these bytes. */
void stall_serve(struct stall *s, const void *bytes, size_t size);
void stall_close(struct stall *s);

/* So long a call may take that waits for nobody. */
#define STALL_LIMIT_MS	4000

struct async {
	int (*call)(void *arg);
	void *arg;
	int ret;
	bool started;
	pthread_t thread;
	sem_t done;
};

void async_start(struct async *a, int (*call)(void *arg), void *arg);
bool async_done(struct async *a, int ms);	/* has it come back, within so many ms? */
int async_result(struct async *a);		/* waits for it */

#endif
