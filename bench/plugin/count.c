// SPDX-License-Identifier: GPL-2.0
/*
 * mtce's counter: a plugin for QEMU's TCG that counts what a guest's CPUs do,
 * exactly. page.h says how the guest asks.
 *
 *   qemu-system-ppc64 ... -plugin .../count.so,page=FILE
 *     -object memory-backend-file,id=count,mem-path=FILE,size=8M,share=on
 *     -device ivshmem-plain,memdev=count
 *
 * A translated block is cut into pieces that are executed as a whole: an
 * instruction that may fault ends one. A piece is counted when it begins.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "decode.h"
#include "lines.h"
#include "page.h"
#include "qemu-api.h"

#define KERNEL_BASE	0xc000000000000000ull
#define VECTOR_BITS	0xc000000000004000ull	/* of an interrupt taken with translation on */
#define VECTORS_END	0x1000ull
/* The only big-endian code that runs in the lab. */
#define FIRMWARE_BASE	0x30000000ull
#define FIRMWARE_END	0x34000000ull

#define KILL_DEVICE	"phb3-regs"
#define KILL_OFFSET	0x210u
#define KILL_PE		(1ull << 62)	/* PPC bit 1 */

struct piece {
	struct piece *next;		/* of all there are */
	uint64_t begin;
	uint32_t instructions;
	uint32_t function;
	uint8_t last;			/* a kind: only the last can be a special one */
	uint8_t event;			/* a kind: it is an interrupt's first; or 0 */
	uint8_t room;
	bool returns;
	bool disturbs;
	bool disturbs_interrupt;
	bool replays;
};

struct cpu {
	uint32_t function;		/* in which it is */
	uint64_t end;			/* of the last piece */
	unsigned int depth;		/* of interrupts within an interrupt; 0: there is none */
	unsigned int calls;		/* of the function that replays, from one place; 0: there is none */
	uint64_t after;			/* where it returns to */
	uint64_t kinds[COUNT_KINDS];
	uint64_t rooms[COUNT_ROOMS];
	uint64_t functions[COUNT_MAX_FUNCTIONS];
	struct lines lines;
};

static qemu_plugin_id_t plugin;
static struct count_page *page;
static struct cpu *cpus;
static struct piece *pieces;
static bool counting;
static struct count_function functions[COUNT_MAX_FUNCTIONS];
static uint32_t num_functions;
static atomic_uint_fast64_t kills, kills_pe, kills_apart;

PLUGIN_EXPORT int qemu_plugin_version;

/* QEMU reads the version when the object is loaded. */
__attribute__((constructor)) static void choose_version(void)
{
	qemu_plugin_version = qemu_plugin_read_memory_vaddr ? 4 : 1;
}

/*
 * At execution
 */

/* Whatever an interrupt brings about ends in a return; the last one ends the interrupt. */
static void interrupt_piece(struct cpu *c, const struct piece *p)
{
	c->kinds[COUNT_INTERRUPTED] += p->instructions;
	c->kinds[COUNT_INTERRUPTS] += p->event == COUNT_INTERRUPTS;
	c->kinds[COUNT_DISTURBANCES] += p->disturbs_interrupt;
	if (p->event)
		c->depth++;
	if (p->returns)
		c->depth--;
}

/* A function that replays interrupts is left for what is behind its call. True: the piece is still its. */
static bool in_replay(struct cpu *c, const struct piece *p)
{
	if (p->replays && (!c->calls || c->after == c->end)) {
		c->after = c->end;
		c->calls++;
		c->kinds[COUNT_DISTURBANCES]++;
	} else if (c->calls && p->begin == c->after) {
		c->calls--;
	}
	return c->calls;
}

static void replay_piece(struct cpu *c, const struct piece *p)
{
	c->kinds[COUNT_INTERRUPTED] += p->instructions;
	c->kinds[COUNT_INTERRUPTS] += p->event == COUNT_INTERRUPTS;
}

static void count_piece(struct cpu *c, const struct piece *p)
{
	c->kinds[COUNT_INSTRUCTIONS] += p->instructions;
	c->rooms[p->room] += p->instructions;
	c->functions[p->function] += p->instructions;
	if (p->last)
		c->kinds[p->last]++;
	if (p->event)
		c->kinds[p->event]++;
}

static bool in_interrupt(const struct cpu *c)
{
	return c->depth || c->calls;
}

static void leave_interrupt(struct cpu *c)
{
	c->kinds[COUNT_DISTURBANCES] += in_interrupt(c);
	c->depth = 0;
	c->calls = 0;
}

static void begin_piece(unsigned int vcpu, void *data)
{
	const struct piece *p = data;
	struct cpu *c = &cpus[vcpu];

	c->function = p->function;
	/* No interrupt makes a system call or a hypercall. One that took a CPU out of its guest ends unseen. */
	if (p->event == COUNT_SYSCALLS)
		leave_interrupt(c);
	c->kinds[COUNT_DISTURBANCES] += p->disturbs;
	if (!c->depth && in_replay(c, p))
		replay_piece(c, p);
	else if (c->depth || p->event == COUNT_INTERRUPTS)
		interrupt_piece(c, p);
	else
		count_piece(c, p);
	c->end = p->begin + 4 * p->instructions;
}

static void count_kill(const struct cpu *c, qemu_plugin_meminfo_t info)
{
	atomic_fetch_add(&kills, 1);
	if (functions[c->function].flags & COUNT_KILLS_APART)
		atomic_fetch_add(&kills_apart, 1);
	if (qemu_plugin_mem_get_value && (qemu_plugin_mem_get_value(info).data.u64 & KILL_PE))
		atomic_fetch_add(&kills_pe, 1);
}

static bool is_kill(const struct qemu_plugin_hwaddr *addr)
{
	return (qemu_plugin_hwaddr_phys_addr(addr) & 0xfff) == KILL_OFFSET &&
	       !strcmp(qemu_plugin_hwaddr_device_name(addr), KILL_DEVICE);
}

/* The kernel's linear mapping is memory. */
static bool may_be_io(uint64_t vaddr)
{
	return vaddr >> 44 != KERNEL_BASE >> 44;
}

static void access_memory(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr,
			  void *data)
{
	const struct qemu_plugin_hwaddr *addr;
	struct cpu *c = &cpus[vcpu];

	(void)data;
	if (!in_interrupt(c))
		lines_touch(&c->lines, vaddr);
	if (!may_be_io(vaddr))
		return;
	addr = qemu_plugin_get_hwaddr(info, vaddr);
	if (!addr || !qemu_plugin_hwaddr_is_io(addr))
		return;
	if (!in_interrupt(c))
		c->kinds[qemu_plugin_mem_is_store(info) ? COUNT_MMIO_STORES : COUNT_MMIO_LOADS]++;
	if (qemu_plugin_mem_is_store(info) && is_kill(addr))
		count_kill(c, info);
}

/*
 * Markers
 */

static void fill_slot(unsigned int vcpu, struct count_slot *s)
{
	struct cpu *c = &cpus[vcpu];

	/* Whoever asks is no interrupt: its end was missed. */
	leave_interrupt(c);
	s->cpu = vcpu;
	memcpy(s->kinds, c->kinds, sizeof(s->kinds));
	memcpy(s->rooms, c->rooms, sizeof(s->rooms));
	s->lines = lines_take(&c->lines);
	s->kills = atomic_load(&kills);
	s->kills_pe = atomic_load(&kills_pe);
	s->kills_apart = atomic_load(&kills_apart);
}

static void mark_read(unsigned int vcpu, void *data)
{
	fill_slot(vcpu, data);
}

static void mark_functions(unsigned int vcpu, void *data)
{
	size_t size = num_functions * sizeof(*page->counts);

	memcpy(page->counts, cpus[vcpu].functions, size);
	memset(cpus[vcpu].functions, 0, size);
	fill_slot(vcpu, data);
}

static void restart(qemu_plugin_id_t id);

/* What is translated does not fit any more; QEMU forgets it, and us. */
static void mark_command(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	qemu_plugin_reset(plugin, restart);
}

/*
 * At translation
 */

/* The bytes as they lie in memory. */
static uint32_t read_bytes(const struct qemu_plugin_insn *insn)
{
	void (*data)(void) = qemu_plugin_insn_data;
	uint32_t word = 0;

	if (qemu_plugin_version >= 3)
		((qemu_plugin_insn_data_v3)data)(insn, &word, sizeof(word));
	else
		memcpy(&word, ((qemu_plugin_insn_data_v1)data)(insn), sizeof(word));
	return word;
}

static uint32_t read_instruction(const struct qemu_plugin_insn *insn)
{
	uint64_t vaddr = qemu_plugin_insn_vaddr(insn);
	uint32_t word = read_bytes(insn);

	return vaddr >= FIRMWARE_BASE && vaddr < FIRMWARE_END ? __builtin_bswap32(word) : word;
}

/* By the addresses that interrupts begin at (Power ISA 2.07, book III-S, 6.5). */
static uint8_t event_at(uint64_t vaddr)
{
	uint64_t vector = vaddr & ~VECTOR_BITS;

	if (vector >= VECTORS_END)
		return 0;
	switch (vector) {
	case 0x100: case 0x200: case 0x500: case 0x900: case 0x980: case 0xa00:
	case 0xe60: case 0xe80: case 0xea0: case 0xf00:
		return COUNT_INTERRUPTS;
	case 0x300: case 0x380: case 0x400: case 0x480: case 0x600: case 0x700: case 0x800:
	case 0xe00: case 0xe20: case 0xe40: case 0xf20: case 0xf40: case 0xf60: case 0xf80:
		return COUNT_FAULTS;
	case 0xc00:
		return COUNT_SYSCALLS;
	default:
		return 0;
	}
}

/* The last one that does not begin behind it. */
static uint32_t function_at(uint64_t vaddr)
{
	uint32_t from = 0, to = num_functions;

	while (to - from > 1) {
		uint32_t middle = from + (to - from) / 2;

		if (functions[middle].start <= vaddr)
			from = middle;
		else
			to = middle;
	}
	return from;
}

static uint8_t room_at(uint64_t vaddr, uint32_t function)
{
	if (num_functions)
		return (uint8_t)functions[function].room;
	return vaddr >= KERNEL_BASE ? COUNT_ROOM_KERNEL : COUNT_ROOM_USER;
}

/* Within a module or the kernel a function is called behind the two instructions that set up r2. */
#define LOCAL_ENTRY 8

static bool begins_function(const struct piece *p, uint32_t flag)
{
	const struct count_function *f = &functions[p->function];

	return (p->begin == f->start || p->begin == f->start + LOCAL_ENTRY) && f->flags & flag;
}

static struct piece *new_piece(struct qemu_plugin_insn *insn)
{
	uint64_t vaddr = qemu_plugin_insn_vaddr(insn);
	struct piece *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->begin = vaddr;
	p->function = function_at(vaddr);
	p->room = room_at(vaddr, p->function);
	p->event = event_at(vaddr);
	p->disturbs = begins_function(p, COUNT_DISTURBS);
	p->disturbs_interrupt = begins_function(p, COUNT_DISTURBS_INTERRUPT);
	p->replays = begins_function(p, COUNT_REPLAYS);
	/* Translation is done by all CPUs at once. */
	do
		p->next = __atomic_load_n(&pieces, __ATOMIC_RELAXED);
	while (!__sync_bool_compare_and_swap(&pieces, p->next, p));
	qemu_plugin_register_vcpu_insn_exec_cb(insn, begin_piece, QEMU_PLUGIN_CB_NO_REGS, p);
	return p;
}

static void count_accesses(struct qemu_plugin_insn *insn, unsigned int kind)
{
	if (kind >= COUNT_LOADS && kind <= COUNT_CONDITIONALS)
		qemu_plugin_register_vcpu_mem_cb(insn, access_memory, QEMU_PLUGIN_CB_NO_REGS,
						 QEMU_PLUGIN_MEM_RW, NULL);
}

static bool is_marker(struct qemu_plugin_insn *insn, uint32_t word)
{
	static const qemu_plugin_vcpu_udata_cb_t marks[] = {
		mark_read, mark_functions, mark_command,
	};
	unsigned int mark;
	int slot = decode_marker(word, &mark);

	if (slot < 0)
		return false;
	qemu_plugin_register_vcpu_insn_exec_cb(insn, marks[mark - COUNT_MARK_READ],
					       QEMU_PLUGIN_CB_NO_REGS, &page->slots[slot]);
	return true;
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);
	struct piece *p = NULL;

	(void)id;
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint32_t word = read_instruction(insn);

		if (is_marker(insn, word)) {
			p = NULL;
			continue;
		}
		if (!counting)
			continue;
		if (!p)
			p = new_piece(insn);
		p->instructions++;
		p->last = (uint8_t)decode_kind(word);
		p->returns = decode_is_return(word) && !(functions[p->function].flags & COUNT_RETURNS_NOT);
		count_accesses(insn, p->last);
		if (!decode_is_plain(word))
			p = NULL;
	}
}

/* Nothing that was translated is left. */
static void forget(qemu_plugin_id_t id)
{
	(void)id;
	while (pieces) {
		struct piece *next = pieces->next;

		free(pieces);
		pieces = next;
	}
}

/*
 * Begin and end
 */

static void take_functions(void)
{
	uint32_t i;

	num_functions = page->num_functions < COUNT_MAX_FUNCTIONS ? (uint32_t)page->num_functions : 0;
	memcpy(functions, page->functions, num_functions * sizeof(*functions));
	for (i = 0; i < num_functions; i++)
		if (functions[i].room >= COUNT_ROOMS)
			functions[i].room = COUNT_ROOM_KERNEL;
}

static void listen(void)
{
	qemu_plugin_register_vcpu_tb_trans_cb(plugin, translate);
	qemu_plugin_register_flush_cb(plugin, forget);
}

/* All CPUs stand still. */
static void restart(qemu_plugin_id_t id)
{
	forget(id);
	counting = page->command == COUNT_ON;
	if (counting)
		take_functions();
	listen();
	__atomic_store_n(&page->state, counting ? COUNT_ON : COUNT_OFF, __ATOMIC_RELEASE);
}

static int complain(const char *what)
{
	fprintf(stderr, "mtce's counter: %s\n", what);
	return -1;
}

static struct count_page *map_page(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *map;

	if (fd < 0)
		return NULL;
	map = lseek(fd, 0, SEEK_END) < (off_t)COUNT_PAGE_SIZE ? MAP_FAILED :
	      mmap(NULL, COUNT_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return map == MAP_FAILED ? NULL : map;
}

static int make_cpus(int num)
{
	int i;

	cpus = calloc((size_t)num, sizeof(*cpus));
	if (!cpus)
		return complain("no memory");
	for (i = 0; i < num; i++)
		lines_make(&cpus[i].lines);
	return 0;
}

PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info,
				      int argc, char **argv)
{
	if (!info->system_emulation || strcmp(info->target_name, "ppc64"))
		return complain("only for qemu-system-ppc64");
	if (argc != 1 || strncmp(argv[0], "page=", 5))
		return complain("wants page=FILE and nothing else");
	page = map_page(argv[0] + 5);
	if (!page)
		return complain("page=FILE must name a file of 8 MiB that can be written");
	if (make_cpus(info->max_vcpus))
		return -1;
	plugin = id;
	page->state = COUNT_OFF;
	page->knows_values = !!qemu_plugin_mem_get_value;
	page->magic = COUNT_PAGE_MAGIC;
	listen();
	return 0;
}
