/* SPDX-License-Identifier: GPL-2.0 */
/* One line on stderr: how far, what, and how long it may still take. */
#ifndef MTCE_BENCH_PROGRESS_H
#define MTCE_BENCH_PROGRESS_H

void progress(unsigned int done, unsigned int total, const char *backend,
	      const char *scenario);
void progress_end(void);

#endif
