// SPDX-License-Identifier: GPL-2.0
/*
 * mtcelat: histograms of latency. They only ever grow; user space takes the
 * differences. Bins are added to atomically, so that none of them misses a call.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lib/events.bpf.h"
#include "lib/kvm.bpf.h"
#include "lib/lost.bpf.h"
#include "mtcelat.h"

const volatile struct lat_switches switches = {};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LAT_KEYS);
	__type(key, struct lat_key);
	__type(value, struct lat_hist);
} histograms SEC(".maps");

/* A probed call or hypercall that has begun and not returned; a thread is in one at most. */
struct start {
	__u64 ns;
	__u32 call;
	__u32 source;
	__u32 batch;	/* of a hypercall */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LAT_THREADS);
	__type(key, __u32);
	__type(value, struct start);
} starts SEC(".maps");

/* Too large for the stack. */
struct lat_hist empty = {};

static __always_inline bool by(enum lat_dimension dimension)
{
	return switches.by & (1u << dimension);
}

static __always_inline bool call_wanted(__u32 call)
{
	return switches.calls & (1u << call);
}

static __always_inline bool process_wanted(__u32 pid)
{
	return !switches.pid || switches.pid == pid;
}

static __always_inline struct lat_hist *histogram_of(const struct lat_key *key)
{
	struct lat_hist *h = bpf_map_lookup_elem(&histograms, key);

	if (h)
		return h;
	/* Another CPU may be faster; then its histogram is found. */
	bpf_map_update_elem(&histograms, key, &empty, BPF_NOEXIST);
	h = bpf_map_lookup_elem(&histograms, key);
	if (h && by(LAT_BY_PROCESS))
		bpf_get_current_comm(h->comm, sizeof(h->comm));
	return h;
}

static __always_inline void add(const struct lat_key *key, __u64 ns)
{
	struct lat_hist *h = histogram_of(key);
	__u64 width = switches.width_ns;
	__u32 bin;

	if (!h || !width) {
		mtce_lose();
		return;
	}
	bin = switches.linear ? lat_bin_linear(ns / width) :
				lat_bin(ns / width);
	if (bin >= LAT_BINS)	/* for the verifier */
		return;
	__sync_fetch_and_add(&h->sum_ns, ns);
	__sync_fetch_and_add(&h->bins[bin], 1);
}

/*
 * The driver's own events
 */

static __always_inline void add_stages(struct lat_key *key,
				       const struct mtce_call_end_event *e)
{
	const __u64 stages[] = {
		e->copy_ns, e->lock_ns, e->pin_ns, e->write_ns, e->kill_ns,
	};
	__u64 rest = e->total_ns;
	int i;

#pragma unroll
	for (i = 0; i < MTCE_STAGES; i++) {
		key->stage = i;
		add(key, stages[i]);
		rest -= stages[i];
	}
	key->stage = LAT_STAGE_REST;
	add(key, rest);
}

static __always_inline void on_call_end(void *ctx,
					const struct mtce_call_end_event *e)
{
	__u32 call = e->call < MTCE_CALLS ? e->call : MTCE_CALL_OTHER;
	struct lat_key key = {};

	if (!call_wanted(call) || !process_wanted(e->pid))
		return;
	key.source = LAT_TRACEPOINT;
	if (by(LAT_BY_CALL))
		key.call = call;
	if (by(LAT_BY_BATCH) && e->pages)
		key.batch = 1 + lat_log2(e->pages);
	if (by(LAT_BY_TABLE)) {
		key.container = e->container;
		key.window = e->window;
	}
	if (by(LAT_BY_PROCESS))
		key.pid = e->pid;
	if (by(LAT_BY_STAGE))
		add_stages(&key, e);
	else
		add(&key, e->total_ns);
}

MTCE_ON_CALL_END(on_call_end)

/*
 * The probe: a back end's ioctl from its first instruction to its return. The
 * cookie says whose.
 */

static __always_inline __u32 call_of(__u32 cmd)
{
	__u32 call;

#pragma unroll
	for (call = MTCE_CALL_OTHER + 1; call < MTCE_CALLS; call++)
		if (switches.commands[call] == cmd)
			return call;
	return MTCE_CALL_OTHER;
}

SEC("kprobe")
int BPF_KPROBE(probe_enter, void *iommu_data, unsigned int cmd)
{
	__u32 tid = bpf_get_current_pid_tgid(), call = call_of(cmd);
	struct start start = { .call = call };

	if (!process_wanted(mtce_current_pid()))
		return 0;
	if (!call_wanted(call)) {
		/* A return that was missed has left one: it is not this call's. */
		bpf_map_delete_elem(&starts, &tid);
		return 0;
	}
	start.source = bpf_get_attach_cookie(ctx);
	start.ns = bpf_ktime_get_ns();
	if (bpf_map_update_elem(&starts, &tid, &start, BPF_ANY))
		mtce_lose();
	return 0;
}

SEC("kretprobe")
int BPF_KRETPROBE(probe_return)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 tid = bpf_get_current_pid_tgid();
	struct start *start = bpf_map_lookup_elem(&starts, &tid);
	struct lat_key key = {};
	__u64 began;

	/* Not wanted, or begun before there was a probe. */
	if (!start)
		return 0;
	began = start->ns;
	key.source = start->source;
	if (by(LAT_BY_CALL))
		key.call = start->call;
	if (by(LAT_BY_BATCH))
		key.batch = start->batch;
	if (by(LAT_BY_PROCESS))
		key.pid = mtce_current_pid();
	bpf_map_delete_elem(&starts, &tid);
	add(&key, now - began);
	return 0;
}

/*
 * Hypercalls: KVM's functions for them, the same for both back ends. The cookie says
 * which; whose the table is, its operations say. probe_return is their return, too.
 */

static __always_inline enum lat_source backend_of(struct kvm_vcpu___kvm *vcpu, __u64 liobn)
{
	__u64 killer = mtce_kvm_killer(vcpu, liobn);

	if (!killer)
		return LAT_NONE;
	return killer >= switches.ours_first && killer <= switches.ours_last ?
	       LAT_MTCE : LAT_UPSTREAM;
}

SEC("kprobe")
int BPF_KPROBE(hcall_enter, struct kvm_vcpu___kvm *vcpu, __u64 liobn, __u64 ioba,
	       __u64 what, __u64 pages)
{
	__u32 tid = bpf_get_current_pid_tgid(), call = bpf_get_attach_cookie(ctx);
	struct start start = { .call = call };

	if (!process_wanted(mtce_current_pid()))
		return 0;
	start.source = backend_of(vcpu, liobn);
	if (!call_wanted(call & 31) || !(switches.sources & (1u << start.source))) {
		bpf_map_delete_elem(&starts, &tid);
		return 0;
	}
	if (call == LAT_H_PUT_TCE)
		pages = 1;
	start.batch = pages ? 1 + lat_log2(pages) : 0;
	start.ns = bpf_ktime_get_ns();
	if (bpf_map_update_elem(&starts, &tid, &start, BPF_ANY))
		mtce_lose();
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
