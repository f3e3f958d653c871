// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_SETTINGS 8

struct setting {
	char path[256];
	char old[64];
};

static struct setting settings[MAX_SETTINGS];
static unsigned int num_settings;
static volatile sig_atomic_t caught;

void die(const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		die("out of memory");
	return p;
}

bool file_read_line(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "re");
	bool ok;

	if (!f)
		return false;
	ok = fgets(buf, (int)size, f);
	fclose(f);
	if (!ok)
		return false;
	buf[strcspn(buf, "\n")] = '\0';
	return true;
}

bool file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok;
	int error;

	if (fd < 0)
		return false;
	ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	error = errno;
	close(fd);
	errno = error;
	return ok;
}

long long file_read_number(const char *path)
{
	char buf[64], *end;
	long long n;

	if (!file_read_line(path, buf, sizeof(buf)))
		return -1;
	n = strtoll(buf, &end, 0);
	return end == buf ? -1 : n;
}

static bool setting_remember(const char *path)
{
	struct setting *s;
	unsigned int i;

	for (i = 0; i < num_settings; i++)
		if (!strcmp(settings[i].path, path))
			return true;
	if (num_settings == MAX_SETTINGS || strlen(path) >= sizeof(s->path)) {
		errno = ENOSPC;
		return false;
	}
	s = &settings[num_settings];
	if (!file_read_line(path, s->old, sizeof(s->old)))
		return false;
	strcpy(s->path, path);
	if (!num_settings++)
		atexit(settings_restore);
	return true;
}

bool setting_change(const char *path, const char *value)
{
	return setting_remember(path) && file_write(path, value);
}

void settings_restore(void)
{
	while (num_settings) {
		struct setting *s = &settings[--num_settings];
		char now[sizeof(s->old)];

		/* Some count how often they were written (a PCI enable). */
		if (file_read_line(s->path, now, sizeof(now)) &&
		    !strcmp(now, s->old))
			continue;
		if (!file_write(s->path, s->old))
			fprintf(stderr, "%s: could not put %s back to %s: %s\n",
				program_invocation_short_name, s->path, s->old,
				strerror(errno));
	}
}

static void on_signal(int sig)
{
	(void)sig;
	caught = 1;
}

void interrupts_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &sa, NULL);
}

bool interrupted(void)
{
	return caught;
}

void interrupted_exit(void)
{
	if (!caught)
		return;
	fprintf(stderr, "%s: interrupted, no result written\n",
		program_invocation_short_name);
	exit(130);
}
