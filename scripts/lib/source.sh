# SPDX-License-Identifier: GPL-2.0
# Which sources these are: a checkout asks git, a kit was told when it was packed.
# shellcheck shell=bash

is_kit() { [[ -e $TOP/kit.json ]]; }
kit_word() { sed -n "s/.*\"$1\": \"\{0,1\}\([^\",}]*\).*/\1/p" "$TOP/kit.json"; } # NAME

source_commit() {
	# A kit may lie in somebody else's checkout, which is not what it is from.
	if is_kit; then kit_word mtce_commit; else git -C "$TOP" rev-parse HEAD 2>/dev/null || echo unknown; fi
}
source_short() { source_commit | cut -c1-7; }

# Prints true or false: other than the commit says. A kit was when it was packed, or has been changed since.
source_dirty() {
	if is_kit; then
		if [[ $(kit_word mtce_dirty) == false ]] && (cd "$TOP" && sha256sum --quiet --status -c kit.sha256); then
			echo false
		else
			echo true
		fi
	elif [[ $(git -C "$TOP" status --porcelain -- . ':!results' 2>/dev/null) ]]; then
		echo true
	else
		echo false
	fi
}
