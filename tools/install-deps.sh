#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Installs, without asking, the Debian packages that building, testing and the demo need, and those
# that are its arguments, where they are not there yet.
set -eu

build="gcc make pkg-config clang llvm bpftool linux-libc-dev libbpf-dev libelf-dev zlib1g-dev
libnl-3-dev libnl-route-3-dev libnl-genl-3-dev libyaml-dev libjansson-dev libpcap-dev libmicrohttpd-dev
libcurl4-gnutls-dev libncurses-dev nettle-dev"
tests="libcmocka-dev libclang-rt-dev iproute2 iputils-ping ethtool util-linux procps python3 dnsmasq-base busybox
nftables git jq strace curl openssl systemd tshark tmux prometheus chromium
mandoc man-db groff-base python3-jsonschema python3-yaml zsh logrotate debhelper dpkg-dev fakeroot
lintian mmdebstrap clang-tidy cppcheck shellcheck qemu-system-x86 cpio kmod binutils gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
packages="$build $tests $*"

# The tests want the program: its package would start a server on every address, now and at each boot.
start_nothing() {
	policy=/usr/sbin/policy-rc.d
	[ ! -e $policy ] || return 0
	trap 'rm -f "$policy"' EXIT
	trap 'exit 130' INT TERM
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 755 $policy
}

missing=
for package in $packages; do
	state=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true)
	case "$state" in ii*) ;; *) missing="$missing $package" ;; esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "install-deps: not root, so these are not installed:$missing; run: sudo apt-get install$missing" >&2
	exit 1
fi
echo "installing:$missing"
case $missing in *prometheus*) start_nothing ;; esac
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of words
apt-get install -y -qq --no-install-recommends $missing >/dev/null
case $missing in *prometheus*)
	[ ! -d /run/systemd/system ] || systemctl --quiet disable prometheus.service ;;
esac
