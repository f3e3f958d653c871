/* SPDX-License-Identifier: GPL-2.0 */
/* The version of mtce's programs, and how they end; tests/host/exit-status.sh holds the others to it. */
#ifndef MTCE_BENCH_VERSION_H
#define MTCE_BENCH_VERSION_H

#define MTCE_VERSION "0.1"
#define EXIT_USAGE 2	/* the command line is wrong; CONTRIBUTING.md has all of them */

#endif
