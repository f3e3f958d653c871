// SPDX-License-Identifier: GPL-2.0
#include "traffic.h"

#include <errno.h>
#include <string.h>

#define LONGEST	300u
#define OPS	6u

struct traffic traffic_at(uint64_t iova, uint8_t *memory, const int *may_map,
			  const int *may_unmap)
{
	return (struct traffic) {
		.c = &box, .iova = iova, .memory = memory,
		.may_map = may_map, .may_unmap = may_unmap,
	};
}

struct range {
	unsigned int first, n;
};

static struct range choose(struct side *s)
{
	struct range r;

	r.n = 1 + race_any(s, race_any(s, 3) ? 8 : LONGEST);
	r.first = race_any(s, TRAFFIC_ENTRIES - r.n + 1);
	return r;
}

static uint64_t iova_of(const struct traffic *t, struct range r)
{
	return t->iova + r.first * SZ_4K;
}

static uint8_t *memory_of(const struct traffic *t, struct range r)
{
	return t->memory + r.first * SZ_4K;
}

static void set(struct traffic *t, struct range r, bool live)
{
	memset(&t->live[r.first], live, r.n * sizeof(*t->live));
}

static bool any_live(const struct traffic *t, struct range r)
{
	return memchr(&t->live[r.first], true, r.n);
}

/* A map that may not replace was refused, or not, because entries are live. */
static void exists_or_not(struct side *s, struct traffic *t, struct range r,
			  const char *call, int ret)
{
	if (t->alone && !ret == any_live(t, r))
		race_wrong(s, call, ret);
	race_said(s, call, ret, ret == -EEXIST ? MAY(-EEXIST) : t->may_map);
}

static void map(struct side *s, struct traffic *t)
{
	struct range r = choose(s);

	if (!race_said(s, "map", vfio_map(t->c, RW, iova_of(t, r), memory_of(t, r), r.n * SZ_4K),
		       t->may_map))
		set(t, r, true);
}

static void unmap(struct side *s, struct traffic *t)
{
	struct range r = choose(s);

	if (!race_said(s, "unmap", vfio_unmap(t->c, iova_of(t, r), r.n * SZ_4K), t->may_unmap))
		set(t, r, false);
}

static void map_new(struct side *s, struct traffic *t)
{
	struct range r = choose(s);
	int ret = mtce_map(t->c, RW, iova_of(t, r), memory_of(t, r), r.n * SZ_4K);

	exists_or_not(s, t, r, "map new", ret);
	if (!ret)
		set(t, r, true);
}

static void list(struct side *s, struct traffic *t)
{
	bool replace = race_any(s, 2);
	struct range r = choose(s);
	uint64_t pages[LONGEST];
	unsigned int i;
	int ret;

	for (i = 0; i < r.n; i++)
		pages[i] = (uintptr_t)memory_of(t, r) + i * SZ_4K;
	ret = mtce_put_list(t->c, RW | (replace ? VFIO_MTCE_REPLACE : 0), iova_of(t, r),
			    pages, r.n);
	if (replace)
		race_said(s, "put list", ret, t->may_map);
	else
		exists_or_not(s, t, r, "put new list", ret);
	if (!ret)
		set(t, r, true);
}

static void update(struct side *s, struct traffic *t)
{
	struct vfio_mtce_op ops[OPS];
	struct range ranges[OPS];
	uint32_t num = 1 + race_any(s, OPS), done = num, i;
	int ret;

	for (i = 0; i < num; i++) {
		struct range r = choose(s);

		ranges[i] = r;
		if (race_any(s, 2)) {
			ops[i] = map_op(iova_of(t, r), memory_of(t, r), r.n * SZ_4K);
			ops[i].flags |= VFIO_MTCE_REPLACE;
		} else {
			ops[i] = unmap_op(iova_of(t, r), r.n * SZ_4K);
			ops[i].flags |= t->lazy ? VFIO_MTCE_LAZY : 0;
		}
	}
	ret = race_said(s, "update", mtce_update(t->c, ops, &done), t->may_map);
	/* Where the call did not get as far as our driver, nobody wrote it. */
	if (ret == -EINVAL || ret == -EBADF || ret == -ENOTTY || ret == -EPERM || ret == -ENODEV)
		return;
	if (ret ? done >= num : done != num)
		race_wrong(s, "update: operations done", done);
	for (i = 0; i < done && i < num; i++)
		set(t, ranges[i], ops[i].op == VFIO_MTCE_OP_MAP);
}

void traffic_step(struct side *s)
{
	struct traffic *t = race_arg(s);
	struct vfio_iommu_mtce_info info;

	/* The taken-over types accept the new calls too. */
	switch (race_any(s, !backend->ours ? 4 : t->no_lists ? 8 : 12)) {
	case 0:
	case 1:
		map(s, t);
		break;
	case 2:
	case 3:
		unmap(s, t);
		break;
	case 4:
	case 5:
		map_new(s, t);
		break;
	case 6:
		update(s, t);
		break;
	case 7:
		race_said(s, "info", mtce_info(t->c, &info), t->may_unmap);
		break;
	default:
		list(s, t);
	}
}

void traffic_step_and_clear(struct side *s)
{
	struct traffic *t = race_arg(s);
	struct vfio_mtce_op op = unmap_op(t->iova, TRAFFIC_SIZE);
	uint32_t num = 1;

	traffic_step(s);
	if (race_any(s, 4))
		return;
	if (t->lazy)
		op.flags |= VFIO_MTCE_LAZY;
	race_said(s, "unmap all", backend->ours ? mtce_update(t->c, &op, &num) :
		  vfio_unmap(t->c, t->iova, TRAFFIC_SIZE), t->may_unmap);
}

static bool entry_is_live(struct traffic *t, unsigned int i)
{
	return is_live(t->c, t->iova + i * SZ_4K, t->memory + i * SZ_4K, SZ_4K);
}

void traffic_audit(struct traffic *t)
{
	unsigned int i;

	for (i = 0; backend->ours && i < TRAFFIC_ENTRIES; i++) {
		bool live = entry_is_live(t, i);

		if (live != t->live[i]) {
			test_failed(__FILE__, __LINE__, "entry %u is %s", i,
				    live ? "live" : "free");
			return;
		}
	}
}

unsigned int traffic_live(struct traffic *t)
{
	unsigned int i, n = 0;

	for (i = 0; i < TRAFFIC_ENTRIES; i++)
		n += entry_is_live(t, i);
	return n;
}

void traffic_clear(struct traffic *t)
{
	OK(vfio_unmap(t->c, t->iova, TRAFFIC_SIZE));
}

void group_comes_and_goes(struct side *s)
{
	race_said(s, "attach", container_attach(&box, 1), MAY(0));
	if (box.group[1] >= 0)
		race_said(s, "detach", container_detach(&box, 1), MAY(0));
}
