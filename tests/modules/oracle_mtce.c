// SPDX-License-Identifier: GPL-2.0
/* Our driver's tracepoints feed the model. See oracle.h. */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/tracepoint.h>

#include "mtce.h"
#include "trace.h"

#include "oracle.h"

static void seen(enum oracle_event event)
{
	lockdep_assert_held(&oracle_lock);
	oracle_seen[event]++;
}

/* What entry @index of the window holds: the TCE, and what its shadow says. */
static void read_entry(const struct mtce_window *w, u64 index,
		       struct oracle_tce *t)
{
	struct iommu_table *tbl = w->tbl;
	__be64 *at = w->ops->useraddrptr(tbl, tbl->it_offset + index, false);
	u64 shadow = at ? READ_ONCE(*(__force u64 *)at) : 0;

	t->index = index;
	t->tce = w->ops->get(tbl, tbl->it_offset + index);
	t->pinned = !(shadow & MTCE_SHADOW_REGION) &&
		    shadow & MTCE_SHADOW_PINNED;
	t->ua = shadow & ~(MTCE_SHADOW_REGION | MTCE_PERM_MASK);
}

static void entries(const struct mtce_container *c, const struct mtce_window *w,
		    u64 index, u64 n, enum oracle_event event)
{
	struct oracle_tce t = {
		.owner = (u64)c, .table = (u64)w->tbl, .shift = w->shift,
		.task = (u64)current,
	};
	unsigned long flags;
	u64 chunk;

	raw_spin_lock_irqsave(&oracle_lock, flags);
	seen(event);
	t.groups = oracle_groups_of(w->tbl);
	raw_spin_unlock_irqrestore(&oracle_lock, flags);

	while (n) {
		raw_spin_lock_irqsave(&oracle_lock, flags);
		for (chunk = min_t(u64, n, ORACLE_CHUNK); chunk; chunk--, n--) {
			read_entry(w, index++, &t);
			if (event == SEEN_SET)
				oracle_set(&oracle, &t);
			else
				oracle_clear(&oracle, &t);
		}
		raw_spin_unlock_irqrestore(&oracle_lock, flags);
	}
}

static void on_set(void *unused, const struct mtce_container *c,
		   const struct mtce_window *w, unsigned long index,
		   unsigned long n)
{
	entries(c, w, index, n, SEEN_SET);
}

static void on_clear(void *unused, const struct mtce_container *c,
		     const struct mtce_window *w, unsigned long index,
		     unsigned long n)
{
	entries(c, w, index, n, SEEN_CLEAR);
}

static void on_kill(void *unused, const struct mtce_container *c,
		    const struct mtce_window *w, const struct mtce_group *g,
		    bool pe, unsigned long index, unsigned long n)
{
	unsigned long flags;
	u64 group;

	raw_spin_lock_irqsave(&oracle_lock, flags);
	seen(pe ? SEEN_KILL_PE : SEEN_KILL_TCE);
	group = oracle_group(&oracle, (u64)g->table_group);
	if (pe)
		oracle_kill_pe(&oracle, group);
	else
		oracle_kill(&oracle, (u64)w->tbl, group, index, n);
	raw_spin_unlock_irqrestore(&oracle_lock, flags);
}

static void on_unset(void *unused, const struct mtce_container *c,
		     const struct mtce_window *w, const struct mtce_group *g)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&oracle_lock, flags);
	seen(SEEN_UNSET);
	oracle_unset(&oracle, (u64)w->tbl,
		     oracle_group(&oracle, (u64)g->table_group));
	raw_spin_unlock_irqrestore(&oracle_lock, flags);
}

static void on_unpin(void *unused, const struct mtce_container *c, u64 hpa)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&oracle_lock, flags);
	seen(SEEN_UNPIN);
	oracle_unpin(&oracle, (u64)c, hpa);
	raw_spin_unlock_irqrestore(&oracle_lock, flags);
}

static void on_register(void *unused, const struct mtce_container *c,
			const struct mtce_region *r)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&oracle_lock, flags);
	seen(SEEN_REGISTER);
	oracle_register(&oracle, (u64)c, (u64)r, r->ua, r->size);
	raw_spin_unlock_irqrestore(&oracle_lock, flags);
}

static void on_unregister(void *unused, const struct mtce_container *c,
			  const struct mtce_region *r)
{
	unsigned long flags, i = 0, n = r->size >> PAGE_SHIFT;

	raw_spin_lock_irqsave(&oracle_lock, flags);
	seen(SEEN_UNREGISTER);
	if (!oracle_unregister(&oracle, (u64)c, (u64)r))
		n = 0;
	while (i < n) {
		oracle_release(&oracle, (u64)c, r->ua, r->size,
			       r->hpas[i] & PAGE_MASK);
		if (++i % ORACLE_CHUNK)
			continue;
		raw_spin_unlock_irqrestore(&oracle_lock, flags);
		raw_spin_lock_irqsave(&oracle_lock, flags);
	}
	raw_spin_unlock_irqrestore(&oracle_lock, flags);
}

/* All that this task has set in the window, wherever it is. */
static void on_call_done(void *unused, const struct mtce_container *c,
			 const struct mtce_window *w)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&oracle_lock, flags);
	seen(SEEN_DONE);
	oracle_done(&oracle, (u64)w->tbl, 0, ~0ull, (u64)current);
	raw_spin_unlock_irqrestore(&oracle_lock, flags);
}

static const struct {
	struct tracepoint *at;
	void *probe;
} probes[] = {
	{ &__tracepoint_mtce_tce_set, on_set },
	{ &__tracepoint_mtce_tce_clear, on_clear },
	{ &__tracepoint_mtce_kill, on_kill },
	{ &__tracepoint_mtce_window_unset, on_unset },
	{ &__tracepoint_mtce_unpin, on_unpin },
	{ &__tracepoint_mtce_register, on_register },
	{ &__tracepoint_mtce_unregister, on_unregister },
	{ &__tracepoint_mtce_work_done, on_call_done },
};

/* The table above has no types: does each probe take what its event gives? */
static void __maybe_unused types_agree(void)
{
	check_trace_callback_type_mtce_tce_set(on_set);
	check_trace_callback_type_mtce_tce_clear(on_clear);
	check_trace_callback_type_mtce_kill(on_kill);
	check_trace_callback_type_mtce_window_unset(on_unset);
	check_trace_callback_type_mtce_unpin(on_unpin);
	check_trace_callback_type_mtce_register(on_register);
	check_trace_callback_type_mtce_unregister(on_unregister);
	check_trace_callback_type_mtce_work_done(on_call_done);
}

static void stop_first(size_t n)
{
	while (n--)
		tracepoint_probe_unregister(probes[n].at, probes[n].probe, NULL);
	tracepoint_synchronize_unregister();
}

int oracle_mtce_start(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		int ret = tracepoint_probe_register(probes[i].at,
						    probes[i].probe, NULL);

		if (ret) {
			stop_first(i);
			return ret;
		}
	}
	return 0;
}

void oracle_mtce_stop(void)
{
	stop_first(ARRAY_SIZE(probes));
}
