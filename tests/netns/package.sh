#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The Debian package in a clean Debian 12: built, installed, used, upgraded while the filter is live, removed
# and purged; first where nothing can be started, then with systemd as process 1, and through a reboot.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"
# shellcheck source=tests/netns/cleanroot.bash
. "$HERE/cleanroot.bash"

DEVICE_MAC=02:00:00:00:20:17

# ---- the packages ----

build() {
	local version tree=$BUILD/deb

	if ! make -C "$ROOT" BUILD="$BUILD" deb >"$WORK/deb.log" 2>&1; then
		give_up "make deb builds a package" "$(tail -n 20 "$WORK/deb.log")"
	fi
	ok "make deb builds a package"
	DEB=$(echo "$tree"/picket_[0-9]*.deb)
	version=$(sed -n 's/^VERSION := //p' "$ROOT/Makefile")
	equal "the package has picket's version" "$version" "$(dpkg-deb -f "$DEB" Version)"
	check "lintian has no complaint" lintian --allow-root --fail-on error,warning "$DEB"
	newer_package
}

# The same with a higher version.
newer_package() {
	local tree=$WORK/newer

	NEWER=$WORK/newer.deb
	dpkg-deb -R "$DEB" "$tree"
	sed -i 's/^Version: .*/&+newer/' "$tree/DEBIAN/control"
	dpkg-deb --root-owner-group -b "$tree" "$NEWER" >/dev/null || give_up "a newer package can be made"
}

clean_root() {
	local depends status

	depends=$(dpkg-deb -f "$DEB" Depends | sed 's/([^)]*)//g; s/[ ,]\+/ /g')
	CLEAN=$BUILD/cleanroot-$(echo "$depends" | cksum | cut -d' ' -f1)
	# shellcheck disable=SC2086 # a list of words
	make_clean_root "$CLEAN" systemd $depends
	status=$?
	if [ $status = 77 ]; then
		skip "the package in a clean Debian" "no mirror can be reached: $(tail -n 1 "$WORK/mmdebstrap.log")"
		finish
	fi
	[ $status = 0 ] || give_up "a clean Debian is made" "$(tail -n 5 "$WORK/mmdebstrap.log")"
	mkdir "$WORK/cgroups"
	CGROUPS=$WORK/cgroups
	mount -t cgroup2 cgroup2 "$CGROUPS" || give_up "there are control groups"
	# shellcheck disable=SC2154 # status is set in the trap itself
	trap 'status=$?; stop_box; umount "$WORK/bpf"; exit $status' EXIT
	mount_box "$CLEAN" || give_up "the clean Debian can be changed"
	mkdir "$BOX/packages"
	cp "$DEB" "$BOX/packages/picket.deb"
	cp "$NEWER" "$BOX/packages/newer.deb"
}

topology() {
	netns gw dev
	cable gw lan0 dev eth0 $DEVICE_MAC
	gw ip address add 10.20.0.1/24 dev lan0
	in_ns dev ip address add 10.20.0.17/24 dev eth0
}

# What the admin writes.
policy() {
	cat >"$BOX/etc/picket/policy.yaml" <<-POLICY
	picket: 1
	segments:
	  sensors: {interfaces: [lan0], subnets: [10.20.0.0/24]}
	  spare: {interfaces: [lan1], subnets: [10.30.0.0/24]}
	gateway: {addresses: [10.20.0.1, 10.30.0.1]}
	roles:
	  thermometer: {connect: [{to: gateway, ports: [icmp]}]}
	devices:
	  therm-17: {role: thermometer, mac: "$DEVICE_MAC", ip: 10.20.0.17}
	POLICY
}

# ---- what is asked, time and again ----

picket() {
	in_box picket "$@"
}

dpkg_box() {
	in_box dpkg "$@" </dev/null
}

systemctl() {
	in_box systemctl --no-pager "$@"
}

# The link that holds lan0, nothing when none does.
link() {
	local program

	program=$(gw ip -j link show lan0 | jq '.[0].xdp.prog.id // empty')
	[ -z "$program" ] || bpftool -j link show | jq ".[] | select(.type == \"xdp\" and .prog_id == $program) | .id"
}

# same_link NAME LINK: lan0 is held by this one, and was all the time.
same_link() {
	within "$1" 1 "$2" 4294967295
	equal "$1" "$2" "$(link)"
}

# filtering NAME: echo requests pass, and nothing else does.
filtering() {
	check "$1: what is allowed passes" wait_for 5 pings dev 10.20.0.1
	injected "$1: what is not is dropped" sensors role-connect 1 dev \
		eth0 "udp smac=$DEVICE_MAC from=10.20.0.17 to=10.20.0.1 sport=4000 dport=9"
}

open() {
	equal "$1: nothing is attached" "" "$(link)"
	equal "$1: nothing is pinned" "" "$(in_box find /sys/fs/bpf -mindepth 1 ! -name '*.debug')"
}

traces() {
	in_box find / -xdev -path /packages -prune -o -name '*picket*' -print
	in_box find /run /var/log /var/lib -name '*picket*' ! -path '/var/lib/dpkg/*'
}

daemon_pid() {
	systemctl show -p MainPID --value picket
}

# active_as_other_than PID
active_as_other_than() {
	[ "$(systemctl is-active picket)" = active ] && [ "$(daemon_pid)" != "$1" ]
}

# ---- without systemd ----

test_install() {
	check "it installs" dpkg_box -i /packages/picket.deb
	equal "it runs" "picket $(dpkg-deb -f "$DEB" Version)" "$(picket --version)"
	check "the policy that comes with it is right" picket check --json /etc/picket/policy.yaml
	equal "... and in audit mode" true "$(picket check --json /etc/picket/policy.yaml | jq '.summary.mode == "audit"')"
	for file in /usr/share/man/man8/picket.8.gz /usr/share/man/man5/picket.yaml.5.gz /etc/logrotate.d/picket \
		/usr/share/bash-completion/completions/picket /usr/share/zsh/vendor-completions/_picket \
		/usr/share/doc/picket/guide.md /usr/share/doc/picket/README.Debian /usr/share/doc/picket/examples/policy.yaml \
		/usr/share/picket/picket.schema.json /lib/systemd/system/picket.service; do
		check "it has $file" test -s "$BOX$file"
	done
	equal "nothing was started" "" "$(in_box sh -c 'grep -l ^picket /proc/[0-9]*/comm')"
	open "installed"
}

test_upgrade() {
	local before

	policy
	check "the admin's policy is right" picket check /etc/picket/policy.yaml
	sed -i /spare/d "$BOX/etc/picket/policy.yaml"
	check "it is made live" picket apply /etc/picket/policy.yaml
	equal "status says so" true "$(picket status --json | jq '.live and .ports[0].attached')"
	filtering "in use"
	before=$(link)
	check "an upgrade works" dpkg_box -i /packages/newer.deb
	equal "... is one" "$(dpkg-deb -f "$NEWER" Version)" "$(dpkg_box -s picket | sed -n 's/^Version: //p')"
	same_link "it leaves the filter where it is" "$before"
	check "it leaves the admin's policy alone" grep -q thermometer "$BOX/etc/picket/policy.yaml"
	filtering "upgraded"
}

test_remove() {
	touch "$BOX/etc/picket/inventory.csv"
	mkdir -p "$BOX/var/log/picket" "$BOX/var/lib/picket"
	check "it is removed" dpkg_box -r picket
	open "removed"
	check "the admin's policy stays" test -s "$BOX/etc/picket/policy.yaml"
	check "it is purged" dpkg_box -P picket
	equal "nothing of it is left" "" "$(traces)"
}

# ---- with systemd ----

boot() {
	start_box /lib/systemd/systemd || give_up "the clean Debian boots"
	# shellcheck disable=SC2016 # the shell inside expands it
	check "the clean Debian boots" wait_for 60 in_box sh -c 'case $(systemctl is-system-running) in running | degraded) ;; *) exit 1 ;; esac'
}

test_service() {
	check "it installs beside a running systemd" dpkg_box -i /packages/picket.deb
	equal "the service is not enabled" disabled "$(systemctl is-enabled picket)"
	equal "the service was not started" inactive "$(systemctl is-active picket)"
	check "the unit has no mistake" in_box systemd-analyze verify --man=no picket.service
	check "it starts with the policy that it came with" systemctl start picket
	equal "... and is ready" active "$(systemctl is-active picket)"
	equal "... and filters nothing" "" "$(link)"
	check "... which is said" in_box sh -c 'journalctl -u picket | grep -q "no interface example-lan yet"'
	policy
	check "a policy of one's own is loaded" systemctl reload picket
	check "... and live" wait_for 10 filters_lan0
	filtering "reloaded"
	printf 'role: []\n' >>"$BOX/etc/picket/policy.yaml"
	refuse "a reload of a policy with errors fails" systemctl reload picket
	equal "... and the service goes on" active "$(systemctl is-active picket)"
	filtering "still"
	policy
}

filters_lan0() {
	[ -n "$(link)" ]
}

readyz() {
	curl -s --max-time 10 --unix-socket "/proc/$box/root/run/picket/picket.sock" -o /dev/null -w '%{http_code}' \
		http://picket/readyz
}

is_ready() {
	[ "$(readyz)" = "$1" ]
}

# With no more than it needs it does all that it has to.
test_restrictions() {
	local status

	status=$(in_box cat "/proc/$(daemon_pid)/status")
	# CAP_NET_ADMIN 12, CAP_PERFMON 38, CAP_BPF 39
	equal "the daemon has three capabilities" 000000c000001000 "$(sed -n 's/^CapEff:\t//p' <<<"$status")"
	equal "... and can get no other" 000000c000001000 "$(sed -n 's/^CapBnd:\t//p' <<<"$status")"
	equal "... and no new privileges" 1 "$(sed -n 's/^NoNewPrivs:\t//p' <<<"$status")"
	equal "... and a filter of system calls" 2 "$(sed -n 's/^Seccomp:\t//p' <<<"$status")"
	check "it answers" wait_for 10 is_ready 503
	netns spare
	cable gw lan1 spare eth0
	check "it attaches an interface that comes" wait_for 10 is_ready 200
	gw ip link delete lan1
	check "... and misses it when it goes" wait_for 10 is_ready 503
	equal "it can write nowhere else" "" "$(writable_places)"
	gw ethtool -K lan0 gro on
	refuse "offloads can be turned on" gro_off
	echo 'PICKET_OPTIONS="--mode generic"' >"$BOX/etc/default/picket"
	check "it starts with options" systemctl restart picket
	check "in generic mode it turns off what hides frames" wait_for 10 gro_off
	filtering "generic"
}

asked_at() {
	gw curl -sf --max-time 5 -o /dev/null "http://$1:10713/healthz"
}

# Whom its HTTP service answers is the unit's business as well.
test_listening() {
	local dropin=$BOX/etc/systemd/system/picket.service.d

	check "the daemon answers this host" asked_at 127.0.0.1
	echo 'PICKET_OPTIONS="--listen 10.20.0.1:10713 --insecure"' >"$BOX/etc/default/picket"
	systemctl restart picket
	refuse "it answers no other address, whatever its options" asked_at 10.20.0.1
	mkdir -p "$dropin"
	printf '[Service]\nIPAddressAllow=10.20.0.0/24\n' >"$dropin/listen.conf"
	systemctl daemon-reload
	systemctl restart picket
	check "... unless the unit lets it" asked_at 10.20.0.1
	rm -r "$dropin"
	systemctl daemon-reload
	echo 'PICKET_OPTIONS=' >"$BOX/etc/default/picket"
	check "it starts as before" systemctl restart picket
}

# Mounts of the daemon that it may write to, but for those that it must.
writable_places() {
	in_box cat "/proc/$(daemon_pid)/mounts" | awk '$4 ~ /^rw/ { print $2 }' |
		grep -vxE '/sys/fs/bpf|/run/picket|/var/lib/picket|/var/log/picket|/(var/)?tmp|/dev(/.*)?|/proc(/.*)?|/run/credentials.*'
}

gro_off() {
	gw ethtool -k lan0 | grep -q '^generic-receive-offload: off'
}

test_faults() {
	local before pid

	before=$(link)
	pid=$(daemon_pid)
	in_box sh -c "kill -KILL $pid"
	check "a daemon that was killed comes back" wait_for 30 active_as_other_than "$pid"
	mkdir "$BOX/etc/systemd/system/picket.service.d"
	printf '[Service]\nWatchdogSec=4\n' >"$BOX/etc/systemd/system/picket.service.d/watchdog.conf"
	systemctl daemon-reload
	systemctl restart picket
	pid=$(daemon_pid)
	in_box sh -c "kill -STOP $pid"
	check "a daemon that hangs is started anew" wait_for 60 active_as_other_than "$pid"
	rm -r "$BOX/etc/systemd/system/picket.service.d"
	systemctl daemon-reload
	same_link "none of it touched the filter" "$before"
	filtering "after faults"
	pid=$(daemon_pid)
	check "an upgrade works while the service runs" dpkg_box -i /packages/newer.deb
	check "... and restarts it" wait_for 30 active_as_other_than "$pid"
	same_link "... and leaves the filter where it is" "$before"
	check "stopping works" systemctl stop picket
	filtering "stopped"
}

# What brings the network up after network-pre.target has to find the policy live.
test_boot() {
	cat >"$BOX/etc/systemd/system/network-up.service" <<-UNIT
	[Unit]
	DefaultDependencies=no
	After=network-pre.target
	[Service]
	Type=oneshot
	RemainAfterExit=yes
	ExecStart=/bin/sh -c 'picket status --json >/run/network-saw'
	[Install]
	WantedBy=sysinit.target
	UNIT
	check "the service is enabled" systemctl enable picket network-up
	stop_box
	equal "what is down filters nothing" "" "$(link)"
	boot
	check "at boot the service starts" wait_for 30 active_as_other_than 0
	check "... before the network" in_box grep -q '"live":true' /run/network-saw
	filtering "booted"
	printf 'role: []\n' >>"$BOX/etc/picket/policy.yaml"
	stop_box
	boot
	check "a policy with errors fails the service" wait_for 30 in_box systemctl is-failed picket
	check "... and not the boot" in_box systemctl is-active multi-user.target
	policy
	check "put right, it starts" systemctl restart picket
	filtering "put right"
}

test_purge() {
	check "it is removed while it runs" dpkg_box -r picket
	open "removed"
	equal "the service is gone" inactive "$(systemctl is-active picket)"
	systemctl --quiet disable network-up
	rm "$BOX/etc/systemd/system/network-up.service"
	check "it is purged" dpkg_box -P picket
	equal "nothing of it is left" "" "$(traces)"
}

build
clean_root
topology
start_box sleep infinity || give_up "the clean Debian can be entered"
test_install
test_upgrade
test_remove
stop_box
boot
test_service
test_restrictions
test_listening
test_faults
test_boot
test_purge
finish
