# SPDX-License-Identifier: GPL-2.0-only
#
#   make install       under PREFIX, with configuration in SYSCONFDIR: DESTDIR=directory
#   make uninstall     leaves configuration that was changed
#   make deb           Debian packages, in $(BUILD)/deb
#   make arm64-objects compiles for arm64, as far as objects

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
SBINDIR ?= $(PREFIX)/sbin
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
DOCDIR ?= $(DATADIR)/doc/picket
UNITDIR ?= $(PREFIX)/lib/systemd/system
BASHDIR ?= $(DATADIR)/bash-completion/completions
ZSHDIR ?= $(DATADIR)/zsh/site-functions

# SOURCE:TARGET
INSTALLED_FILES = \
	tools/man/picket.8:$(MANDIR)/man8/picket.8 \
	tools/man/picket.yaml.5:$(MANDIR)/man5/picket.yaml.5 \
	tools/completion/picket.bash:$(BASHDIR)/picket \
	tools/completion/_picket:$(ZSHDIR)/_picket \
	tools/systemd/picket.service:$(UNITDIR)/picket.service \
	tools/schema/picket.schema.json:$(DATADIR)/picket/picket.schema.json \
	$(foreach f,$(filter-out $(wildcard tools/prometheus/*test*),$(wildcard tools/prometheus/*.yml tools/grafana/*.json)), \
		$(f):$(DATADIR)/picket/$(patsubst tools/%,%,$(f))) \
	tools/policy.yaml:$(DOCDIR)/examples/policy.yaml \
	tools/guide.md:$(DOCDIR)/guide.md \
	README.md:$(DOCDIR)/README.md

# What an admin changes: kept where it is there.
INSTALLED_CONFIGURATION = \
	tools/policy.yaml:$(SYSCONFDIR)/picket/policy.yaml \
	tools/access.yaml:$(SYSCONFDIR)/picket/access.yaml \
	tools/systemd/picket.default:$(SYSCONFDIR)/default/picket \
	tools/logrotate/picket:$(SYSCONFDIR)/logrotate.d/picket

# The files name Debian's places.
PLACED = sed -e 's|/usr/sbin/picket|$(SBINDIR)/picket|g' -e 's|/usr/share/picket|$(DATADIR)/picket|g' \
	-e 's|/etc/\(default/\)\{0,1\}picket|$(SYSCONFDIR)/\1picket|g'

install: all
	$(Q)install -D -m 755 $(BUILD)/picket $(DESTDIR)$(SBINDIR)/picket
	$(Q)set -e; for file in $(INSTALLED_FILES); do \
		$(PLACED) "$${file%%:*}" | install -D -m 644 /dev/stdin "$(DESTDIR)$${file#*:}"; \
	done
	$(Q)set -e; for file in $(INSTALLED_CONFIGURATION); do \
		test -e "$(DESTDIR)$${file#*:}" || \
			$(PLACED) "$${file%%:*}" | install -D -m 644 /dev/stdin "$(DESTDIR)$${file#*:}"; \
	done

uninstall:
	$(Q)for file in $(INSTALLED_CONFIGURATION); do \
		if $(PLACED) "$${file%%:*}" | cmp -s - "$(DESTDIR)$${file#*:}"; then rm -f "$(DESTDIR)$${file#*:}"; fi; \
	done
	$(Q)rm -f $(DESTDIR)$(SBINDIR)/picket $(foreach f,$(INSTALLED_FILES),$(DESTDIR)$(lastword $(subst :, ,$(f))))
	$(Q)for directory in $(DATADIR)/picket/prometheus $(DATADIR)/picket/grafana $(DATADIR)/picket \
			$(DOCDIR)/examples $(DOCDIR) $(SYSCONFDIR)/picket; do \
		test ! -d $(DESTDIR)$$directory || rmdir --ignore-fail-on-non-empty $(DESTDIR)$$directory; \
	done

# ---- packages ----

DEB_TREE = $(BUILD)/deb/picket-$(VERSION)

deb: deps-deb
	$(Q)rm -rf $(BUILD)/deb && mkdir -p $(DEB_TREE)
	$(Q)cp -a bpf user include tools Makefile README.md LICENSE $(DEB_TREE)/
	$(Q)mv $(DEB_TREE)/tools/debian $(DEB_TREE)/debian
	$(Q)cd $(DEB_TREE) && env -u BUILD -u MAKEFLAGS -u MAKELEVEL dpkg-buildpackage -us -uc -b

deps-deb:
	$(Q)tools/install-deps.sh debhelper dpkg-dev lintian

# ---- arm64 ----

ARM64_CC ?= aarch64-linux-gnu-gcc
# The libraries' headers are those of this machine, after the cross compiler's own.
ARM64_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DPICKET_VERSION='"$(VERSION)"' -Iinclude -Iuser -I$(BUILD) $(WARN) -O1 -fPIE \
	$(patsubst -I%,-idirafter %,$(shell pkg-config --cflags $(PACKAGES))) \
	-idirafter /usr/include -idirafter /usr/include/$(shell $(CC) -dumpmachine)

arm64-objects: $(patsubst user/%.c,$(BUILD)/arm64/%.o,$(wildcard user/*.c))

$(BUILD)/arm64/%.o: user/%.c $(SKELETONS)
	$(call say,ARM64,$<)
	$(Q)mkdir -p $(@D) && $(ARM64_CC) $(ARM64_CFLAGS) -MMD -MP -c -o $@ $<

.PHONY: arm64-objects deb deps-deb install uninstall
-include $(wildcard $(BUILD)/arm64/*.d)
