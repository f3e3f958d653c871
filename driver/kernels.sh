#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Reads the list in kernels, which lies beside this file.
#   kernels.sh check 6.12 [y]   prints "yes", or a sentence that says why it is not built for this
#                               release; y: also for releases that are newer than the list
#   kernels.sh series           the accepted and tested releases, one a line, as "6.12 tested"
#   kernels.sh pattern          a regular expression (extended) for these releases, for DKMS
set -eu
LC_ALL=C
export LC_ALL
list=$(dirname "$0")/kernels

check() { # RELEASE [y]
	awk -v release="$1" -v switch="${2-}" '
		BEGIN { split(release, r, "."); state = "older" }
		/^#/ || NF < 4 { next }
		{
			newest = $1 "." $3
			if (r[1] + 0 > $1 + 0 || r[1] == $1 && r[2] + 0 > $3 + 0)
				state = "newer"
		}
		r[1] == $1 && r[2] + 0 >= $2 + 0 && r[2] + 0 <= $3 + 0 {
			found = $4
			$1 = $2 = $3 = $4 = ""
			sub(/^ +/, "")
			why = $0
		}
		END {
			if (found == "refused")
				print "mtce is not for Linux " release ": " why
			else if (found || state == "newer" && switch == "y")
				print "yes"
			else if (state == "newer")
				print "mtce was tested up to Linux " newest \
					", and this is " release ": compare its " \
					"drivers/vfio/vfio.h with driver/vfio_abi.h, " \
					"then build with MTCE_UNTESTED_KERNEL=y"
			else
				print "mtce is not for Linux " release \
					", which is older than its list of kernels; " \
					"run Linux 6.12 or newer"
		}' "$list"
}

series() {
	awk '
		!/^#/ && ($4 == "tested" || $4 == "accepted") {
			for (i = $2; i <= $3; i++)
				print $1 "." i, $4
		}' "$list"
}

pattern() {
	series | awk '
		{ sub(/\./, "\\.", $1); all = all (all ? "|" : "") $1 }
		END { print "^(" all ")([^0-9]|$)" }'
}

case ${1-} in
check) check "$2" "${3-}" ;;
series) series ;;
pattern) pattern ;;
*)
	sed -n '4,7s/^# *//p' "$0" >&2
	exit 2
	;;
esac
