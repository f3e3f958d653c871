// SPDX-License-Identifier: GPL-2.0
/*
 * Dispatch: which call, which struct, argsz, flags, padding, copying in and
 * out. No policy.
 *
 * A call of one operation whose stripe is free takes the fast path at the end of
 * this file: under that stripe, without a reference or sem. All others hold a
 * reference on the container and may sleep.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include <asm/eeh.h>

#include "map.h"

/* Elements of an array that are copied to the stack instead of the heap. */
#define FEW_OPS		4
#define FEW_PAGES	16

static long check_extension(unsigned long arg)
{
	switch (arg) {
	case VFIO_SPAPR_MTCE_IOMMU:
		return 1;
	case VFIO_SPAPR_TCE_IOMMU:
	case VFIO_SPAPR_TCE_v2_IOMMU:
		return mtce_takeover;
	case VFIO_EEH:
		return eeh_enabled();
	default:
		return 0;
	}
}

/*
 * Copy a struct whose first field is argsz, of which @size bytes are needed.
 * Inline, because copy_from_user() does not check a size that is constant.
 */
static __always_inline long copy_arg(void *to, unsigned long arg, size_t size)
{
	if (copy_from_user(to, (void __user *)arg, size))
		return -EFAULT;
	return *(u32 *)to < size ? -EINVAL : 0;
}

/*
 * v1 and v2
 */

static void describe_group(const struct mtce_container *c,
			   const struct iommu_table_group *tg,
			   struct vfio_iommu_spapr_tce_info *info)
{
	info->dma32_window_start = tg->tce32_start;
	info->dma32_window_size = tg->tce32_size;
	if (!tg->max_dynamic_windows_supported || c->type == MTCE_TYPE_V1)
		return;
	info->flags = VFIO_IOMMU_SPAPR_INFO_DDW;
	info->ddw.pgsizes = tg->pgsizes;
	info->ddw.max_dynamic_windows_supported =
		tg->max_dynamic_windows_supported;
	info->ddw.levels = tg->max_levels;
}

static long spapr_get_info(struct mtce_container *c, unsigned long arg)
{
	size_t size = offsetofend(struct vfio_iommu_spapr_tce_info,
				  dma32_window_size);
	struct vfio_iommu_spapr_tce_info info = {};
	struct iommu_table_group *tg;
	long ret;

	ret = copy_arg(&info, arg, size);
	if (ret)
		return ret;

	info.flags = 0;
	ret = mtce_lock_shared(c);
	if (ret)
		return ret;
	tg = mtce_container_table_group(c);
	if (tg)
		describe_group(c, tg, &info);
	mtce_unlock_shared(c);
	if (!tg)
		return -ENODEV;

	if (info.argsz >= offsetofend(struct vfio_iommu_spapr_tce_info, ddw))
		size = offsetofend(struct vfio_iommu_spapr_tce_info, ddw);
	return copy_to_user((void __user *)arg, &info, size) ? -EFAULT : 0;
}

/*
 * The arguments of one operation are read field by field: copy_from_user() costs
 * 85 instructions more, 4 % of a call of one page.
 */
static __always_inline int read_map(struct vfio_mtce_op *op, unsigned long arg)
{
	const struct vfio_iommu_type1_dma_map __user *user =
		(const void __user *)arg;
	u32 argsz;

	if (!user_read_access_begin(user, sizeof(*user)))
		return -EFAULT;
	unsafe_get_user(argsz, &user->argsz, fault);
	unsafe_get_user(op->flags, &user->flags, fault);
	unsafe_get_user(op->vaddr, &user->vaddr, fault);
	unsafe_get_user(op->iova, &user->iova, fault);
	unsafe_get_user(op->size, &user->size, fault);
	user_read_access_end();

	if (argsz < sizeof(*user) ||
	    op->flags & ~(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE))
		return -EINVAL;
	/* READ and WRITE are the same bits; clients of v2 rely on replacing. */
	op->flags |= VFIO_MTCE_REPLACE;
	op->op = VFIO_MTCE_OP_MAP;
	return 0;

fault:
	user_read_access_end();
	return -EFAULT;
}

static __always_inline int read_unmap(struct vfio_mtce_op *op,
				      unsigned long arg)
{
	const size_t size = offsetofend(struct vfio_iommu_type1_dma_unmap,
					size);
	const struct vfio_iommu_type1_dma_unmap __user *user =
		(const void __user *)arg;
	u32 argsz;

	if (!user_read_access_begin(user, size))
		return -EFAULT;
	unsafe_get_user(argsz, &user->argsz, fault);
	unsafe_get_user(op->flags, &user->flags, fault);
	unsafe_get_user(op->iova, &user->iova, fault);
	unsafe_get_user(op->size, &user->size, fault);
	user_read_access_end();

	if (argsz < size || op->flags)
		return -EINVAL;
	op->op = VFIO_MTCE_OP_UNMAP;
	op->vaddr = 0;
	return 0;

fault:
	user_read_access_end();
	return -EFAULT;
}

/* An update of one operation; any other is not read here. */
static __always_inline int read_update(struct vfio_mtce_op *op,
				       unsigned long arg)
{
	const struct vfio_iommu_mtce_update __user *user =
		(const void __user *)arg;
	const struct vfio_mtce_op __user *from;
	struct vfio_iommu_mtce_update u;

	if (!user_read_access_begin(user, sizeof(*user)))
		return -EFAULT;
	unsafe_get_user(u.op_num, &user->op_num, fault);
	if (u.op_num != 1)
		goto fault;
	unsafe_get_user(u.argsz, &user->argsz, fault);
	unsafe_get_user(u.flags, &user->flags, fault);
	unsafe_get_user(u.ops, &user->ops, fault);
	unsafe_get_user(u.op_len, &user->op_len, fault);
	unsafe_get_user(u.__reserved, &user->__reserved, fault);
	user_read_access_end();

	if (u.argsz < sizeof(u) || u.flags || u.__reserved ||
	    u.op_len != sizeof(*op))
		return -EINVAL;
	from = u64_to_user_ptr(u.ops);
	if (!user_read_access_begin(from, sizeof(*from)))
		return -EFAULT;
	unsafe_get_user(op->op, &from->op, fault);
	unsafe_get_user(op->flags, &from->flags, fault);
	unsafe_get_user(op->iova, &from->iova, fault);
	unsafe_get_user(op->size, &from->size, fault);
	unsafe_get_user(op->vaddr, &from->vaddr, fault);
	user_read_access_end();
	return 0;

fault:
	user_read_access_end();
	return -EFAULT;
}

static long map_dma(struct mtce_container *c, struct mtce_call *call,
		    unsigned long arg)
{
	struct vfio_mtce_op op;
	u32 done;
	int ret = read_map(&op, arg);

	mtce_stage_end(call, MTCE_STAGE_COPY);
	return ret ? ret : mtce_update(c, call, &op, 1, &done);
}

static long unmap_dma(struct mtce_container *c, struct mtce_call *call,
		      unsigned long arg)
{
	struct vfio_mtce_op op;
	u32 done;
	int ret = read_unmap(&op, arg);

	mtce_stage_end(call, MTCE_STAGE_COPY);
	return ret ? ret : mtce_update(c, call, &op, 1, &done);
}

static long register_memory(struct mtce_container *c, unsigned long arg,
			    bool on)
{
	struct vfio_iommu_spapr_register_memory mem;
	long ret;

	ret = copy_arg(&mem, arg, sizeof(mem));
	if (ret)
		return ret;
	if (mem.flags)
		return -EINVAL;
	if (!on)
		return mtce_region_unregister(c, mem.vaddr, mem.size);
	ret = mtce_container_own(c);
	return ret ? ret : mtce_region_register(c, mem.vaddr, mem.size);
}

static int do_create(struct mtce_container *c, struct mtce_counted *counted,
		     void *arg)
{
	struct vfio_iommu_spapr_tce_create *create = arg;
	int ret;

	ret = mtce_window_create_default(c, counted);
	if (ret)
		return ret;
	return mtce_window_create(c, create->page_shift, create->window_size,
				  create->levels, counted, &create->start_addr);
}

static long tce_create(struct mtce_container *c, unsigned long arg)
{
	struct vfio_iommu_spapr_tce_create create;
	long ret;

	ret = copy_arg(&create, arg, sizeof(create));
	if (ret)
		return ret;
	if (create.flags)
		return -EINVAL;
	ret = mtce_container_own(c);
	if (ret)
		return ret;

	ret = mtce_do_counted(c, do_create, &create);
	if (ret)
		return ret;
	if (!copy_to_user((void __user *)arg, &create, sizeof(create)))
		return 0;

	/* A window that the user was not told of is no use. */
	if (!mtce_lock_all(c)) {
		mtce_window_remove(c, create.start_addr);
		mtce_unlock_all(c);
	}
	return -EFAULT;
}

static long tce_remove(struct mtce_container *c, unsigned long arg)
{
	struct vfio_iommu_spapr_tce_remove remove;
	long ret;

	ret = copy_arg(&remove, arg, sizeof(remove));
	if (ret)
		return ret;
	if (remove.flags)
		return -EINVAL;
	ret = mtce_container_own(c);
	if (ret)
		return ret;

	ret = mtce_lock_all(c);
	if (ret)
		return ret;
	ret = mtce_window_remove(c, remove.start_addr);
	mtce_unlock_all(c);
	return ret;
}

static long enable(struct mtce_container *c)
{
	long ret = mtce_container_own(c);

	return ret ? ret : mtce_container_enable(c);
}

/* Group number @i with a reference, NULL behind the last one, or an ERR_PTR. */
static struct iommu_group *nth_group(struct mtce_container *c, unsigned int i)
{
	struct iommu_group *grp = NULL;
	struct mtce_group *g;
	int ret = mtce_lock_shared(c);

	if (ret)
		return ERR_PTR(ret);
	list_for_each_entry(g, &c->groups, next) {
		if (!i--) {
			grp = iommu_group_ref_get(g->grp);
			break;
		}
	}
	mtce_unlock_shared(c);
	return grp;
}

/*
 * No lock is held: a reset takes locks of the group's devices, which an unbind holds
 * while it waits for sem.
 */
static long eeh_pe_op(struct mtce_container *c, unsigned long arg)
{
	struct vfio_eeh_pe_op op;
	struct iommu_group *grp;
	unsigned int i;
	long ret;

	ret = mtce_eeh_read(&op, arg);
	for (i = 0; !ret; i++) {
		grp = nth_group(c, i);
		if (IS_ERR_OR_NULL(grp))
			return PTR_ERR_OR_ZERO(grp);
		ret = mtce_eeh_op(grp, &op);
		iommu_group_put(grp);
	}
	return ret;
}

/*
 * mtce
 */

static void collect_stats(struct mtce_container *c,
			  struct vfio_iommu_mtce_info *info)
{
	struct vfio_mtce_stats *s = &info->stats;
	int i;

	*s = c->stats;
	s->registered_bytes = c->registered;
	for (i = 0; i < MTCE_MAX_WINDOWS; i++) {
		struct mtce_window *w = c->windows[i];

		if (!w)
			continue;
		mtce_window_stats(w, s);
		info->windows++;
		if (!w->direct)
			info->flags &= ~VFIO_MTCE_INFO_DIRECT;
	}
}

static long mtce_info(struct mtce_container *c, unsigned long arg)
{
	struct vfio_iommu_mtce_info info = {};
	struct iommu_table_group *tg;
	u32 argsz;
	long ret;

	ret = copy_arg(&info, arg,
		       offsetof(struct vfio_iommu_mtce_info, stats));
	if (ret)
		return ret;
	argsz = info.argsz;
	memset(&info, 0, sizeof(info));

	info.argsz = argsz;
	info.max_ops = MTCE_MAX_OPS;
	info.max_list = MTCE_MAX_LIST;
	info.kill_threshold = READ_ONCE(mtce_kill_threshold);
	info.lazy_entries = READ_ONCE(mtce_lazy_entries);
	info.flags = VFIO_MTCE_INFO_DIRECT | VFIO_MTCE_INFO_LAZY;

	ret = mtce_lock_shared(c);
	if (ret)
		return ret;
	tg = mtce_container_table_group(c);
	if (tg)
		info.pgsizes = tg->pgsizes;
	if (c->kill_regs)
		info.flags |= VFIO_MTCE_INFO_PE_KILL;
	if (c->lazy)
		info.flags |= VFIO_MTCE_INFO_LAZY_MODE;
	info.groups = c->nr_groups;
	collect_stats(c, &info);
	mtce_unlock_shared(c);

	return copy_to_user((void __user *)arg, &info,
			    min_t(size_t, argsz, sizeof(info))) ? -EFAULT : 0;
}

static long copy_ops(struct vfio_mtce_op *ops,
		     const struct vfio_iommu_mtce_update *u)
{
	const char __user *from = u64_to_user_ptr(u->ops);
	long ret = 0;
	u32 i;

	if (u->op_len == sizeof(*ops))
		return copy_from_user(ops, from, u->op_num * sizeof(*ops)) ?
		       -EFAULT : 0;
	for (i = 0; i < u->op_num && !ret; i++, from += u->op_len) {
		ret = copy_struct_from_user(&ops[i], sizeof(*ops), from,
					    u->op_len);
		if (fatal_signal_pending(current))
			ret = -EINTR;
		cond_resched();
	}
	return ret;
}

static long update_ops(struct mtce_container *c, struct mtce_call *call,
		       const struct vfio_iommu_mtce_update *u, u32 *done)
{
	struct vfio_mtce_op few[FEW_OPS] __uninitialized, *ops = few;
	const size_t size = u->op_num * sizeof(*ops);
	long ret;

	if (u->op_num > FEW_OPS)
		ops = mtce_buffer_alloc(size);
	if (!ops)
		return -ENOMEM;
	ret = copy_ops(ops, u);
	mtce_stage_end(call, MTCE_STAGE_COPY);
	if (!ret)
		ret = mtce_update(c, call, ops, u->op_num, done);
	if (ops != few)
		mtce_buffer_free(ops, size);
	return ret;
}

static long mtce_update_call(struct mtce_container *c, struct mtce_call *call,
			     unsigned long arg)
{
	struct vfio_iommu_mtce_update __user *user = (void __user *)arg;
	struct vfio_iommu_mtce_update u;
	u32 done = 0;
	long ret;

	ret = copy_arg(&u, arg, sizeof(u));
	if (ret)
		return ret;
	if (u.flags || u.__reserved || u.op_len < sizeof(struct vfio_mtce_op))
		ret = -EINVAL;
	else if (u.op_num > MTCE_MAX_OPS || u.op_len > PAGE_SIZE)
		ret = -E2BIG;
	else if (u.op_num)
		ret = update_ops(c, call, &u, &done);
	if (mtce_traced(call)) {
		call->ops = u.op_num;
		call->done = done;
	}
	if (u.op_num && put_user(done, &user->op_num))
		return -EFAULT;
	return ret;
}

static long mtce_put_list_call(struct mtce_container *c, struct mtce_call *call,
			       unsigned long arg)
{
	u64 few[2 * FEW_PAGES] __uninitialized, *list = few;
	struct vfio_iommu_mtce_put_list p;
	size_t size;
	long ret;

	ret = copy_arg(&p, arg, sizeof(p));
	if (ret)
		return ret;
	if (p.__pad || p.__reserved || !map_flags_valid(p.flags))
		return -EINVAL;
	if (p.num > MTCE_MAX_LIST)
		return -E2BIG;
	if (!p.num)
		return 0;
	size = p.num * 2 * sizeof(*list);
	if (p.num > FEW_PAGES)
		list = mtce_buffer_alloc(size);
	if (!list)
		return -ENOMEM;
	ret = copy_from_user(list, u64_to_user_ptr(p.list),
			     p.num * sizeof(*list)) ? -EFAULT : 0;
	mtce_stage_end(call, MTCE_STAGE_COPY);
	if (!ret)
		ret = mtce_put_list(c, call, p.iova, list, p.num, p.flags);
	if (list != few)
		mtce_buffer_free(list, size);
	return ret;
}

static long mtce_flush_call(struct mtce_container *c, unsigned long arg)
{
	struct vfio_iommu_mtce_flush flush;
	long ret;

	ret = copy_arg(&flush, arg, sizeof(flush));
	if (ret)
		return ret;
	if (flush.flags)
		return -EINVAL;
	ret = mtce_lock_shared(c);
	if (ret)
		return ret;
	mtce_flush_all(c, MTCE_FLUSH_EXPLICIT);
	mtce_kvm_sync(c, false);
	mtce_unlock_shared(c);
	return 0;
}

static long mtce_mode_call(struct mtce_container *c, unsigned long arg)
{
	struct vfio_iommu_mtce_mode mode;
	long ret;

	ret = copy_arg(&mode, arg, sizeof(mode));
	if (ret)
		return ret;
	if (mode.flags & ~VFIO_MTCE_LAZY)
		return -EINVAL;
	return mtce_container_mode(c, mode.flags & VFIO_MTCE_LAZY);
}

/*
 * Dispatch
 */

static long common_call(struct mtce_container *c, struct mtce_call *call,
			unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case VFIO_IOMMU_MAP_DMA:
		return map_dma(c, call, arg);
	case VFIO_IOMMU_UNMAP_DMA:
		return unmap_dma(c, call, arg);
	case VFIO_IOMMU_SPAPR_TCE_GET_INFO:
		return spapr_get_info(c, arg);
	case VFIO_EEH_PE_OP:
		return eeh_pe_op(c, arg);
	case VFIO_IOMMU_MTCE_INFO:
		return mtce_info(c, arg);
	case VFIO_IOMMU_MTCE_UPDATE:
		return mtce_update_call(c, call, arg);
	case VFIO_IOMMU_MTCE_PUT_LIST:
		return mtce_put_list_call(c, call, arg);
	case VFIO_IOMMU_MTCE_FLUSH:
		return mtce_flush_call(c, arg);
	case VFIO_IOMMU_MTCE_MODE:
		return mtce_mode_call(c, arg);
	default:
		return -ENOTTY;
	}
}

static long v1_call(struct mtce_container *c, unsigned int cmd)
{
	switch (cmd) {
	case VFIO_IOMMU_ENABLE:
		return enable(c);
	case VFIO_IOMMU_DISABLE:
		return mtce_container_disable(c);
	default:
		return -ENOTTY;
	}
}

static long v2_call(struct mtce_container *c, unsigned int cmd,
		    unsigned long arg)
{
	switch (cmd) {
	case VFIO_IOMMU_SPAPR_REGISTER_MEMORY:
		return register_memory(c, arg, true);
	case VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY:
		return register_memory(c, arg, false);
	case VFIO_IOMMU_SPAPR_TCE_CREATE:
		return tce_create(c, arg);
	case VFIO_IOMMU_SPAPR_TCE_REMOVE:
		return tce_remove(c, arg);
	default:
		return -ENOTTY;
	}
}

/* An early check without a lock. usable() decides, under sem. */
static bool may_call(struct mtce_container *c)
{
	struct mm_struct *owner = READ_ONCE(c->mm);

	return !owner || owner == current->mm;
}

/* With a reference, and free to sleep. */
static noinline long slow_call(struct mtce_container *c, struct mtce_call *call,
			       unsigned int cmd, unsigned long arg)
{
	long ret;

	if (!mtce_container_get(c))
		return -ENODEV;
	if (!may_call(c)) {
		ret = -EPERM;
	} else {
		ret = common_call(c, call, cmd, arg);
		if (ret == -ENOTTY && c->type != MTCE_TYPE_V1)
			ret = v2_call(c, cmd, arg);
		if (ret == -ENOTTY && c->type != MTCE_TYPE_V2)
			ret = v1_call(c, cmd);
	}
	mtce_settle(c);
	mtce_container_put(c);
	return ret;
}

/* How many operations were done is also an answer of an update. */
static __always_inline int write_done(unsigned int cmd, unsigned long arg,
				      long ret)
{
	struct vfio_iommu_mtce_update __user *user = (void __user *)arg;
	u32 done = !ret;

	return cmd == VFIO_IOMMU_MTCE_UPDATE ? put_user(done, &user->op_num) :
					       0;
}

/* A map that pins its memory: the rest of slow_call(), with its argument read. */
static noinline long pinning_map(struct mtce_container *c,
				 struct mtce_call *call, unsigned int cmd,
				 unsigned long arg,
				 const struct vfio_mtce_op *op)
{
	long ret = -EPERM;

	if (!mtce_container_get(c))
		return -ENODEV;
	mtce_call_iova(call, op->iova);
	if (!mtce_range_valid(op->iova, op->size)) {
		ret = -EINVAL;
	} else if (may_call(c)) {
		ret = mtce_traced(call) ? MTCE_PIN_FIRST :
					  mtce_flat_pinned(c, op);
		if (ret == MTCE_PIN_FIRST)
			ret = mtce_update_alone(c, call, op);
	}
	ret = write_done(cmd, arg, ret) ?: ret;
	mtce_settle(c);
	mtce_container_put(c);
	return ret;
}

static __always_inline int read_op(struct vfio_mtce_op *op, unsigned int cmd,
				   unsigned long arg)
{
	switch (cmd) {
	case VFIO_IOMMU_MAP_DMA:
		return read_map(op, arg);
	case VFIO_IOMMU_UNMAP_DMA:
		return read_unmap(op, arg);
	default:
		return read_update(op, arg);
	}
}

/*
 * The end of fast_call(). Its stripe holds the container, and so the module: an
 * answer that must wait for its page needs a reference before the stripe goes.
 */
static __always_inline long fast_done(struct mtce_container *c,
				      struct mtce_stripe *s,
				      unsigned int cmd, unsigned long arg,
				      long ret)
{
	int failed = 0;

	if (cmd == VFIO_IOMMU_MTCE_UPDATE) {	/* known when it is compiled */
		pagefault_disable();
		failed = write_done(cmd, arg, ret);
		pagefault_enable();
	}
	if (unlikely(failed))
		refcount_inc(&c->users);
	mtce_stripe_unlock(s);
	if (unlikely(failed)) {
		ret = write_done(cmd, arg, ret) ?: ret;
		mtce_container_put(c);
	}
	return ret;
}

/*
 * One operation by the owner, whose arguments are in memory and whose stripe is
 * free. Everything else takes the slow path.
 */
static __always_inline long fast_call(struct mtce_container *c,
				      struct mtce_call *call,
				      unsigned int cmd, unsigned long arg)
{
	struct vfio_mtce_op op __uninitialized;
	struct mtce_window *w = NULL;
	struct mtce_stripe *s;
	bool pins = false;
	int ret;

	rcu_read_lock();
	pagefault_disable();
	ret = read_op(&op, cmd, arg);
	pagefault_enable();
	mtce_stage_end(call, MTCE_STAGE_COPY);
	if (likely(!ret && op_valid(&op))) {
		/* Pinning may sleep. */
		pins = op.op == VFIO_MTCE_OP_MAP && unlikely(mtce_pins_all(c));
		if (!pins)
			w = mtce_window_try(c, op.iova, op.size, &s);
	}
	rcu_read_unlock();
	if (unlikely(pins))
		return pinning_map(c, call, cmd, arg, &op);
	if (unlikely(!w))
		return slow_call(c, call, cmd, arg);
	mtce_call_iova(call, op.iova);
	ret = 0;
	if (mtce_traced(call) || unlikely(!mtce_flat_one(c, w, s, &op)))
		ret = mtce_update_one(c, call, w, s, &op, NULL);
	if (likely(ret != MTCE_PIN_FIRST))
		return fast_done(c, s, cmd, arg, ret);
	mtce_stripe_unlock(s);
	return slow_call(c, call, cmd, arg);
}

static noinline long fast_map(struct mtce_container *c, unsigned long arg)
{
	return fast_call(c, NULL, VFIO_IOMMU_MAP_DMA, arg);
}

static noinline long fast_unmap(struct mtce_container *c, unsigned long arg)
{
	return fast_call(c, NULL, VFIO_IOMMU_UNMAP_DMA, arg);
}

static noinline long fast_update(struct mtce_container *c, unsigned long arg)
{
	return fast_call(c, NULL, VFIO_IOMMU_MTCE_UPDATE, arg);
}

/* The same for a call that is traced. */
static noinline long traced_call(struct mtce_container *c, unsigned int cmd,
				 unsigned long arg)
{
	struct mtce_call call;
	long ret;

	mtce_call_enter(c, &call, cmd);
	if (cmd == VFIO_IOMMU_MAP_DMA || cmd == VFIO_IOMMU_UNMAP_DMA)
		ret = fast_call(c, &call, cmd, arg);
	else
		ret = slow_call(c, &call, cmd, arg);
	mtce_call_leave(c, &call, ret);
	return ret;
}

/* VFIO reads @iommu_data without a lock: while a type is set or left it is NULL. */
long mtce_ioctl(void *iommu_data, unsigned int cmd, unsigned long arg)
{
	if (unlikely(!iommu_data || cmd == VFIO_CHECK_EXTENSION))
		return cmd == VFIO_CHECK_EXTENSION ? check_extension(arg) :
						     -ENODEV;
	if (unlikely(((struct mtce_container *)iommu_data)->magic != MTCE_MAGIC))
		return -ENODEV;
	if (trace_mtce_call_begin_enabled() || trace_mtce_call_end_enabled())
		return traced_call(iommu_data, cmd, arg);
	switch (cmd) {
	case VFIO_IOMMU_MAP_DMA:
		return fast_map(iommu_data, arg);
	case VFIO_IOMMU_UNMAP_DMA:
		return fast_unmap(iommu_data, arg);
	case VFIO_IOMMU_MTCE_UPDATE:
		return fast_update(iommu_data, arg);
	default:
		return slow_call(iommu_data, NULL, cmd, arg);
	}
}
