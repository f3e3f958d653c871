#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Guest tests that several machines share: each runs on exactly one of them.
set -euo pipefail
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
RUN=$TOP/tests/guest/run
all=$("$RUN" --list)
[[ $all ]] || { echo "tests/guest/run --list names no test"; exit 1; }
for of in 1 2 3; do
	shares=$(for ((k = 1; k <= of; k++)); do "$RUN" --list --share "$k/$of"; done)
	[[ $(sort <<<"$shares") == "$(sort <<<"$all")" ]] || { echo "the shares of $of machines are not all tests, each once"; exit 1; }
done
for wrong in 0/2 3/2 2 1/x ''; do
	status=0
	said=$("$RUN" --list --share "$wrong" 2>&1) || status=$?
	[[ $status == 2 && $said == *"--share is K/N"* ]] || { echo "--share '$wrong' ends with $status and says: $said"; exit 1; }
done
