/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tells an observer outside the guest which section is being measured.
 *
 * In the lab QEMU's trace sees every MMIO store. One store to a register of a
 * device that nobody else uses says "section N starts", a store of 0 "it is
 * over"; TCE kills in between belong to N. Without MTCE_MARKER: does nothing.
 * Where the lab's plugin counts (exact.h), it has counted the kills as well.
 */
#ifndef MTCE_BENCH_MARKER_H
#define MTCE_BENCH_MARKER_H

#include <stdbool.h>
#include <stdint.h>

void marker_open(void);
bool marker_present(void);
void marker_write(uint32_t section);
/*
 * Kills of a section by the plugin's count. False: those of a whole PE are without
 * those that a module did.
 */
bool marker_kills(uint32_t section, uint64_t *all, uint64_t *pe);
/* Those that a program which we have started saw in a section. */
void marker_add_kills(uint32_t section, uint64_t all, uint64_t pe);
/* A store to a register that cannot be written: what any MMIO store costs. */
void marker_store(void);

#endif
