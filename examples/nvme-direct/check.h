/* SPDX-License-Identifier: GPL-2.0 */
/* Is what was read what is on the disk? */
#ifndef NVME_DIRECT_CHECK_H
#define NVME_DIRECT_CHECK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The pattern: line n of 64 bytes is the number n, then blanks, then a newline, as
 *	seq -f '%-63.0f' 0 262143
 * writes it. So every line of the disk is different from all others. @at is where the page is on the disk, in bytes.
 */
bool check_pattern(const uint8_t *page, uint32_t size, uint64_t at);

/* Any disk: what is read again must have the checksum that it had before. */
uint64_t check_sum(uint64_t sum, const uint8_t *page, uint32_t size);

/* Fills a page with what is neither, so that a read that did not come is noticed. */
void check_spoil(uint8_t *page, uint32_t size);

#endif
