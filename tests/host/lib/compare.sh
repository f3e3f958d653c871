# SPDX-License-Identifier: GPL-2.0
# mtce-compare of this checkout, built in a copy. The test sets WORK and TOP, and has make, gcc and libjansson-dev.
# shellcheck shell=bash

# Leaves its path in COMPARE.
build_compare() {
	mkdir -p "$WORK/tree"
	cp -r "$TOP/bench" "$TOP/uapi" "$WORK/tree"
	make -s -C "$WORK/tree/bench" clean
	make -s -C "$WORK/tree/bench" O=1 mtce-compare
	# shellcheck disable=SC2034 # the test's
	COMPARE=$WORK/tree/bench/mtce-compare
}
