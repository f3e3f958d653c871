# SPDX-License-Identifier: GPL-2.0
# Are we on the real thing?
# shellcheck shell=bash

for _part in source kit; do
	# shellcheck source=/dev/null
	. "$TOP/scripts/lib/$_part.sh"
done

on_powernv() { [[ $(uname -m) == ppc64le ]] && grep -q '^platform.*PowerNV' /proc/cpuinfo; }

# In the checkout itself, against the running kernel. A kit has its programs and needs a module at most.
native_build() {
	local room
	if is_kit; then
		kit_module
		build_context_kit >"$TOP/context.json"
		return
	fi
	[[ -d /lib/modules/$(uname -r)/build ]] ||
		die "the running kernel's headers are missing; install linux-headers-$(uname -r)"
	for room in driver tests/modules lib bench bpf tests/guest examples/nvme-direct; do
		[[ ! -e $TOP/$room/Makefile ]] || make --no-print-directory -C "$TOP/$room" -j"$(nproc)"
	done
	build_context_native >"$TOP/context.json"
}

# What measures upstream alone: no kernel headers, no zstd, no BPF.
native_build_upstream() {
	if is_kit; then
		KIT_MODULE=none
		build_context_kit >"$TOP/context.json"
		return
	fi
	make --no-print-directory -C "$TOP/bench" -j"$(nproc)" mtce-bench mtce-compare
	make --no-print-directory -C "$TOP/lib" -j"$(nproc)" libmtce.a
	make --no-print-directory -C "$TOP/examples/nvme-direct" -j"$(nproc)"
	build_context_native >"$TOP/context.json"
}

build_context_native() {
	printf '{"mtce_commit": "%s", "mtce_dirty": %s, "kernel": "%s", "compiler": "%s", "built": "%s"}\n' \
		"$(source_commit)" "$(source_dirty)" "$(uname -r)" "$(gcc -dumpfullversion)" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
}

build_context_kit() {
	printf '{"mtce_commit": "%s", "mtce_dirty": %s, "kit": "%s", "kernel": "%s", "module": "%s", "compiler": "%s", "programs_compiler": "%s", "built": "%s"}\n' \
		"$(source_commit)" "$(source_dirty)" "$(kit_word kit)" "$(uname -r)" "$KIT_MODULE" \
		"$(gcc -dumpfullversion 2>/dev/null || echo none)" "$(kit_word programs_compiler)" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
}

# mtce-host must be root; it asks before it changes anything.
native_host() {
	local sudo=()
	if ((EUID)); then
		say "running scripts/mtce-host $1 as root, through sudo"
		sudo=(sudo)
	fi
	"${sudo[@]}" "$TOP/scripts/mtce-host" "$@"
}
