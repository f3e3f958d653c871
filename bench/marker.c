// SPDX-License-Identifier: GPL-2.0
#include "marker.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exact.h"
#include "resource.h"
#include "util.h"

#define MARKER_REGISTER 4	/* bytes: the edu device's "liveness" register */

static volatile uint32_t *marker;
static volatile uint32_t *identity;	/* read-only, at the start */

/* What the plugin saw in each section. */
static struct section {
	uint64_t kills;
	uint64_t kills_pe;
} *sections;
static uint32_t num_sections, current;

void marker_open(void)
{
	void *map = resource_map("MTCE_MARKER", (size_t)sysconf(_SC_PAGESIZE));

	if (!map)
		return;
	identity = map;
	marker = (volatile uint32_t *)((char *)map + MARKER_REGISTER);
}

bool marker_present(void)
{
	return marker;
}

static struct section *section_get(uint32_t number)
{
	if (number >= num_sections) {
		uint32_t more = number + 1024;

		sections = realloc(sections, more * sizeof(*sections));
		if (!sections)
			die("out of memory");
		memset(sections + num_sections, 0, (more - num_sections) * sizeof(*sections));
		num_sections = more;
	}
	return &sections[number];
}

/* What was stored since the last mark is the section's that ends here. */
static void section_change(uint32_t to)
{
	static uint64_t kills, kills_pe;
	struct section *s = section_get(current);
	uint64_t all, pe;

	exact_kills(&all, &pe);
	s->kills += all - kills;
	s->kills_pe += pe - kills_pe;
	kills = all;
	kills_pe = pe;
	current = to;
}

bool marker_kills(uint32_t section, uint64_t *all, uint64_t *pe)
{
	const struct section *s = section_get(section);
	uint64_t unused;

	*all = s->kills;
	*pe = s->kills_pe;
	return exact_kills(&unused, &unused);
}

void marker_add_kills(uint32_t section, uint64_t all, uint64_t pe)
{
	struct section *s = section_get(section);

	s->kills += all;
	s->kills_pe += pe;
}

void marker_write(uint32_t section)
{
	if (exact_present())
		section_change(section);
	if (!marker)
		return;
	__sync_synchronize();
	*marker = htobe32(section);	/* the device's registers are big-endian */
	__sync_synchronize();
}

void marker_store(void)
{
	if (identity)
		*identity = 0;
}
