# SPDX-License-Identifier: GPL-2.0
# A run's folder under results/, and the kill stores that QEMU's trace saw. After common.sh and native.sh.
# shellcheck shell=bash

# Where a run is from: lab-64k, power8-64k.
result_flavour() { # KERNEL
	if on_powernv; then echo "power8-$(($(getconf PAGESIZE) / 1024))k"; else echo "lab-$1"; fi
}

result_name() { # WHAT: of the folder, after the time
	echo "$(date -u +%Y%m%dT%H%M%SZ)-$1-$(source_short)"
}

merge_kills() { # JSON KILLS
	[[ -s $1 && -s $2 ]] || die "the run left no ${1##*/} or no ${2##*/} in ${1%/*}"
	jq -c --rawfile kills "$2" -f "$TOP/scripts/lib/merge-kills.jq" "$1" >"$1.new"
	mv "$1.new" "$1"
}

# The mtce-compare of this checkout: it prints every table.
result_compare() {
	local f
	for f in ${MTCE_COMPARE:+"$MTCE_COMPARE"} "$TOP/build/host/bench/mtce-compare" "$TOP/bench/mtce-compare"; do
		if "$f" --version >/dev/null 2>&1; then
			echo "$f"
			return
		fi
	done
	die "mtce-compare is not built; run: make build"
}

# What scripts/report makes of a run; a kit's host may have no Python.
result_report() { # ARGUMENT...
	[[ -x /usr/bin/python3 ]] || { say 'Python is not installed, and it draws the pictures (Debian: python3-matplotlib)'; return 1; }
	"$TOP/scripts/report" "$@" >/dev/null
}
