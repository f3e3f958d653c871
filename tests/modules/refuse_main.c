// SPDX-License-Identifier: GPL-2.0
/*
 * Firmware that refuses to take a DMA window from a PE. The emulated firmware never
 * does, so its call is answered here, and what the platform and the driver make of
 * it is their own. See tests/guest/window_refused.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>

#include <asm/opal-api.h>

static atomic_t refuse;

/* Requests that are still to be refused. */
static int refuse_set(const char *text, const struct kernel_param *kp)
{
	int value, ret = kstrtoint(text, 10, &value);

	if (!ret)
		atomic_set(&refuse, value);
	return ret;
}

static int refuse_get(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%d\n", atomic_read(&refuse));
}

static const struct kernel_param_ops refuse_ops = {
	.set = refuse_set, .get = refuse_get,
};
module_param_cb(refuse, &refuse_ops, NULL, 0600);
MODULE_PARM_DESC(refuse, "requests to take a window away that are to be refused");

/* (phb, pe, window, levels, table, size, page size): without levels it takes away. */
static int on_map_pe_dma_window(struct kprobe *p, struct pt_regs *regs)
{
	if (regs->gpr[6] || !atomic_add_unless(&refuse, -1, 0))
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
