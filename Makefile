# SPDX-License-Identifier: GPL-2.0-or-later
#
# The usual words over meson and the scripts. ./configure chooses the build folder (config.mk);
# "make BUILDDIR=..." another one; a folder that is not configured yet is, with the defaults.

-include config.mk
BUILDDIR ?= build
DESTDIR ?=
ARGS ?=

.PHONY: all install clean check demo lab bench fuzz style format coverage docs help

all: $(BUILDDIR)/build.ninja
	@ninja -C $(BUILDDIR)

$(BUILDDIR)/build.ninja:
	@./configure --keep-default --builddir="$(BUILDDIR)"

install: all
	@DESTDIR="$(DESTDIR)" meson install -C $(BUILDDIR) --no-rebuild

clean:
	@test ! -e $(BUILDDIR)/build.ninja || ninja -C $(BUILDDIR) clean

check:
	@scripts/install-deps check || { echo '0 passed, 1 failed'; exit 1; }
	@scripts/check $(ARGS)

demo:
	@scripts/install-deps
	@$(MAKE) --no-print-directory all
	@tests/lab/lab demo $(ARGS)

lab:
	@scripts/install-deps
	@$(MAKE) --no-print-directory all
	@tests/lab/lab $(if $(ARGS),$(ARGS),run)

bench: all
	@tests/bench/bench --builddir=$(BUILDDIR) $(ARGS)

fuzz:
	@scripts/install-deps check
	@test -e build-fuzz/build.ninja || ./configure --keep-default --builddir=build-fuzz --cc=clang --enable-fuzz
	@ninja -C build-fuzz
	@tests/fuzz/fuzz $(ARGS)

style:
	@for rule in layers banned lengths ifdefs spdx paths maintainers selftest; do \
	    tests/style/$$rule || bad=1; done; test -z "$$bad"

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

coverage:
	@scripts/coverage

docs: all
	@$(BUILDDIR)/qemu-system-x86_64 -qmp help > docs/qmp.md

help:
	@echo 'make           build qemu-system-x86_64 in $(BUILDDIR)'
	@echo 'make install   install it (DESTDIR= for packagers; ./configure --prefix= to choose where)'
	@echo 'make demo      install what is missing, build, and show the three cases in the lab'
	@echo 'make check     install what is missing, build, and run all tests; ARGS=--no-lab leaves out the lab'
	@echo 'make lab       run the lab; ARGS= are the arguments of tests/lab/lab'
	@echo 'make bench     measure start-up and displays against stock QEMU and a bare KVM program'
	@echo 'make fuzz      run the fuzzers, a minute each; ARGS="--time=600 devices" one of them for longer'
	@echo 'make style     the style tests alone'
	@echo 'make format    clang-format all C files'
	@echo 'make coverage  line coverage of the tests, a line a folder'
	@echo 'make docs      write docs/qmp.md anew'
	@echo 'make clean     remove what was built'
