# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A Debian 12 of its own for tests of the package: a minimal system that is made once, under a layer that keeps the
# changes, on a "gw" network, with its own BPF file system. It can be entered, and booted: systemd is its
# process 1 then, in namespaces of its own. Sourced after lib.sh.

box=

# make_clean_root DIRECTORY PACKAGE...: 77 when the mirror cannot be reached; what went wrong is in $WORK/mmdebstrap.log
make_clean_root() {
	local dir=$1 packages
	shift

	packages=$(IFS=,; echo "$*")
	[ ! -d "$dir" ] || return 0
	rm -rf "$dir.new"
	mmdebstrap --quiet --variant=essential --mode=root --dpkgopt=force-unsafe-io --include="$packages" \
		bookworm "$dir.new" >"$WORK/mmdebstrap.log" 2>&1 && mv "$dir.new" "$dir" && return 0
	rm -rf "$dir.new"
	grep -qE 'Could not (resolve|connect)|Failed to fetch|Temporary failure|Cannot initiate' "$WORK/mmdebstrap.log" && return 77
	return 1
}

# mount_box DIRECTORY: $BOX is its root, with /dev, and nothing of this machine's.
mount_box() {
	local node

	BOX=$WORK/box
	mkdir "$WORK/layer" "$BOX"
	mount -t tmpfs picket-layer "$WORK/layer"
	mkdir "$WORK/layer/changes" "$WORK/layer/work"
	mount -t overlay -o "lowerdir=$1,upperdir=$WORK/layer/changes,workdir=$WORK/layer/work" picket-box "$BOX" || return
	mount -t tmpfs -o mode=755 picket-dev "$BOX/dev"
	for node in null zero full random urandom tty; do
		touch "$BOX/dev/$node"
		mount --bind "/dev/$node" "$BOX/dev/$node"
	done
	mkdir "$BOX/dev/pts" "$BOX/dev/shm"
}

# start_box COMMAND...: the box's process 1, on the network of gw, with fresh /proc, /sys and /run; $box is its
# process here.
start_box() {
	local group=$CGROUPS/picket-${WORK##*.}

	mkdir -p "$group"
	# shellcheck disable=SC2016 # the shell inside expands it
	nsenter --net=/run/netns/gw sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$group" \
		unshare --mount --pid --ipc --uts --cgroup --fork --kill-child sh -c '
			cd "$1" || exit
			shift
			mount -t proc proc proc && mount -t sysfs sys sys && mount -t tmpfs -o mode=755 run run &&
			mount -t tmpfs tmp tmp && mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts &&
			mount -t cgroup2 cgroup2 sys/fs/cgroup && mount -t bpf -o mode=700 bpf sys/fs/bpf || exit
			ln -sf pts/ptmx dev/ptmx
			# What it may not change, as in a container.
			mount -o remount,bind,ro sys && mount --bind proc/sys proc/sys && mount -o remount,bind,ro proc/sys || exit
			exec chroot . env -i container=picket-test PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"
		' sh "$BOX" "$@" >>"$WORK/box.log" 2>&1 </dev/null &
	unshared=$!
	wait_for 20 pgrep -P "$unshared" || return
	box=$(pgrep -P "$unshared")
	# Until then the rest of it is not there either.
	wait_for 20 grep -qx "${1##*/}" "/proc/$box/comm"
}

# in_box COMMAND...
in_box() {
	nsenter --target "$box" --mount --pid --ipc --uts --net --root --wd env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

# Ends all that runs there.
stop_box() {
	[ -n "$box" ] || return 0
	kill -KILL "$box"
	wait "$unshared"
	box=
	# the last of its processes may still be on its way out
	wait_for 10 remove_groups "$CGROUPS/picket-${WORK##*.}"
}

remove_groups() {
	find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
}
