/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whose are the TCE tables of a KVM guest: what a hypercall on a LIOBN leads to.
 *
 * KVM is a module, and its types are in the module's type information; libbpf looks
 * there for what it does not find in the kernel's. Without it nothing is known.
 *
 * Include vmlinux.h first.
 */
#ifndef MTCE_KVM_BPF_H
#define MTCE_KVM_BPF_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* A guest has one or two for each of its host bridges. */
#define MTCE_KVM_TABLES	64

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kvm_arch___kvm {
	struct list_head spapr_tce_tables;
};

struct kvm___kvm {
	struct kvm_arch___kvm arch;
};

struct kvm_vcpu___kvm {
	struct kvm___kvm *kvm;
};

struct kvmppc_spapr_tce_iommu_table___kvm {
	struct list_head next;
	struct iommu_table *tbl;
};

struct kvmppc_spapr_tce_table___kvm {
	struct list_head list;
	__u64 liobn;
	struct list_head iommu_tables;
};

#pragma clang attribute pop

/* The structure that has @entry as its member. */
#define MTCE_KVM_ENTRY(entry, type, member) \
	((type *)((void *)(entry) - bpf_core_field_offset(type, member)))

static __always_inline struct kvmppc_spapr_tce_table___kvm *
mtce_kvm_table(struct kvm_vcpu___kvm *vcpu, __u64 liobn)
{
	struct kvm___kvm *kvm = BPF_CORE_READ(vcpu, kvm);
	struct list_head *entry = BPF_CORE_READ(kvm, arch.spapr_tce_tables.next);
	struct list_head *end;
	int i;

	end = (void *)kvm + bpf_core_field_offset(struct kvm___kvm, arch.spapr_tce_tables);
	for (i = 0; i < MTCE_KVM_TABLES && entry && entry != end; i++) {
		struct kvmppc_spapr_tce_table___kvm *t;

		t = MTCE_KVM_ENTRY(entry, struct kvmppc_spapr_tce_table___kvm, list);
		if (BPF_CORE_READ(t, liobn) == liobn)
			return t;
		entry = BPF_CORE_READ(entry, next);
	}
	return NULL;
}

/*
 * The function that kills TCEs in the first of the host's tables behind @liobn; 0
 * if there is none, or if it cannot be told.
 */
static __always_inline __u64 mtce_kvm_killer(struct kvm_vcpu___kvm *vcpu, __u64 liobn)
{
	struct kvmppc_spapr_tce_iommu_table___kvm *it;
	struct kvmppc_spapr_tce_table___kvm *t;
	struct list_head *first, *end;

	if (!bpf_core_field_exists(struct kvm_vcpu___kvm, kvm) ||
	    !bpf_core_field_exists(struct kvm___kvm, arch.spapr_tce_tables) ||
	    !bpf_core_field_exists(struct kvmppc_spapr_tce_table___kvm, iommu_tables) ||
	    !bpf_core_field_exists(struct kvmppc_spapr_tce_iommu_table___kvm, tbl))
		return 0;
	t = mtce_kvm_table(vcpu, liobn);
	if (!t)
		return 0;
	first = BPF_CORE_READ(t, iommu_tables.next);
	end = (void *)t + bpf_core_field_offset(struct kvmppc_spapr_tce_table___kvm,
						iommu_tables);
	if (!first || first == end)
		return 0;
	it = MTCE_KVM_ENTRY(first, struct kvmppc_spapr_tce_iommu_table___kvm, next);
	return (__u64)BPF_CORE_READ(it, tbl, it_ops, tce_kill);
}

#endif /* MTCE_KVM_BPF_H */
