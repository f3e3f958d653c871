# SPDX-License-Identifier: GPL-2.0
# A private apt root inside the cache: the machine's own mirror, Debian's own keys, architectures and
# suites of our choice. Nothing here touches the machine's apt.
# shellcheck shell=bash disable=SC2034 # HINT is for step

APT_ROOT=$MTCE_CACHE/apt
# The guest's root is always Debian 12: bpftrace is not in Debian 13's ppc64el.
GUEST_SUITE=bookworm

# The kernel's suite: 6.12 is Debian 13's own and Debian 12's backport.
kernel_suite() {
	case $(host_codename) in
	bookworm) echo bookworm-backports ;;
	*) echo trixie ;;
	esac
}
# Libraries to link against come from the release whose cross compiler links them.
sysroot_suite() { host_codename; }

# The mirror of the machine's Debian main release, as apt knows it.
apt_mirror() {
	local codename targets
	if [[ ${MTCE_MIRROR-} ]]; then
		echo "$MTCE_MIRROR"
		return
	fi
	codename=$(host_codename)
	# shellcheck disable=SC2016 # apt's placeholders
	targets=$(apt-get indextargets --format '$(REPO_URI)|$(RELEASE)|$(LABEL)|$(COMPONENT)' 'Created-By: Packages' 2>/dev/null)
	# A machine whose index was cleaned has no labels: the code name alone must do then.
	awk -F'|' -v c="$codename" '$2 == c && $4 == "main" && ($3 == "Debian" || $3 ~ /^(\$\(LABEL\))?$/) { print $1; exit }' <<<"$targets"
}

apt_write_config() {
	local mirror suite
	mirror=$(apt_mirror)
	[[ $mirror ]] || die "apt on this machine names no Debian mirror; set MTCE_MIRROR to one"
	mkdir -p "$APT_ROOT"/{lists/partial,cache/archives/partial,etc}
	: >"$APT_ROOT/status"
	for suite in $(printf '%s\n' "$GUEST_SUITE" "$(kernel_suite)" "$(sysroot_suite)" | sort -u); do
		echo "deb [arch=amd64,ppc64el signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
	done >"$APT_ROOT/sources.list"
	# Last word over the machine's apt.conf.d: its proxy stays, its hooks and extra indexes do not.
	cat >"$APT_ROOT/apt.conf" <<-CONF
		Dir::Etc::sourcelist "$APT_ROOT/sources.list";
		Dir::Etc::sourceparts "-";
		Dir::Etc::preferences "-";
		Dir::Etc::preferencesparts "-";
		Dir::State "$APT_ROOT";
		Dir::State::lists "$APT_ROOT/lists";
		Dir::State::status "$APT_ROOT/status";
		Dir::Cache "$APT_ROOT/cache";
		Dir::Cache::archives "$APT_ROOT/cache/archives";
		#clear APT::Architectures;
		APT::Architectures "amd64,ppc64el";
		APT::Sandbox::User "root";
		APT::Install-Recommends "false";
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		#clear DPkg::Post-Invoke;
		Acquire::Languages "none";
		Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
		Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
		Acquire::Retries "3";
	CONF
}

_apt_ready=
apt_update() {
	[[ $_apt_ready ]] && return
	have apt-get || die "apt-get is not here, and packages for the guest come through it"
	apt_write_config
	HINT="the mirror cannot be reached or its index is not valid; try again, or set MTCE_MIRROR to another"
	step "reading the package index" apt-get -c "$APT_ROOT/apt.conf" -o APT::Update::Error-Mode=any -q update
	HINT="a download was broken or a disk is full"
	_apt_ready=1
}

# pkgs_named REGEX SUITE: names of packages of that suite, for either architecture.
apt_names() {
	apt-cache -c "$APT_ROOT/apt.conf" pkgnames "$1"
}
apt_exists() { # NAME:ARCH
	apt-cache -c "$APT_ROOT/apt.conf" show --no-all-versions "$1" >/dev/null 2>&1
}

# apt_download DIR SUITE NAME[:ARCH]...: these packages, nothing else; apt checks the signatures.
apt_download() {
	local dir=$1 suite=$2
	shift 2
	mkdir -p "$dir"
	(cd "$dir" && apt-get -c "$APT_ROOT/apt.conf" -q download "${@/%//$suite}")
}

# apt_closure DIR SUITE NAME...: ppc64el packages with everything they depend on.
apt_closure() {
	local dir=$1 suite=$2
	shift 2
	mkdir -p "$dir/partial"
	apt-get -c "$APT_ROOT/apt.conf" -o "Dir::Cache::archives=$dir" -o APT::Architecture=ppc64el \
		-o 'APT::Architectures=ppc64el' -o "APT::Default-Release=$suite" -o Debug::NoLocking=true \
		-qy --download-only install "$@"
	rmdir "$dir/partial" 2>/dev/null || rm -rf "$dir/partial"
	rm -f "$dir/lock"
}

# unpack_debs DIR DEB...: files only; keeps the links of a merged /usr.
unpack_debs() {
	local dir=$1 deb
	shift
	for deb in "$@"; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir" --keep-directory-symlink --no-same-owner --warning=no-timestamp
	done
}
