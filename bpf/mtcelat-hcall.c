// SPDX-License-Identifier: GPL-2.0
/* The hypercalls that KVM handles in the kernel: one probe for both back ends. */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/events.h"
#include "lib/start.h"
#include "mtcelat-parts.h"

/* In the order of their numbers, LAT_H_PUT_TCE and so on. */
static const char *const functions[LAT_HCALLS] = {
	"kvmppc_h_put_tce",
	"kvmppc_h_put_tce_indirect",
	"kvmppc_h_stuff_tce",
};

static struct mtce_probe probes[LAT_HCALLS];
static ino_t ours, kvms;	/* their modules as they were at the start */

/* One line of /proc/kallsyms. */
struct symbol {
	unsigned long long address;
	char type;
	char name[128];
	char module[64];	/* "[name]", or nothing */
};

static void add_symbol(const struct symbol *s, struct lat_kvm *kvm)
{
	int i;

	if (!strcmp(s->module, "[" MTCE_MODULE "]") && (s->type == 't' || s->type == 'T')) {
		if (!kvm->ours_first || s->address < kvm->ours_first)
			kvm->ours_first = s->address;
		if (s->address > kvm->ours_last)
			kvm->ours_last = s->address;
	}
	for (i = 0; i < LAT_HCALLS; i++)
		if (!strcmp(s->name, functions[i])) {
			kvm->found++;
			snprintf(kvm->module, sizeof(kvm->module), "%.*s",
				 (int)strcspn(s->module + !!*s->module, "]"),
				 s->module + !!*s->module);
		}
}

static void read_symbols(struct lat_kvm *kvm)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[256];

	if (!f)
		err(1, "/proc/kallsyms");
	while (fgets(line, sizeof(line), f)) {
		struct symbol s = {};

		if (sscanf(line, "%llx %c %127s %63s", &s.address, &s.type, s.name, s.module) >= 3)
			add_symbol(&s, kvm);
	}
	fclose(f);
}

struct lat_kvm lat_hcall_find(void)
{
	struct lat_kvm kvm = {};
	char path[96];

	read_symbols(&kvm);
	if (kvm.found < LAT_HCALLS)
		errx(1, "there is no function %s(): load KVM first (modprobe kvm-hv)", functions[0]);
	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", kvm.module);
	if (*kvm.module && access(path, R_OK))
		warnx("there is no %s: back ends cannot be told apart, all are shown as \"none\"", path);
	ours = lat_module_id(MTCE_MODULE);
	kvms = lat_module_id("kvm");
	return kvm;
}

void lat_hcall_attach(struct bpf_program *enter, struct bpf_program *leave)
{
	int i;

	for (i = 0; i < LAT_HCALLS; i++)
		mtce_probe_attach(&probes[i], functions[i], LAT_H_PUT_TCE + i, enter, leave);
}

uint64_t lat_hcall_missed(void)
{
	uint64_t missed = 0;
	int i;

	for (i = 0; i < LAT_HCALLS; i++)
		missed += mtce_probe_missed(&probes[i]);
	return missed;
}

void lat_hcall_detach(void)
{
	int i;

	if (!probes[0].enter)
		return;
	if (lat_module_id("kvm") != kvms)
		warnx("kvm was unloaded meanwhile; hypercalls after that were not seen");
	if (lat_module_id(MTCE_MODULE) != ours)
		warnx(MTCE_MODULE " came or went meanwhile; its hypercalls may be under the wrong back end");
	for (i = 0; i < LAT_HCALLS; i++)
		mtce_probe_detach(&probes[i]);
}
