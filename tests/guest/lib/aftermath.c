// SPDX-License-Identifier: GPL-2.0
#include "aftermath.h"

#include "fixture.h"
#include "race.h"

static long pins, locked;

void remember_counts(void)
{
	pins = mem_pins();
	locked = mem_locked_kb(0);
}

void pins_are_back(void)
{
	CHECK(mem_pins_return_to(pins));
}

void counts_are_back(void)
{
	CHECK_IS(mem_locked_kb(0), locked);
	pins_are_back();
}

void rig_before_race(void)
{
	rig_window(12, RIG_WINDOW, 1);
	remember_counts();
	race_new();
}

void rig_after_race(void)
{
	OK(vfio_unregister(&box, pool, POOL_SIZE));
	OK(vfio_register(&box, pool, POOL_SIZE));
	counts_are_back();
}

void device_agrees(uint64_t iova, uint8_t *a, uint8_t *b)
{
	bool in_a = edu_reads(&edu, iova, a);
	bool in_b = b && edu_reads(&edu, iova, b);

	CHECK(!(in_a && in_b));
	if (backend->ours)
		CHECK_IS(is_live(&box, iova, a, SZ_4K), in_a || in_b);
}

void counters_agree(unsigned int live)
{
	struct vfio_iommu_mtce_info before, after;

	if (!backend->ours)
		return;
	OK(mtce_info(&box, &before));
	rig_no_windows();
	OK(mtce_info(&box, &after));
	CHECK_IS(after.stats.tces_unmapped - before.stats.tces_unmapped, live + 1);
	CHECK_IS(after.stats.tces_mapped, (long)after.stats.tces_unmapped);
	rig_window(12, RIG_WINDOW, 1);
}
