#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Commands and links in documents are of things that exist (documents.py); and one that is not is noticed.
# shellcheck disable=SC2016 # pages have backticks
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
command -v python3 >/dev/null || { echo 'python3 is not installed'; exit 77; }
# shellcheck source=SCRIPTDIR/../lib/scratch.sh
. "$TOP/tests/lib/scratch.sh"

"$TOP/tests/host/documents.py"

# One wrong thing at a time, in a copy.
scratch "$WORK/copy"
rm -rf "$WORK"/copy/results/2*/
page() { printf '%s\n' '# A page' '' "$@" >"$WORK/copy/docs/page.md"; }
notices() { # WORDS LINE...: documents.py says so of a page of these lines
	local words=$1 said
	shift
	page "$@"
	if said=$("$TOP/tests/host/documents.py" --top "$WORK/copy" docs/page.md); then
		echo "not noticed: $*"
		exit 1
	fi
	[[ $said == "docs/page.md:"*": $words" ]] || { echo "says: $said"; exit 1; }
}
notices 'the Makefile has no target no-such' '    make no-such'
notices 'the Makefile has no NOSUCH' '    make bench NOSUCH=1'
notices 'driver Makefile has no target no-such' 'Run `make -C driver no-such` there.'
notices 'there is no scripts/no-such' '    sudo scripts/no-such --help'
notices 'scripts/mtce-host has no option --no-such' '    mtce-host status --no-such'
notices 'bench/mtce-bench has no option --no-such' '    scripts/lab run -- /mtce/scripts/mtce-host bench --yes -- --quick --no-such'
notices 'bpf/mtcestat has no option --no-such' 'As `mtcestat --no-such` shows.'
notices 'there is no bench/mtce-nothing' '    mtce-nothing'
notices 'nobody knows the command no-such' '    echo 1 | sudo no-such' '    # a comment'
notices 'no module is called vfio_iommu_no_such' '    sudo modprobe vfio_iommu_no_such'
notices 'vfio_iommu_mtce has no parameter taken' '    sudo modprobe vfio_iommu_mtce taken=1'
notices 'vfio_iommu_mtce has no parameter lazy' '    echo 0 | sudo tee /sys/module/vfio_iommu_mtce/parameters/lazy'
notices 'nothing installs /usr/share/doc/mtce/examples/no-such' '    cp /usr/share/doc/mtce/examples/no-such /etc'
notices 'there is no package mtce-no-such' '    sudo apt purge mtce-dkms mtce-no-such'
notices 'there is no man page 4 no-such' '    man 4 no-such'
notices 'there is no driver/no-such.c' 'See `driver/no-such.c`.'
notices 'a link leads nowhere: ../no-such.md' 'See [this](../no-such.md).'
notices 'docs/threat-model.md has no section #no-such' 'See [this](threat-model.md#no-such).'
notices 'the table of errnos is not that of uapi/linux/vfio_mtce.h' '| EINVAL | malformed |'
sed 's/^| `direct` | 1 /| `direct` | 0 /' "$TOP/docs/operators.md" >"$WORK/copy/docs/operators.md"
if said=$("$TOP/tests/host/documents.py" --top "$WORK/copy" docs/operators.md); then echo 'another default is not noticed'; exit 1; fi
[[ $said == *'the table of parameters is not'* ]] || { echo "says: $said"; exit 1; }
page 'Nothing is wrong with `make bench QUICK=1` and `mtcelat --by call,batch 1`.' '' '    sudo make deb       # a comment' \
	'    echo 1 | sudo tee /sys/module/vfio_iommu_mtce/parameters/takeover'
"$TOP/tests/host/documents.py" --top "$WORK/copy" docs/page.md
