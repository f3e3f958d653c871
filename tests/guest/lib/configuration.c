// SPDX-License-Identifier: GPL-2.0
#include "configuration.h"

#include "guest.h"
#include "param.h"

static bool second_is_there;

static long any_threshold(any_fn any)
{
	static const long choice[] = { 0, 1, 8, 8, 64, 4294967295 };

	return choice[any(ARRAY_SIZE(choice))];
}

static long any_lazy_entries(any_fn any)
{
	static const long choice[] = { 0, 1, 16, 1024, 1024 };

	return choice[any(ARRAY_SIZE(choice))];
}

static long any_timeout(any_fn any)
{
	static const long choice[] = { 0, 1, 10, 1000 };

	return choice[any(ARRAY_SIZE(choice))];
}

struct configuration configuration_draw(any_fn any)
{
	struct configuration c = {
		.attach_direct = any(4),
		.create_direct = any(4),
		.levels = 1 + any(3),
		.threshold = any_threshold(any),
		.lazy_entries = any_lazy_entries(any),
		.lazy_timeout = any_timeout(any),
		.lazy_mode = any(3) == 0,
		.kvm = any(2),
		.joins = any(3) == 0,
		.changes = any(2),
	};

	c.lazy_mode &= backend->native;
	c.kvm &= !vmm_missing();
	c.joins &= vfio_devices() > 1;
	return c;
}

void configuration_say(const struct configuration *c)
{
	diag("direct %d at attach, %d at create, %u levels, kill_threshold %ld, lazy_entries %ld, lazy_timeout_ms %ld%s%s%s%s",
	     c->attach_direct, c->create_direct, c->levels, c->threshold, c->lazy_entries, c->lazy_timeout,
	     c->lazy_mode ? ", lazy mode" : "", c->kvm ? ", KVM" : "", c->joins ? ", a second group" : "",
	     c->changes ? ", changing" : "");
}

static void set_parameters(const struct configuration *c)
{
	param_set("kill_threshold", c->threshold);
	param_set("lazy_entries", c->lazy_entries);
	param_set("lazy_timeout_ms", c->lazy_timeout);
}

uint64_t configuration_open(const struct configuration *c, unsigned int entries)
{
	const uint64_t size = entries * SZ_4K;
	uint64_t start = 0;
	const char *why;

	param_set("direct", c->attach_direct);
	set_parameters(c);
	why = rig_open();
	if (why) {
		test_failed(__FILE__, __LINE__, "%s", why);
		return 0;
	}
	param_set("direct", c->create_direct);
	start = rig_window(12, size, c->levels);
	if (!test_has_failed() && c->lazy_mode && mtce_mode(&box, VFIO_MTCE_LAZY))
		test_failed(__FILE__, __LINE__, "the mode cannot be set");
	if (!test_has_failed() && c->kvm)
		guest_open(GUEST_SIZE, 1);
	if (!test_has_failed() && c->kvm)
		guest_table(12, start, size);
	return start;
}

static void join_or_leave(void)
{
	int ret = second_is_there ? container_detach(&box, 1) : container_attach(&box, 1);

	if (ret)
		test_failed(__FILE__, __LINE__, "the second group cannot %s: %d", second_is_there ? "leave" : "join", ret);
	else
		second_is_there = !second_is_there;
}

void configuration_change(struct configuration *c, any_fn any)
{
	switch (any(5)) {
	case 0:
		c->threshold = any_threshold(any);
		break;
	case 1:
		c->lazy_entries = any_lazy_entries(any);
		break;
	case 2:
		c->lazy_timeout = any_timeout(any);
		break;
	case 3:
		/* For a group that joins. */
		param_set("direct", any(2));
		break;
	case 4:
		if (c->joins)
			join_or_leave();
		break;
	}
	set_parameters(c);
	if (backend->native && !any(4)) {
		c->lazy_mode = !c->lazy_mode;
		OK(mtce_mode(&box, c->lazy_mode ? VFIO_MTCE_LAZY : 0));
	}
}

/* The window goes first, as elsewhere; then KVM's reference on it. */
void configuration_close(void)
{
	if (box.fd >= 0)
		rig_no_windows();
	guest_close();
	rig_close();
	second_is_there = false;
	param_restore();
}
