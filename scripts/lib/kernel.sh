# SPDX-License-Identifier: GPL-2.0
# The guest's kernel: Debian's own 6.12, unpacked into the cache with its headers, modules and the
# small first root (initramfs) that finds the disk.
# shellcheck shell=bash disable=SC2034 # KERNELS is for lab and setup.sh, PASSED and TOOK for apt.sh

# The first two are Debian's, the others are built by built-kernel.sh.
KERNELS=(64k 4k debug kasan preempt kcsan series)

# What the initramfs needs; their dependencies follow.
INITRAMFS_MODULES=(virtio_blk ext4 9p 9pnet_virtio)

# 64k | 4k -> the flavour's name in Debian's packages
kernel_flavour() {
	case $1 in
	64k) echo powerpc64le-64k ;;
	4k) echo powerpc64le ;;
	esac
}

# Versions of which this view has a name, newest first.
kernel_versions() { # FLAVOUR RELEASE VIEW
	apt_in "$2" "$3" apt-cache pkgnames linux-image-6.12. |
		sed -nE "s/^linux-image-([^-]+)-$1(:ppc64el)?$/\1/p" | sort -rVu
}

# apt_first's FETCH: the newest version of which image, headers and kbuild are all there. Architectures are built
# at different times, and for some hours one may be ahead; kbuild's programs must run on this machine.
kernel_fetch() { # DIR RELEASE VIEW FLAVOUR
	local v
	while read -r v; do
		if apt_fetch "$1" "$2" "$3" "linux-image-$v-$4:ppc64el" "linux-headers-$v-$4:ppc64el" \
			"linux-headers-$v-common:all" "linux-kbuild-$v:amd64" && kbuild_runs "$1"/linux-kbuild-*.deb; then
			TOOK=$v-$4
			echo "$v" >"$1/version"
			return 0
		fi
		rm -f "$1"/*
		PASSED=${PASSED:-$v-$4}
	done < <(kernel_versions "$4" "$2" "$3")
	return 1
}
kbuild_runs() { # DEB
	local program
	program=$(mktemp)
	dpkg-deb --fsys-tarfile "$1" | tar -xO --wildcards '*/scripts/mod/modpost' >"$program"
	chmod +x "$program"
	! ldd "$program" 2>&1 | grep 'not found' || { rm -f "$program"; return 1; }
	rm -f "$program"
}

make_kernel() { # FLAVOUR DIR
	local flavour=$1 dir=$2 v release
	step "fetching kernel 6.12 ($flavour) and its headers" apt_first "$dir/debs" "$(kernel_suite)" kernel_fetch "$flavour"
	v=$(<"$dir/debs/version")
	rm "$dir/debs/version"
	release=$v-$flavour
	step "fetching busybox for the initramfs" apt_download "$dir/debs" "$GUEST_SUITE" busybox-static:ppc64el
	step "unpacking kernel $release" kernel_unpack "$dir" "$v" "$release"
	step "packing its modules and initramfs" kernel_pack "$dir" "$release"
	(cd "$dir/debs" && ls) >"$dir/.versions"
	rm -rf "$dir/debs"
	printf '%s\n' vmlinux release modules.img initramfs.cpio headers/Makefile headers/Module.symvers >"$dir/.key-files"
}

kernel_unpack() { # DIR VERSION RELEASE
	local dir=$1 v=$2 release=$3
	mkdir -p "$dir/k"
	unpack_debs "$dir/k" "$dir"/debs/linux-*.deb
	echo "$release" >"$dir/release"
	mv "$dir/k/boot/vmlinux-$release" "$dir/vmlinux"
	ln -s "k/usr/src/linux-headers-$release" "$dir/headers"
	# The packaged Makefile includes its common part by an absolute path; make it relative to itself.
	# shellcheck disable=SC2016
	printf 'include $(dir $(realpath $(lastword $(MAKEFILE_LIST))))../linux-headers-%s-common/Makefile\n' "$v" \
		>"$dir/headers/Makefile"
}

kernel_pack() { # DIR RELEASE
	local dir=$1 release=$2 modules
	# Debian 13 ships modules under usr/lib.
	modules=$dir/k/lib/modules
	[[ -d $modules ]] || modules=$dir/k/usr/lib/modules
	rm -f "$modules/$release"/{build,source}
	mkdir -p "$dir/m/lib"
	mv "$modules" "$dir/m/lib/modules"
	depmod -b "$dir/m" "$release"
	make_ext4 "$dir/modules.img" "$dir/m/lib/modules" 64
	initramfs_base "$dir" "$release"
	rm -rf "$dir/m"
}

# That kernel's vfio.ko, whose type information the driver is compared with; it is taken out of the image of its modules.
kernel_vfio() { # KERNEL
	local dir=$MTCE_CACHE/kernel-$1 release file to
	release=$(<"$dir/release")
	to=$TOP/build/vfio-$release.ko
	[[ ! -s $to ]] || { echo "$to"; return; }
	mkdir -p "$TOP/build"
	for file in vfio.ko.xz vfio.ko; do
		debugfs -R "dump /$release/kernel/drivers/vfio/$file $TOP/build/$file.$$" "$dir/modules.img" >/dev/null 2>&1
		[[ -s $TOP/build/$file.$$ ]] || { rm -f "$TOP/build/$file.$$"; continue; }
		case $file in *.xz) xz -dc "$TOP/build/$file.$$" >"$to.$$" ;; *) cp "$TOP/build/$file.$$" "$to.$$" ;; esac
		rm -f "$TOP/build/$file.$$"
		mv "$to.$$" "$to"
		echo "$to"
		return
	done
}

# make_ext4 IMAGE FOLDER SPARE-MIB: a sparse image with the folder's content, without being root.
make_ext4() {
	local size
	size=$(($(du -sm --apparent-size "$2" | cut -f1) * 13 / 10 + $3 + 32))
	rm -f "$1"
	truncate -s "${size}M" "$1"
	mke2fs -q -t ext4 -O ^has_journal -m 0 -E root_owner=0:0,lazy_itable_init=1,nodiscard -N 120000 -d "$2" "$1"
}

# busybox and the few modules that stand between the kernel and its disk, with the order to load them.
initramfs_base() { # DIR RELEASE
	local dir=$1 release=$2 tree=$1/initramfs name file
	mkdir -p "$tree"/{bin,lib,proc,sys,dev,root}
	dpkg-deb --fsys-tarfile "$dir"/debs/busybox-static_*.deb | tar -xO ./bin/busybox >"$tree/bin/busybox"
	chmod 755 "$tree/bin/busybox"
	modprobe -d "$dir/m" -S "$release" --show-depends -a "${INITRAMFS_MODULES[@]}" |
		awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
		name=${file##*/}
		name=${name%.xz}
		case $file in
		*.xz) xz -dc "$file" >"$tree/lib/$name" ;;
		*) cp "$file" "$tree/lib/$name" ;;
		esac
		echo "$name" >>"$tree/lib/order"
	done
	# Uncompressed: an emulated CPU unpacks slowly, QEMU loads fast.
	(cd "$tree" && find . | sort | cpio --quiet -o -H newc -R 0:0) >"$dir/initramfs.cpio"
	rm -rf "$tree"
}
