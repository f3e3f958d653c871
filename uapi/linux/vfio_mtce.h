/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * vfio_mtce.h - user-space contract of the mtce VFIO IOMMU back end
 *
 * Needs nothing but <linux/types.h> and <linux/ioctl.h>; usable from C and C++.
 */
#ifndef _UAPI_LINUX_VFIO_MTCE_H
#define _UAPI_LINUX_VFIO_MTCE_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: mtce, a batched VFIO back end for sPAPR TCE tables
 *
 * A container whose type is set to %VFIO_SPAPR_MTCE_IOMMU accepts every call
 * of the v1 and v2 sPAPR back ends (see <linux/vfio.h>) and the calls below.
 * Containers of the v1 and v2 types that this back end has taken over accept
 * the calls below too.
 *
 * Addresses and sizes are in bytes. An IOVA is an absolute PCI bus address.
 * "TCE page" is the page size of the DMA window that holds the IOVA; IOVAs,
 * user addresses and sizes must be multiples of it.
 *
 * One errno, one meaning, for all calls on a container of this back end:
 *
 * %EINVAL: The call is malformed: argsz too small, an unknown flag, padding
 * that is not zero, an address or size that is not a multiple of the page, a
 * size of zero, a range that wraps, a map with neither READ nor WRITE.
 *
 * %ENXIO: The IOVA range does not lie inside one DMA window of the container.
 *
 * %EEXIST: The map would replace a live entry and did not ask to. Nothing has
 * changed.
 *
 * %ENOENT: The user memory is not registered (map), or there is no registered
 * memory with exactly this address and size (unregister).
 *
 * %ERANGE: The memory behind the user address is not physically contiguous
 * over a whole TCE page.
 *
 * %EFAULT: User memory cannot be accessed: an argument of the call, or pages
 * that are to be pinned.
 *
 * %EPERM: The container belongs to another process, or neither
 * %VFIO_IOMMU_ENABLE nor %VFIO_IOMMU_SPAPR_REGISTER_MEMORY was called yet, or
 * the platform does not let this be done (a fixed window, an incompatible
 * group).
 *
 * %EBUSY: In use: memory that is still mapped; memory that this container has
 * registered already, or of which a container of the same process has registered
 * a part only (exactly the same memory may be registered in several, and counts
 * as locked once); a container that is enabled already; a group that is attached
 * already.
 *
 * %ENOMEM: Out of memory, or over the limit of locked memory. Also if a map, or
 * maps that run at the same time, would pin more system pages than
 * %VFIO_IOMMU_ENABLE has counted.
 *
 * %ENOSPC: Both DMA windows are taken.
 *
 * %ENODEV: The container has no group, or is being torn down.
 *
 * %E2BIG: More elements than %VFIO_IOMMU_MTCE_INFO allows; or an element that
 * is longer than this kernel knows, with bytes there that are not zero.
 *
 * %EINTR: A fatal signal ended the call.
 *
 * %EIO: A hypervisor refused to write an entry. Not on POWER8 hosts. The range
 * of the operation is then unmapped.
 *
 * %ENOTTY: Unknown call, or one that this container type does not offer.
 *
 * Every operation is all or nothing: one that fails leaves each entry as it
 * was. (The exceptions are %EIO; %EINTR, which ends the process; and %EFAULT of
 * an update whose op_num cannot be written: its operations are done.)
 */

/**
 * DOC: Lazy unmaps
 *
 * Normally an unmap returns when the bridge can no longer reach the pages: the
 * entries are cleared, and the TCE kill has made it forget what it had cached.
 * A kill is slow, so many unmaps can share one: an unmap with %VFIO_MTCE_LAZY,
 * any unmap in a container that %VFIO_IOMMU_MTCE_MODE made lazy, or any by a KVM
 * guest's hypercall where the module parameter lazy_hcalls is set, clears the
 * entries and returns; the kill comes later, when
 *
 * - the window holds too many of them (module parameter lazy_entries),
 * - the oldest of them is old enough (module parameter lazy_timeout_ms),
 * - %VFIO_IOMMU_MTCE_FLUSH is called,
 * - one of their IOVAs is mapped again,
 * - memory is unregistered, or a window, a group or the container goes away.
 *
 * What the user gives up: until then the device may still read, and where the
 * map allowed it write, the old page through the old IOVA. That page is the
 * user's own. It stays pinned, and its memory registered, until the kill is
 * done, so it is never anybody else's. But do not reuse a page's content, or
 * free it to others in the same process, while a device may still be at it:
 * stop the device first, or flush.
 *
 * A map is never lazy: when it returns, its IOVAs lead to the new pages only.
 */

/*
 * Argument of VFIO_CHECK_EXTENSION and VFIO_SET_IOMMU ("MTCE" in ASCII).
 * A private number, far from those that <linux/vfio.h> hands out.
 */
#define VFIO_SPAPR_MTCE_IOMMU	0x4d544345

/* The calls start at VFIO_TYPE, VFIO_BASE + 100; <linux/vfio.h> ends far below. */
#define VFIO_MTCE_TYPE		';'
#define VFIO_MTCE_BASE		200

/* Access and behaviour of a map; the first two are those of <linux/vfio.h>. */
#define VFIO_MTCE_READ		0x1u	/* the device may read */
#define VFIO_MTCE_WRITE		0x2u	/* the device may write */
#define VFIO_MTCE_REPLACE	0x4u	/* live entries may be replaced */
/*
 * Of an unmap: its TCE kill may be delayed. Refused with %EINVAL by kernels that
 * do not set %VFIO_MTCE_INFO_LAZY. See "Lazy unmaps" above.
 */
#define VFIO_MTCE_LAZY		0x8u

/**
 * struct vfio_mtce_stats - counters of a container since it was opened
 * @tces_mapped: Output. TCEs written by maps.
 * @tces_unmapped: Output. Live TCEs cleared by unmaps, replacing maps, window
 *	removal and revocation.
 * @kills_tce: Output. TCE kills of one entry; on PHB3 each is one MMIO store.
 * @kills_pe: Output. TCE kills of a whole PE; on PHB3 each is one MMIO store.
 * @calls: Output. Map, unmap, update and put-list calls that were about a window.
 * @registered_bytes: Output. Memory registered now.
 * @flushes_full: Output. Flushes because too many kills were delayed.
 * @flushes_timeout: Output. Flushes because the oldest was old enough.
 * @flushes_explicit: Output. Flushes that the user asked for: the flush call,
 *	and the end of lazy mode.
 * @flushes_reuse: Output. Flushes because an IOVA was mapped again.
 * @flushes_teardown: Output. Flushes because memory, a window or a group went.
 * @lazy_pending: Output. TCEs cleared, by calls or hypercalls, whose kill is
 *	delayed now.
 * @hcall_mapped: Output. TCEs written by hypercalls that KVM did by itself.
 * @hcall_unmapped: Output. Live TCEs cleared or replaced by them.
 * @hcall_kills_tce: Output. TCE kills of one entry for them.
 * @hcall_kills_pe: Output. TCE kills of a whole PE for them.
 * @hcall_left: Output. TCEs that KVM was asked for and left to user space.
 *
 * Counters named hcall_ and the others count different work: none is in both.
 *
 * A flush that finds nothing delayed is not counted.
 */
struct vfio_mtce_stats {
	__aligned_u64 tces_mapped;
	__aligned_u64 tces_unmapped;
	__aligned_u64 kills_tce;
	__aligned_u64 kills_pe;
	__aligned_u64 calls;
	__aligned_u64 registered_bytes;
	__aligned_u64 flushes_full;
	__aligned_u64 flushes_timeout;
	__aligned_u64 flushes_explicit;
	__aligned_u64 flushes_reuse;
	__aligned_u64 flushes_teardown;
	__aligned_u64 lazy_pending;
	__aligned_u64 hcall_mapped;
	__aligned_u64 hcall_unmapped;
	__aligned_u64 hcall_kills_tce;
	__aligned_u64 hcall_kills_pe;
	__aligned_u64 hcall_left;
};

/**
 * struct vfio_iommu_mtce_info - limits, features and counters
 * @argsz: Input. Size of this struct as the caller knows it, 40 at least: the
 *	part up to @stats. The counters are filled as far as they fit.
 * @flags: Output. %VFIO_MTCE_INFO_ bits; its input value is ignored.
 * @max_ops: Output. Most operations of one update call.
 * @max_list: Output. Most TCEs of one put-list call.
 * @kill_threshold: Output. A call that changes more entries than this kills
 *	the whole PE instead of entry by entry, where the bridge can.
 * @windows: Output. DMA windows that exist now, 0 to 2.
 * @groups: Output. IOMMU groups attached.
 * @lazy_entries: Output. A window that has this many TCEs with delayed kills is
 *	flushed; 0: nothing is delayed, lazy unmaps are done as others are.
 * @pgsizes: Output. Bitmap of the TCE page sizes that the platform offers.
 * @stats: Output. Counters.
 */
struct vfio_iommu_mtce_info {
	__u32 argsz;
	__u32 flags;
#define VFIO_MTCE_INFO_PE_KILL	0x1u	/* every group has PE-scope kill */
#define VFIO_MTCE_INFO_DIRECT	0x2u	/* every window is written directly */
#define VFIO_MTCE_INFO_LAZY	0x4u	/* VFIO_MTCE_LAZY is understood */
#define VFIO_MTCE_INFO_LAZY_MODE 0x8u	/* this container's unmaps are lazy */
	__u32 max_ops;
	__u32 max_list;
	__u32 kill_threshold;
	__u32 windows;
	__u32 groups;
	__u32 lazy_entries;
	__aligned_u64 pgsizes;
	struct vfio_mtce_stats stats;
};

/**
 * VFIO_IOMMU_MTCE_INFO - read limits, features and counters
 *
 * Argument: struct vfio_iommu_mtce_info. Fails with %EINVAL, %EFAULT, %EPERM,
 * %ENODEV.
 */
#define VFIO_IOMMU_MTCE_INFO	_IO(VFIO_MTCE_TYPE, VFIO_MTCE_BASE + 0)

/**
 * struct vfio_mtce_op - one range operation of an update
 * @op: Input. %VFIO_MTCE_OP_MAP or %VFIO_MTCE_OP_UNMAP.
 * @flags: Input. Map: READ, WRITE or both, and REPLACE. Unmap: 0 or LAZY.
 * @iova: Input. First IOVA.
 * @size: Input. Bytes; not 0.
 * @vaddr: Input. Map: user address of the memory. Unmap: must be 0.
 *
 * A map needs its whole memory registered (in one or more adjacent pieces),
 * or the container enabled with VFIO_IOMMU_ENABLE, which pins it now. An unmap
 * of entries that are not mapped succeeds.
 */
struct vfio_mtce_op {
	__u32 op;
#define VFIO_MTCE_OP_MAP	0
#define VFIO_MTCE_OP_UNMAP	1
	__u32 flags;
	__aligned_u64 iova;
	__aligned_u64 size;
	__aligned_u64 vaddr;
};

/**
 * struct vfio_iommu_mtce_update - many range operations in one call
 * @argsz: Input. Size of this struct, 32 at least.
 * @flags: Input. Must be 0.
 * @ops: Input. User address of an array of struct vfio_mtce_op.
 * @op_len: Input. Bytes of one element, 32 at least. A longer element must be
 *	zero behind the part that this kernel knows.
 * @op_num: Input: number of elements, at most the @max_ops of
 *	%VFIO_IOMMU_MTCE_INFO; 0 asks only whether the call exists. Output, also
 *	on error: number of operations done.
 * @__reserved: Input. Must be 0.
 *
 * The array is copied once, and the shape of every element and its range are
 * checked before the first entry changes (on failure @op_num is 0). The
 * operations are done in order; the first that fails ends the call with its
 * error. A long update makes way for a call that changes windows, and for a group
 * that leaves: what is left of it may then be -ENXIO or -ENODEV, with @op_num above
 * 0. When the call returns, TCE kills for all that it did have completed,
 * but for those of lazy unmaps.
 */
struct vfio_iommu_mtce_update {
	__u32 argsz;
	__u32 flags;
	__aligned_u64 ops;
	__u32 op_len;
	__u32 op_num;
	__aligned_u64 __reserved;
};

/**
 * VFIO_IOMMU_MTCE_UPDATE - map and unmap many ranges
 *
 * Argument: struct vfio_iommu_mtce_update. Fails with every errno above but
 * %EBUSY, %ENOSPC and %ENOTTY.
 */
#define VFIO_IOMMU_MTCE_UPDATE	_IO(VFIO_MTCE_TYPE, VFIO_MTCE_BASE + 1)

/**
 * struct vfio_iommu_mtce_put_list - map scattered memory at one IOVA range
 * @argsz: Input. Size of this struct, 40 at least.
 * @flags: Input. READ, WRITE or both, and REPLACE.
 * @iova: Input. IOVA of the first TCE; the others follow it without a gap.
 * @list: Input. User address of an array of @num user addresses (__u64), one
 *	TCE each.
 * @num: Input. Number of TCEs, at most the @max_list of
 *	%VFIO_IOMMU_MTCE_INFO; 0 asks only whether the call exists.
 * @__pad: Input. Must be 0.
 * @__reserved: Input. Must be 0.
 *
 * The whole list is one operation: all of it or, on error, nothing.
 */
struct vfio_iommu_mtce_put_list {
	__u32 argsz;
	__u32 flags;
	__aligned_u64 iova;
	__aligned_u64 list;
	__u32 num;
	__u32 __pad;
	__aligned_u64 __reserved;
};

/**
 * VFIO_IOMMU_MTCE_PUT_LIST - map a list of pages
 *
 * Argument: struct vfio_iommu_mtce_put_list. Fails like an update.
 */
#define VFIO_IOMMU_MTCE_PUT_LIST	_IO(VFIO_MTCE_TYPE, VFIO_MTCE_BASE + 2)

/**
 * struct vfio_iommu_mtce_flush - wait for delayed kills
 * @argsz: Input. Size of this struct, 8 at least.
 * @flags: Input. Must be 0.
 */
struct vfio_iommu_mtce_flush {
	__u32 argsz;
	__u32 flags;
};

/**
 * VFIO_IOMMU_MTCE_FLUSH - every delayed kill done, every page of it released
 *
 * Argument: struct vfio_iommu_mtce_flush. Fails with %EINVAL, %EFAULT, %EPERM,
 * %ENODEV.
 */
#define VFIO_IOMMU_MTCE_FLUSH	_IO(VFIO_MTCE_TYPE, VFIO_MTCE_BASE + 3)

/**
 * struct vfio_iommu_mtce_mode - how a container works by default
 * @argsz: Input. Size of this struct, 8 at least.
 * @flags: Input. %VFIO_MTCE_LAZY: every unmap is lazy, also VFIO_IOMMU_UNMAP_DMA.
 *	0, as every container begins: those that say so.
 */
struct vfio_iommu_mtce_mode {
	__u32 argsz;
	__u32 flags;
};

/**
 * VFIO_IOMMU_MTCE_MODE - make unmaps lazy, or not
 *
 * Argument: struct vfio_iommu_mtce_mode. Turning lazy mode off flushes. Fails
 * with %EINVAL, %EFAULT, %EPERM, %ENODEV.
 */
#define VFIO_IOMMU_MTCE_MODE	_IO(VFIO_MTCE_TYPE, VFIO_MTCE_BASE + 4)

#endif /* _UAPI_LINUX_VFIO_MTCE_H */
