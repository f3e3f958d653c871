#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The list of faults is well formed, and each test that it names is there.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
wrong() { echo "$*"; exit 1; }

in_guest() { # PROGRAM[: TEST]
	local program test
	IFS=: read -r program test <<<"${1// /}"
	[[ -e $TOP/tests/guest/$program.c ]] || wrong "tests/guest has no $program"
	[[ ! $test ]] || grep -qE "^	TEST\($test," "$TOP/tests/guest/$program.c" || wrong "$program has no test $test"
}
trim() { sed 's/^ *//; s/ *$//' <<<"$1"; }

faults=' '
while IFS='|' read -r fault how test words; do
	[[ $fault != '#'* ]] || continue
	fault=$(trim "$fault") how=$(trim "$how") test=$(trim "$test") words=$(trim "$words")
	[[ $fault =~ ^[0-9]+$ && $test ]] || wrong "not a row: $fault | $how | $test"
	faults+="$fault "
	case $how in
	works) in_guest "$test" ;;
	guest | last | debug) in_guest "$test"; [[ $words ]] || wrong "$fault, $test: what does it say?" ;;
	host) [[ -x $TOP/tests/host/$test ]] || wrong "tests/host has no $test" ;;
	here) [[ -x $TOP/tests/faults/$test ]] || wrong "tests/faults has no $test" ;;
	none) ;;
	*) wrong "$fault: '$how' is not a way to run a test" ;;
	esac
done <"$TOP/tests/faults/list"
for ((i = 1; i <= 18; i++)); do [[ $faults == *" $i "* ]] || wrong "fault $i is not in the list"; done
