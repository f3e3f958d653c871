// SPDX-License-Identifier: GPL-2.0
/* needs: bpf/lib/start.c bpf/lib/options.c */
/* What a BPF tool says when its output cannot be written: that, and why; whatever fails afterwards. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "../../bpf/lib/start.h"

/* The library itself is not linked. */
libbpf_print_fn_t libbpf_set_print(libbpf_print_fn_t fn)
{
	return fn;
}

static void print(size_t length)
{
	while (length--)
		putchar('x');
}

/* As a tool does: lines, a flush, other things that fail, the end. */
static int tool(size_t length)
{
	print(length);
	mtce_flush();
	assert(mtce_stopped());
	assert(close(-1) && errno == EBADF);
	print(1);
	fflush(stdout);
	return mtce_end();
}

/* What @length characters to /dev/full make it say. */
static const char *said(size_t length)
{
	static char text[200];
	int pipes[2], status;
	ssize_t n;

	assert(!pipe(pipes));
	if (!fork()) {
		assert(freopen("/dev/full", "w", stdout));
		dup2(pipes[1], STDERR_FILENO);
		_exit(tool(length));
	}
	close(pipes[1]);
	assert(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 1);
	n = read(pipes[0], text, sizeof(text) - 1);
	close(pipes[0]);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

int main(void)
{
	assert(strstr(said(10), "cannot write the output: No space left on device\n"));
	assert(strstr(said(3 * BUFSIZ + 10), "cannot write the output"));
	/* Nothing is left to be flushed, and nobody knows why the rest was not written. */
	assert(!strstr(said(3 * BUFSIZ), "Bad file descriptor"));
	assert(!strstr(said(3 * BUFSIZ), "Success"));
	mtce_flush();
	assert(!mtce_stopped());
	puts("output: ok");
	return mtce_end();
}
