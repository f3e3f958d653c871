# SPDX-License-Identifier: GPL-2.0
# On the machine on which a kit was unpacked: its programs are there, its module must fit the kernel.
# After common.sh and source.sh.
# shellcheck shell=bash

KIT_KO=$TOP/driver/vfio_iommu_mtce.ko

# Says in KIT_MODULE where the module comes from: what the user has installed, what can be built, what was packed.
kit_module() {
	local release headers
	release=$(uname -r)
	headers=/lib/modules/$release/build
	if dkms_installed; then
		rm -f "$KIT_KO"
		KIT_MODULE="built here by DKMS"
	elif [[ -d $headers ]] && have make && have gcc; then
		make --no-print-directory -C "$TOP/driver" -j"$(nproc)"
		make --no-print-directory -C "$TOP/tests/modules" -j"$(nproc)"
		KIT_MODULE="built here by make"
	elif [[ -d $TOP/prebuilt/$release ]]; then
		cp "$TOP/prebuilt/$release/vfio_iommu_mtce.ko" "$TOP/driver/"
		cp "$TOP/prebuilt/$release"/mtce_{oracle,audit}.ko "$TOP/tests/modules/"
		KIT_MODULE="prebuilt for this kernel"
	else
		die "the module must be built here: install gcc, make and linux-headers-$release (the kit has it ready only for: $(kit_kernels))"
	fi
	say "the module was $KIT_MODULE"
}
kit_kernels() { find "$TOP/prebuilt" -mindepth 1 -maxdepth 1 -printf '%f ' 2>/dev/null | sed 's/ $//'; }

# Of these sources; another kit's may be installed too.
dkms_installed() {
	have dkms && [[ $(dkms status -m mtce -v "$(dkms_version)" -k "$(uname -r)" 2>/dev/null) == *installed* ]]
}
dkms_version() { echo "0.1-g$(source_short)$([[ $(source_dirty) == false ]] || echo .dirty)"; }
