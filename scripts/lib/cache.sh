# SPDX-License-Identifier: GPL-2.0
# Parts of the cache. A part is a folder that is either complete or not there: it is made in a temporary
# folder beside its place and renamed. Its .stamp names the recipe that made it.
# shellcheck shell=bash

cache_lock() {
	mkdir -p "$MTCE_CACHE" || die "cannot make the cache folder $MTCE_CACHE"
	exec {CACHE_LOCK_FD}>"$MTCE_CACHE/setup.lock"
	flock -n "$CACHE_LOCK_FD" && return
	say "another setup is running, waiting"
	flock "$CACHE_LOCK_FD"
}

# The recipe of a part is the code of its functions (comments do not count), the files it is made from
# (absolute names), and its package lists.
recipe_hash() {
	local item
	{
		host_codename
		for item in "$@"; do
			if [[ $item == /* ]]; then cat "$item"; else declare -f "$item"; fi
		done
		declare -p GUEST_SUITE GUEST_PACKAGES SYSROOT_PACKAGES INITRAMFS_MODULES
	} | sha256sum | cut -d' ' -f1
}

# part_fresh NAME HASH: complete, made by this recipe, and every file still as long as it was.
part_fresh() {
	local dir=$MTCE_CACHE/$1
	[[ -f $dir/.stamp && $(head -n 1 "$dir/.stamp") == "$2" ]] || return 1
	(cd "$dir" && xargs -a .key-files stat -Lc '%s %n' -- 2>/dev/null | cmp -s - .sizes) || {
		say "$dir is damaged; making it again"
		return 1
	}
}

# part NAME MIB MAKER ITEM...: makes the part with MAKER DIR unless it is fresh. ITEMs, functions and files,
# belong to its recipe. MAKER writes DIR/.key-files (what must be there) and DIR/.versions.
part() {
	local name=$1 mib=$2 maker=$3 hash tmp
	shift 3
	hash=$(recipe_hash "${maker%% *}" "$@")
	[[ ${UPDATE-} ]] || ! part_fresh "$name" "$hash" || return 0
	need_space "$MTCE_CACHE" "$mib"
	apt_update
	tmp=$MTCE_CACHE/.tmp-$name
	rm -rf "$tmp" "$MTCE_CACHE/.old-$name"
	mkdir -p "$tmp"
	at_exit "rm -rf $(printf %q "$tmp")"
	$maker "$tmp"
	(cd "$tmp" && xargs -a .key-files stat -Lc '%s %n' -- >.sizes) || die "the $name part came out incomplete"
	printf '%s\n' "$hash" >"$tmp/.stamp"
	[[ ! -e $MTCE_CACHE/$name ]] || mv "$MTCE_CACHE/$name" "$MTCE_CACHE/.old-$name"
	mv "$tmp" "$MTCE_CACHE/$name"
	rm -rf "$MTCE_CACHE/.old-$name"
}
