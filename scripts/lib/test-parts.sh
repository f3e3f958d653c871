# SPDX-License-Identifier: GPL-2.0
# The parts of the long test in the lab, each at most 45 minutes, and the line that is kept of each.
# shellcheck shell=bash disable=SC2034,SC2153 # TIMEOUT and KERNEL are scripts/test's

PART_SECONDS=2700
# In this order. A part is a function part_NAME; its kernel is the third word here, "-" where it needs none.
PARTS='
check           host checks                                            -
stock-upstream  everything, long, of upstream                          64k
stock-takeover  everything, long, of mtce-takeover                     64k
stock-mtce      everything, long, of mtce                              64k
debug           both back ends of mtce under lockdep and kmemleak      debug
kasan           both back ends of mtce under KASAN, radix MMU          kasan
preempt         both back ends of mtce, preempted anywhere             preempt
coverage        lines of the driver that the tests reach               preempt
mutations       broken drivers that a test must notice                 64k
mutations-more  the same on the kernels that are built here            debug
counter         the counter of the lab is exact                         64k
slower          the benchmark notices a slower driver                  64k
kit             the kit on a bare host                                 64k
qemu            whole KVM guests under unmodified QEMU                 64k
package         Debian packages installed, upgraded and purged         64k
operator        docs/operators.md, followed word for word              64k
'

part_names() { awk 'NF { print $1 }' <<<"$PARTS"; }
# What follows the first two columns is the kernel, which is one word.
part_kernel() { # NAME
	local kernel
	kernel=$(awk -v name="$1" '$1 == name { print $NF }' <<<"$PARTS")
	[[ $kernel != 64k ]] || kernel=$KERNEL
	echo "$kernel"
}
part_list() { awk 'NF { name = $1; kernel = $NF; $1 = $NF = ""; sub(/^ +/, ""); sub(/ +$/, ""); printf "  %-15s %-8s %s\n", name, kernel, $0 }' <<<"$PARTS"; }

part_check() { host_checks; }
part_stock-upstream() { guest_lab "$KERNEL" "$OUT" --long --backend upstream "${MORE[@]}"; }
part_stock-takeover() { guest_lab "$KERNEL" "$OUT" --long --backend mtce-takeover "${MORE[@]}"; }
part_stock-mtce() { guest_lab "$KERNEL" "$OUT" --long --backend mtce "${MORE[@]}"; }
# Upstream is not asked here: one complaint of lockdep, about whomever, and it watches no longer. Not the long
# random runs either, these kernels take several times as long for everything.
part_debug() { guest_built debug; }
part_kasan() { guest_built kasan; }
part_preempt() { guest_built preempt; }
part_coverage() { "$TOP/tests/coverage/run" -- "${MORE[@]}"; }
part_mutations() { "$TOP/tests/mutations/run" --kernel "$KERNEL" --only stock; }
part_mutations-more() { "$TOP/tests/mutations/run" --kernel "$KERNEL" --only built; }
part_counter() { "$TOP/tests/counter/run" --kernel "$KERNEL"; }
part_slower() { "$TOP/tests/slower/run" --kernel "$KERNEL"; }
part_kit() { "$TOP/tests/kit/run" --kernel "$([[ $KERNEL == 4k ]] && echo 4k || echo 64k)"; }
part_qemu() { "$TOP/tests/qemu/run" --kernel "$KERNEL"; }
# Both make packages, for which one must be root.
part_package() { "$TOP/tests/package/run"; }
part_operator() { "$TOP/tests/operator/run" --kernel "$([[ $KERNEL == 4k ]] && echo 4k || echo 64k)"; }

guest_built() { # KERNEL
	"$TOP/scripts/lab" setup --kernel "$1" && "$TOP/scripts/lab" build --kernel "$1" &&
		guest_lab "$1" "$OUT" --backend mtce-takeover --backend mtce "${MORE[@]}"
}

# One line of a part, for people and for results/: build/test/parts.md is a table of the last run of each.
part_note() { # NAME STATUS SECONDS TAP-FILE
	local name=$1 status=$2 seconds=$3 tap=$4 kernel machine=- release=- commit counts programs verdict=passed
	kernel=$(part_kernel "$name")
	if [[ $kernel != - ]]; then
		release=$(cat "$MTCE_CACHE/kernel-$kernel/release" 2>/dev/null || echo "$kernel")
		machine=$(machine_of "$kernel")
	fi
	commit=$(git -C "$TOP" rev-parse --short HEAD 2>/dev/null || echo unknown)
	[[ ! $(git -C "$TOP" status --porcelain -- . ':!results' 2>/dev/null) ]] || commit+=+changes
	programs=$(grep -cE '^# [^ ]+/[^ ]+ took [0-9]+ s$' "$tap" || true)
	counts=$(tap_counts "$tap")
	((status == 0)) || verdict="failed (status $status)"
	printf '| %s | %s | %s | %s | %s | %s | %d:%02d | %s | %s |\n' "$name" "$release" "$machine" "$programs" "$counts" "$verdict" \
		$((seconds / 60)) $((seconds % 60)) "$commit" "$(date -u +%Y-%m-%dT%H:%MZ)" >"$NOTES/$name.note"
	cat "$NOTES/$name.note"
}

# passed, failed, skipped
tap_counts() { # TAP-FILE
	awk '
		/^not ok .*# *TODO/ { skipped++; next }
		/^ok .*# *SKIP/ { skipped++; next }
		/^ok / { passed++ }
		/^not ok / { failed++ }
		END { printf "%d, %d, %d\n", passed, failed, skipped }' "$1"
}

parts_table() {
	local name
	echo '| part | kernel | machine | programs | tests passed, failed, skipped | verdict | min:s | commit | when |'
	echo '|---|---|---|---|---|---|---|---|---|'
	for name in $(part_names); do
		[[ ! -e $NOTES/$name.note ]] || cat "$NOTES/$name.note"
	done
}
