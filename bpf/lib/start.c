// SPDX-License-Identifier: GPL-2.0
/* How a tool starts and stops: what must be there, said clearly if it is not. */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "options.h"
#include "start.h"

#define VMLINUX_BTF	"/sys/kernel/btf/vmlinux"

static volatile sig_atomic_t stopped;

/*
 * What must be there
 */

/* The first with the BPF ring buffer. */
static void need_kernel(unsigned int need_major, unsigned int need_minor)
{
	unsigned int major = 0, minor = 0;
	struct utsname u;

	if (uname(&u) || sscanf(u.release, "%u.%u", &major, &minor) != 2)
		errx(1, "cannot tell which kernel this is");
	if (major < need_major || (major == need_major && minor < need_minor))
		errx(1, "this kernel is %s, and %u.%u is the oldest that will do: older ones have no BPF ring buffer",
		     u.release, need_major, need_minor);
}

void mtce_need_host(void)
{
	if (geteuid())
		errx(1, "must be root: it loads programs into the kernel");
	need_kernel(5, 8);
	if (access(VMLINUX_BTF, R_OK))
		errx(1, "there is no %s: this kernel was built without its type information (CONFIG_DEBUG_INFO_BTF)",
		     VMLINUX_BTF);
}

void mtce_need_module(const char *module)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", module);
	if (access(path, F_OK))
		errx(1, "the module %s is not loaded; load it first: modprobe %s (or insmod .../%s.ko)",
		     module, module, module);
}

const char *mtce_need_tracefs(void)
{
	static const char *const places[] = {
		"/sys/kernel/tracing", "/sys/kernel/debug/tracing",
	};
	char path[64];
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		snprintf(path, sizeof(path), "%s/events", places[i]);
		if (!access(path, R_OK))
			return places[i];
	}
	errx(1, "tracefs is not mounted; mount it first: mount -t tracefs tracefs %s",
	     places[0]);
}

/*
 * libbpf
 */

static int print(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	return mtce_options.verbose ? vfprintf(stderr, format, args) : 0;
}

void mtce_quiet_libbpf(void)
{
	libbpf_set_print(print);
}

void mtce_bpf_failed(const char *step, int error)
{
	errx(1, "cannot %s: %s%s%s", step, strerror(-error),
	     mtce_options.verbose ? "" : " (--verbose shows more)",
	     mtce_options.no_module_btf ? "" : "; --no-module-btf is another way");
}

/*
 * Signals, and the end
 */

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

void mtce_stop_on_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigemptyset(&action.sa_mask);
	if (sigaction(SIGINT, &action, NULL) || sigaction(SIGTERM, &action, NULL))
		err(1, "cannot handle signals");
}

bool mtce_stopped(void)
{
	return stopped;
}

void mtce_watching(const char *what)
{
	fprintf(stderr, "%s: watching %s\n", program_invocation_short_name, what);
}

/* Of the first write that failed; UNKNOWN if stdio made it by itself, and kept no errno. */
#define UNKNOWN		(-1)
static int output_error;

void mtce_flush(void)
{
	if (output_error)
		return;
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return;
	output_error = errno ? errno : UNKNOWN;
	stopped = 1;
}

int mtce_end(void)
{
	mtce_flush();
	if (!output_error)
		return 0;
	if (output_error == UNKNOWN)
		warnx("cannot write the output");
	else
		warnx("cannot write the output: %s", strerror(output_error));
	return 1;
}
