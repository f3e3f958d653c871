// SPDX-License-Identifier: GPL-2.0
/*
 * Does a CPU forget a translation before another's tlbie, tlbsync and ptesync are done? A private mapping
 * of a file is copied when it is first written, and the old translation goes with that; what is then
 * written to the file must not be seen in the mapping. No VFIO, nothing of ours.
 */
#define _GNU_SOURCE
#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PRIVATE	1ul
#define FILE_ONLY	2ul
#define WORDS	4	/* of the page that are read */
#define SOMEWHERE	1000	/* a word of the page that nobody reads */

static volatile unsigned long *page;
static volatile unsigned long reads, stale;
static volatile int stop;
static int file;
static long page_size;

static void bind_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(4, "CPU %d", cpu);
}

/* Many loads without a branch: QEMU looks for work from other CPUs between blocks of code only. */
#define LOAD_4	(page[0] | page[1] | page[2] | page[3])
#define LOAD_32	(LOAD_4 | LOAD_4 | LOAD_4 | LOAD_4 | LOAD_4 | LOAD_4 | LOAD_4 | LOAD_4)

static void *reader(void *unused)
{
	bind_to(1);
	while (!stop) {
		if ((LOAD_32 | LOAD_32 | LOAD_32) & FILE_ONLY)
			stale++;
		reads++;
	}
	return NULL;
}

static void write_file(unsigned long value)
{
	unsigned long words[WORDS];
	int i;

	for (i = 0; i < WORDS; i++)
		words[i] = value;
	if (pwrite(file, words, sizeof(words), 0) != sizeof(words))
		err(4, "pwrite");
}

static void map_anew(int fixed)
{
	page = mmap((void *)page, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | fixed, file, 0);
	if (page == MAP_FAILED)
		err(4, "mmap");
}

static void round_of_it(void)
{
	unsigned long seen;

	write_file(PRIVATE);
	map_anew(MAP_FIXED);
	for (seen = reads; reads < seen + 3;)
		;
	page[SOMEWHERE] = 1;
	write_file(FILE_ONLY);
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 60);
	char name[] = "/tmp/stale.XXXXXX";
	unsigned long rounds = 0;
	pthread_t thread;

	page_size = sysconf(_SC_PAGESIZE);
	file = mkstemp(name);
	if (file < 0 || unlink(name) || ftruncate(file, page_size))
		err(4, "%s", name);
	write_file(PRIVATE);
	map_anew(0);
	bind_to(0);
	if (pthread_create(&thread, NULL, reader, NULL))
		errx(4, "no thread");
	for (; time(NULL) < end; rounds++)
		round_of_it();
	stop = 1;
	pthread_join(thread, NULL);
	printf("%lu rounds, %lu readings, %lu stale\n", rounds, reads, stale);
	return stale != 0;
}
