/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers and names in narrow columns. Each returns a text in @buf. */
#ifndef MTCE_FORMAT_H
#define MTCE_FORMAT_H

#include <stddef.h>
#include <linux/types.h>

struct mtce_text {
	char s[32];
};

/* @n as it is if it fits into @width, else in thousands (k), millions (M) and so on. */
struct mtce_text mtce_short(__u64 n, int width);

/* Microseconds in five characters; "123ms" and "1234s" say so. */
struct mtce_text mtce_us(__u64 ns);

/* HH:MM:SS of a moment that bpf_ktime_get_ns() gave, or of now. */
struct mtce_text mtce_clock(__u64 ktime_ns);
struct mtce_text mtce_clock_now(void);

/* Seconds since 1970 of the same. */
double mtce_epoch(__u64 ktime_ns);
__u64 mtce_ktime(void);

/* A hexadecimal number for JSON, where large numbers are not safe. */
struct mtce_text mtce_hex(__u64 n);

/* The name of a process is what the process likes: only ASCII letters and signs stay. */
void mtce_clean(char *name, size_t size);

#endif /* MTCE_FORMAT_H */
