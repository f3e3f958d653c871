/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a program in the guest and the plugin in QEMU say to each other: memory
 * that both map, and two instructions that do nothing but that the plugin sees.
 *
 * "tdi 0,rS,imm" traps never. S is the number of a slot; the plugin writes there
 * what the CPU that runs it has counted until now. The marker itself does not count.
 */
#ifndef MTCE_PLUGIN_PAGE_H
#define MTCE_PLUGIN_PAGE_H

#include <stdint.h>

#define COUNT_PAGE_MAGIC	0x4d544345434e5431ull	/* "MTCECNT1" */
#define COUNT_PAGE_SIZE		(8ull << 20)
#define COUNT_SLOTS		32u
#define COUNT_MAX_FUNCTIONS	131072u

#define COUNT_MARK_READ		0x4d54	/* fill the slot */
#define COUNT_MARK_FUNCTIONS	0x4d55	/* and hand out counts per function, which begin again at 0 */
#define COUNT_MARK_COMMAND	0x4d56	/* do what @command says; @state follows later */

#define COUNT_LINES_MANY	UINT64_MAX	/* the plugin lost count */

/*
 * Instructions begun: one that faults and is done again counts twice. What interrupts
 * do, from the vector to the return, is in none but the last four.
 */
enum count_kind {
	COUNT_INSTRUCTIONS,
	COUNT_LOADS,
	COUNT_STORES,
	COUNT_RESERVES,		/* lwarx, ldarx and the like */
	COUNT_CONDITIONALS,	/* stwcx., stdcx. */
	COUNT_SYNC,		/* hwsync, ptesync */
	COUNT_LWSYNC,
	COUNT_ISYNC,
	COUNT_STATIC_KINDS,	/* the rest is not seen in the instruction itself */

	COUNT_MMIO_LOADS = COUNT_STATIC_KINDS,
	COUNT_MMIO_STORES,
	COUNT_FAULTS,		/* of storage or segment, or a facility that was off */
	COUNT_SYSCALLS,
	COUNT_INTERRUPTS,	/* decrementer, external, doorbell and the like */
	COUNT_INTERRUPTED,	/* instructions of theirs */
	COUNT_DISTURBANCES,	/* another thread; interrupts that came while they were off, or whose end is not seen */
	COUNT_KINDS
};

/* Whose an instruction is, by its address: the guest names functions and their room. */
enum count_room {
	COUNT_ROOM_KERNEL,	/* nothing else */
	COUNT_ROOM_USER,
	COUNT_ROOM_BACKEND,
	COUNT_ROOM_VFIO,
	COUNT_ROOM_IOMMU,	/* the platform's part, below a back end */
	COUNT_ROOMS
};

struct count_slot {
	uint64_t cpu;
	uint64_t kinds[COUNT_KINDS];
	uint64_t rooms[COUNT_ROOMS];
	uint64_t lines;		/* of 128 bytes, touched since the CPU's last marker; or COUNT_LINES_MANY */
	/* Of all CPUs, as others may kill for us. */
	uint64_t kills;
	uint64_t kills_pe;	/* of a whole PE, by the value; in vain if @knows_values is 0 */
	uint64_t kills_apart;
	uint64_t unused[5];
};

/* Sorted by address; a function ends where the next begins. */
struct count_function {
	uint64_t start;
	uint32_t room;
	uint32_t flags;
};

#define COUNT_KILLS_APART	1u	/* there are counts of what it kills */
#define COUNT_REPLAYS		2u	/* it handles interrupts that came while the kernel had them off */
#define COUNT_DISTURBS		16u	/* to begin it is a disturbance */
#define COUNT_DISTURBS_INTERRUPT 4u	/* in an interrupt it is */
#define COUNT_RETURNS_NOT	8u	/* its rfid does not end an interrupt */

enum count_state { COUNT_OFF, COUNT_ON };

struct count_page {
	uint64_t magic;		/* the plugin's, when it is there */
	uint64_t state;		/* the plugin's answer */
	uint64_t command;	/* the guest's wish */
	uint64_t num_functions;	/* of the guest; read when counting begins */
	uint64_t knows_values;	/* the plugin's: this QEMU tells what is stored */
	struct count_slot slots[COUNT_SLOTS];
	struct count_function functions[COUNT_MAX_FUNCTIONS];
	uint64_t counts[COUNT_MAX_FUNCTIONS];
};

_Static_assert(sizeof(struct count_page) <= COUNT_PAGE_SIZE, "the memory is too small");

#endif
