/* SPDX-License-Identifier: GPL-2.0 */
/* One of the many ways in which the driver can be set up, drawn at random. */
#ifndef MTCE_TEST_CONFIGURATION_H
#define MTCE_TEST_CONFIGURATION_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct configuration - how a run is set up
 * @attach_direct: the parameter "direct" when the group is attached: has it a kill register?
 * @create_direct: and when the window is created: is its table written directly?
 * @levels: of the table
 * @threshold: kill_threshold
 * @lazy_entries: the parameter
 * @lazy_timeout: lazy_timeout_ms
 * @lazy_mode: unmaps are lazy that do not say so (native only)
 * @kvm: the table is KVM's, too
 * @joins: a second group comes and goes
 * @changes: parameters change meanwhile
 */
struct configuration {
	bool attach_direct;
	bool create_direct;
	unsigned int levels;
	long threshold;
	long lazy_entries;
	long lazy_timeout;
	bool lazy_mode;
	bool kvm;
	bool joins;
	bool changes;
};

/* A number below its argument. */
typedef uint32_t (*any_fn)(uint32_t below);

/* What this machine cannot do is not drawn. */
struct configuration configuration_draw(any_fn any);
void configuration_say(const struct configuration *c);

/* A rig with such a window of @entries 4K pages, KVM's guest beside it. Returns its start; fails the test. */
uint64_t configuration_open(const struct configuration *c, unsigned int entries);
/* Something of it becomes another: a parameter, the mode, the groups. Fails the test. */
void configuration_change(struct configuration *c, any_fn any);
/* Everything closed, parameters as they were. */
void configuration_close(void);

#endif
