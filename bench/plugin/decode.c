// SPDX-License-Identifier: GPL-2.0
#include "decode.h"

#include <stddef.h>

#include "page.h"

static unsigned int opcode(uint32_t insn)
{
	return insn >> 26;
}

static unsigned int extended(uint32_t insn)
{
	return insn >> 1 & 0x3ff;
}

static bool one_of(const uint16_t *list, size_t n, unsigned int number)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (list[i] == number)
			return true;
	return false;
}

#define IN(list, number) one_of(list, sizeof(list) / sizeof((list)[0]), number)

/* Opcode 31, by their extended opcodes (Power ISA 2.07, appendix "Opcode Maps"). */
static const uint16_t loads[] = {
	21, 23, 53, 55, 87, 119, 279, 311, 341, 343, 373, 375,	/* ldx ... lhaux */
	532, 534, 790,			/* byte-reversed */
	533, 597,			/* strings */
	789, 821, 853, 885,		/* caching inhibited */
	7, 39, 71, 103, 359,		/* vectors */
	12, 76, 332, 524, 588, 780, 844,	/* VSX */
	535, 567, 599, 631, 791, 855, 887,	/* floating point */
};

static const uint16_t stores[] = {
	149, 151, 181, 183, 215, 247, 407, 439,	/* stdx ... sthux */
	660, 662, 918,
	661, 725,
	917, 949, 981, 1013,
	135, 167, 199, 231, 487,
	140, 652, 716, 908, 972,
	663, 695, 727, 759, 919, 983,
	1014,				/* dcbz */
};

static const uint16_t reserves[] = { 20, 52, 84, 116, 276 };
static const uint16_t conditionals[] = { 150, 182, 214, 694, 726 };

static unsigned int kind_of_sync(uint32_t insn)
{
	return (insn >> 21 & 3) == 1 ? COUNT_LWSYNC : COUNT_SYNC;
}

static unsigned int kind_of_31(uint32_t insn)
{
	unsigned int xo = extended(insn);

	if (xo == 598)
		return kind_of_sync(insn);
	if (IN(reserves, xo))
		return COUNT_RESERVES;
	if (IN(conditionals, xo))
		return COUNT_CONDITIONALS;
	if (IN(loads, xo))
		return COUNT_LOADS;
	return IN(stores, xo) ? COUNT_STORES : COUNT_INSTRUCTIONS;
}

unsigned int decode_kind(uint32_t insn)
{
	static const uint16_t d_loads[] = {
		32, 33, 34, 35, 40, 41, 42, 43, 46, 48, 49, 50, 51, 56, 57, 58,
	};
	static const uint16_t d_stores[] = {
		36, 37, 38, 39, 44, 45, 47, 52, 53, 54, 55, 61, 62,
	};
	unsigned int op = opcode(insn);

	if (op == 31)
		return kind_of_31(insn);
	if (op == 19 && extended(insn) == 150)
		return COUNT_ISYNC;
	/* POWER9's lxv, which a library may use. */
	if (op == 61 && (insn & 7) == 1)
		return COUNT_LOADS;
	if (IN(d_loads, op))
		return COUNT_LOADS;
	return IN(d_stores, op) ? COUNT_STORES : COUNT_INSTRUCTIONS;
}

bool decode_is_plain(uint32_t insn)
{
	/* Immediates, rotates. */
	static const uint16_t plain[] = {
		7, 8, 10, 11, 12, 13, 14, 15, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30,
	};
	/* Opcode 31: compare, logic, shift, count, extend, move from CR and LR, CTR, XER. */
	static const uint16_t plain_31[] = {
		0, 24, 26, 27, 28, 32, 58, 60, 124, 284, 316, 412, 444, 476, 506, 508,
		536, 539, 792, 794, 824, 826, 827, 922, 954, 986,
	};
	/* Arithmetic has one bit less; the highest asks for overflow. */
	static const uint16_t plain_arithmetic[] = {
		8, 9, 10, 11, 40, 73, 75, 104, 136, 138, 200, 202, 232, 233, 234, 235, 266,
		457, 459, 489, 491,
	};
	unsigned int op = opcode(insn), xo = extended(insn);

	if (op != 31)
		return IN(plain, op);
	return IN(plain_31, xo) || IN(plain_arithmetic, xo & 0x1ff);
}

bool decode_is_return(uint32_t insn)
{
	/* rfid, hrfid */
	return opcode(insn) == 19 && (extended(insn) == 18 || extended(insn) == 274);
}

int decode_marker(uint32_t insn, unsigned int *mark)
{
	*mark = insn & 0xffff;
	/* tdi, with no condition to trap on. */
	if (insn >> 21 != 2u << 5 || *mark < COUNT_MARK_READ || *mark > COUNT_MARK_COMMAND)
		return -1;
	return insn >> 16 & 31;
}
