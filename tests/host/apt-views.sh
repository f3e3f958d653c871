#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2030,SC2031 # subshells on purpose
# The lab on a mirror whose index and pool do not fit: apt's own work on a mirror made of files. Kernel, libraries and
# root disks come from the next version or suite, which is said in a line; if there is none, in one sentence.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
for t in apt-get dpkg-deb; do command -v $t >/dev/null || { echo "$t is not installed"; exit 77; }; done
KBUILD=/bin/true # a program that runs on this machine

CASES=0 FAILED=0
case_is() { # NAME IS SHOULD: SHOULD is a pattern
	CASES=$((CASES + 1))
	# shellcheck disable=SC2053 # a pattern
	[[ $2 == $3 ]] && return
	FAILED=$((FAILED + 1))
	printf '%s: "%s", not "%s"\n' "$1" "$2" "$3"
}

# Security updates are an archive apart.
archive() { if [[ $1 == *-security ]]; then echo "$MIRROR-security"; else echo "$MIRROR"; fi; } # SUITE

# package SUITE NAME VERSION ARCH [DEPENDS]: in the pool and in the index of that suite.
package() {
	local suite=$1 name=$2 version=$3 arch=$4 tree=$WORK/tree file archive
	archive=$(archive "$1")
	file=pool/$suite/${name}_${version}_$arch.deb
	rm -rf "$tree"
	mkdir -p "$tree/DEBIAN" "$tree/usr/lib/$name/scripts/mod" "$archive/pool/$suite"
	printf 'Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: nobody <nobody@localhost>\n%sDescription: a test\n' \
		"$name" "$version" "$arch" "${5:+Depends: $5
}" >"$tree/DEBIAN/control"
	[[ $name != linux-kbuild-* ]] || cp "$KBUILD" "$tree/usr/lib/$name/scripts/mod/modpost"
	dpkg-deb -Zgzip --root-owner-group -b "$tree" "$archive/$file" >/dev/null
	{
		cat "$tree/DEBIAN/control"
		printf 'Filename: %s\nSize: %s\nSHA256: %s\n\n' "$file" "$(stat -c %s "$archive/$file")" \
			"$(sha256sum "$archive/$file" | cut -d' ' -f1)"
	} >>"$WORK/index.$suite.$arch"
}
# The index keeps its name.
lose() { rm "$(archive "$1")/pool/$1/$2"_*; } # SUITE NAME

kernel() { # SUITE VERSION
	package "$1" "linux-image-$2-powerpc64le-64k" "$2-1" ppc64el
	package "$1" "linux-headers-$2-powerpc64le-64k" "$2-1" ppc64el
	package "$1" "linux-headers-$2-common" "$2-1" all
	package "$1" "linux-kbuild-$2" "$2-1" amd64
}

mirror_new() {
	MIRROR=$(mktemp -d "$WORK/mirror.XXXXXX")
	rm -f "$WORK"/index.*
	kernel trixie 6.12.90
	kernel trixie 6.12.117
	kernel bookworm-backports 6.12.95
	package bookworm libone 1.0 ppc64el
	package bookworm tool 1.0 ppc64el libone
	package bookworm-updates libone 1.1 ppc64el
	package bookworm-backports libone 2.0 ppc64el
	package trixie libone 3.0 ppc64el
	package trixie tool 3.0 ppc64el libone
}
# A whole index for each suite; the release and its updates, security apart.
mirror_write() {
	local release suite where arch dir
	for release in bookworm trixie; do
		for suite in $release $release-updates $release-backports $release-security; do
			where=$(archive "$suite")
			[[ $suite != *-security || ! ${NO_SECURITY-} ]] || continue
			for arch in amd64 ppc64el; do
				dir=$where/dists/$suite/main/binary-$arch
				mkdir -p "$dir"
				cat "$WORK/index.$suite.$arch" "$WORK/index.$suite.all" >"$dir/Packages" 2>/dev/null || true
			done
			release_file "$suite" "$where/dists/$suite"
		done
	done
}
release_file() { # SUITE FOLDER
	printf 'Origin: Debian\nLabel: Debian\nSuite: %s\nCodename: %s\nDate: %s\nArchitectures: amd64 ppc64el\nComponents: main\n' \
		"$1" "$1" "$(date -uR)"
	[[ $1 != *-backports ]] || printf 'NotAutomatic: yes\nButAutomaticUpgrades: yes\n'
	echo 'SHA256:'
	(cd "$2" && for f in main/*/Packages; do
		printf ' %s %s %s\n' "$(sha256sum "$f" | cut -d' ' -f1)" "$(stat -c %s "$f")" "$f"
	done)
} >"$2/Release"

# in_lab RELEASE CODE: with the lab's own functions, of a machine with that release. Sets SAID, STATUS; fetched files are
# in $WORK/got. The signature is apt's business and not tried here.
in_lab() {
	rm -rf "$WORK/cache" "$WORK/got"
	STATUS=0
	# shellcheck disable=SC2034,SC2317 # for the lab
	SAID=$(
		exec 2>&1
		export MTCE_CACHE=$WORK/cache MTCE_MIRROR=copy:$MIRROR
		PROG=lab
		mkdir -p "$MTCE_CACHE"
		for lib in common apt kernel sysroot; do
			# shellcheck source=/dev/null
			. "$TOP/scripts/lib/$lib.sh"
		done
		eval "host_codename() { echo $1; }"
		APT_KEYS=trusted=yes
		apt_update
		eval "$2"
	) || STATUS=$?
	SAID=$(grep -vE ' \.\.\.$|: done after [0-9]+ s$' <<<"$SAID" || true)
}
# shellcheck disable=SC2016 # for the lab
KERNEL='step "fetching a kernel" apt_first "$WORK/got" "$(kernel_suite)" kernel_fetch powerpc64le-64k' \
	CLOSURE='step "fetching a root disk" apt_closure "$WORK/got" bookworm tool' \
	SYSROOT='SYSROOT_PACKAGES=(libone); unpack_debs() { cp "$WORK"/got/debs/* "$WORK/got"; }; make_sysroot "$WORK/got"'
got() { (cd "$WORK/got" && find . -maxdepth 1 -name '*.deb' -printf '%f\n' | sort | paste -sd' ') 2>/dev/null || true; }
KERNEL_IS() { echo "linux-headers-$1-common_$1-1_all.deb linux-headers-$1-powerpc64le-64k_$1-1_ppc64el.deb linux-image-$1-powerpc64le-64k_$1-1_ppc64el.deb linux-kbuild-$1_$1-1_amd64.deb"; }

mirror_new; mirror_write
in_lab trixie "$KERNEL"
case_is 'all is there' "$STATUS $SAID" '0 '
case_is 'all is there: the newest' "$(got)" "$(KERNEL_IS 6.12.117)"
in_lab bookworm "$KERNEL"
case_is 'the backport' "$STATUS $SAID" '0 '
case_is 'the backport: its files' "$(got)" "$(KERNEL_IS 6.12.95)"

lose trixie linux-image-6.12.117-powerpc64le-64k
in_lab trixie "$KERNEL"
case_is 'an image is not in the pool' "$STATUS $SAID" '0 lab: the mirror has not all of 6.12.117-powerpc64le-64k; took 6.12.90-powerpc64le-64k from trixie and its backports'
case_is 'an image is not in the pool: the version before' "$(got)" "$(KERNEL_IS 6.12.90)"
lose trixie linux-headers-6.12.90-common
in_lab trixie "$KERNEL"
case_is 'nor the other headers' "$STATUS $SAID" '0 lab: the mirror has not all of 6.12.117-*; took 6.12.95-* from bookworm and its backports'
case_is 'nor the other headers: the other release' "$(got)" "$(KERNEL_IS 6.12.95)"
kernel trixie-security 6.12.100; mirror_write
in_lab trixie "$KERNEL"
case_is 'security updates' "$STATUS $SAID" '0 lab: *; took 6.12.100-* from trixie with its security and other updates'
lose trixie-security linux-kbuild-6.12.100
lose bookworm-backports linux-kbuild-6.12.95
in_lab trixie "$KERNEL"
case_is 'nowhere: one sentence' "$STATUS $SAID" '125 lab: failed: fetching a kernel: no suite of the mirror has all of it; try again in some hours, or set MTCE_MIRROR to another'
case_is 'nowhere: nothing is left' "$(got)" ''

mirror_new
mirror_write
in_lab trixie "kbuild_runs() { [[ \$1 != *6.12.117* ]]; }; $KERNEL"
case_is 'programs that do not run here' "$STATUS $SAID" '0 lab: *; took 6.12.90-powerpc64le-64k from trixie and its backports'

in_lab bookworm "$CLOSURE"
case_is 'a root disk' "$STATUS $SAID $(got)" '0  libone_1.0_ppc64el.deb tool_1.0_ppc64el.deb'
lose bookworm libone
in_lab bookworm "$CLOSURE"
case_is 'a root disk, with updates' "$STATUS $SAID $(got)" \
	'0 lab: the mirror has not all of bookworm and its backports; took it from bookworm with its security and other updates libone_1.1_ppc64el.deb tool_1.0_ppc64el.deb'
in_lab bookworm "$SYSROOT"
case_is 'libraries, with updates' "$STATUS $SAID $(got)" '0 lab: *; took it from bookworm with * libone_1.1_ppc64el.deb'
lose bookworm-updates libone
in_lab bookworm "$CLOSURE"
case_is 'a root disk, with backports' "$STATUS $SAID $(got)" '0 lab: *; took it from bookworm-backports libone_2.0_ppc64el.deb tool_1.0_ppc64el.deb'
lose bookworm tool
in_lab bookworm "$CLOSURE"
case_is 'a root disk of the other release' "$STATUS $SAID $(got)" '0 lab: *; took it from trixie and its backports libone_3.0_ppc64el.deb tool_3.0_ppc64el.deb'
lose bookworm-backports libone
in_lab bookworm "$SYSROOT"
case_is 'libraries that this compiler cannot link' "$STATUS $SAID" '125 lab: failed: *: no suite of the mirror has all of it; *'
lose trixie tool
in_lab bookworm "$CLOSURE"
case_is 'no root disk: one sentence' "$STATUS $SAID" '125 lab: failed: fetching a root disk: no suite of the mirror has all of it; *'
case_is 'no root disk: a line' "$(wc -l <<<"$SAID")" 1

mirror_new; rm -rf "$MIRROR-security"; NO_SECURITY=1 mirror_write
in_lab trixie "$KERNEL"
case_is 'a mirror without security updates' "$STATUS $SAID $(got)" "0  $(KERNEL_IS 6.12.117)"
rm -rf "$MIRROR/dists"
in_lab trixie "$KERNEL"
case_is 'no mirror' "$STATUS $SAID" '125 lab: the mirror cannot be reached or its index is not valid; *'
case_is 'no mirror: a line' "$(wc -l <<<"$SAID")" 1

# And nothing after it: no build, no boot, no words about what is missing then. Only where no package would be installed.
if [[ ! $(TOP=$TOP bash -c '. "$TOP/scripts/lib/common.sh"; . "$TOP/scripts/lib/host.sh"; host_missing 64k' 2>&1) ]]; then
	STATUS=0
	SAID=$(MTCE_CACHE=$WORK/cache MTCE_MIRROR=copy:$WORK/nowhere "$TOP/scripts/bench" --quick 2>&1) || STATUS=$?
	SAID=$(grep -vE ' \.\.\.$|: done after [0-9]+ s$' <<<"$SAID" || true)
	case_is 'make bench without a mirror' "$STATUS $SAID" '125 lab: the mirror cannot be reached or its index is not valid; *'
	case_is 'make bench without a mirror: a line' "$(wc -l <<<"$SAID")" 1
fi

echo "$CASES cases, $FAILED failed"
((CASES >= 20 && FAILED == 0))
