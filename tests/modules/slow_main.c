// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel function that takes long, once: its caller's CPU is held up where the function
 * begins. Or the mm that is its first argument is locked where it begins, so that the
 * caller sleeps. A test sees what others can do meanwhile. See tests/guest/attack_slow.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/rwsem.h>
#include <linux/sched/mm.h>
#include <linux/workqueue.h>

static char *function = "";
module_param(function, charp, 0400);
MODULE_PARM_DESC(function, "name of the function");

static unsigned long page;
module_param(page, ulong, 0400);
MODULE_PARM_DESC(page, "only a call whose second argument is an address in this page; 0: any call");

static unsigned int ms;
module_param(ms, uint, 0400);
MODULE_PARM_DESC(ms, "so long");

static bool lock;
module_param(lock, bool, 0400);
MODULE_PARM_DESC(lock, "lock the mm for reading instead");

static int begun;
module_param(begun, int, 0400);
MODULE_PARM_DESC(begun, "1: a call is or was held up");

static struct mm_struct *locked;

static void unlock_mm(struct work_struct *work)
{
	up_read_non_owner(&locked->mmap_lock);
	mmdrop(locked);
	locked = NULL;
}

static DECLARE_DELAYED_WORK(unlock_work, unlock_mm);

/* As another thread that waits for a file system would. */
static void lock_mm(struct mm_struct *mm)
{
	if (!down_read_trylock(&mm->mmap_lock)) {
		begun = 0;
		return;
	}
	/* Not the caller's lock. */
	rwsem_release(&mm->mmap_lock.dep_map, _RET_IP_);
	mmgrab(mm);
	locked = mm;
	schedule_delayed_work(&unlock_work, msecs_to_jiffies(ms));
}

static int on_call(struct kprobe *p, struct pt_regs *regs)
{
	if (page && (regs->gpr[4] ^ page) >> PAGE_SHIFT)
		return 0;
	if (cmpxchg(&begun, 0, 1))
		return 0;
	if (lock)
		lock_mm((struct mm_struct *)regs->gpr[3]);
	else
		mdelay(ms);
	return 0;
}

static struct kprobe probe = {
	.pre_handler = on_call,
};

static int __init slow_init(void)
{
	begun = 0;
	probe.symbol_name = function;
	return register_kprobe(&probe);
}

static void __exit slow_exit(void)
{
	unregister_kprobe(&probe);
	flush_delayed_work(&unlock_work);
}

module_init(slow_init);
module_exit(slow_exit);
MODULE_DESCRIPTION("A kernel function that takes long, for tests");
MODULE_LICENSE("GPL");
