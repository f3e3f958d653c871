# SPDX-License-Identifier: GPL-2.0
# How programs end (CONTRIBUTING.md, "Exit status"). Whoever sources this has a folder WORK, and looks at BAD in the end.
# shellcheck shell=bash disable=SC2034 # BAD

BAD=''
complain() { echo "# $*"; BAD=1; }
ends() { # STATUS PROGRAM ARGUMENT...
	local want=$1 rc=0
	shift
	"$@" >"$WORK/out" 2>"$WORK/err" </dev/null || rc=$?
	((rc == want)) || complain "status $rc, not $want: ${*##*/}: $(head -n 2 "$WORK/out" "$WORK/err" | tr '\n' ' ')"
}
# Every program: --help, --version, and an option that it does not know.
conforms() { # VERSION PROGRAM [VERB]: a VERB takes the unknown option
	local version=$1 program=$2 name=${2##*/}
	shift 2
	ends 0 "$program" --help
	[[ -s $WORK/out && ! -s $WORK/err ]] || complain "$name --help: not on stdout"
	refuses "$program" "$@" --frobnicate
	[[ $version ]] || return 0
	ends 0 "$program" --version
	[[ $(<"$WORK/out") == "$name $version" ]] || complain "$name --version says: $(<"$WORK/out")"
}
refuses() { # PROGRAM ARGUMENT...: wrong usage; says so, and nothing else
	ends 2 "$@"
	[[ -s $WORK/err && ! -s $WORK/out ]] || complain "${*##*/}: what is wrong is not on stderr"
}
