#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# run.sh KERNEL COMMAND...: runs a command of this machine's, as root, under another kernel, in a virtual machine:
# Debian's package KERNEL (a meta package will do), this machine's files beneath a layer of memory, no network.
# Its exit status is the command's; 125 when it never came to that. Needs qemu-system-x86, cpio, kmod, busybox.
set -eu
BUILD=$(realpath "${BUILD:-build}")
HERE=$(realpath "$(dirname "$0")")
MINUTES=${KERNEL_MINUTES:-180} # that it may take
MEMORY=${KERNEL_MEMORY:-6G}
CPUS=${KERNEL_CPUS:-2} # that the kernel expects; two are there
kernels=$BUILD/kernels
# What it takes to see this machine's files.
FIRST="virtio_pci 9pnet_virtio 9p overlay"

die() {
	echo "kernels: $*" >&2
	exit 125
}

# The package that a meta package stands for.
package_of() {
	local depends

	depends=$(apt-cache depends "$1" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
	echo "${depends:-$1}"
}

# Unpacks KERNEL below $kernels, unless it is there, and prints where.
unpack() {
	local package fresh

	package=$(package_of "$1")
	if [ ! -e "$kernels/$package/modules" ]; then
		mkdir -p "$kernels"
		fresh=$(mktemp -d "$kernels/new.XXXXXX")
		chmod 755 "$fresh"
		(cd "$fresh" && apt-get download -q "$package" >/dev/null 2>&1) ||
			die "Debian's package $package cannot be fetched: apt-get update?"
		dpkg-deb -x "$fresh"/*.deb "$fresh"
		rm "$fresh"/*.deb
		depmod -b "$fresh" "$(ls "$fresh/lib/modules")"
		ln -s "lib/modules/$(ls "$fresh/lib/modules")" "$fresh/modules"
		rm -rf "${kernels:?}/$package"
		mv "$fresh" "$kernels/$package"
	fi
	echo "$kernels/$package"
}

# The modules that $FIRST are, each after what it needs.
first_modules() {
	local kernel=$1 module

	for module in $FIRST; do
		modprobe -d "$kernel" -S "$(basename "$(readlink "$kernel/modules")")" --show-depends "$module"
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++'
}

# busybox and its libraries, the modules, init, and the command to run.
make_initramfs() {
	local kernel=$1 out=$2 root module name
	shift 2
	root=$(mktemp -d)

	mkdir -p "$root"/{bin,dev,proc,sys,modules}
	cp "$(command -v busybox)" "$root/bin/busybox"
	ldd "$root/bin/busybox" | grep -oE '/[^ ]+\.so[^ ]*' | while read -r library; do
		mkdir -p "$root$(dirname "$library")"
		cp -L "$library" "$root$library"
	done
	for name in sh cp mount mkdir insmod switch_root; do
		ln -s busybox "$root/bin/$name"
	done
	for module in $(first_modules "$kernel"); do
		name=$(basename "$module" .xz)
		case $module in
		*.xz) xz -dc "$module" >"$root/modules/$name" ;;
		*) cp "$module" "$root/modules/$name" ;;
		esac
		echo "$name" >>"$root/modules/order"
	done
	install -m 755 "$HERE/init" "$root/init"
	printf 'exec bash' >"$root/command"
	printf ' %q' "$HERE/guest.sh" "$kernel/modules" "$PWD" "$@" >>"$root/command"
	(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$out"
	rm -rf "$root"
}

# The processor and who plays it: of an emulated one, the more it can do, the longer each instruction takes.
processor() {
	if [ -w /dev/kvm ]; then
		echo "-accel kvm -cpu max"
	else
		echo "-accel tcg,thread=multi -cpu Nehalem"
	fi
}

boot() {
	local kernel=$1 initramfs=$2

	# shellcheck disable=SC2046 # words
	timeout "$((MINUTES * 60))" qemu-system-x86_64 $(processor) \
		-smp "2,maxcpus=$CPUS" -m "$MEMORY" -machine q35,hpet=off -nodefaults -no-user-config -nographic -no-reboot -serial stdio -monitor none \
		-virtfs local,path=/,mount_tag=machine,security_model=none,readonly=on,multidevs=remap \
		-kernel "$kernel"/boot/vmlinuz-* -initrd "$initramfs" \
		-append "console=ttyS0 panic=-1 quiet loglevel=4 mitigations=off tsc=reliable" </dev/null
}

[ $# -gt 1 ] || die "usage: run.sh KERNEL COMMAND..."
kernel=$(unpack "$1")
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make_initramfs "$kernel" "$work/initramfs" "$@"
boot "$kernel" "$work/initramfs" | sed -u 's|\r||' | tee "$work/log" || true
result=$(sed -n 's/^RESULT \([0-9]*\)$/\1/p' "$work/log" | tail -n 1)
exit "${result:-125}"
