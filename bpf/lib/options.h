/* SPDX-License-Identifier: GPL-2.0 */
/* Options that every tool has. Add mtce_options_child to the tool's argp. */
#ifndef MTCE_OPTIONS_H
#define MTCE_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

struct mtce_options {
	bool verbose;		/* show what libbpf says */
	bool no_module_btf;	/* use classic tracepoints in any case */
};

extern struct mtce_options mtce_options;
extern const struct argp_child mtce_options_child[];

/* Parse the tool's arguments; a mistake ends it with status 2. */
void mtce_options_parse(const struct argp *argp, int argc, char **argv,
			void *input);

/* A whole number from @min to @max, or an error that names @what. */
uint64_t mtce_number(struct argp_state *state, const char *what,
		     const char *text, uint64_t min, uint64_t max);

#endif /* MTCE_OPTIONS_H */
