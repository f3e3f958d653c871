# SPDX-License-Identifier: GPL-2.0
# Are we on the real thing?
# shellcheck shell=bash

on_powernv() { [[ $(uname -m) == ppc64le ]] && grep -q '^platform.*PowerNV' /proc/cpuinfo; }

# In the checkout itself, against the running kernel.
native_build() {
	local room
	[[ -d /lib/modules/$(uname -r)/build ]] ||
		die "the running kernel's headers are missing; install linux-headers-$(uname -r)"
	for room in driver tests/modules bench bpf tests/guest; do
		[[ ! -e $TOP/$room/Makefile ]] || make --no-print-directory -C "$TOP/$room" -j"$(nproc)"
	done
	build_context_native >"$TOP/context.json"
}

build_context_native() {
	local dirty=false
	[[ ! $(git -C "$TOP" status --porcelain -- . ':!results' 2>/dev/null) ]] || dirty=true
	printf '{"mtce_commit": "%s", "mtce_dirty": %s, "kernel": "%s", "compiler": "%s", "built": "%s"}\n' \
		"$(git -C "$TOP" rev-parse HEAD 2>/dev/null || echo unknown)" "$dirty" "$(uname -r)" \
		"$(gcc -dumpfullversion)" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
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
