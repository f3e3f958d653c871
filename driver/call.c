// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that are traced: what the tracepoints of calls say.
 */
#include <linux/vfio.h>

#include "mtce.h"
#include "trace.h"

static enum mtce_call_kind kind_of(unsigned int cmd)
{
	switch (cmd) {
	case VFIO_IOMMU_MAP_DMA:
		return MTCE_CALL_MAP;
	case VFIO_IOMMU_UNMAP_DMA:
		return MTCE_CALL_UNMAP;
	case VFIO_IOMMU_MTCE_UPDATE:
		return MTCE_CALL_UPDATE;
	case VFIO_IOMMU_MTCE_PUT_LIST:
		return MTCE_CALL_PUT_LIST;
	case VFIO_IOMMU_MTCE_FLUSH:
		return MTCE_CALL_FLUSH;
	case VFIO_IOMMU_SPAPR_REGISTER_MEMORY:
		return MTCE_CALL_REGISTER;
	case VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY:
		return MTCE_CALL_UNREGISTER;
	case VFIO_IOMMU_SPAPR_TCE_CREATE:
		return MTCE_CALL_CREATE;
	case VFIO_IOMMU_SPAPR_TCE_REMOVE:
		return MTCE_CALL_REMOVE;
	default:
		return MTCE_CALL_OTHER;
	}
}

void mtce_call_enter(struct mtce_container *c, struct mtce_call *call,
		     unsigned int cmd)
{
	memset(call, 0, sizeof(*call));
	call->kind = kind_of(cmd);
	call->window = -1;
	call->ops = 1;
	trace_mtce_call_begin(c, call);
	call->began = get_tb();
	call->last = call->began;
}

void mtce_call_leave(struct mtce_container *c, struct mtce_call *call,
		     long ret)
{
	call->last = get_tb();
	if (call->kind != MTCE_CALL_UPDATE)
		call->done = ret >= 0;
	trace_mtce_call_end(c, call, ret);
}

/* Work in a window begins: its stripes are held from here on... */
void mtce_call_enter_window(struct mtce_gather *ga)
{
	struct mtce_call *call = ga->call;

	mtce_stage_end(call, MTCE_STAGE_LOCK);
	call->window = ga->w->num;
	call->mapped -= ga->s->counts.mapped;
	call->unmapped -= ga->s->counts.unmapped;
}

/* ...to here, so that what is counted in between is this call's. */
void mtce_call_leave_window(struct mtce_gather *ga)
{
	struct mtce_call *call = ga->call;

	call->mapped += ga->s->counts.mapped;
	call->unmapped += ga->s->counts.unmapped;
}
