// SPDX-License-Identifier: GPL-2.0
/*
 * The lab's counter, in the guest: code of which everything is known is counted, and
 * every count must be right to the last instruction. Prints TAP.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../bench/exact.h"
#include "../../bench/resource.h"

#define WINDOWS 50

static unsigned int number, failed;
static uint64_t words[4] __attribute__((aligned(128)));

static void result(bool ok, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void result(bool ok, const char *format, ...)
{
	va_list args;

	number++;
	failed += !ok;
	printf("%s %u ", ok ? "ok" : "not ok", number);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

/*
 * Work
 */

/* One instruction for mtctr and @n for the loop. */
__attribute__((noipa)) static void loop(uint64_t n)
{
	__asm__ volatile("mtctr %0\n1:	bdnz 1b" :: "r"(n) : "ctr");
}

__attribute__((noipa)) static void nothing(uint64_t n)
{
	(void)n;
}

/* Each turn is five instructions, two of them indirect branches: what a PMU of an emulator forgets. */
static void indirect(uint64_t n)
{
	__asm__ volatile("	bcl 20,31,1f\n"
			 "1:	mflr 12\n"
			 "	addi 12,12,3f-1b\n"
			 "	mr 11,%0\n"
			 "2:	mtctr 12\n"
			 "	bctrl\n"
			 "	addic. 11,11,-1\n"
			 "	bne 2b\n"
			 "	b 4f\n"
			 "3:	blr\n"
			 "4:" :: "r"(n) : "r11", "r12", "lr", "ctr", "cr0", "xer");
}

/* Per turn: 3 loads, 2 stores, a ldarx and a stdcx., a sync, two lwsyncs, an isync, and the branch. */
static void kinds(uint64_t n)
{
	__asm__ volatile("	mtctr %0\n"
			 "1:	ld 9,0(%1)\n"
			 "	lwz 9,8(%1)\n"
			 "	lbz 9,16(%1)\n"
			 "	stw 9,8(%1)\n"
			 "	stdx 9,0,%1\n"
			 "	ldarx 9,0,%1\n"
			 "	stdcx. 9,0,%1\n"
			 "	sync\n"
			 "	lwsync\n"
			 "	lwsync\n"
			 "	isync\n"
			 "	bdnz 1b" :: "r"(n), "b"(words) : "r9", "ctr", "cr0", "memory");
}

static char *memory;

/* Each turn touches one more line of 128 bytes, twice. */
static void lines(uint64_t n)
{
	uint64_t i;

	for (i = 0; i < n; i++) {
		*(volatile char *)(memory + 128 * i);
		*(volatile char *)(memory + 128 * i + 127);
	}
}

static void calls(uint64_t n)
{
	while (n--)
		syscall(SYS_getppid);
}

static volatile uint32_t *device;

/* To a register that cannot be written. */
static void mmio(uint64_t n)
{
	while (n--)
		*device = 0;
}

/*
 * Tests
 */

/* The same code for every work, so that what it costs is the same. */
__attribute__((noipa)) static struct count once(void (*work)(uint64_t n), uint64_t n)
{
	struct exact_mark m;
	struct count c;

	exact_begin(&m);
	work(n);
	exact_end(&m, &c);
	return c;
}

/*
 * Counts of @work without what counting costs, if all windows of the purest kind agree.
 * If it never leaves user space, windows with interrupts must agree with those as well.
 */
static bool agreed(void (*work)(uint64_t n), uint64_t n, struct count *c)
{
	struct count empty[WINDOWS], full[WINDOWS], cost;
	unsigned int i, pure = 0;

	for (i = 0; i < WINDOWS; i++)
		empty[i] = once(nothing, n);
	cost = count_median(empty, WINDOWS);
	once(work, n);
	for (i = 0; i < WINDOWS; i++)
		full[i] = once(work, n);
	*c = count_median(full, WINDOWS);
	for (i = 0; i < WINDOWS; i++) {
		if (full[i].purity < (c->of[COUNT_SYSCALLS] > 0 ? c->purity : NO_DISTURBANCE))
			continue;
		pure++;
		if (full[i].of[COUNTED_INSTRUCTIONS] != c->of[COUNTED_INSTRUCTIONS]) {
			printf("# %.0f and %.0f instructions\n", full[i].of[COUNTED_INSTRUCTIONS],
			       c->of[COUNTED_INSTRUCTIONS]);
			return false;
		}
	}
	count_subtract(c, &cost, 1);
	printf("# %u of %u windows agree, purity %d\n", pure, WINDOWS, c->purity);
	return pure > WINDOWS / 4;
}

static void counts(const char *what, void (*work)(uint64_t n), uint64_t n, unsigned int kind,
		   double expected)
{
	struct count c;
	bool same = agreed(work, n, &c);

	result(same && c.of[kind] == expected, "%s: %.0f %s, %.0f expected", what, c.of[kind],
	       counted_names[kind], expected);
}

/* Against the same work done less often, as it has a beginning and an end. */
static void counts_more(const char *what, void (*work)(uint64_t n), unsigned int kind,
			double per_turn)
{
	struct count few, many;
	bool same = agreed(work, 10, &few) & agreed(work, 110, &many);

	result(same && many.of[kind] - few.of[kind] == 100 * per_turn,
	       "%s: %.0f %s in 100 turns, %.0f expected", what, many.of[kind] - few.of[kind],
	       counted_names[kind], 100 * per_turn);
}

static void test_kinds(void)
{
	static const struct {
		unsigned int kind;
		double per_turn;
	} each[] = {
		{ COUNT_INSTRUCTIONS, 12 }, { COUNT_LOADS, 3 }, { COUNT_STORES, 2 },
		{ COUNT_RESERVES, 1 }, { COUNT_CONDITIONALS, 1 }, { COUNT_SYNC, 1 },
		{ COUNT_LWSYNC, 2 }, { COUNT_ISYNC, 1 }, { COUNT_MMIO_STORES, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(each) / sizeof(*each); i++)
		counts_more("a mixture", kinds, each[i].kind, each[i].per_turn);
}

static void test_interrupt(void)
{
	struct count c = once(loop, 20000000);

	result(c.of[COUNT_INTERRUPTS] > 0 && c.of[COUNT_INTERRUPTED] > 100,
	       "a long window has %.0f interrupts, %.0f instructions of theirs",
	       c.of[COUNT_INTERRUPTS], c.of[COUNT_INTERRUPTED]);
	/* They leave no trace. */
	counts("a long loop", loop, 1000000, COUNT_INSTRUCTIONS, 1000001);
	counts("a long loop", loop, 1000000, COUNTED_ROOMS + COUNT_ROOM_KERNEL, 0);
	counts("system calls", calls, 40, COUNT_SYSCALLS, 40);
}

static void test_fault(void)
{
	char *fresh = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct exact_mark m;
	struct count c;

	exact_begin(&m);
	*(volatile char *)fresh = 1;
	exact_end(&m, &c);
	result(c.of[COUNT_FAULTS] > 0 && c.of[COUNTED_INSTRUCTIONS] > 500,
	       "a page that is not there is a fault: %.0f", c.of[COUNT_FAULTS]);
}

static void test_off(void)
{
	struct count c;

	exact_switch(false);
	c = once(loop, 1000000);
	result(c.of[COUNTED_INSTRUCTIONS] == 0, "nothing is counted while it is off");
	exact_switch(true);
	counts("on again", loop, 1000, COUNT_INSTRUCTIONS, 1001);
}

/* A window on two CPUs says nothing. */
static void pin(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

int main(void)
{
	pin();
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!exact_open()) {
		printf("1..0 # SKIP MTCE_COUNTER is not set: scripts/lab run --count-all\n");
		return 4;
	}
	memory = aligned_alloc(65536, 1 << 20);
	memset(memory, 1, 1 << 20);
	counts("a loop", loop, 1, COUNT_INSTRUCTIONS, 2);
	counts("a loop", loop, 1000, COUNT_INSTRUCTIONS, 1001);
	counts("a loop", loop, 50000, COUNT_INSTRUCTIONS, 50001);
	counts("a loop", loop, 50000, COUNTED_ROOMS + COUNT_ROOM_USER, 50001);
	counts("a loop", loop, 50000, COUNTED_ROOMS + COUNT_ROOM_KERNEL, 0);
	counts_more("indirect branches", indirect, COUNT_INSTRUCTIONS, 5);
	test_kinds();
	counts_more("lines", lines, COUNTED_LINES, 1);
	counts("system calls", calls, 10, COUNT_SYSCALLS, 10);
	device = resource_map("MTCE_MARKER", (size_t)sysconf(_SC_PAGESIZE));
	counts("stores to a device", mmio, 20, COUNT_MMIO_STORES, 20);
	test_interrupt();
	test_fault();
	test_off();
	printf("1..%u\n", number);
	return failed ? 1 : 0;
}
