# SPDX-License-Identifier: GPL-2.0
# For tests that break what they test. TOP is the checkout.
# shellcheck shell=bash

# A checkout of its own, so that nothing broken can stay behind.
scratch() {
	rm -rf "$1"
	mkdir -p "$1"
	(cd "$TOP" && git ls-files -co --exclude-standard -z |
		while IFS= read -r -d '' f; do [[ ! -f $f ]] || printf '%s\0' "$f"; done |
		xargs -0 cp -p --parents -t "$1")
}
