// SPDX-License-Identifier: GPL-2.0
/* mtcesnoop: a line for each call to the driver. */
#include <argp.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <jansson.h>

#include "lib/attach.h"
#include "lib/events.h"
#include "lib/format.h"
#include "lib/lost.h"
#include "lib/options.h"
#include "lib/start.h"
#include "mtcesnoop.h"
#include "mtcesnoop.skel.h"

#define POLL_MS		200
#define MAX_ERRNO	4095

/* What is shown of a container's number: short, and different for most. */
#define SHORT_SHIFT	8
#define SHORT_MASK	0xfffull
#define SHORT_DIGITS	3

static struct {
	struct mtcesnoop_filter filter;
	uint64_t count;		/* of lines; 0: no end */
	uint32_t buffer_kib;
	bool stages;
	bool json;
	bool hcall;
} options = { .buffer_kib = 1024 };

static uint64_t shown;

const char *argp_program_version = "mtcesnoop 0.1";

static const char doc[] =
"Show every call to mtce's VFIO back end, a line each, when it ends; with --hcall also every guest page of the hypercalls "
"that KVM handles in the kernel."
"\v"
"CON is a short number of the container, W the window (-: none), TCES how many were written (+) and cleared (-), US the time in "
"microseconds, RESULT is ok, a count, or an errno. At the end it says on standard error how many calls were shown, filtered out, "
"and lost because lines were printed too slowly (see --buffer).\n"
"\n"
"Hypercalls are shown only when asked for, because there are many more of them: H_PUT_TCE_INDIRECT and H_STUFF_TCE make up to "
"512 lines each. hcall is one that KVM worked on, and TCES are those that it wrote (+) or cleared (-); left is one that it leaves "
"to user space, where it becomes a call. PID is the VMM, tid the thread of the vCPU; a hypercall has no time here "
"(mtcelat --hcall has it).\n"
"\n"
"Examples:\n"
"  mtcesnoop                          all calls until Ctrl-C\n"
"  mtcesnoop --min-us 100 -x          slow calls, and where their time went\n"
"  mtcesnoop --pid 4711 --call map    maps of one process\n"
"  mtcesnoop --failed -n 10           the next ten calls that fail\n"
"  mtcesnoop --result ENOENT          maps of memory that is not registered\n"
"  mtcesnoop --hcall                  calls, and hypercalls in the kernel\n"
"  mtcesnoop --call left              what KVM does not do by itself\n"
"  mtcesnoop --json | jq .total_ns    all fields, a JSON object per line\n"
"\n"
"Exit status: 0; 1 something failed or is missing; 2 wrong usage.";

enum {
	KEY_MIN_US = 0x5000,
	KEY_FAILED,
	KEY_RESULT,
	KEY_CALL,
	KEY_CONTAINER,
	KEY_BUFFER,
	KEY_HCALL,
};

static const struct argp_option option_list[] = {
	{ "pid", 'p', "PID", 0, "Only calls of this process", 0 },
	{ "min-us", KEY_MIN_US, "N", 0, "Only calls that took N microseconds or more", 0 },
	{ "failed", KEY_FAILED, NULL, 0, "Only calls that failed", 0 },
	{ "result", KEY_RESULT, "ERRNO", 0, "Only calls that failed so (a name or a number); 0: that did not fail", 0 },
	{ "call", KEY_CALL, "KIND", 0, "Only calls of this kind: map, unmap, update, put_list, flush, register, unregister, create, remove, other; or hcall, left; may be repeated", 0 },
	{ "hcall", KEY_HCALL, NULL, 0, "Also hypercalls: those that KVM worked on in the kernel (hcall), those that it left to user space (left)", 0 },
	{ "container", KEY_CONTAINER, "HEX", 0, "Only calls on this container: as CON shows it, or all digits", 0 },
	{ "number", 'n', "COUNT", 0, "End after COUNT lines", 0 },
	{ "stages", 'x', NULL, 0, "Also show operations done and given, and the microseconds of each stage", 0 },
	{ "json", 'j', NULL, 0, "One JSON object per line", 0 },
	{ "buffer", KEY_BUFFER, "KIB", 0, "Room for calls that are not yet shown (a power of two from 64, default 1024); a call takes 152 bytes", 0 },
	{}
};

/*
 * Options
 */

static __s32 parse_result(struct argp_state *state, const char *arg)
{
	int number;

	for (number = 1; number <= MAX_ERRNO; number++) {
		const char *name = strerrorname_np(number);

		if (name && !strcmp(name, arg))
			return -number;
	}
	return -(__s32)mtce_number(state, "--result: an errno (like ENOENT)", arg,
				   0, MAX_ERRNO);
}

static __u32 parse_call(struct argp_state *state, const char *arg)
{
	int call = mtce_call_number(arg);

	if (!strcmp(arg, "hcall"))
		return 1u << MTCESNOOP_HCALL;
	if (!strcmp(arg, "left"))
		return 1u << MTCESNOOP_LEFT;
	if (call < 0)
		argp_error(state, "--call: there is no call '%s'", arg);
	return 1u << call;
}

static void parse_container(struct argp_state *state, const char *arg)
{
	struct mtcesnoop_filter *f = &options.filter;
	const char *digits = strncmp(arg, "0x", 2) ? arg : arg + 2;
	char *end;

	errno = 0;
	f->container = strtoull(digits, &end, 16);
	if (errno || !*digits || *digits == '-' || *end)
		argp_error(state, "--container: '%s' is no hexadecimal number", arg);
	f->container_mask = ~0ull;
	if (strlen(digits) <= SHORT_DIGITS) {
		f->container <<= SHORT_SHIFT;
		f->container_mask = SHORT_MASK << SHORT_SHIFT;
	}
}

static __u32 parse_buffer(struct argp_state *state, const char *arg)
{
	__u32 kib = mtce_number(state, "--buffer", arg, 64, 1 << 20);

	if (kib & (kib - 1))
		argp_error(state, "--buffer is a power of two, not %u", kib);
	return kib;
}

/* A filter that no hypercall can pass is a mistake beside the wish for them. */
static void check(struct argp_state *state)
{
	struct mtcesnoop_filter *f = &options.filter;

	if (options.hcall)
		f->calls = (f->calls ? f->calls : (1u << MTCE_CALLS) - 1) | MTCESNOOP_HCALLS;
	if (f->calls & MTCESNOOP_HCALLS && (f->min_ns || f->failed || f->by_result))
		argp_error(state, "hypercalls have no time and no result here: --min-us, --failed and --result do not go with them");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct mtcesnoop_filter *f = &options.filter;

	switch (key) {
	case 'p':
		f->pid = mtce_number(state, "--pid", arg, 1, INT32_MAX);
		break;
	case KEY_MIN_US:
		f->min_ns = 1000 * mtce_number(state, "--min-us", arg, 0, UINT32_MAX);
		break;
	case KEY_FAILED:
		f->failed = 1;
		break;
	case KEY_RESULT:
		f->by_result = 1;
		f->result = parse_result(state, arg);
		break;
	case KEY_CALL:
		f->calls |= parse_call(state, arg);
		break;
	case KEY_CONTAINER:
		parse_container(state, arg);
		break;
	case 'n':
		options.count = mtce_number(state, "--number", arg, 1, UINT64_MAX);
		break;
	case 'x':
		options.stages = true;
		break;
	case 'j':
		options.json = true;
		break;
	case KEY_HCALL:
		options.hcall = true;
		break;
	case ARGP_KEY_END:
		check(state);
		break;
	case KEY_BUFFER:
		options.buffer_kib = parse_buffer(state, arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	option_list, parse, NULL, doc, mtce_options_child, NULL, NULL
};

/*
 * Lines
 */

static const __u64 *stages_of(const struct mtce_call_end_event *c)
{
	return &c->copy_ns;	/* and the others follow, in the order of their numbers */
}

static void print_head(void)
{
	int i;

	printf("TIME     COMM       PID CALL   CON W %15s PAGES    TCES    US RESULT", "IOVA");
	if (options.stages) {
		printf(" %9s", "OPS");
		for (i = 0; i < MTCE_STAGES; i++)
			printf(" %5s", mtce_stage_name(i));
	}
	putchar('\n');
}

/* In six characters. */
static const char *short_call(__u32 call)
{
	switch (call) {
	case MTCE_CALL_PUT_LIST:
		return "list";
	case MTCE_CALL_REGISTER:
		return "reg";
	case MTCE_CALL_UNREGISTER:
		return "unreg";
	default:
		return mtce_call_name(call);
	}
}

static struct mtce_text tces(__u64 mapped, __u64 unmapped)
{
	struct mtce_text t = { "0" };

	if (mapped && unmapped)
		snprintf(t.s, sizeof(t.s), "+%.7s-%.7s", mtce_short(mapped, 3).s,
			 mtce_short(unmapped, 3).s);
	else if (mapped)
		snprintf(t.s, sizeof(t.s), "+%.7s", mtce_short(mapped, 6).s);
	else if (unmapped)
		snprintf(t.s, sizeof(t.s), "-%.7s", mtce_short(unmapped, 6).s);
	return t;
}

static struct mtce_text result_text(__s32 result)
{
	const char *name = result < 0 ? strerrorname_np(-result) : NULL;
	struct mtce_text t = { "ok" };

	if (name)
		snprintf(t.s, sizeof(t.s), "%s", name);
	else if (result)
		snprintf(t.s, sizeof(t.s), "%d", result);
	return t;
}

static struct mtce_text window_text(__s32 window)
{
	struct mtce_text t = { "-" };

	if (window >= 0)
		snprintf(t.s, sizeof(t.s), "%d", window);
	return t;
}

static void print_stages(const struct mtce_call_end_event *c)
{
	int i;

	printf(" %4u/%4u", c->done, c->ops);
	for (i = 0; i < MTCE_STAGES; i++)
		printf(" %5s", mtce_us(stages_of(c)[i]).s);
}

static bool is_hcall(const struct mtcesnoop_event *e)
{
	return 1u << (e->call.call & 31) & MTCESNOOP_HCALLS;
}

static const char *hcall_name(const struct mtcesnoop_event *e)
{
	return e->call.call == MTCESNOOP_LEFT ? "left" : "hcall";
}

/* An entry that is mapped is killed, too. */
static void print_hcall_line(const struct mtcesnoop_event *e, const char *comm)
{
	const struct mtce_call_end_event *c = &e->call;

	printf("%s %-7.7s %6u %-6s %0*llx %s %15llx %5s %7s tid %llu\n",
	       mtce_clock(e->ktime).s, comm, c->pid, hcall_name(e),
	       SHORT_DIGITS, c->container >> SHORT_SHIFT & SHORT_MASK,
	       window_text(c->window).s, c->iova, mtce_short(c->pages, 5).s,
	       tces(c->mapped, c->mapped ? 0 : c->unmapped).s, e->tid);
}

static void print_line(const struct mtcesnoop_event *e, const char *comm)
{
	const struct mtce_call_end_event *c = &e->call;

	printf("%s %-7.7s %6u %-6s %0*llx %s %15llx %5s %7s %5s %-*s",
	       mtce_clock(e->ktime).s, comm, c->pid, short_call(c->call),
	       SHORT_DIGITS, c->container >> SHORT_SHIFT & SHORT_MASK,
	       window_text(c->window).s, c->iova, mtce_short(c->pages, 5).s,
	       tces(c->mapped, c->unmapped).s, mtce_us(c->total_ns).s,
	       options.stages ? 6 : 0, result_text(c->result).s);
	if (options.stages)
		print_stages(c);
	putchar('\n');
}

static void write_json(json_t *line)
{
	/* A disk that is full is for mtce_flush(). */
	if (!line || (json_dumpf(line, stdout, JSON_COMPACT) && !ferror(stdout)))
		errx(1, "cannot write JSON");
	putchar('\n');
	json_decref(line);
}

static void print_json(const struct mtcesnoop_event *e, const char *comm)
{
	const struct mtce_call_end_event *c = &e->call;
	json_t *line = json_pack("{s:s, s:f, s:s, s:I, s:s, s:s, s:i, s:s, s:I, s:I, s:I, s:i, s:I, s:I, s:I}",
				 "event", "call",
				 "time", mtce_epoch(e->ktime),
				 "comm", comm,
				 "pid", (json_int_t)c->pid,
				 "call", mtce_call_name(c->call),
				 "container", mtce_hex(c->container).s,
				 "window", c->window,
				 "iova", mtce_hex(c->iova).s,
				 "pages", (json_int_t)c->pages,
				 "mapped", (json_int_t)c->mapped,
				 "unmapped", (json_int_t)c->unmapped,
				 "result", c->result,
				 "ops", (json_int_t)c->ops,
				 "done", (json_int_t)c->done,
				 "total_ns", (json_int_t)c->total_ns);
	char key[16];
	int i;

	for (i = 0; line && i < MTCE_STAGES; i++) {
		snprintf(key, sizeof(key), "%s_ns", mtce_stage_name(i));
		json_object_set_new(line, key, json_integer(stages_of(c)[i]));
	}
	write_json(line);
}

static void print_hcall_json(const struct mtcesnoop_event *e, const char *comm)
{
	const struct mtce_call_end_event *c = &e->call;
	json_t *line = json_pack("{s:s, s:f, s:s, s:I, s:I, s:s, s:i, s:s}",
				 "event", hcall_name(e),
				 "time", mtce_epoch(e->ktime),
				 "comm", comm,
				 "pid", (json_int_t)c->pid,
				 "tid", (json_int_t)e->tid,
				 "container", mtce_hex(c->container).s,
				 "window", c->window,
				 "iova", mtce_hex(c->iova).s);

	if (line && c->call == MTCESNOOP_HCALL) {
		json_object_set_new(line, "pages", json_integer(c->pages));
		json_object_set_new(line, "mapped", json_integer(c->mapped));
		json_object_set_new(line, "killed", json_integer(c->unmapped));
	}
	write_json(line);
}

/* What comes behind the last line that was asked for is not shown any more. */
static bool enough(void)
{
	return options.count && shown >= options.count;
}

static void show(const struct mtcesnoop_event *e, const char *comm)
{
	if (options.json && is_hcall(e))
		print_hcall_json(e, comm);
	else if (options.json)
		print_json(e, comm);
	else if (is_hcall(e))
		print_hcall_line(e, comm);
	else
		print_line(e, comm);
}

static int on_event(void *ctx, void *data, size_t size)
{
	const struct mtcesnoop_event *e = data;
	char comm[MTCESNOOP_COMM];

	(void)ctx;
	(void)size;
	if (enough())
		return 0;
	memcpy(comm, e->comm, sizeof(comm));
	mtce_clean(comm, sizeof(comm));
	show(e, comm);
	shown++;
	return 0;
}

/*
 * The loop
 */

static void watch(struct mtcesnoop_bpf *skel)
{
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(skel->maps.events),
						    on_event, NULL, NULL);
	int error = 0;

	if (!ring)
		mtce_bpf_failed("read the ring buffer", -errno);
	if (!options.json)
		print_head();
	while (!mtce_stopped() && !enough()) {
		mtce_flush();
		if (mtce_stopped())
			break;
		error = ring_buffer__poll(ring, POLL_MS);
		if (error < 0 && error != -EINTR)
			mtce_bpf_failed("read the ring buffer", error);
	}
	/* Nothing comes any more; show what came until now. */
	mtcesnoop_bpf__detach(skel);
	error = ring_buffer__consume(ring);
	if (error < 0)
		mtce_bpf_failed("read the ring buffer", error);
	ring_buffer__free(ring);
}

/* Must be called while the programs are still loaded. */
static void print_end(const struct mtcesnoop_bpf *skel)
{
	__u64 filtered, lost = mtce_lost(skel->obj);

	mtce_percpu_sum(skel->maps.filtered, 0, &filtered, sizeof(filtered));
	if (options.json)
		write_json(json_pack("{s:s, s:I, s:I, s:I}", "event", "end",
				     "shown", (json_int_t)shown,
				     "filtered", (json_int_t)filtered,
				     "lost", (json_int_t)lost));
	mtce_flush();
	warnx("%llu calls shown, %llu filtered out, %llu lost",
	      (__u64)shown, filtered, lost);
}

/* Hypercalls that are not wanted cost nothing. */
static void choose_programs(struct mtcesnoop_bpf *skel)
{
	__u32 calls = options.filter.calls;

	if (!(calls & 1u << MTCESNOOP_HCALL)) {
		bpf_program__set_autoload(skel->progs.btf_hcall, false);
		bpf_program__set_autoload(skel->progs.record_hcall, false);
	}
	if (!(calls & 1u << MTCESNOOP_LEFT)) {
		bpf_program__set_autoload(skel->progs.btf_hcall_left, false);
		bpf_program__set_autoload(skel->progs.record_hcall_left, false);
	}
}

int main(int argc, char **argv)
{
	struct mtcesnoop_bpf *skel;
	const char *way;
	int error;

	mtce_options_parse(&argp, argc, argv, NULL);
	mtce_need_host();
	mtce_need_module(MTCE_MODULE);
	mtce_quiet_libbpf();
	json_object_seed(1);	/* else it reads /dev/urandom, and the kernel may log that */
	skel = mtcesnoop_bpf__open();
	if (!skel)
		mtce_bpf_failed("open the BPF programs", -errno);
	way = mtce_choose_way(skel->obj, &skel->rodata->mtce_rate);
	choose_programs(skel);
	skel->rodata->filter = options.filter;
	bpf_map__set_max_entries(skel->maps.events, options.buffer_kib * 1024);
	error = mtcesnoop_bpf__load(skel);
	if (error)
		mtce_bpf_failed("load the BPF programs", error);
	mtce_stop_on_signals();
	error = mtcesnoop_bpf__attach(skel);
	if (error)
		mtce_bpf_failed("attach to the tracepoint", error);
	mtce_watching(way);
	watch(skel);
	print_end(skel);
	mtcesnoop_bpf__destroy(skel);
	return mtce_end();
}
