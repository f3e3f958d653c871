// SPDX-License-Identifier: GPL-2.0
/*
 * Makes a known number of calls of each kind on one back end and says what it did, for tests of
 * what watches the driver. Not a test by itself.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "guest.h"
#include "hcalls.h"
#include "work.h"

static struct work todo;
static struct shape shape = { .ops = 1, .pages = 1, .threads = 1 };
static struct outcome out;
static struct hcalls hcalls = { .length = 1 };
static struct hcall_outcome hcall_out;
static int wait_for_line, hold;

static const struct number {
	const char *name;
	uint64_t *to;
} numbers[] = {
	{ "maps", &todo.maps },
	{ "unmaps", &todo.unmaps },
	{ "bad-maps", &todo.bad_maps },
	{ "updates", &todo.updates },
	{ "lists", &todo.lists },
	{ "lazy-updates", &todo.lazy_updates },
	{ "flushes", &todo.flushes },
	{ "ops", &shape.ops },
	{ "pages", &shape.pages },
	{ "threads", &shape.threads },
	{ "hputs", &hcalls.puts },
	{ "hlists", &hcalls.lists },
	{ "hstuffs", &hcalls.stuffs },
	{ "hlength", &hcalls.length },
	{ "hemulated", &hcalls.emulated },
	{ "hleft", &hcalls.left },
};

static const char help[] =
"load [options]    calls of each kind on one back end, so many of each as they say; then what was done\n"
"\n"
"  --backend B       upstream, mtce-takeover or mtce (default: $MTCE_BACKEND, else upstream)\n"
"  --maps N          VFIO_IOMMU_MAP_DMA\n"
"  --unmaps N        VFIO_IOMMU_UNMAP_DMA, first of what the maps have mapped\n"
"  --bad-maps N      maps outside of every window, which are to fail\n"
"  --updates N       VFIO_IOMMU_MTCE_UPDATE; every other operation is a map, the next one unmaps it\n"
"  --lists N         VFIO_IOMMU_MTCE_PUT_LIST\n"
"  --lazy-updates N  updates with lazy unmaps of what was mapped before\n"
"  --flushes N       VFIO_IOMMU_MTCE_FLUSH, spread over the lazy updates\n"
"  --ops N           operations of one update (default 1)\n"
"  --pages N         4K pages of one map, unmap, operation and list (default 1)\n"
"  --threads N       share the work (default 1)\n"
"  --hputs N         H_PUT_TCE of a small KVM guest, after all other work; needs KVM\n"
"  --hlists N        H_PUT_TCE_INDIRECT\n"
"  --hstuffs N       H_STUFF_TCE, first of what the lists have mapped\n"
"  --hlength N       pages of one list and one stuff (default 1)\n"
"  --hemulated N     H_PUT_TCE to a table that no VFIO group has\n"
"  --hleft N         H_PUT_TCE that KVM has to leave to user space\n"
"  --wait            say \"ready\" after set-up, begin when a line comes on stdin\n"
"  --hold            when all is said, keep everything as it is until stdin ends\n"
"\n"
"Prints lines \"name value\": of the work (maps, ..., calls, operations, mapped_tces, unmapped_tces, errors),\n"
"of what came before (setup_...) and after (after_...), and on our driver its own counters of the work (stat_...); with KVM\n"
"also of hypercalls (hcall_...).\n"
"Needs MTCE_DEVICES and MTCE_GROUPS, which scripts/mtce-host sets.\n"
"Exit status: 0; 1 a call did not do what it should; 2 wrong usage; 4 the back end is not there.\n";

static void usage_error(const char *what)
{
	fprintf(stderr, "load: %s (see --help)\n", what);
	exit(2);
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t n = strtoull(text, &end, 10);

	if (!*text || *end || *text == '-')
		usage_error("a number is wanted");
	return n;
}

static void one_option(int index, const char *value)
{
	if (index < (int)ARRAY_SIZE(numbers))
		*numbers[index].to = number(value);
	else
		setenv("MTCE_BACKEND", value, 1);
}

static void parse(int argc, char **argv)
{
	struct option options[ARRAY_SIZE(numbers) + 5] = { };
	size_t n = ARRAY_SIZE(numbers), i;
	int index, c;

	for (i = 0; i < n; i++)
		options[i] = (struct option) { numbers[i].name, required_argument, NULL, 1 };
	options[i++] = (struct option) { "backend", required_argument, NULL, 1 };
	options[i++] = (struct option) { "wait", no_argument, &wait_for_line, 1 };
	options[i++] = (struct option) { "hold", no_argument, &hold, 1 };
	options[i++] = (struct option) { "help", no_argument, NULL, 'h' };
	while ((c = getopt_long(argc, argv, "h", options, &index)) >= 0) {
		if (c == 1)
			one_option(index, optarg);
		else if (c == 'h')
			exit(fputs(help, stdout) < 0);
		else if (c)
			exit(2);
	}
	if (optind < argc)
		usage_error("there are options only");
}

static void choose_backend(void)
{
	const char *why;

	if (!backend_select(&why)) {
		fprintf(stderr, "load: %s\n", why);
		exit(4);
	}
	why = work_refused(&todo, &shape);
	if (!why)
		why = hcalls_refused(&hcalls);
	if (why)
		usage_error(why);
}

static void say(const char *name, uint64_t value)
{
	printf("%s %llu\n", name, (unsigned long long)value);
}

static uint64_t others;

static struct vfio_mtce_stats stats(void)
{
	struct vfio_iommu_mtce_info info = { };

	if (!backend->ours)
		return info.stats;
	others++;
	if (mtce_info(&box, &info)) {
		fprintf(stderr, "load: the counters cannot be read\n");
		exit(1);
	}
	return info.stats;
}

static void say_stats(const struct vfio_mtce_stats *a, const struct vfio_mtce_stats *b)
{
	say("stat_tces_mapped", b->tces_mapped - a->tces_mapped);
	say("stat_tces_unmapped", b->tces_unmapped - a->tces_unmapped);
	say("stat_kills_tce", b->kills_tce - a->kills_tce);
	say("stat_kills_pe", b->kills_pe - a->kills_pe);
	say("stat_calls", b->calls - a->calls);
	say("stat_flushes_full", b->flushes_full - a->flushes_full);
	say("stat_flushes_timeout", b->flushes_timeout - a->flushes_timeout);
	say("stat_flushes_explicit", b->flushes_explicit - a->flushes_explicit);
	say("stat_flushes_reuse", b->flushes_reuse - a->flushes_reuse);
	say("stat_hcall_mapped", b->hcall_mapped - a->hcall_mapped);
	say("stat_hcall_unmapped", b->hcall_unmapped - a->hcall_unmapped);
	say("stat_hcall_kills_tce", b->hcall_kills_tce - a->hcall_kills_tce);
	say("stat_hcall_kills_pe", b->hcall_kills_pe - a->hcall_kills_pe);
	say("stat_hcall_left", b->hcall_left - a->hcall_left);
	/* The last: whoever reads this waits for it. */
	say("stat_lazy_pending", b->lazy_pending);
}

static void say_work(void)
{
	const struct work *d = &out.done;

	say("maps", d->maps);
	say("unmaps", d->unmaps);
	say("bad_maps", d->bad_maps);
	say("updates", d->updates);
	say("lists", d->lists);
	say("lazy_updates", d->lazy_updates);
	say("flushes", d->flushes);
	say("calls", d->maps + d->unmaps + d->bad_maps + d->updates + d->lists +
		     d->lazy_updates + d->flushes);
	say("operations", out.operations);
	say("mapped_tces", out.mapped);
	say("unmapped_tces", out.unmapped);
	say("errors", out.errors);
}

static void say_hcalls(void)
{
	const struct hcall_outcome *o = &hcall_out;

	say("hputs", hcalls.puts);
	say("hlists", hcalls.lists);
	say("hstuffs", hcalls.stuffs);
	say("hemulated", hcalls.emulated);
	say("hleft", hcalls.left);
	say("hcall_pages", o->pages);
	say("hcall_mapped", o->mapped);
	say("hcall_cleared", o->cleared);
	say("hcall_exits", o->exits);
	say("hcall_errors", o->errors);
}

/* Those of box_ready(), and our own. */
static void say_set_up(uint64_t setup_others)
{
	say("setup_registers", vm.vcpus ? 2 : 1);
	say("setup_removes", 1);
	say("setup_creates", 1);
	say("setup_maps", out.setup_maps);
	say("setup_others", setup_others);
	say("after_others", others - setup_others);
}

/* Until the next line, or the end. False if there is no line. */
static int next_line(void)
{
	int c;

	while ((c = getchar()) != '\n')
		if (c == EOF)
			return 0;
	return 1;
}

int main(int argc, char **argv)
{
	struct vfio_mtce_stats before, after;
	uint64_t setup_others;

	parse(argc, argv);
	choose_backend();
	box_ready();
	if (test_has_failed())
		return 1;
	work_set_up(&todo, &shape);
	hcalls_set_up(&hcalls);
	if (test_has_failed())
		return 1;
	before = stats();
	setup_others = others;
	if (wait_for_line) {
		puts("ready");
		fflush(stdout);
		next_line();
	}
	work_run(&out);
	hcalls_run(&hcall_out);
	others += hcalls.left ? 2 : 0; /* enable and disable */
	after = stats();
	say_work();
	say_hcalls();
	say_set_up(setup_others);
	if (backend->ours)
		say_stats(&before, &after);
	fflush(stdout);
	while (hold && next_line())
		;
	hcalls_end();
	box_close();
	return out.errors || hcall_out.errors ? 1 : 0;
}
