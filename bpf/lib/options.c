// SPDX-License-Identifier: GPL-2.0
/* Options that every tool has. */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "options.h"

struct mtce_options mtce_options;

enum { KEY_NO_MODULE_BTF = 0x4000 };

static const struct argp_option options[] = {
	{ "verbose", 'v', NULL, 0, "Show what libbpf says", -1 },
	{ "no-module-btf", KEY_NO_MODULE_BTF, NULL, 0,
	  "Use classic tracepoints although the module has type information (so does the environment variable MTCE_NO_MODULE_BTF=1)",
	  -1 },
	{}
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	(void)state;
	switch (key) {
	case 'v':
		mtce_options.verbose = true;
		return 0;
	case KEY_NO_MODULE_BTF:
		mtce_options.no_module_btf = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = { .options = options, .parser = parse };

const struct argp_child mtce_options_child[] = {
	{ &argp, 0, NULL, 0 },
	{}
};

void mtce_options_parse(const struct argp *tool, int argc, char **argv,
			void *input)
{
	const char *env = getenv("MTCE_NO_MODULE_BTF");

	mtce_options.no_module_btf = env && *env && *env != '0';
	argp_err_exit_status = 2;
	if (argp_parse(tool, argc, argv, 0, NULL, input))
		exit(2);
}

uint64_t mtce_number(struct argp_state *state, const char *what,
		     const char *text, uint64_t min, uint64_t max)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || n < min || n > max)
		argp_error(state,
			   "%s is a whole number from %" PRIu64 " to %" PRIu64 ", not '%s'",
			   what, min, max, text);
	return n;
}
