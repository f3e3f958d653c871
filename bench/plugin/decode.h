/* SPDX-License-Identifier: GPL-2.0 */
/* What the plugin must know of a Power instruction. */
#ifndef MTCE_PLUGIN_DECODE_H
#define MTCE_PLUGIN_DECODE_H

#include <stdbool.h>
#include <stdint.h>

/* A count_kind, or COUNT_INSTRUCTIONS if it is none of them. */
unsigned int decode_kind(uint32_t insn);
/* It cannot fault or trap: whoever begins it begins the next as well. */
bool decode_is_plain(uint32_t insn);
/* It ends an interrupt. */
bool decode_is_return(uint32_t insn);
/* The slot of a marker; -1: it is none. *@mark: which. */
int decode_marker(uint32_t insn, unsigned int *mark);

#endif
