// SPDX-License-Identifier: GPL-2.0
/* mtcelat's BPF side: loading, attaching, reading. */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/vfio.h>

#include "../uapi/linux/vfio_mtce.h"
#include "lib/attach.h"
#include "lib/format.h"
#include "lib/lost.h"
#include "lib/probe.h"
#include "lib/start.h"
#include "mtcelat-parts.h"
#include "mtcelat.skel.h"

#define EM(number, name, command) command,
#define E_ EM
static const unsigned int commands[MTCE_CALLS] = { MTCE_CALL_NAMES };

/* Back ends that can be probed, and the function that all their ioctls go through. */
static const struct {
	const char *module;
	const char *function;
} backends[LAT_SOURCES] = {
	[LAT_UPSTREAM] = { "vfio_iommu_spapr_tce", "tce_iommu_ioctl" },
	[LAT_MTCE] = { MTCE_MODULE, "mtce_ioctl" },
};

static struct mtcelat_bpf *skel;
static struct mtce_probe probes[LAT_SOURCES];
static ino_t modules[LAT_SOURCES];	/* another one: it was loaded anew */
static struct bpf_link *event;
static uint64_t missed_by_probes;	/* that are gone */

static bool from(const struct lat_request *r, enum lat_source source)
{
	return r->sources & (1u << source);
}

static void set_switches(const struct lat_request *r)
{
	struct lat_switches *s = (struct lat_switches *)&skel->rodata->switches;

	s->by = r->by;
	s->calls = r->calls;
	s->pid = r->pid;
	memcpy(s->commands, commands, sizeof(commands));
	s->width_ns = r->scale.width_ns;
	s->linear = r->scale.linear;
	s->sources = r->sources;
	if (r->hcall) {
		struct lat_kvm kvm = lat_hcall_find();

		s->ours_first = kvm.ours_first;
		s->ours_last = kvm.ours_last;
	}
	if (bpf_map__set_max_entries(skel->maps.histograms, r->keys))
		errx(1, "cannot make room for %u histograms", r->keys);
}

/* The programs of the way that is not taken are not even loaded. */
static const char *choose_programs(const struct lat_request *r)
{
	bool probe = !from(r, LAT_TRACEPOINT);

	bpf_program__set_autoload(skel->progs.probe_enter, probe && !r->hcall);
	bpf_program__set_autoload(skel->progs.hcall_enter, r->hcall);
	bpf_program__set_autoload(skel->progs.probe_return, probe);
	if (!probe)
		return mtce_choose_way(skel->obj, &skel->rodata->mtce_rate);
	bpf_program__set_autoload(skel->progs.btf_call_end, false);
	bpf_program__set_autoload(skel->progs.record_call_end, false);
	return NULL;
}

static void attach_event(void)
{
	struct bpf_program *prog = skel->progs.btf_call_end;

	if (!bpf_program__autoload(prog))
		prog = skel->progs.record_call_end;
	event = bpf_program__attach(prog);
	if (!event)
		mtce_bpf_failed("attach to mtce_call_end", -errno);
}

ino_t lat_module_id(const char *module)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "/sys/module/%s", module);
	return stat(path, &st) ? 0 : st.st_ino;
}

static void attach_probes(const struct lat_request *r, char *words, size_t size)
{
	int i;

	for (i = LAT_UPSTREAM; i <= LAT_MTCE; i++) {
		if (!from(r, i))
			continue;
		modules[i] = lat_module_id(backends[i].module);
		mtce_probe_attach(&probes[i], backends[i].function, i,
				  skel->progs.probe_enter, skel->progs.probe_return);
		snprintf(words + strlen(words), size - strlen(words), "%s%s()",
			 *words ? " and " : "", backends[i].function);
	}
}

/* A probe does not hold the module, and does not come back with it. */
static void say_if_gone(void)
{
	int i;

	for (i = LAT_UPSTREAM; i <= LAT_MTCE; i++)
		if (probes[i].enter && lat_module_id(backends[i].module) != modules[i])
			warnx("%s was unloaded meanwhile; calls after that were not seen",
			      backends[i].module);
}

void lat_watch(const struct lat_request *r)
{
	const char *what;
	char words[128] = "";
	int i, error;

	for (i = 0; i <= LAT_MTCE && !r->hcall; i++)
		if (from(r, i))
			mtce_need_module(backends[i].module ? backends[i].module : MTCE_MODULE);
	skel = mtcelat_bpf__open();
	if (!skel)
		mtce_bpf_failed("open the BPF programs", -errno);
	set_switches(r);
	what = choose_programs(r);
	error = mtcelat_bpf__load(skel);
	if (error)
		mtce_bpf_failed("load the BPF programs", error);
	if (from(r, LAT_TRACEPOINT))
		attach_event();
	if (r->hcall) {
		lat_hcall_attach(skel->progs.hcall_enter, skel->progs.probe_return);
		what = "hypercalls in KVM";
	} else {
		attach_probes(r, words, sizeof(words));
	}
	mtce_watching(what ? what : words);
}

struct lat_set lat_read(void)
{
	int fd = bpf_map__fd(skel->maps.histograms);
	struct lat_set set = {
		.entries = calloc(bpf_map__max_entries(skel->maps.histograms),
				  sizeof(*set.entries)),
	};
	void *before = NULL;

	if (!set.entries)
		err(1, "no memory for histograms");
	while (set.n < bpf_map__max_entries(skel->maps.histograms)) {
		struct lat_entry *e = &set.entries[set.n];

		if (bpf_map_get_next_key(fd, before, &e->key))
			break;
		if (bpf_map_lookup_elem(fd, &e->key, &e->hist))
			err(1, "cannot read a histogram");
		mtce_clean(e->hist.comm, sizeof(e->hist.comm));
		before = &e->key;
		set.n++;
	}
	lat_set_sort(&set);
	return set;
}

uint64_t lat_lost(void)
{
	uint64_t lost = mtce_lost(skel->obj) + missed_by_probes + lat_hcall_missed();
	int i;

	for (i = 0; i < LAT_SOURCES; i++)
		lost += mtce_probe_missed(&probes[i]);
	return lost;
}

/* The kernel forgets with a probe how often it missed. */
void lat_stop(void)
{
	int i;

	say_if_gone();
	bpf_link__destroy(event);
	event = NULL;
	missed_by_probes += lat_hcall_missed();
	lat_hcall_detach();
	for (i = 0; i < LAT_SOURCES; i++) {
		missed_by_probes += mtce_probe_missed(&probes[i]);
		mtce_probe_detach(&probes[i]);
	}
}
