#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Man pages are well formed, and name what there is: every option of a program, every parameter, tracepoint and errno of the module.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PAGES=$TOP/packaging/man
cd "$TOP"
bad=0
lacks() { echo "${1#"$TOP/"} does not name $2"; bad=1; }
for tool in man groff; do command -v "$tool" >/dev/null || { echo "$tool is not installed (Debian: man-db, groff-base)"; exit 77; }; done
# man can be a stand-in that says where the real one is.
man --version >/dev/null 2>&1 || { echo 'this man is not man-db'; exit 77; }

for page in packaging/man/*.[1-8] bpf/man/*.[1-8]; do
	said=$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null) || true
	[[ ! $said ]] || { echo "$page: $said"; bad=1; }
	for section in NAME SYNOPSIS DESCRIPTION 'SEE ALSO'; do
		grep -qx "\.SH $section" "$page" || [[ $page == *.5 && $section == SYNOPSIS ]] || lacks "$page" "its $section"
	done
	# The pages that it sends its reader to are there.
	while read -r name; do
		compgen -G "packaging/man/$name" >/dev/null || compgen -G "bpf/man/$name" >/dev/null || { echo "$page: there is no $name"; bad=1; }
	done < <(sed 's/\\-/-/g' "$page" | grep -oE '^\.BR mtce[a-z-]* \([0-9]\)' | sed -E 's/^\.BR ([a-z-]+) \((.)\)/\1.\2/')
done

# As a word of its own, or with \- in front of it and in it.
names() { grep -qE -- "(^|[^A-Za-z0-9_-])$2([^A-Za-z0-9_-]|\$)" <<<"$(sed 's/\\-/-/g; s/\\fI/ /g; s/\\fP/ /g' "$1")"; }
# Some options of mtce-bench are in a file of their own.
for source in bench/mtce-*.c bench/workload.c bpf/mtce{lat,snoop,stat}.c; do
	page=$(basename "$source" .c)
	[[ $page != workload ]] || page=mtce-bench
	page=$(compgen -G "$PAGES/$page.[18]" || compgen -G "bpf/man/$page.8") || { echo "$source has no man page"; bad=1; continue; }
	while read -r option; do names "$page" "--$option" || lacks "$page" "--$option"; done \
		< <(sed -nE 's/^\t\{ "([a-z-]+)", .*$/\1/p' "$source")
done
for script in mtce-host:8 report:1; do
	page=$PAGES/mtce-${script#mtce-}
	page=${page%:*}.${script#*:}
	while read -r option; do names "$page" "$option" || lacks "$page" "$option"; done \
		< <(sed -n '/^help()/,/^}/p' "scripts/${script%:*}" | { grep -oE '^  --[a-z-]+' || true; } | tr -d ' '
			sed -nE "s/^ *[a-z]+\.add_argument\('(--[a-z-]+)'.*/\1/p" "scripts/${script%:*}")
done
while read -r name; do names "$PAGES/mtce.4" "$name" || lacks "$PAGES/mtce.4" "the parameter $name"; done \
	< <(sed -nE 's/^module_param_named\(([a-z_]+),.*/\1/p' driver/main.c)
while read -r name; do names "$PAGES/mtce.4" "$name" || lacks "$PAGES/mtce.4" "the tracepoint $name"; done \
	< <(grep -ohE '^(TRACE_EVENT|TRACE_EVENT_CONDITION|DEFINE_EVENT)\([a-z_, ]+' driver/trace.h | sed -E 's/^TRACE_EVENT(_CONDITION)?\(//; s/^DEFINE_EVENT\([a-z_]+, *//; s/,.*//')
while read -r name; do names "$PAGES/mtce.4" "$name" || lacks "$PAGES/mtce.4" "$name"; done \
	< <(sed -nE 's/^ \* %(E[A-Z0-9]+): .*/\1/p' uapi/linux/vfio_mtce.h)
for kind in bench sweep replay; do grep -q "$kind.json" "$PAGES/mtce.5" || lacks "$PAGES/mtce.5" "$kind.json"; done
exit "$bad"
