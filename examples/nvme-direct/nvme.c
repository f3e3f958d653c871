// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "nvme.h"

#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "clock.h"
#include "util.h"

/* Registers, and what is in them. */
#define CAP			0x00
#define CC			0x14
#define CC_ENABLE		1u
#define CC_ENTRY_SIZES		(6u << 16 | 4u << 20)	/* 64 and 16 bytes */
#define CSTS			0x1c
#define CSTS_READY		1u
#define CSTS_FATAL		2u
#define AQA			0x24
#define ASQ			0x28
#define ACQ			0x30
#define BELLS			0x1000

enum { CREATE_SUBMISSIONS = 1, CREATE_COMPLETIONS = 5, IDENTIFY = 6 };	/* admin commands */
enum { READ = 2 };							/* of the other queue */
enum { IDENTIFY_NAMESPACE = 0, IDENTIFY_CONTROLLER = 1 };

#define NAMESPACE		1u
#define PATIENCE_NS		30000000000ull

struct nvme_command {
	uint8_t opcode;
	uint8_t flags;
	uint16_t id;
	uint32_t namespace;
	uint64_t reserved;
	uint64_t metadata;
	uint64_t page1;
	uint64_t page2;
	uint32_t word[6];		/* 10 to 15 */
};

struct nvme_completion {
	uint32_t result;
	uint32_t reserved;
	uint16_t head;
	uint16_t queue;
	uint16_t id;
	uint16_t status;		/* bit 0: phase */
};

_Static_assert(sizeof(struct nvme_command) == 64 && sizeof(struct nvme_completion) == 16, "as the specification has them");

/* The shared memory. */
#define ADMIN_ENTRIES		16u
#define IO_ENTRIES		512u	/* more than reads at a time */
#define ADMIN_SUBMISSIONS	0x0000u
#define ADMIN_COMPLETIONS	0x1000u
#define IDENTIFY_DATA		0x2000u
#define IO_COMPLETIONS		0x4000u
#define IO_SUBMISSIONS		0x8000u
#define LISTS			0x10000u

uint64_t nvme_shared_size(void)
{
	return LISTS + NVME_MAX_DEPTH * NVME_PAGE;
}

static uint32_t reg_read(struct nvme *n, unsigned int reg)
{
	uint32_t value = le32toh(*(volatile uint32_t *)(n->regs + reg));

	__sync_synchronize();
	return value;
}

static void reg_write(volatile void *reg, uint32_t value)
{
	__sync_synchronize();
	*(volatile uint32_t *)reg = htole32(value);
	__sync_synchronize();
}

static void reg_write64(struct nvme *n, unsigned int reg, uint64_t value)
{
	reg_write(n->regs + reg, (uint32_t)value);
	reg_write(n->regs + reg + 4, (uint32_t)(value >> 32));
}

/*
 * The device behind VFIO
 */

static struct vfio_region_info region(struct nvme *n, unsigned int index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	if (ioctl(n->fd, VFIO_DEVICE_GET_REGION_INFO, &info))
		die("VFIO does not say where the controller's registers are: %s", strerror(errno));
	return info;
}

/* Behind VFIO it begins with memory access and bus mastering off. */
static void switch_on(struct nvme *n)
{
	struct vfio_region_info config = region(n, VFIO_PCI_CONFIG_REGION_INDEX);
	uint8_t class[3];
	uint16_t command;

	if (pread(n->fd, class, 3, (off_t)config.offset + 9) != 3 || pread(n->fd, &command, 2, (off_t)config.offset + 4) != 2)
		die("the device's configuration cannot be read: %s", strerror(errno));
	if (class[0] != 2 || class[1] != 8 || class[2] != 1)
		die("the device is no NVMe controller: its class is %02x%02x%02x, not 010802", class[2], class[1], class[0]);
	command |= htole16(0x6);
	if (pwrite(n->fd, &command, 2, (off_t)config.offset + 4) != 2)
		die("the device cannot be switched on: %s", strerror(errno));
}

static size_t registers_size(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return page > 0x2000 ? page : 0x2000;
}

static void map_registers(struct nvme *n)
{
	struct vfio_region_info bar = region(n, VFIO_PCI_BAR0_REGION_INDEX);
	void *p;

	if (!(bar.flags & VFIO_REGION_INFO_FLAG_MMAP))
		die("the controller's registers cannot be mapped into this program");
	p = mmap(NULL, registers_size(), PROT_READ | PROT_WRITE, MAP_SHARED, n->fd, (off_t)bar.offset);
	if (p == MAP_FAILED)
		die("the controller's registers cannot be mapped into this program: %s", strerror(errno));
	n->regs = p;
}

/*
 * Queues
 */

static void queue_make(struct nvme *n, struct nvme_queue *q, unsigned int number, uint32_t entries,
		       uint32_t submissions, uint32_t completions)
{
	uint32_t stride = 4u << (reg_read(n, CAP + 4) & 0xf);

	*q = (struct nvme_queue) {
		.entries = entries,
		.phase = 1,
		.submissions = (struct nvme_command *)(n->shared + submissions),
		.completions = (struct nvme_completion *)(n->shared + completions),
		.submissions_iova = n->shared_iova + submissions,
		.completions_iova = n->shared_iova + completions,
		.tail_bell = (volatile uint32_t *)(n->regs + BELLS + 2 * number * stride),
		.head_bell = (volatile uint32_t *)(n->regs + BELLS + (2 * number + 1) * stride),
	};
	if (BELLS + (2 * number + 2) * stride > registers_size())
		die("the controller's doorbells are too far apart for this program");
}

static struct nvme_command *queue_add(struct nvme_queue *q, uint8_t opcode, unsigned int id)
{
	struct nvme_command *c = &q->submissions[q->tail];

	memset(c, 0, sizeof(*c));
	c->opcode = opcode;
	c->id = htole16((uint16_t)id);
	q->tail = (q->tail + 1) % q->entries;
	return c;
}

static void queue_ring(struct nvme_queue *q)
{
	reg_write(q->tail_bell, q->tail);
}

static uint16_t status_of(const struct nvme_completion *c)
{
	return le16toh(*(volatile const uint16_t *)&c->status);
}

/* The next completion's id. */
static unsigned int queue_wait(struct nvme *n, struct nvme_queue *q, const char *what)
{
	const struct nvme_completion *c = &q->completions[q->head];
	uint64_t start = clock_ns();
	unsigned int id;

	while ((status_of(c) & 1) != q->phase)
		if (clock_ns() - start > PATIENCE_NS)
			die("the controller does not answer: %s (its status is %#x)", what, reg_read(n, CSTS));
	__sync_synchronize();
	if (status_of(c) >> 1)
		die("the controller refuses: %s, status %#x", what, status_of(c) >> 1);
	id = le16toh(c->id);
	q->head = (q->head + 1) % q->entries;
	q->phase ^= !q->head;
	reg_write(q->head_bell, q->head);
	return id;
}

static void admin(struct nvme *n, const char *what)
{
	queue_ring(&n->admin);
	queue_wait(n, &n->admin, what);
}

/*
 * Beginning and end
 */

static void wait_ready(struct nvme *n, uint32_t ready)
{
	uint64_t start = clock_ns();
	uint32_t status;

	while (((status = reg_read(n, CSTS)) & CSTS_READY) != ready) {
		if ((status & CSTS_FATAL) || clock_ns() - start > PATIENCE_NS)
			die("the controller cannot be %s: its status is %#x", ready ? "started" : "stopped", status);
		usleep(1000);
	}
}

static void start(struct nvme *n)
{
	if ((reg_read(n, CAP + 4) >> 16 & 0xf) != 0)
		die("the controller's smallest page is larger than %u bytes", NVME_PAGE);
	reg_write(n->regs + CC, 0);
	wait_ready(n, 0);
	queue_make(n, &n->admin, 0, ADMIN_ENTRIES, ADMIN_SUBMISSIONS, ADMIN_COMPLETIONS);
	reg_write(n->regs + AQA, (ADMIN_ENTRIES - 1) << 16 | (ADMIN_ENTRIES - 1));
	reg_write64(n, ASQ, n->admin.submissions_iova);
	reg_write64(n, ACQ, n->admin.completions_iova);
	reg_write(n->regs + CC, CC_ENABLE | CC_ENTRY_SIZES);
	wait_ready(n, CSTS_READY);
}

static const uint8_t *identify(struct nvme *n, uint32_t what, uint32_t namespace)
{
	struct nvme_command *c = queue_add(&n->admin, IDENTIFY, 0);

	c->namespace = htole32(namespace);
	c->page1 = htole64(n->shared_iova + IDENTIFY_DATA);
	c->word[0] = htole32(what);
	admin(n, "identify");
	return n->shared + IDENTIFY_DATA;
}

static void identify_all(struct nvme *n)
{
	const uint8_t *data = identify(n, IDENTIFY_CONTROLLER, 0);
	uint64_t blocks;
	uint32_t format;

	memcpy(n->model, data + 24, 40);
	n->max_bytes = data[77] ? (uint64_t)NVME_PAGE << data[77] : 0;
	data = identify(n, IDENTIFY_NAMESPACE, NAMESPACE);
	memcpy(&blocks, data, sizeof(blocks));
	memcpy(&format, data + 128 + 4 * (data[26] & 0xf), sizeof(format));
	n->blocks = le64toh(blocks);
	n->block_size = 1u << (le32toh(format) >> 16 & 0xff);
	if (!n->blocks)
		die("the controller has no namespace %u", NAMESPACE);
}

static void create_queues(struct nvme *n)
{
	uint32_t most = (reg_read(n, CAP) & 0xffff) + 1, entries = most < IO_ENTRIES ? most : IO_ENTRIES;
	struct nvme_command *c;

	if (entries <= NVME_MAX_DEPTH)
		die("the controller's queues have %u entries only", entries);
	queue_make(n, &n->io, 1, entries, IO_SUBMISSIONS, IO_COMPLETIONS);
	c = queue_add(&n->admin, CREATE_COMPLETIONS, 0);
	c->page1 = htole64(n->io.completions_iova);
	c->word[0] = htole32((entries - 1) << 16 | 1);
	c->word[1] = htole32(1);		/* contiguous, no interrupts */
	admin(n, "create a completion queue");
	c = queue_add(&n->admin, CREATE_SUBMISSIONS, 0);
	c->page1 = htole64(n->io.submissions_iova);
	c->word[0] = htole32((entries - 1) << 16 | 1);
	c->word[1] = htole32(1u << 16 | 1);	/* completions go to queue 1 */
	admin(n, "create a submission queue");
}

void nvme_open(struct nvme *n, int fd, void *shared, uint64_t shared_iova)
{
	*n = (struct nvme) { .fd = fd, .shared = shared, .shared_iova = shared_iova };
	switch_on(n);
	map_registers(n);
	start(n);
	identify_all(n);
	create_queues(n);
}

/* Stopped, so that it does nothing any more when its memory goes. */
void nvme_close(struct nvme *n)
{
	reg_write(n->regs + CC, 0);
	wait_ready(n, 0);
	munmap((void *)n->regs, registers_size());
	close(n->fd);
}

/*
 * Reads
 */

/* The second page, or where the list of all but the first is. */
static uint64_t page2_of(struct nvme *n, unsigned int slot, const uint64_t *iovas, unsigned int num)
{
	uint32_t at = LISTS + slot * NVME_PAGE;
	uint64_t *list = (uint64_t *)(n->shared + at);
	unsigned int i;

	if (num <= 2)
		return num == 2 ? iovas[1] : 0;
	for (i = 1; i < num; i++)
		list[i - 1] = htole64(iovas[i]);
	return n->shared_iova + at;
}

void nvme_read(struct nvme *n, unsigned int slot, uint64_t block, uint32_t blocks, const uint64_t *iovas,
	       unsigned int num)
{
	struct nvme_command *c = queue_add(&n->io, READ, slot);

	c->namespace = htole32(NAMESPACE);
	c->page1 = htole64(iovas[0]);
	c->page2 = htole64(page2_of(n, slot, iovas, num));
	c->word[0] = htole32((uint32_t)block);
	c->word[1] = htole32((uint32_t)(block >> 32));
	c->word[2] = htole32(blocks - 1);
}

void nvme_ring(struct nvme *n)
{
	queue_ring(&n->io);
}

unsigned int nvme_wait(struct nvme *n)
{
	return queue_wait(n, &n->io, "read");
}
