#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make install puts everything where PREFIX, SYSCONFDIR and DESTDIR say, keeps what an admin changed, and make uninstall
# takes it away; the service is confined, and log rotation is understood.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"

WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
[ -x "$PICKET" ] || give_up "$PICKET is there" "build it with make"

# made TARGET VARIABLE=VALUE...
made() {
	make -C "$ROOT" --no-print-directory BUILD="$BUILD" DESTDIR="$WORK/root" "$@"
}

installed() {
	(cd "$WORK/root" && find . ! -type d | sort | cut -c2-)
}

# expected PREFIX SYSCONFDIR: what there must be, beside rules for Prometheus and dashboards.
expected() {
	sort <<-FILES
	$1/sbin/picket
	$1/share/man/man8/picket.8
	$1/share/man/man5/picket.yaml.5
	$1/share/bash-completion/completions/picket
	$1/share/zsh/site-functions/_picket
	$1/share/picket/picket.schema.json
	$1/share/doc/picket/README.md
	$1/share/doc/picket/guide.md
	$1/share/doc/picket/examples/policy.yaml
	$1/lib/systemd/system/picket.service
	$2/picket/policy.yaml
	$2/picket/access.yaml
	$2/default/picket
	$2/logrotate.d/picket
	FILES
}

test_install() {
	local prefix=$1 sysconfdir=$2 root=$WORK/root
	shift 2

	check "make install under $prefix" made install "$@"
	equal "it puts every file there" "$(expected "$prefix" "$sysconfdir")" \
		"$(installed | grep -vE 'share/picket/(prometheus|grafana)/')"
	equal "rules and dashboards come along" "$(find "$ROOT/tools" -path '*/prometheus/*.yml' ! -name '*test*' -o -path '*/grafana/*.json' | wc -l)" \
		"$(installed | grep -cE 'share/picket/(prometheus|grafana)/')"
	check "the service starts the program that was installed" \
		grep -q "^ExecStart=$prefix/sbin/picket run .* $sysconfdir/picket/policy.yaml$" \
		"$root$prefix/lib/systemd/system/picket.service"
	equal "nothing names another place" "" \
		"$(cd "$root" && find ".$prefix/lib" ".$sysconfdir" ".$prefix/share/man" -type f -exec sed \
			"s#$sysconfdir/\(default/\)\{0,1\}picket##g; s#$prefix/\(sbin\|share\)/picket##g" {} + |
			grep -oE '/(sbin|share|etc|default)/picket' | sort -u)"
	check "the policy is right" "$root$prefix/sbin/picket" check "$root$sysconfdir/picket/policy.yaml"
	equal "... without a warning" 0 "$("$PICKET" check --json "$root$sysconfdir/picket/policy.yaml" | jq .summary.warnings)"

	echo '# mine' >>"$root$sysconfdir/picket/policy.yaml"
	check "installing again works" made install "$@"
	check "... and keeps a policy that was changed" grep -q '^# mine' "$root$sysconfdir/picket/policy.yaml"
	check "make uninstall" made uninstall "$@"
	equal "... leaves that policy alone" "$sysconfdir/picket/policy.yaml" "$(installed)"
	rm -rf "$root"
	made install "$@" >/dev/null
	made uninstall "$@" >/dev/null
	equal "... and nothing when it was not changed" "" "$(installed)"
	rm -rf "$root"
}

test_service() {
	local said status

	said=$(systemd-analyze security --no-pager --offline=true --threshold=20 "$ROOT/tools/systemd/picket.service" 2>&1)
	status=$?
	equal "the service's exposure is at most 2.0" 0 $status
	within "... which was measured, in tenths" 1 \
		"$(sed -n 's/.*Overall exposure level for picket.service: \([0-9]*\)\.\([0-9]\) .*/\1\2/p' <<<"$said")" 20
}

test_logrotate() {
	sed "s|/var/log|$WORK|" "$ROOT/tools/logrotate/picket" >"$WORK/logrotate.conf"
	mkdir "$WORK/picket"
	echo event >"$WORK/picket/events.log"
	check "logs are rotated" /usr/sbin/logrotate --force --state "$WORK/state" "$WORK/logrotate.conf"
	equal "... and left to the daemon to open anew" events.log.1 "$(ls "$WORK/picket")"
}

test_install /usr/local /etc
test_install /opt/picket /opt/picket/etc PREFIX=/opt/picket SYSCONFDIR=/opt/picket/etc
test_service
test_logrotate
finish
