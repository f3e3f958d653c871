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
stock-variants  the driver in its other variants, mtce                 64k
soak            ten minutes of races, a million model calls, oracle    64k
soak-debug      the same                                               debug
soak-kasan      the same                                               kasan
soak-preempt    the same                                               preempt
kvm-soak        ten minutes of races with hypercalls, oracle           64k
kvm-soak-debug  the same                                               debug
debug           mtce under lockdep and kmemleak                        debug
debug-takeover  the same of mtce-takeover                              debug
kasan           mtce under KASAN, radix MMU                            kasan
kasan-attacks   the same, the programs that are called attacks         kasan
kasan-takeover  mtce-takeover under KASAN                              kasan
kcsan           races of mtce under KCSAN                              kcsan
series          the series for mainline, as a kernel                   series
coverage        mtce preempted anywhere; lines that tests reach        preempt
mutations-1     broken drivers that a test must notice, every third    64k
mutations-2     the next ones                                          64k
mutations-3     the others                                             64k
mutations-more  the same on the kernels that are built here            debug
counter         the counter of the lab is exact                        64k
emulator        what a POWER8 promises about translations              64k
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
part_stock-upstream() { long_stock upstream; }
part_stock-takeover() { long_stock mtce-takeover; }
part_stock-mtce() { long_stock mtce; }
# Random runs have parts of their own: soak.
long_stock() { # BACKEND
	GUEST_ENV=(MTCE_RACE_SECONDS=1 MTCE_STEPS=20000 MTCE_RUNS=4)
	guest_lab "$KERNEL" "$OUT" -- --long --variant default --backend "$1" "${MORE[@]}"
}
part_stock-variants() {
	GUEST_ENV=(MTCE_RACE_SECONDS=0.4 MTCE_STEPS=10000 MTCE_RUNS=1)
	guest_lab "$KERNEL" "$OUT" -- --long --variant indirect --variant kill-pages --variant kill-pe --backend mtce "${DRIVER[@]}"
}
part_soak() { soak "$KERNEL"; }
part_soak-debug() { soak debug; }
part_soak-kasan() { soak kasan; }
part_soak-preempt() { soak preempt; }
part_kvm-soak() { kvm_soak "$KERNEL"; }
part_kvm-soak-debug() { kvm_soak debug; }
# The oracle runs them and watches: it is silent, or the part fails. 51 races of 12 s, or KVM's 14 of 46 s; three tables
# and eight set-ups that are drawn, with a million steps together.
soak() { watched_races "$1" MTCE_RACE_SECONDS=12 MTCE_STEPS=200000 MTCE_RUNS=8 'MTCE_ORACLE_PROGRAMS=races_container races_exit races_kvm races_lazy stress_model'; }
kvm_soak() { watched_races "$1" MTCE_RACE_SECONDS=46 MTCE_ORACLE_PROGRAMS=races_kvm; }
watched_races() { # KERNEL NAME=VALUE...
	local kernel=$1
	shift
	GUEST_ENV=(MTCE_TIMEOUT=2600 "$@")
	guest_built "$kernel" mtce --quick oracle
}
# Upstream is not asked here: one complaint of lockdep, about whomever, and it watches no longer. Not the long
# random runs either, these kernels take several times as long for everything. Where it is about the driver there is no
# need of programs that are about scripts and tools.
DRIVER=(contract_ dma host_killers isolation kill_order kvm_ lazy length lib_ memory_ module_life multigroup oracle owner
	races_ reports/ stress_model teardown unregister)
part_debug() { guest_built debug mtce --quick; }
part_debug-takeover() { guest_built debug mtce-takeover --quick; }
part_kasan() { guest_built kasan mtce --quick "${DRIVER[@]}"; }
part_kasan-attacks() { guest_built kasan mtce attack_ v1_pinned; }
part_kasan-takeover() { guest_built kasan mtce-takeover --quick "${DRIVER[@]}" attack_failures; }
# What races: threads of one program, and guests. Each look of KCSAN makes the caller wait; where much is cleared that takes minutes.
part_kcsan() {
	GUEST_ENV=(MTCE_RACE_SECONDS=3)
	guest_built kcsan mtce --quick attack_kvm kvm_ lazy multigroup owner races_ stress_model unregister
}
# Upstream's back end and KVM are changed by it, too.
part_series() { guest_built series 'upstream mtce-takeover mtce' --quick; }
part_coverage() { "$TOP/tests/coverage/run" -- "${MORE[@]}"; }
part_mutations-1() { "$TOP/tests/mutations/run" --kernel "$KERNEL" --only stock --share 1/3; }
part_mutations-2() { "$TOP/tests/mutations/run" --kernel "$KERNEL" --only stock --share 2/3; }
part_mutations-3() { "$TOP/tests/mutations/run" --kernel "$KERNEL" --only stock --share 3/3; }
part_mutations-more() { "$TOP/tests/mutations/run" --kernel "$KERNEL" --only built; }
part_counter() { "$TOP/tests/counter/run" --kernel "$KERNEL"; }
part_emulator() { "$TOP/tests/emulator/run" --kernel "$KERNEL"; }
part_slower() { "$TOP/tests/slower/run" --kernel "$KERNEL"; }
part_kit() { "$TOP/tests/kit/run" --kernel "$([[ $KERNEL == 4k ]] && echo 4k || echo 64k)"; }
part_qemu() { "$TOP/tests/qemu/run" --kernel "$KERNEL"; }
# Both make packages, for which one must be root.
part_package() { "$TOP/tests/package/run"; }
part_operator() { "$TOP/tests/operator/run" --kernel "$([[ $KERNEL == 4k ]] && echo 4k || echo 64k)"; }

# What somebody asks for takes the place of the arguments.
guest_built() { # KERNEL "BACKEND..." [ARGUMENT of tests/guest/run]...
	local kernel=$1 backend backends=()
	for backend in $2; do backends+=(--backend "$backend"); done
	shift 2
	((${#MORE[@]} == 0)) || set -- "${MORE[@]}"
	"$TOP/scripts/lab" setup --kernel "$kernel" && "$TOP/scripts/lab" build --kernel "$kernel" &&
		guest_lab "$kernel" "$OUT" -- "${backends[@]}" "$@"
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
