# SPDX-License-Identifier: GPL-2.0
# Runs tests with broken builds of our module in place of the loaded one; see tests/mutations/run.
# shellcheck shell=bash

# A kernel that has oopsed cannot be trusted with the next, nor to end in good order. A lockdep that has
# complained is off: the next mutant would be "caught" because of this one.
kernel_is_damaged() { (($(</proc/sys/kernel/tainted) & 128)) || lockdep_is_off; }

# run_mutants FOLDER: of NAME.ko and NAME.args, the arguments of tests/guest/run. A mutant may take the
# kernel with it, so each begins and ends with a line that tells who was at work.
run_mutants() {
	local ko name args rc
	for ko in "$1"/*.ko; do
		name=${ko##*/}
		name=${name%.ko}
		read -ra args <"${ko%.ko}.args"
		# In use: somebody before left something behind. The next boot goes on from here.
		! grep -q '^vfio_iommu_mtce ' /proc/modules || rmmod vfio_iommu_mtce || return 1
		echo "# mutant $name begins"
		rc=0
		insmod "$ko" || rc=126
		((rc)) || MTCE_KO=$ko "$HERE/run" "${args[@]}" 2>&1 | sed 's/^/# /' || rc=${PIPESTATUS[0]}
		echo "# mutant $name ends with $rc"
		if kernel_is_damaged; then
			sleep 2
			echo b >/proc/sysrq-trigger
		fi
	done
}
