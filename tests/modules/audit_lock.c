// SPDX-License-Identifier: GPL-2.0
/* Locks that are taken in loops, where sparse cannot follow them. See audit.h. */
#include "audit.h"

void audit_kvm_lock(struct mtce_stripe *s, struct mtce_container *c)
	__acquires(&s->kvm_lock)
{
	spin_lock_nest_lock(&s->kvm_lock, &c->sem);
}

void audit_kvm_unlock(struct mtce_stripe *s) __releases(&s->kvm_lock)
{
	spin_unlock(&s->kvm_lock);
}
