// SPDX-License-Identifier: GPL-2.0
#include "audit.h"

#include <stdio.h>
#include <string.h>

#include "tap.h"

#define AUDIT	"/sys/kernel/debug/mtce_audit"

static unsigned long long readings, windows, present;

static int audit_line(const char *line)
{
	unsigned long long n;

	if (sscanf(line, "windows %llu", &n) == 1)
		windows += n;
	else if (sscanf(line, "present %llu", &n) == 1)
		present += n;
	else if (sscanf(line, "violations %llu", &n) == 1)
		return n > 1000 ? 1000 : n;
	else if (!strncmp(line, "VIOLATION", 9))
		printf("# audit: %s", line);
	return 0;
}

int audit_now(void)
{
	FILE *f = fopen(AUDIT, "r");
	char line[256];
	int wrong = 0;

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		wrong += audit_line(line);
	/* A reading that did not come to its end is none. */
	if (ferror(f)) {
		printf("# audit: cannot be read\n");
		wrong++;
	}
	fclose(f);
	readings++;
	return wrong;
}

void audit_test(void)
{
	int wrong = audit_now();

	if (wrong)
		test_failed(__FILE__, __LINE__, "the auditor found %d violations", wrong);
}

void audit_report(void)
{
	if (readings)
		diag("audited %llu times: %llu windows, %llu entries", readings, windows, present);
}
