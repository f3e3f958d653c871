// SPDX-License-Identifier: GPL-2.0
#include "backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/vfio.h>
#include <linux/vfio_mtce.h>

#define PARAMETERS "/sys/module/vfio_iommu_mtce/parameters/"

/*
 * Upstream's known failures. A "deadly" one is reported as an expected
 * failure without being run: it would lock up, oops or warn.
 */
static const struct known upstream_known[] = {
	{ "attack_windows", "fragmented_memory_shows_nothing", "looks at each of 2^42 entries when the window goes", true },
	{ "attack_late", "map_after_release", "frees the container under a call", true },
	{ "attack_late", "unmap_after_release", "frees the container under a call", true },
	{ "attack_late", "register_memory_after_release", "frees the container under a call", true },
	{ "attack_late", "unregister_after_release", "frees the container under a call", true },
	{ "attack_late", "create_after_release", "frees the container under a call", true },
	{ "attack_late", "remove_window_after_release", "frees the container under a call", true },
	{ "attack_late", "get_info_after_release", "frees the container under a call", true },
	{ "attack_late", "eeh_after_release", "frees the container under a call", true },
	{ "host_killers", "range_past_the_windows_end", "checks the first page only", true },
	{ "host_killers", "unmap_past_the_windows_end", "checks the first page only", true },
	{ "host_killers", "zero_size_at_iova_0", "locks the CPU up", true },
	{ "host_killers", "zero_size_elsewhere", "takes it for work", true },
	{ "host_killers", "huge_size", "oopses", true },
	{ "host_killers", "wrapping_range", "oopses", true },
	{ "host_killers", "unaligned_iova", "answers +1, neither success nor an error", false },
	{ "host_killers", "strange_page_shift", "shifts by 64 and more", true },
	{ "host_killers", "window_smaller_than_a_page", "computes a negative table size", true },
	{ "host_killers", "window_too_large_to_allocate", "WARN in the page allocator", true },
	{ "host_killers", "register_nothing", "WARN in vmalloc", true },
	{ "host_killers", "register_more_than_there_is", "warns in the kernel log", true },
	{ "host_killers", "register_wrapping", "warns in the kernel log", true },
	{ "host_killers", "failed_map_at_iova_0", "locks the CPU up", true },
	{ "contract_v1", "read_only_memory_maps_read_only", "always pins for writing", false },
	{ "contract_v2", "register_overlap_is_ebusy", "answers EINVAL", false },
	{ "contract_v2", "register_finds_a_hole", "answers how many pages it pinned", false },
	{ "contract_v2", "remove_takes_the_exact_start", "any address inside removes the window", false },
	{ "dma", "failed_map_keeps_the_old_mapping", "clears what was there before", false },
	{ "v1_pinned", "pins_no_more_than_is_counted", "pins a system page for each TCE", false },
	{ "v1_pinned", "counts_pages_not_entries", "pins a system page for each TCE", false },
	{ "v1_pinned", "refused_range_pins_nothing", "pins a system page for each TCE", false },
	{ "v1_pinned", "room_comes_back", "pins a system page for each TCE", false },
	{ "v1_pinned", "filled_gap_joins_its_neighbours", "pins a system page for each TCE", false },
	{ "kvm_contract", "unregister_of_memory_that_kvm_mapped", "answers 0, leaks the pin and warns at exit", true },
	{ "kvm_contract", "stuff_past_the_windows_end", "writes host memory behind the table", true },
	{ "kvm_contract", "window_removed_while_kvm_holds_it", "maps in a table that nobody clears, leaks the pin and warns at exit", true },
	{ "kvm_contract", "new_window_is_not_kvms", "maps in a table that nobody clears, leaks the pin and warns at exit", true },
	{ "kvm_contract", "several_groups", "clears the shared tables", false },
	{ "races_kvm", "hypercalls_against_ioctls", "counts what an entry maps without a lock", true },
	{ "races_kvm", "hypercalls_against_memory", "counts what an entry maps without a lock", true },
	{ "races_kvm", "clears_against_revoked_memory", "counts what an entry maps without a lock", true },
	{ "races_kvm", "hypercalls_against_windows", "maps in a table that nobody clears, leaks the pin and warns at exit", true },
	{ "races_kvm", "hypercalls_against_detach", "maps in a table that nobody clears, leaks the pin and warns at exit", true },
	{ "races_kvm", "kvm_comes_and_goes", "counts what an entry maps without a lock", true },
	{ "races_kvm", "old_page_stays_away", "counts what an entry maps without a lock", true },
	{ "races_kvm", "kill_9_under_fire", "counts what an entry maps without a lock", true },
	{ "races_kvm", "exit_under_fire", "counts what an entry maps without a lock", true },
	{ "multigroup", "one_leaves_the_other_works", "clears the shared tables", false },
	{ "races_container", "maps_against_window_removal", "maps without a lock, oopses", true },
	{ "races_container", "windows_against_windows", "maps without a lock, oopses", true },
	{ "races_container", "maps_against_unregister", "answers 0, leaks the pin and warns at exit", true },
	{ "races_container", "overlapping_ranges", "counts what an entry maps without a lock", true },
	{ "races_container", "maps_against_another_group", "clears the shared tables", true },
	{ "races_exit", "maps_against_detach", "frees the container under a call", true },
	{ "races_exit", "memory_and_windows_against_detach", "frees the container under a call", true },
	{ "races_exit", "maps_against_close", "frees the container under a call", true },
	{ "races_exit", "kill_9_in_the_middle", "counts what an entry maps without a lock", true },
	{ "races_exit", "exit_in_the_middle", "counts what an entry maps without a lock", true },
	{ "races_exit", "exec_in_the_middle", "counts what an entry maps without a lock", true },
	{ "races_exit", "container_survives_a_killed_owner", "counts what an entry maps without a lock", true },
	{ "races_exit", "container_survives_an_exec", "counts what an entry maps without a lock", true },
	{ "races_exit", "v1_kill_9_in_the_middle", "leaves pages pinned", true },
	{ "races_exit", "nobody_inherits", "counts what an entry maps without a lock", true },
	{ "teardown", "window_removal_while_mapping", "maps without a lock, oopses", true },
	{ "unregister", "unregister_of_mapped_memory_is_ebusy", "answers 0, leaks the pin and warns at exit", true },
	{ "unregister", "partly_unmapped_memory_is_still_busy", "answers 0, leaks the pin and warns at exit", true },
	{ "unregister", "both_windows_hold_memory", "answers 0, leaks the pin and warns at exit", true },
	{ "unregister", "window_removal_lets_go_of_memory", "answers 0, leaks the pin and warns at exit", true },
	{ "unregister", "two_mappings_of_one_page_count_twice", "answers 0, leaks the pin and warns at exit", true },
	{ "unregister", "seam_between_two_regions_counts_in_both", "answers 0, leaks the pin and warns at exit", true },
	{ "unregister", "new_memory_at_an_old_address", "leaks the pin and maps the old page", true },
	{ }
};

static const struct known no_known[] = { { } };

static const struct backend backends[] = {
	{
		.name = "upstream",
		.v1 = VFIO_SPAPR_TCE_IOMMU,
		.v2 = VFIO_SPAPR_TCE_v2_IOMMU,
		.takeover = 0,
		.known = upstream_known,
	}, {
		.name = "mtce-takeover",
		.v1 = VFIO_SPAPR_TCE_IOMMU,
		.v2 = VFIO_SPAPR_TCE_v2_IOMMU,
		.takeover = 1,
		.ours = true,
		.revokes = true,
		.known = no_known,
	}, {
		.name = "mtce",
		.v1 = VFIO_SPAPR_MTCE_IOMMU,
		.v2 = VFIO_SPAPR_MTCE_IOMMU,
		.takeover = 0,
		.ours = true,
		.native = true,
		.known = no_known,
	},
};

const struct backend *backend;

static bool set_takeover(int value)
{
	FILE *f = fopen(PARAMETERS "takeover", "w");
	bool ok;

	if (!f)
		return false;
	ok = fprintf(f, "%d\n", value) > 0;
	return !fclose(f) && ok;
}

const struct backend *backend_select(const char **why)
{
	const char *name = getenv("MTCE_BACKEND");
	unsigned int i;

	if (!name)
		name = "upstream";
	for (i = 0; i < sizeof(backends) / sizeof(*backends); i++)
		if (!strcmp(backends[i].name, name))
			backend = &backends[i];
	*why = "no back end has the name that MTCE_BACKEND gives";
	if (!backend)
		return NULL;
	*why = "vfio_iommu_mtce.ko is not loaded";
	if (!set_takeover(backend->takeover) && backend->ours)
		return NULL;
	return backend;
}

const struct known *backend_known(const char *program, const char *test)
{
	const struct known *k;

	for (k = backend->known; k->program; k++)
		if (!strcmp(k->program, program) && !strcmp(k->test, test))
			return k;
	return NULL;
}

int want(int ours, int upstreams)
{
	return backend->ours ? ours : upstreams;
}
