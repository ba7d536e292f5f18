#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest.sh MODULES DIRECTORY COMMAND...: what run.sh runs as process 1 of its virtual machine.
modules=$1 directory=$2
shift 2
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
for place in /tmp /run /var/tmp /dev/shm; do
	mount -t tmpfs tmpfs $place
done
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
mkdir -p /run/lock "/lib/modules/$(uname -r)"
mount --bind "$modules" "/lib/modules/$(uname -r)"
ln -s /proc/self/fd /dev/fd 2>/dev/null
for module in veth sch_ingress cls_bpf nf_tables nfnetlink_log dummy bridge tun; do
	modprobe $module
done
echo 1 >/proc/sys/net/core/bpf_jit_enable
ip link set lo up
# What switches branches in the kernel's code on stays on: an emulator of several CPUs now and then runs an instruction
# that was just replaced there, and the kernel ends with "Oops: int3".
python3 -c 'import signal, socket
kept = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
kept.setsockopt(socket.SOL_SOCKET, 29, 1)  # SO_TIMESTAMP, as of ping
signal.pause()' &
ip link add name kept type dummy && tc qdisc add dev kept clsact
hostname kernel-test
echo "kernels: Linux $(uname -r) is up after $(cut -d' ' -f1 /proc/uptime) s"
cd "$directory" || echo "kernels: $directory is not there"
"$@" </dev/null
echo "RESULT $?"
echo o >/proc/sysrq-trigger
sleep 60
