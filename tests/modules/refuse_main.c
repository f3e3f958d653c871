// SPDX-License-Identifier: GPL-2.0
/*
 * Firmware that refuses to take a DMA window from a PE, or to give it one. The emulated
 * firmware never does, so its call is answered here, and what the platform and the driver
 * make of it is their own. See tests/guest/window_refused.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>

#include <asm/opal-api.h>

/* Requests that are still to be refused. */
static atomic_t refuse, refuse_sets;

static int write_count(const char *text, const struct kernel_param *kp)
{
	int value, ret = kstrtoint(text, 10, &value);

	if (!ret)
		atomic_set(kp->arg, value);
	return ret;
}

static int read_count(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%d\n", atomic_read((atomic_t *)kp->arg));
}

static const struct kernel_param_ops count_ops = {
	.set = write_count, .get = read_count,
};
module_param_cb(refuse, &count_ops, &refuse, 0600);
MODULE_PARM_DESC(refuse, "requests to take a window away that are to be refused");
module_param_cb(refuse_sets, &count_ops, &refuse_sets, 0600);
MODULE_PARM_DESC(refuse_sets, "requests to give a window that are to be refused");

/* (phb, pe, window, levels, table, size, page size): without levels it takes away. */
static int on_map_pe_dma_window(struct kprobe *p, struct pt_regs *regs)
{
	if (!atomic_add_unless(regs->gpr[6] ? &refuse_sets : &refuse, -1, 0))
		return 0;
	regs_set_return_value(regs, OPAL_HARDWARE);
	regs_set_return_ip(regs, regs->link);
	return 1;
}

static struct kprobe probe = {
	.symbol_name = "opal_pci_map_pe_dma_window",
	.pre_handler = on_map_pe_dma_window,
};

static int __init refuse_init(void)
{
	return register_kprobe(&probe);
}

static void __exit refuse_exit(void)
{
	unregister_kprobe(&probe);
}

module_init(refuse_init);
module_exit(refuse_exit);
MODULE_DESCRIPTION("Firmware that keeps DMA windows, for tests");
MODULE_LICENSE("GPL");
