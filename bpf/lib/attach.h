/* SPDX-License-Identifier: GPL-2.0 */
/* Which of the two ways to the driver's trace events is used (events.bpf.h). */
#ifndef MTCE_ATTACH_H
#define MTCE_ATTACH_H

struct bpf_object;
struct mtce_rate;

/*
 * Between opening and loading: choose the programs of one way and switch those of
 * the other off, set @rate (of the object's read-only data). Exits with status 1
 * and a sentence if the driver's trace events are not what @obj was built for.
 * Programs for anything else stay as they are. Returns words for mtce_watching().
 */
const char *mtce_choose_way(struct bpf_object *obj, struct mtce_rate *rate);

#endif /* MTCE_ATTACH_H */
