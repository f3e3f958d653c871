// SPDX-License-Identifier: GPL-2.0
/* Which of the two ways to the driver's trace events is used (events.bpf.h). */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "attach.h"
#include "events.h"
#include "options.h"
#include "start.h"

#define BTF_SECTION	"tp_btf/mtce_"
#define RECORD_SECTION	"tp/mtce/"
#define NS_PER_SECOND	1000000000ull

static bool starts_with(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/*
 * The time base. The driver's structs hold ticks of it.
 */

static unsigned long long timebase_hz(void)
{
	unsigned long long hz = 0;
	char line[128];
	FILE *f = fopen("/proc/cpuinfo", "r");

	if (!f)
		err(1, "/proc/cpuinfo");
	while (!hz && fgets(line, sizeof(line), f))
		if (sscanf(line, "timebase : %llu", &hz) != 1)
			hz = 0;
	fclose(f);
	if (!hz)
		errx(1, "/proc/cpuinfo does not say how fast the time base is");
	return hz;
}

static unsigned long long gcd(unsigned long long a, unsigned long long b)
{
	while (b) {
		unsigned long long rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static struct mtce_rate timebase_rate(void)
{
	unsigned long long hz = timebase_hz(), common = gcd(hz, NS_PER_SECOND);

	return (struct mtce_rate){ NS_PER_SECOND / common, hz / common };
}

/*
 * The layout of a classic record: what tracefs says against the struct in the
 * object's own type information.
 */

struct field {
	unsigned int offset;
	unsigned int size;
};

/* Finds "field:TYPE NAME;\toffset:N;\tsize:N;" in a format file. */
static bool format_field(FILE *f, const char *name, struct field *field)
{
	char line[512], *end, *start;

	rewind(f);
	while (fgets(line, sizeof(line), f)) {
		start = strstr(line, "field:");
		end = start ? strchr(start, ';') : NULL;
		if (!end)
			continue;
		*end = '\0';
		start = strrchr(start, ' ');
		if (start && !strcmp(start + 1, name) &&
		    sscanf(end + 1, " offset:%u; size:%u;", &field->offset,
			   &field->size) == 2)
			return true;
	}
	return false;
}

static const struct btf_type *event_struct(const struct btf *btf,
					   const char *event)
{
	char name[64];
	int id;

	snprintf(name, sizeof(name), "%s_event", event);
	id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);
	if (id < 0)
		errx(1, "built without a struct %s; this is a mistake in the tool",
		     name);
	return btf__type_by_id(btf, id);
}

static void check_layout(const struct btf *btf, const char *tracefs,
			 const char *event)
{
	const struct btf_type *type = event_struct(btf, event);
	const struct btf_member *member = btf_members(type);
	char path[256];
	int i;
	FILE *f;

	snprintf(path, sizeof(path), "%s/events/mtce/%s/format", tracefs, event);
	f = fopen(path, "r");
	if (!f)
		err(1, "this " MTCE_MODULE " has no tracepoint %s that can be read: %s",
		    event, path);
	for (i = 0; i < btf_vlen(type); i++, member++) {
		const char *name = btf__name_by_offset(btf, member->name_off);
		/* Behind the header that every record has. */
		unsigned int offset = 8 + btf_member_bit_offset(type, i) / 8;
		unsigned int size = btf__resolve_size(btf, member->type);
		struct field field;

		if (!format_field(f, name, &field))
			errx(1, "%s has no field %s: this " MTCE_MODULE " does not go with this build of the tool",
			     event, name);
		if (field.offset != offset || field.size != size)
			errx(1, "%s has %s in bytes %u to %u, not %u to %u: this " MTCE_MODULE " does not go with this build of the tool",
			     event, name, field.offset,
			     field.offset + field.size - 1, offset,
			     offset + size - 1);
	}
	fclose(f);
}

/*
 * The choice
 */

static void set_autoload(struct bpf_object *obj, const char *prefix, bool on)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj)
		if (starts_with(bpf_program__section_name(prog), prefix))
			bpf_program__set_autoload(prog, on);
}

static void check_records(struct bpf_object *obj)
{
	const char *tracefs = mtce_need_tracefs();
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj) {
		const char *section = bpf_program__section_name(prog);

		if (starts_with(section, RECORD_SECTION))
			check_layout(bpf_object__btf(obj), tracefs,
				     section + strlen(RECORD_SECTION));
	}
}

const char *mtce_choose_way(struct bpf_object *obj, struct mtce_rate *rate)
{
	bool by_btf = !mtce_options.no_module_btf &&
		      !access("/sys/kernel/btf/" MTCE_MODULE, R_OK);

	set_autoload(obj, BTF_SECTION, by_btf);
	set_autoload(obj, RECORD_SECTION, !by_btf);
	if (by_btf) {
		*rate = timebase_rate();
		return MTCE_MODULE " (by its type information)";
	}
	check_records(obj);
	return MTCE_MODULE " (by classic tracepoints)";
}
