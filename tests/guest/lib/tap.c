// SPDX-License-Identifier: GPL-2.0
#include "tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "audit.h"
#include "backend.h"
#include "edu.h"
#include "mem.h"
#include "vfio.h"
#include "vmm.h"

enum outcome { PASSED, FAILED, SKIPPED };

static enum outcome outcome;
static char reason[256];

void diag(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

void test_failed(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	outcome = FAILED;
	printf("# %s:%d: ", file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

void test_skipped(const char *fmt, ...)
{
	va_list ap;

	if (outcome == FAILED)
		return;
	outcome = SKIPPED;
	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
}

void test_begins(void)
{
	outcome = PASSED;
}

bool test_has_failed(void)
{
	return outcome == FAILED;
}

bool test_is_over(void)
{
	return outcome != PASSED;
}

/* Preempted in its walk over a guest's tables, KVM before 7.3.3 uses what was freed: driver/README.md. */
static bool walk_is_safe(void)
{
	unsigned int major, minor, patch;
	struct utsname u;

	if (uname(&u) || !strstr(u.version, "PREEMPT"))
		return true;
	if (sscanf(u.release, "%u.%u.%u", &major, &minor, &patch) != 3)
		return false;
	return (major << 16 | minor << 8 | patch) >= (7u << 16 | 3u << 8 | 3u);
}

static const char *missing(unsigned int needs)
{
	if ((needs & NEEDS_NATIVE) && !backend->native)
		return "this back end does not offer the call";
	if ((needs & NEEDS_OURS) && !backend->ours)
		return "only the mtce driver promises this";
	if ((needs & NEEDS_EDU) && !edu_present(0))
		return "the device is not an edu";
	if ((needs & NEEDS_GROUPS) && vfio_devices() < 2)
		return "only one device is bound to vfio-pci";
	if ((needs & NEEDS_HUGE) && !mem_huge_free())
		return "no free 16 MiB page";
	if ((needs & NEEDS_SAFE_WALK) && !walk_is_safe())
		return "this kernel is preemptible, and its KVM uses memory that was freed";
	if (needs & NEEDS_KVM)
		return vmm_missing();
	return NULL;
}

static void run_one(const struct suite *suite, const struct test *test)
{
	test_begins();
	if (suite->before)
		suite->before();
	if (outcome == PASSED)
		test->run();
	audit_test();
	if (suite->after)
		suite->after();
}

/* MTCE_TEST: only the test of this name. */
static bool chosen(const struct test *test)
{
	const char *only = getenv("MTCE_TEST");

	return !only || !strcmp(only, test->name);
}

/* One TAP line; false if it counts as a failure. */
static bool report(const struct suite *suite, size_t i)
{
	const struct test *test = &suite->tests[i];
	const struct known *known = backend_known(suite->program, test->name);
	const char *lacks = chosen(test) ? missing(test->needs) :
					   "MTCE_TEST names another";

	if (lacks) {
		printf("ok %zu %s # SKIP %s\n", i + 1, test->name, lacks);
		return true;
	}
	if (known && known->deadly) {
		printf("not ok %zu %s # TODO %s: %s, not run\n", i + 1,
		       test->name, backend->name, known->why);
		return true;
	}
	run_one(suite, test);
	if (outcome == SKIPPED)
		printf("ok %zu %s # SKIP %s\n", i + 1, test->name, reason);
	else if (known)
		printf("%s %zu %s # TODO %s: %s\n",
		       outcome == FAILED ? "not ok" : "ok", i + 1, test->name,
		       backend->name, known->why);
	else
		printf("%s %zu %s\n", outcome == FAILED ? "not ok" : "ok",
		       i + 1, test->name);
	return outcome != FAILED || known;
}

int run_suite(const struct suite *suite)
{
	const char *why;
	bool passed = true;
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n");
	if (backend_select(&why))
		why = missing(suite->needs);
	if (!why && vfio_devices() < 1)
		why = "MTCE_DEVICES and MTCE_GROUPS name no device";
	if (!why && suite->begin) {
		outcome = PASSED;
		why = suite->begin();
	}
	if (why) {
		printf("1..0 # SKIP %s\n", why);
		return 4;
	}
	printf("1..%zu\n", suite->num);
	for (i = 0; i < suite->num; i++)
		passed &= report(suite, i);
	if (suite->end)
		suite->end();
	audit_report();
	return passed ? 0 : 1;
}
