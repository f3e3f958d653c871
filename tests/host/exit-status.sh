#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Scripts, and mtce-compare, end as CONTRIBUTING.md says. Those that want a POWER8: tests/guest/bench_runs.sh.
#   tests/host/exit-status.sh: in a folder of its own
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
for t in make gcc; do command -v $t >/dev/null || { echo "$t is not installed"; exit 77; }; done
[[ -e /usr/include/jansson.h ]] || { echo 'libjansson-dev is not installed'; exit 77; }
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
# shellcheck source=SCRIPTDIR/../lib/exit-status.sh
. "$TOP/tests/lib/exit-status.sh"

# One version: of the programs, the library, the module and the package.
VERSION=$(sed -n 's/^#define MTCE_VERSION "\(.*\)"/\1/p' "$TOP/bench/version.h")
same_version() { [[ $2 == "$VERSION" ]] || complain "$1 has version '$2', bench/version.h $VERSION"; }
same_version lib/Makefile "$(sed -n 's/^VERSION *= *//p' "$TOP/lib/Makefile")"
same_version 'the module' "$(sed -n 's/^MODULE_VERSION("\(.*\)");/\1/p' "$TOP"/driver/*.c)"
same_version 'the Debian package' "$(sed -n '1s/.*(\([0-9.]*\).*/\1/p' "$TOP/packaging/debian/changelog")"
same_version scripts/lib/common.sh "$(sed -n 's/^MTCE_VERSION=//p' "$TOP/scripts/lib/common.sh")"
for f in "$TOP"/bpf/mtce*.c; do
	said=$(sed -n 's/.*argp_program_version = "[a-z]* \(.*\)";/\1/p' "$f")
	[[ ! $said ]] || same_version "${f##*/}" "$said"
done

# Every script; deb's --version is another thing, dkms has verbs only, figures is for the checkout.
for f in "$TOP"/scripts/*; do
	[[ -f $f && -x $f ]] || continue
	case ${f##*/} in
	deb | dkms | figures) conforms '' "$f" ;;
	lab) conforms "$VERSION" "$f" run; refuses "$f"; refuses "$f" nonsense; refuses "$f" run ;;
	mtce-host) conforms "$VERSION" "$f" bench; refuses "$f"; refuses "$f" nonsense ;;
	report)
		/usr/bin/python3 -c 'import matplotlib' 2>/dev/null || continue
		conforms "$VERSION" "$f"
		refuses "$f"
		ends 1 "$f" "$WORK/nowhere"
		;;
	*) conforms "$VERSION" "$f" ;;
	esac
done

# shellcheck source=SCRIPTDIR/lib/compare.sh
. "$TOP/tests/host/lib/compare.sh"
build_compare
compare=$COMPARE
conforms "$VERSION" "$compare"
refuses "$compare"
refuses "$compare" --json --csv a
refuses "$compare" --model --csv a
refuses "$compare" --model a b
refuses "$compare" --least none a b
ends 1 "$compare" "$WORK/nowhere"
ends 0 "$compare" "$TOP/tests/host/samples/run/bench.json"
[[ ! $BAD ]]
