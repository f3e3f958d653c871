/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A table of tests, run in order, one TAP line each. Exit status as in
 * kselftest: 0 all passed, 1 one failed, 4 nothing could be run.
 */
#ifndef MTCE_TEST_TAP_H
#define MTCE_TEST_TAP_H

#include <stdbool.h>
#include <stddef.h>

/* What a test needs; where it is missing, the test is skipped and says so. */
#define NEEDS_NATIVE	(1u << 0)	/* the new calls */
#define NEEDS_OURS	(1u << 1)	/* the mtce driver, under any type */
#define NEEDS_EDU	(1u << 2)	/* a device that does DMA on request */
#define NEEDS_GROUPS	(1u << 3)	/* two IOMMU groups */
#define NEEDS_HUGE	(1u << 4)	/* a free 16 MiB page */
#define NEEDS_KVM	(1u << 5)	/* KVM that runs HV guests */
#define NEEDS_SAFE_WALK	(1u << 6)	/* KVM that may lose a table while its guest is at it */

struct test {
	const char *name;
	void (*run)(void);
	unsigned int needs;
};

#define TEST(fn, needs)	{ #fn, fn, needs }

struct suite {
	const char *program;
	const struct test *tests;
	size_t num;
	unsigned int needs;		/* of every test */
	const char *(*begin)(void);	/* once; returns why nothing can run, or NULL */
	void (*before)(void);		/* every test */
	void (*after)(void);		/* every test, also a failed one */
	void (*end)(void);		/* once */
};

int run_suite(const struct suite *suite);

void test_failed(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void test_skipped(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool test_has_failed(void);
void test_begins(void);			/* for a child that tries something: nothing has failed yet */
bool test_is_over(void);	/* failed or skipped */
void diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Fail the test and leave the function. For functions that return nothing. */
#define CHECK(cond) do {						\
	if (!(cond)) {							\
		test_failed(__FILE__, __LINE__, "%s", #cond);		\
		return;							\
	}								\
} while (0)

/* The call must give exactly this: 0 or a negative errno. */
#define CHECK_IS(call, expected) do {					\
	long got_ = (call), want_ = (expected);				\
	if (got_ != want_) {						\
		test_failed(__FILE__, __LINE__,				\
			    "%s is %ld, not %ld", #call, got_, want_);	\
		return;							\
	}								\
} while (0)

#define OK(call)	CHECK_IS(call, 0)

/* After a helper that may have failed or skipped the test. */
#define CHECKED(call) do {						\
	call;								\
	if (test_is_over())						\
		return;							\
} while (0)

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof(*(a)))

#endif
