/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers in trace events and their names: the one list, for the driver, the tools
 * and what completes their arguments. Numbers are the order here, so what is new
 * comes last.
 *
 * Define EM(number, name, ...) and E_(), the same for the last of a list, before a
 * list is used.
 */
#ifndef MTCE_NAMES_H
#define MTCE_NAMES_H

/* Ioctls, with their commands. "other": queries, modes, EEH, unknown calls. */
#define MTCE_CALL_NAMES \
	EM(MTCE_CALL_OTHER, "other", 0) \
	EM(MTCE_CALL_MAP, "map", VFIO_IOMMU_MAP_DMA) \
	EM(MTCE_CALL_UNMAP, "unmap", VFIO_IOMMU_UNMAP_DMA) \
	EM(MTCE_CALL_UPDATE, "update", VFIO_IOMMU_MTCE_UPDATE) \
	EM(MTCE_CALL_PUT_LIST, "put_list", VFIO_IOMMU_MTCE_PUT_LIST) \
	EM(MTCE_CALL_FLUSH, "flush", VFIO_IOMMU_MTCE_FLUSH) \
	EM(MTCE_CALL_REGISTER, "register", VFIO_IOMMU_SPAPR_REGISTER_MEMORY) \
	EM(MTCE_CALL_UNREGISTER, "unregister", \
	   VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY) \
	EM(MTCE_CALL_CREATE, "create", VFIO_IOMMU_SPAPR_TCE_CREATE) \
	E_(MTCE_CALL_REMOVE, "remove", VFIO_IOMMU_SPAPR_TCE_REMOVE)

/*
 * What a call does one after the other, some of it repeatedly: arguments and arrays
 * copied from user memory; checks, and the locks of the table; memory looked up or
 * pinned, and let go; entries written; bridges told, or the lazy queue.
 */
#define MTCE_STAGE_NAMES \
	EM(MTCE_STAGE_COPY, "copy") \
	EM(MTCE_STAGE_LOCK, "lock") \
	EM(MTCE_STAGE_PIN, "pin") \
	EM(MTCE_STAGE_WRITE, "write") \
	E_(MTCE_STAGE_KILL, "kill")

/* What is waited for. "stop": the container, for all of it to stand still. */
#define MTCE_LOCK_NAMES \
	EM(MTCE_LOCK_STRIPE, "stripe") \
	EM(MTCE_LOCK_QUEUE, "queue") \
	EM(MTCE_LOCK_CONTAINER, "container") \
	E_(MTCE_LOCK_STOP, "stop")

/* Why the queue of lazy unmaps is flushed. */
#define MTCE_FLUSH_NAMES \
	EM(MTCE_FLUSH_FULL, "full") \
	EM(MTCE_FLUSH_TIMEOUT, "timeout") \
	EM(MTCE_FLUSH_EXPLICIT, "explicit") \
	EM(MTCE_FLUSH_REUSE, "reuse") \
	E_(MTCE_FLUSH_TEARDOWN, "teardown")

#define EM(number, ...)	number,
#define E_(number, ...)	number,
enum mtce_call_kind { MTCE_CALL_NAMES MTCE_CALLS };
enum mtce_stage { MTCE_STAGE_NAMES MTCE_STAGES };
enum mtce_lock { MTCE_LOCK_NAMES MTCE_LOCKS };
enum mtce_flush_reason { MTCE_FLUSH_NAMES MTCE_FLUSHES };
#undef EM
#undef E_

#endif /* MTCE_NAMES_H */
