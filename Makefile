# SPDX-License-Identifier: GPL-2.0
# For people. On a POWER8 PowerNV host these work on the machine itself, elsewhere in the lab (an emulated
# POWER8, see scripts/lab --help), which installs and fetches what it needs.
KERNEL ?= 64k
NATIVE := $(shell [ "$$(uname -m)" = ppc64le ] && grep -q '^platform.*PowerNV' /proc/cpuinfo && echo yes)
FLAGS   = --kernel $(KERNEL) $(if $(YES),--yes)

help:
	@echo 'make bench       build, run the benchmarks, print the comparison, keep the run under results/'
	@echo 'make sweep       lazy unmaps under many settings of the driver, as a table and a picture under results/'
	@echo 'make replay      guests'"'"' real TCE traffic through upstream and mtce, a table under results/'
	@echo 'make report      RUN=results/...: a run as a page, pictures and a summary for a mail; WITH=... SWEEP=... REPLAY=...'
	@echo 'make record      record the TCE traffic of a guest at work, for replay, into build/recordings'
	@echo 'make bench-kit   one tarball with which a POWER8 host without network does all of this'
	@echo 'make deb         Debian packages for ppc64el, into build/deb (as root, with mmdebstrap)'
	@echo 'make dkms-install, dkms-remove   on a POWER8 host: the module under DKMS'
	@echo 'make install, uninstall   tools, man pages, header, documents; DESTDIR=... PREFIX=/usr/local'
	@echo 'make test        host checks and all tests that take minutes'
	@echo 'make test-long   more and longer tests; in the lab also under kernels that look for mistakes, mutations, coverage;'
	@echo '                 PART=debug: only this part (of at most 45 minutes; scripts/test --parts lists them)'
	@echo 'make check       host checks only: unit tests, style, static analysis'
	@echo 'make check-figures  before a release: quoted figures are of the driver as it is, and in their data'
	@echo 'make build       the module, the benchmarks and the tools, nothing else'
	@echo 'make clean       remove what was built (the lab'"'"'s cache stays)'
	@echo
	@echo 'QUICK=1          a short benchmark or recording   KERNEL=4k   the lab with 4K pages (or 7.2-64k, debug, ...)'
	@echo 'EXACT=0          in the lab, for make bench: the emulated CPU counts instructions, not a plugin of QEMU'
	@echo 'UPSTREAM_ONLY=1  for make bench: without our module, on a kernel that it does not support'
	@echo 'ARGS="..."       make bench ARGS="--scenario 4k-one-page"; make test ARGS="contract_new": only programs of this name'
	@echo 'YES=1            on a POWER8 host: do not ask before binding a device'

build:
ifeq ($(NATIVE),yes)
	@bash -c 'set -euo pipefail; TOP=$$PWD PROG=make; . scripts/lib/common.sh; . scripts/lib/native.sh; native_build'
else
	@scripts/lab setup --kernel $(KERNEL)
	@scripts/lab build --kernel $(KERNEL)
endif

bench:
	@scripts/bench $(FLAGS) $(if $(QUICK),--quick) $(if $(filter 0 no,$(EXACT)),--pmu) $(if $(filter-out 0 no,$(UPSTREAM_ONLY)),--upstream-only) $(if $(ARGS),-- $(ARGS))

bench-kit:
	@scripts/bench-kit $(FLAGS)

deb:
	@scripts/deb

dkms-install:
	@scripts/dkms install

# DESTDIR and PREFIX (/usr/local) as everywhere. What the lab has built is for a POWER8, too.
INSTALL = scripts/install --destdir '$(DESTDIR)' --prefix '$(or $(PREFIX),/usr/local)' --from '$(if $(filter yes,$(NATIVE)),.,build/$(KERNEL))'
install uninstall:
	@$(INSTALL) $@

dkms-remove:
	@scripts/dkms remove

sweep:
	@scripts/sweep $(FLAGS)

replay:
	@scripts/replay $(FLAGS)

report:
	@scripts/report $(foreach d,$(WITH),--with $(d)) $(foreach d,$(SWEEP),--sweep $(d)) $(foreach d,$(REPLAY),--replay $(d)) $(RUN)

# A guest of QEMU's own hypervisor: the same everywhere, and neither a POWER8 nor KVM has a part in it.
record:
	@scripts/record-tces --kernel $(KERNEL) $(if $(QUICK),--quick)

test:
	@scripts/test $(FLAGS) $(if $(ARGS),--guest-only -- $(ARGS))

test-long:
	@scripts/test $(FLAGS) --long $(foreach p,$(PART),--part $(p))

check:
	@scripts/test $(FLAGS) --host-only

check-figures:
	@rm -rf build/figures && mkdir -p build/figures && cp -r bench uapi vmm build/figures
	@$(MAKE) --no-print-directory -s -C build/figures/bench clean
	@$(MAKE) --no-print-directory -s -C build/figures/bench mtce-compare
	@scripts/figures --release --compare build/figures/bench/mtce-compare

clean:
	rm -rf build context.json
	@# What a kit was packed with cannot be made again there.
	@for d in lib bench bpf tests/guest examples/nvme-direct; do [ -e kit.json ] || [ ! -e $$d/Makefile ] || $(MAKE) --no-print-directory -C $$d clean; done
ifeq ($(NATIVE),yes)
	$(MAKE) -C tests/modules clean
	$(MAKE) -C driver clean
endif

.PHONY: deb install uninstall help build bench sweep replay record report test test-long check check-figures clean bench-kit dkms-install dkms-remove
