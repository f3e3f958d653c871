// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a command as on a kernel that has no system calls but those of Linux 4.18: all others are refused (ENOSYS),
 * as is every one with a number that is not known yet. perf_event_open() is refused as well (EACCES) if it is asked to.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* io_pgetevents, of 4.18, was the last one on powerpc. */
#define LAST_OF_4_18	388

static int refuse(int perf)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, LAST_OF_4_18, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, perf ? SYS_perf_event_open : LAST_OF_4_18 + 1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(*code), .filter = code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv)
{
	int perf = argc > 1 && !strcmp(argv[1], "--no-perf");

	if (argc < 2 + perf) {
		fprintf(stderr, "usage: older [--no-perf] COMMAND [ARGUMENT...]\n");
		return 2;
	}
	if (refuse(perf)) {
		perror("older: seccomp");
		return 1;
	}
	/* Or it would prove nothing. */
	if (syscall(LAST_OF_4_18 + 1) != -1 || errno != ENOSYS) {
		fprintf(stderr, "older: a newer system call is not refused\n");
		return 1;
	}
	execvp(argv[1 + perf], argv + 1 + perf);
	perror(argv[1 + perf]);
	return 1;
}
