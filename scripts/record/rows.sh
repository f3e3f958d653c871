# SPDX-License-Identifier: GPL-2.0
# From QEMU's trace to a recording that is known to be good.
# shellcheck shell=bash

# rows_make TRACE ROWS: the recording with the DMAs that prove it; its table is shown.
rows_make() {
	say "reading the trace ($(($(stat -c %s "$1") / 1048576)) MiB) ..."
	awk -f "$TOP/scripts/record/trace-to-rows.awk" "$1" >"$2" || rows_bad "$2" "QEMU's trace cannot be trusted"
	rows_check "$2" || rows_bad "$2" "the recording is not consistent"
}

rows_check() { awk -f "$TOP/scripts/record/check-rows.awk" "$1"; }

rows_bad() { # FILE SENTENCE
	need_free "$(dirname "$1")" "$2"
	die "$2 (--keep DIR keeps what there is)"
}

# rows_write ROWS OUT: under its name only when it is complete.
rows_write() {
	local csv=${1%/*}/recording.csv tmp=$2.part
	awk -F, '$3 != "X"' "$1" >"$csv" || die "cannot write $csv; is the disk full?"
	at_exit "rm -f $(printf %q "$tmp")"
	case $2 in
	*.zst) zstd -q -19 -f -o "$tmp" "$csv" ;;
	*) cp "$csv" "$tmp" ;;
	esac || die "cannot write $2; is the disk full?"
	mv "$tmp" "$2"
}

# rows_show FILE: the table of a recording that somebody has.
rows_show() {
	[[ -s $1 ]] || die "there is no recording $1"
	if [[ $1 == *.zst ]]; then
		have zstd || die "zstd is not installed, and $1 is packed by it"
		zstd -dcq -- "$1" | rows_check -
	else
		rows_check "$1"
	fi || die "$1 is not a consistent recording"
}
