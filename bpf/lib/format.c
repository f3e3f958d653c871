// SPDX-License-Identifier: GPL-2.0
/* Numbers and names in narrow columns. */
#include <stdio.h>
#include <time.h>

#include "format.h"

#define NS_PER_US	1000ull
#define NS_PER_MS	1000000ull
#define NS_PER_SECOND	1000000000ull

struct mtce_text mtce_short(__u64 n, int width)
{
	static const char units[] = "kMGTPE";
	struct mtce_text t;
	size_t unit = 0;

	if (snprintf(t.s, sizeof(t.s), "%llu", n) <= width)
		return t;
	do {
		n /= 1000;
	} while (snprintf(t.s, sizeof(t.s), "%llu%c", n, units[unit++]) > width &&
		 unit < sizeof(units) - 1);
	return t;
}

struct mtce_text mtce_us(__u64 ns)
{
	struct mtce_text t;

	if (ns < NS_PER_MS - NS_PER_US / 20)	/* 999.95 is shown as 1000.0 */
		snprintf(t.s, sizeof(t.s), "%.1f", (double)ns / NS_PER_US);
	else if (ns < 100 * NS_PER_MS)
		snprintf(t.s, sizeof(t.s), "%llu", ns / NS_PER_US);
	else if (ns < NS_PER_SECOND)
		snprintf(t.s, sizeof(t.s), "%llums", ns / NS_PER_MS);
	else
		snprintf(t.s, sizeof(t.s), "%llus", ns / NS_PER_SECOND);
	return t;
}

static __u64 now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NS_PER_SECOND + ts.tv_nsec;
}

/* Between the two clocks; asked for each time, because the wall clock may be set. */
static __u64 since_1970(__u64 ktime_ns)
{
	return now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC) + ktime_ns;
}

double mtce_epoch(__u64 ktime_ns)
{
	return (double)since_1970(ktime_ns) / NS_PER_SECOND;
}

__u64 mtce_ktime(void)
{
	return now_ns(CLOCK_MONOTONIC);
}

struct mtce_text mtce_clock(__u64 ktime_ns)
{
	time_t seconds = since_1970(ktime_ns) / NS_PER_SECOND;
	struct mtce_text t = { "" };
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(t.s, sizeof(t.s), "%H:%M:%S", &tm);
	return t;
}

struct mtce_text mtce_clock_now(void)
{
	return mtce_clock(mtce_ktime());
}

struct mtce_text mtce_hex(__u64 n)
{
	struct mtce_text t;

	snprintf(t.s, sizeof(t.s), "0x%llx", n);
	return t;
}

void mtce_clean(char *name, size_t size)
{
	size_t i;

	name[size - 1] = '\0';
	for (i = 0; name[i]; i++)
		if (name[i] < ' ' || name[i] > '~')
			name[i] = '?';
}
