#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Installs, without asking, the Debian packages that building, testing and the demo need, and those
# that are its arguments, where they are not there yet.
set -eu

packages="gcc make pkg-config clang llvm bpftool libbpf-dev libelf-dev zlib1g-dev libnl-3-dev
libnl-route-3-dev libyaml-dev libjansson-dev libpcap-dev libmicrohttpd-dev libcurl4-gnutls-dev libcmocka-dev linux-libc-dev
iproute2 iputils-ping ethtool util-linux procps python3 dnsmasq-base busybox nftables git jq
strace curl openssl mandoc man-db groff-base python3-jsonschema python3-yaml zsh logrotate systemd
debhelper dpkg-dev fakeroot lintian mmdebstrap gcc-aarch64-linux-gnu libc6-dev-arm64-cross $*"

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
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of words
apt-get install -y -qq --no-install-recommends $missing >/dev/null
