// SPDX-License-Identifier: GPL-2.0
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* Enough for the largest unit, with a system page for each of its TCEs. */
#define MEMORY_PIECES 4096u

static const struct memory *rig_memory(const struct rig_shape *shape, const char **skip)
{
	size_t page = (size_t)1 << shape->page_shift;
	size_t system_page = (size_t)sysconf(_SC_PAGESIZE);

	if (shape->huge)
		return memory_get_huge(skip);
	return memory_get(page, MEMORY_PIECES * (page > system_page ? page : system_page), skip);
}

void rig_prepare_memory(const struct scenario *s, size_t n)
{
	const char *skip;
	size_t i;

	for (i = 0; i < n; i++)
		if (scenario_wants_rig(&s[i]))
			rig_memory(&s[i].rig, &skip);
}

static int rig_window(struct rig *r, struct place *where)
{
	const struct rig_shape *shape = &r->shape;

	return container_create_window(&r->container, shape->page_shift,
				       (uint64_t)WINDOW_TCES << shape->page_shift,
				       shape->levels, &where->window);
}

/*
 * How many levels a table can have depends on the kernel's page size and on the
 * size of a TCE page (the index bits of all levels must fit), not on what GET_INFO says.
 */
static int rig_first_window(struct rig *r)
{
	int ret = rig_window(r, &r->place);

	if (ret == -EINVAL && r->shape.levels > 1)
		snprintf(r->skip, sizeof(r->skip),
			 "this kernel makes no table of %u levels for TCEs of %u KiB",
			 r->shape.levels, 1u << (r->shape.page_shift - 10));
	return ret;
}

static int rig_set_up(struct rig *r)
{
	struct container *c = &r->container;
	int ret;

	if (r->shape.v1) {
		/* The default window, which starts at 0 and has 4K TCEs. */
		r->place.window = 0;
		r->place.other = 0;
		return container_enable(c);
	}
	ret = container_register(c, r->place.memory->base, r->place.memory->size);
	if (ret)
		return ret;
	ret = container_remove_window(c, 0);
	if (ret)
		return ret;
	ret = rig_first_window(r);
	r->place.other = r->place.window;
	if (ret || r->shape.tables < 2)
		return ret;
	r->second.memory = r->place.memory;
	ret = rig_window(r, &r->second);
	r->place.other = r->second.window;
	return ret;
}

static int rig_open(struct rig *r, const struct backend *b, const struct groups *groups)
{
	int ret = container_open(&r->container, b, groups->first, r->shape.v1);

	if (ret)
		return ret;
	r->open = true;
	if (r->shape.groups > 1)
		ret = container_join(&r->container, groups->second);
	if (!ret)
		ret = rig_set_up(r);
	if (ret)
		rig_close(r);
	return ret;
}

static bool same_shape(const struct rig_shape *a, const struct rig_shape *b)
{
	return a->page_shift == b->page_shift && a->levels == b->levels &&
	       a->tables == b->tables && a->groups == b->groups && a->v1 == b->v1 &&
	       a->huge == b->huge;
}

int rig_fit(struct rig *r, const struct scenario *s, const struct backend *b,
	    const struct groups *groups, const char **skip)
{
	int ret;

	*skip = NULL;
	if (r->open && r->container.backend == b && same_shape(&r->shape, &s->rig)) {
		*skip = plan_impossible(s, r->place.memory);
		return 0;
	}
	rig_close(r);
	if (s->rig.groups > 1 && groups->second < 0) {
		*skip = "there is no second IOMMU group to use (name it in MTCE_GROUPS)";
		return 0;
	}
	r->place.memory = rig_memory(&s->rig, skip);
	if (r->place.memory)
		*skip = plan_impossible(s, r->place.memory);
	if (*skip)
		return 0;
	r->shape = s->rig;
	r->skip[0] = '\0';
	ret = rig_open(r, b, groups);
	if (!r->skip[0])
		return ret;
	*skip = r->skip;
	return 0;
}

void rig_close(struct rig *r)
{
	if (r->open)
		container_close(&r->container);
	r->open = false;
}
