#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What bash completes: the options that each program has, no more and no fewer, and words that options take. It is installed
# for every program that is.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$TOP"
# shellcheck source=SCRIPTDIR/../../packaging/completion.bash
. packaging/completion.bash
wrong() { echo "$*"; exit 1; }
completed() { # WORD...: what is proposed for the last one
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_mtce "$1" 2>/dev/null
	printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd' '
}
is() { # GOT WANTED WHAT
	[[ $1 == "$2" ]] || wrong "$3: proposes '$1', not '$2'"
}

# Programs in C have a table of options, the three that watch share one more; scripts have a help text or a parser.
options_of() { # PROGRAM
	local source
	case $1 in
	mtce-host) sed -n '/^help()/,/^}/p' scripts/mtce-host | sed -nE 's/^  (--[a-z-]+).*/\1/p' ;;
	mtce-report) sed -nE "s/^ *parser\.add_argument\('(--[a-z-]+)'.*/\1/p" scripts/report ;;
	*)
		source=(bench/"$1".c)
		[[ -e ${source[0]} ]] || source=(bpf/"$1".c bpf/lib/options.c)
		sed -nE 's/^\t\{ "([a-z-]+)", .*$/--\1/p' "${source[@]}"
		;;
	esac
	echo --help
	echo --version
}
programs=$(sed -n 's/^complete -F _mtce //p' packaging/completion.bash)
for program in $programs; do
	wanted=$(options_of "$program" | sort -u | paste -sd' ')
	(($(wc -w <<<"$wanted") > 3)) || wrong "$program has hardly any options"
	is "$(completed "$program" --)" "$wanted" "$program --"
done

# Calls and back ends, by the names that the programs know.
calls=$(sed -nE 's/^\tE[M_]\(MTCE_CALL_[A-Z_]+, "([a-z_]+)",.*/\1/p' driver/names.h)
is "$(completed mtcesnoop --call '')" "$(printf '%s\n' "$calls" hcall left | sort | paste -sd' ')" 'mtcesnoop --call'
is "$(completed mtcelat --call '' | tr ' ' '\n' | grep -v '^H_' | paste -sd' ')" "$(sort <<<"$calls" | paste -sd' ')" 'mtcelat --call'
backends=$(sed -nE 's/^\t\t\.name = "([a-z-]+)",/\1/p' bench/backend.c | sort | paste -sd' ')
is "$(completed mtce-bench --backend '')" "$backends" 'mtce-bench --backend'
is "$(completed mtcelat --by '')" "$(sed -nE 's/^\t\t\[LAT_BY_[A-Z]+\] = "([a-z]+)",/\1/p' bpf/mtcelat-words.c | sort | paste -sd' ')" 'mtcelat --by'
is "$(completed mtcelat --by call,st)" call,stage 'mtcelat --by call,st'
is "$(completed mtcelat --by = ba)" batch 'mtcelat --by=ba'
is "$(completed mtce-host st)" status 'mtce-host st'
is "$(completed mtce-compare README.m)" README.md 'a file'
is "$(completed mtce-bench --scenario REA)" '' 'mtce-bench --scenario takes no file'

# For each program that is installed, under its name.
installed=$(scripts/install list)
number=0
while read -r program; do
	grep -qE " share/bash-completion/completions/$program\$" <<<"$installed" || wrong "nothing is installed to complete $program"
	[[ " $programs " == *" $program "* ]] || wrong "$program is not completed"
	number=$((number + 1))
done < <(sed -nE 's#.* s?bin/(mtce[a-z-]*)$#\1#p' <<<"$installed")
[[ $number == "$(wc -w <<<"$programs")" ]] || wrong "$number programs are installed, others are completed: $programs"
