// SPDX-License-Identifier: GPL-2.0
#include "rig.h"

#include <errno.h>
#include <unistd.h>

/* Enough for the largest unit, with a system page for each of its TCEs. */
#define MEMORY_PIECES 4096u

static const struct memory *rig_memory(const struct scenario *s, const char **skip)
{
	size_t page = (size_t)1 << s->page_shift;
	size_t system_page = (size_t)sysconf(_SC_PAGESIZE);

	return memory_get(page, MEMORY_PIECES * (page > system_page ? page : system_page), skip);
}

static int rig_window(struct rig *r, const struct scenario *s, struct place *where)
{
	return container_create_window(&r->container, s->page_shift,
				       (uint64_t)WINDOW_TCES << s->page_shift, 1, &where->window);
}

static int rig_set_up(struct rig *r, const struct scenario *s)
{
	struct container *c = &r->container;
	int ret;

	if (s->v1) {
		/* The default window, which starts at 0 and has 4K TCEs. */
		r->place.window = 0;
		return container_enable(c);
	}
	ret = container_register(c, r->place.memory->base, r->place.memory->size);
	if (ret)
		return ret;
	ret = container_remove_window(c, 0);
	if (ret)
		return ret;
	ret = rig_window(r, s, &r->place);
	if (ret || s->tables < 2)
		return ret;
	r->second.memory = r->place.memory;
	return rig_window(r, s, &r->second);
}

int rig_fit(struct rig *r, const struct scenario *s, const struct backend *b, int group,
	    const char **skip)
{
	int ret;

	*skip = NULL;
	if (r->open && r->container.backend == b && r->page_shift == s->page_shift &&
	    r->v1 == s->v1 && r->tables == s->tables) {
		*skip = plan_impossible(s, r->place.memory);
		return 0;
	}
	rig_close(r);
	r->place.memory = rig_memory(s, skip);
	if (r->place.memory)
		*skip = plan_impossible(s, r->place.memory);
	if (*skip)
		return 0;
	ret = container_open(&r->container, b, group, s->v1);
	if (ret)
		return ret;
	r->open = true;
	r->page_shift = s->page_shift;
	r->v1 = s->v1;
	r->tables = s->tables;
	ret = rig_set_up(r, s);
	if (ret)
		rig_close(r);
	return ret;
}

void rig_close(struct rig *r)
{
	if (r->open)
		container_close(&r->container);
	r->open = false;
}
