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

# The archive with this label on this machine's mirror, as apt knows it.
apt_archive() { # LABEL SUITE
	local targets
	# shellcheck disable=SC2016 # apt's placeholders
	targets=$(apt-get indextargets --format '$(REPO_URI)|$(RELEASE)|$(LABEL)|$(COMPONENT)' 'Created-By: Packages' 2>/dev/null)
	# A machine whose index was cleaned has no labels: the suite alone must do then.
	awk -F'|' -v label="$1" -v suite="$2" \
		'$2 == suite && $4 == "main" && ($3 == label || $3 ~ /^(\$\(LABEL\))?$/) { print $1; exit }' <<<"$targets"
}
apt_mirror() {
	if [[ ${MTCE_MIRROR-} ]]; then echo "$MTCE_MIRROR"; else apt_archive Debian "$(host_codename)"; fi
}
# Security updates are an archive of their own, on most mirrors beside the other.
apt_security_mirror() { # MIRROR
	local known=''
	[[ ${MTCE_MIRROR-} ]] || known=$(apt_archive Debian-Security "$(host_codename)-security")
	echo "${known:-${1%/}-security}"
}

# A view is what apt sees at a time: suites of one release, so that what is taken fits together. When an index is
# ahead of its pool, or the other way round, the next view has other versions, older or newer.
APT_VIEWS=(release updates backports)
apt_releases() { # SUITE: its release, and then the other if that may be
	local release=${1%%-*}
	echo "$release"
	[[ ${APT_ONE_RELEASE-} ]] || case $release in bookworm) echo trixie ;; *) echo bookworm ;; esac
}
apt_views() { # SUITE: lines "RELEASE VIEW", best first
	local release view
	for release in $(apt_releases "$1"); do
		for view in "${APT_VIEWS[@]}"; do echo "$release $view"; done
	done
}
apt_view_words() { # RELEASE VIEW
	case $2 in
	release) echo "$1 and its backports" ;;
	updates) echo "$1 with its security and other updates" ;;
	backports) echo "$1-backports" ;;
	esac
}
APT_KEYS=signed-by=/usr/share/keyrings/debian-archive-keyring.gpg
apt_source() { echo "deb [arch=amd64,ppc64el $APT_KEYS] $1 $2 main"; } # MIRROR SUITE

apt_write_sources() { # MIRROR
	local release security
	security=$(apt_security_mirror "$1")
	for release in bookworm trixie; do
		{
			apt_source "$1" "$release"
			apt_source "$1" "$release-backports"
		} >"$APT_ROOT/$release-release.list"
		{
			cat "$APT_ROOT/$release-release.list"
			apt_source "$1" "$release-updates"
			apt_source "$security" "$release-security"
		} >"$APT_ROOT/$release-updates.list"
		cp "$APT_ROOT/$release-release.list" "$APT_ROOT/$release-backports.list"
	done
	cat "$APT_ROOT"/{bookworm,trixie}-updates.list >"$APT_ROOT/sources.list"
}

apt_write_config() {
	local mirror
	mirror=$(apt_mirror)
	[[ $mirror ]] || die "apt on this machine names no Debian mirror; set MTCE_MIRROR to one"
	mkdir -p "$APT_ROOT"/{lists/partial,cache/archives/partial,etc}
	: >"$APT_ROOT/status"
	apt_write_sources "$mirror"
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

# What the mirror does not have (some have no security updates) is not looked into; the release itself must be there.
apt_read_index() {
	local file
	apt-get -c "$APT_ROOT/apt.conf" -q update || true
	# shellcheck disable=SC2016 # apt's placeholders
	file=$(apt-get -c "$APT_ROOT/apt.conf" indextargets --format '$(FILENAME)' 'Created-By: Packages' \
		"Codename: $GUEST_SUITE" 'Architecture: ppc64el')
	[[ $file ]] || {
		aloud "the mirror cannot be reached or its index is not valid; try again, or set MTCE_MIRROR to another"
		exit "$STEP_SAID"
	}
}

_apt_ready=
apt_update() {
	[[ $_apt_ready ]] && return
	have apt-get || die "apt-get is not here, and packages for the guest come through it"
	apt_write_config
	step "reading the package index" apt_read_index
	HINT="a download was broken or a disk is full"
	_apt_ready=1
}

# apt_in RELEASE VIEW COMMAND ARG...: apt-get or apt-cache that sees this view only.
apt_in() {
	local release=$1 view=$2 command=$3 prefer=()
	shift 3
	case $view in
	backports) prefer=(-o "APT::Default-Release=$release-backports") ;;
	sid) prefer=(-o "APT::Default-Release=$release") ;;
	esac
	"$command" -c "$APT_ROOT/apt.conf" -o "Dir::Etc::sourcelist=$APT_ROOT/$release-$view.list" "${prefer[@]}" "$@"
}

# apt_first DIR SUITE FETCH ARG...: FETCH DIR RELEASE VIEW ARG... in each view until one has all of it, in a new DIR.
# FETCH may name in PASSED what it had to pass over, and in TOOK what it took.
apt_first() {
	local dir=$1 suite=$2 fetch=$3 release view wanted='' PASSED='' TOOK=''
	shift 3
	while read -r release view; do
		mkdir -p "$dir.fetch"
		if "$fetch" "$dir.fetch" "$release" "$view" "$@" </dev/null; then
			mkdir -p "$dir"
			find "$dir.fetch" -mindepth 1 -maxdepth 1 -exec mv -t "$dir" {} +
			rm -rf "$dir.fetch"
			[[ ! $wanted && ! $PASSED ]] ||
				aloud "the mirror has not all of ${PASSED:-$wanted}; took ${TOOK:-it} from $(apt_view_words "$release" "$view")"
			return 0
		fi
		rm -rf "$dir.fetch"
		wanted=${wanted:-$(apt_view_words "$release" "$view")}
	done < <(apt_views "$suite")
	aloud "failed: $STEP_TEXT: no suite of the mirror has all of it; try again in some hours, or set MTCE_MIRROR to another"
	exit "$STEP_SAID"
}

# apt_download DIR SUITE NAME[:ARCH]...: these packages, nothing else; apt checks the signatures.
apt_download() { apt_first "$1" "$2" apt_fetch "${@:3}"; }
apt_fetch() { # DIR RELEASE VIEW NAME...
	(cd "$1" && apt_in "$2" "$3" apt-get -q download "${@:4}")
}

# apt_closure DIR SUITE NAME...: ppc64el packages with everything they depend on.
apt_closure() { apt_first "$1" "$2" apt_fetch_closure "${@:3}"; }
apt_fetch_closure() { # DIR RELEASE VIEW NAME...
	local dir=$1
	mkdir -p "$dir/partial"
	apt_in "$2" "$3" apt-get -o "Dir::Cache::archives=$dir" -o APT::Architecture=ppc64el \
		-o 'APT::Architectures=ppc64el' -o Debug::NoLocking=true -qy --download-only install "${@:4}" || return
	rm -rf "$dir/partial" "$dir/lock"
}

# unpack_debs DIR DEB...: files only; keeps the links of a merged /usr.
unpack_debs() {
	local dir=$1 deb
	shift
	for deb in "$@"; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir" --keep-directory-symlink --no-same-owner --warning=no-timestamp
	done
}
