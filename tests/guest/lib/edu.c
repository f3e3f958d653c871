// SPDX-License-Identifier: GPL-2.0
#include "edu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define EDU_VENDOR_DEVICE	0x11e81234u
#define EDU_ID			0x010000edu
#define REG_DMA_SOURCE		0x80
#define REG_DMA_DESTINATION	0x88
#define REG_DMA_COUNT		0x90
#define REG_DMA_COMMAND		0x98
#define DMA_START		1u
#define DMA_TO_MEMORY		2u
#define EDU_BUFFER		0x40000u

#define TAG_SIZE		64

bool edu_present(int device)
{
	const char *name = vfio_device_name(device);
	char path[96];
	unsigned int vendor = 0, id = 0;
	FILE *f;

	if (!name)
		return false;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vendor", name);
	f = fopen(path, "r");
	if (f && fscanf(f, "%x", &vendor) != 1)
		vendor = 0;
	if (f)
		fclose(f);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/device", name);
	f = fopen(path, "r");
	if (f && fscanf(f, "%x", &id) != 1)
		id = 0;
	if (f)
		fclose(f);
	return (id << 16 | vendor) == EDU_VENDOR_DEVICE;
}

static int region(struct edu *e, int index, struct vfio_region_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	return vfio_call(e->fd, VFIO_DEVICE_GET_REGION_INFO, info);
}

/* A device behind VFIO starts with memory access and bus mastering off. */
static int switch_on(struct edu *e)
{
	struct vfio_region_info config;
	uint16_t command;
	int ret = region(e, VFIO_PCI_CONFIG_REGION_INDEX, &config);

	if (ret)
		return ret;
	if (pread(e->fd, &command, 2, config.offset + 4) != 2)
		return -EIO;
	command |= 0x6;
	return pwrite(e->fd, &command, 2, config.offset + 4) == 2 ? 0 : -EIO;
}

static uint64_t reg_read(struct edu *e, unsigned int reg)
{
	uint64_t v = *(volatile uint64_t *)(e->bar + reg);

	return e->swapped ? __builtin_bswap64(v) : v;
}

static void reg_write(struct edu *e, unsigned int reg, uint64_t v)
{
	*(volatile uint64_t *)(e->bar + reg) =
		e->swapped ? __builtin_bswap64(v) : v;
	__sync_synchronize();
}

static int map_registers(struct edu *e)
{
	struct vfio_region_info bar;
	uint32_t id;
	int ret = region(e, VFIO_PCI_BAR0_REGION_INDEX, &bar);
	void *p;

	if (ret)
		return ret;
	p = mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED, e->fd,
		 bar.offset);
	if (p == MAP_FAILED)
		return -errno;
	e->bar = p;
	e->bar_size = bar.size;
	id = *(volatile uint32_t *)e->bar;
	e->swapped = id == __builtin_bswap32(EDU_ID);
	return id == EDU_ID || e->swapped ? 0 : -ENODEV;
}

int edu_open(struct edu *e, struct container *c, int device)
{
	int ret;

	e->bar = NULL;
	e->fd = vfio_call(c->group[device], VFIO_GROUP_GET_DEVICE_FD,
			  (void *)vfio_device_name(device));
	if (e->fd < 0)
		return e->fd;
	ret = switch_on(e);
	if (!ret)
		ret = map_registers(e);
	if (ret)
		edu_close(e);
	return ret;
}

void edu_close(struct edu *e)
{
	if (e->fd < 0)
		return;
	if (e->bar)
		munmap((void *)e->bar, e->bar_size);
	e->bar = NULL;
	close(e->fd);
	e->fd = -1;
}

static void wait_idle(struct edu *e)
{
	int tries;

	for (tries = 0; tries < 2000; tries++) {
		if (!(reg_read(e, REG_DMA_COMMAND) & DMA_START))
			return;
		usleep(5000);
	}
	printf("# the edu device does not finish a transfer\n");
}

static void transfer_n(struct edu *e, uint64_t iova, bool to_memory, unsigned int size)
{
	__sync_synchronize();
	reg_write(e, REG_DMA_SOURCE, to_memory ? EDU_BUFFER : iova);
	reg_write(e, REG_DMA_DESTINATION, to_memory ? iova : EDU_BUFFER);
	reg_write(e, REG_DMA_COUNT, size);
	reg_write(e, REG_DMA_COMMAND, DMA_START | (to_memory ? DMA_TO_MEMORY : 0));
	wait_idle(e);
	__sync_synchronize();
}

static void transfer(struct edu *e, uint64_t iova, bool to_memory)
{
	transfer_n(e, iova, to_memory, TAG_SIZE);
}

static void fresh_tag(uint8_t *tag)
{
	static uint32_t serial;
	struct timespec now;
	int i;

	clock_gettime(CLOCK_MONOTONIC, &now);
	serial++;
	for (i = 0; i < TAG_SIZE; i++)
		tag[i] = (serial >> (i & 3) * 8) ^ (now.tv_nsec >> (i & 15)) ^ i;
	memcpy(tag, &serial, sizeof(serial));
}

bool edu_reads(struct edu *e, uint64_t iova, void *memory)
{
	uint8_t tag[TAG_SIZE];

	fresh_tag(tag);
	memcpy(memory, tag, TAG_SIZE);
	transfer(e, iova, false);
	transfer(e, e->bounce_iova, true);
	return !memcmp(e->bounce, tag, TAG_SIZE);
}

bool edu_writes(struct edu *e, uint64_t iova, void *memory)
{
	uint8_t tag[TAG_SIZE];

	fresh_tag(tag);
	memcpy(e->bounce, tag, TAG_SIZE);
	transfer(e, e->bounce_iova, false);
	transfer(e, iova, true);
	return !memcmp(memory, tag, TAG_SIZE);
}

bool edu_reaches(struct edu *e, uint64_t iova, void *memory)
{
	return edu_reads(e, iova, memory) && edu_writes(e, iova, memory);
}

bool edu_is_kept_out(struct edu *e, uint64_t iova, void *memory)
{
	return !edu_reads(e, iova, memory) && !edu_writes(e, iova, memory);
}

/* Nearly a page: QEMU ends if a transfer goes to the buffer's last byte. */
#define LOOK	0xfc0u

/*
 * A read that the bridge refuses leaves the buffer alone or fills it with one
 * value, as the machine likes it. So the buffer begins as a pattern, and what was
 * read is neither that nor of one value.
 */
bool edu_sees(struct edu *e, uint64_t iova)
{
	bool old = true, constant = true;
	unsigned int i;

	for (i = 0; i < LOOK; i++)
		e->bounce[i] = i ^ i >> 8 ^ 0x5a;
	transfer_n(e, e->bounce_iova, false, LOOK);
	transfer_n(e, iova, false, LOOK);
	transfer_n(e, e->bounce_iova, true, LOOK);
	for (i = 0; i < LOOK; i++) {
		old &= e->bounce[i] == (uint8_t)(i ^ i >> 8 ^ 0x5a);
		constant &= e->bounce[i] == e->bounce[0];
	}
	return !old && !constant;
}
