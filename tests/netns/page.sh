#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The page and the JSON that it reads, of a real daemon, with real traffic of which every frame is known:
# what curl is told, and what a headless browser shows.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

ORIGIN=http://127.0.0.1:10713
THERM=02:00:00:00:20:17 CAM=02:00:00:00:30:03
BROKER=10.1.0.10
PATIENCE=60 # s that a browser on a busy machine may take
# A policy is called after its file, and a file may have any name.
FILE='<img src=x onerror=alert(1)>.yaml'

topology() {
	netns gw therm cam srv
	for ns in gw therm cam srv; do
		# every frame is to be known, and new interfaces speak IPv6
		in_ns $ns sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	done
	cable gw lan0 therm eth0 $THERM
	cable gw cam0 cam eth0 $CAM
	cable gw srv0 srv eth0
	forwarding gw
	gw ip address add 10.20.0.1/24 dev lan0
	gw ip address add 10.30.0.1/24 dev cam0
	gw ip address add 10.1.0.1/24 dev srv0
	# nobody answers there
	gw ip neighbour add $BROKER lladdr 02:00:00:00:00:aa dev srv0
}

policy() {
	cat >"$WORK/$FILE" <<-'POLICY'
	picket: 1
	gateway: {addresses: [10.20.0.1, 10.30.0.1, 10.1.0.1]}
	segments:
	  sensors: {interfaces: [lan0], subnets: [10.20.0.0/24]}
	  cameras: {interfaces: [cam0], subnets: [10.30.0.0/24], mode: audit}
	  servers: {kind: hosts, interfaces: [srv0], subnets: [10.1.0.0/24]}
	roles:
	  thermometer:
	    connect: [{to: servers, ports: [udp/5683]}]
	    limit: {send: {packets: 1000/s, burst: 500}}
	  camera:
	    connect: [{to: servers, ports: [udp/5683]}]
	devices:
	  therm-17: {role: thermometer, mac: "02:00:00:00:20:17", ip: 10.20.0.17, space: hq/floor-2}
	  therm-18: {role: thermometer, mac: "02:00:00:00:20:18", ip: 10.20.0.18}
	  Cam-3: {role: camera, mac: "02:00:00:00:30:03", ip: 10.30.0.3}
	conduits:
	  - {from: [sensors, cameras], to: servers}
	POLICY
}

# udp NS SOURCE PORT COUNT [MORE]
udp() {
	inject "$1" eth0 "udp from=$2 to=$BROKER sport=4000 dport=$3 bytes=100 count=$4 ${5-}"
}

# 49 pass, 17 are dropped, 6 pass as audit.
traffic() {
	udp therm 10.20.0.17 5683 40
	udp therm 10.20.0.17 99 7
	udp therm 10.20.0.99 5683 5 smac=02:00:00:00:20:99
	udp therm 10.20.0.18 5683 3
	udp therm 10.99.0.1 5683 2
	udp cam 10.30.0.3 5683 9
	udp cam 10.30.0.3 99 6
}

# The daemon, in the background; its process is $daemon.
run_daemon() {
	nsenter --net=/run/netns/gw "$PICKET" run "$@" >>"$WORK/log" 2>&1 &
	daemon=$!
}

end_daemon() {
	kill "$daemon"
	wait "$daemon"
}

# get PATH [CURL'S ARGUMENTS...]
get() {
	local path=$1
	shift
	gw curl -s "$@" "$ORIGIN$path"
}

# asked NAME EXPECTED PATH FILTER: of the JSON there
asked() {
	equal "api: $1" "$2" "$(get "$3" | jq -c "$4")"
}

# refused NAME STATUS PATH: with a sentence
refused() {
	local answer
	answer=$(get "$3" -w ' %{http_code} %{content_type}')
	equal "api: $1" "$2 text/plain; charset=utf-8" "$(sed -n '$s/^ //p' <<<"$answer")"
	equal "api: ... one sentence" 1 "$(sed '$d' <<<"$answer" | grep -c '^[a-z].*[a-z0-9]$')"
}

api_live() {
	asked "status: which policy" '["'"${FILE%.yaml}"'","enforce",3,3,false]' /api/status \
		'[.policy, .mode, .devices, .segments, .apply_failed]'
	asked "status: its hash, and since when" '[true,true]' /api/status '[(.hash | length == 64), .time - .since < 600]'
	asked "status: ports" '["lan0",null,true,"native"]' /api/status '[.ports[0] | .interface, .vlan, .attached, .mode]'
	asked "status: totals" '[["pass",49,6958],["drop",17,2414],["audit",6,852]]' /api/status \
		'[.totals[] | [.verdict, .packets, .bytes]]'
	asked "status: nothing was lost" '[0,0]' /api/status '[.events_lost, .unfiltered]'
	asked "segments: what each counted" \
		'[[null,null,0,2,0],["sensors","enforce",40,15,0],["cameras","audit",9,0,6],["servers","enforce",0,0,0]]' \
		/api/segments '[.segments[] | [.segment, .mode, .totals[].packets]]'
	asked "segments: reasons" '[[null,"drop","spoofed",2],["sensors","drop","mac-mismatch",3],["sensors","drop","unknown-device",5],["sensors","drop","role-connect",7],["cameras","audit","role-connect",6]]' \
		/api/segments '[.drops[] | [.segment, .verdict, .reason, .packets]]'
	asked "segments: bytes" '[40,5680]' /api/segments '.segments[1].totals[0] | [.packets, .bytes]'
	asked "segments: a clock for rates" true /api/segments '.uptime > 0 and .time > .uptime'
}

api_devices() {
	asked "devices: most dropped first" '["therm-17","therm-18","Cam-3"]' /api/devices '[.devices[].device]'
	asked "devices: what one did" '["therm-17",["thermometer"],"sensors","active",40,7,0,"role-connect"]' /api/devices \
		'.devices[0] | [.device, .roles, .segment, .state, .passed, .dropped, .audit, .last_reason]'
	asked "devices: search, in any case" '[1,["Cam-3"]]' '/api/devices?search=cAM' '[.matching, [.devices[].device]]'
	asked "devices: nothing is like that" '[0,[]]' '/api/devices?search=%3Cb%3E' '[.matching, .devices]'
	asked "devices: of a segment" '["therm-17","therm-18"]' '/api/devices?segment=sensors' '[.devices[].device]'
	asked "devices: top, and how many there are" '[3,["therm-17"]]' '/api/devices?top=1' '[.matching, [.devices[].device]]'
	asked "devices: by name" '["Cam-3","therm-17","therm-18"]' '/api/devices?sort=name' '[.devices[].device]'
	asked "devices: by audit" '["Cam-3"]' '/api/devices?sort=audit&top=1' '[.devices[].device]'
	asked "devices: by packets" '["therm-17","Cam-3","therm-18"]' '/api/devices?sort=packets' '[.devices[].device]'
	asked "devices: latest first" '["Cam-3"]' '/api/devices?sort=seen&top=1' '[.devices[].device]'
	equal "api: devices: as the command says it" "$(picket devices --json --sort dropped | jq -c '[.[].dropped]')" \
		"$(get /api/devices | jq -c '[.devices[].dropped]')"
	equal "api: device: as the command says it" "$(picket devices therm-17 --json | jq -c 'del(.limits)')" \
		"$(get '/api/device?name=therm-17' | jq -c 'del(.limits)')"
}

api_refusals() {
	local path

	refused "a key that is none" 400 '/api/devices?sort=colour'
	for path in top=0 top=1001 top=-1 top=ten top; do
		refused "$path" 400 "/api/devices?$path"
	done
	refused "a segment that is none" 400 '/api/devices?segment=nowhere'
	refused "a device that is none" 404 '/api/device?name=nobody'
	refused "no device" 400 '/api/device'
	equal "api: POST" 405 "$(get /api/status -X POST -o "$WORK/out" -w '%{http_code}')"
	for path in / /api/status /api/segments /api/devices '/api/device?name=therm-17'; do
		equal "api: HEAD $path: status and type of GET, no body" \
			"$(get "$path" -o "$WORK/out" -w '%{http_code} %{content_type} 0')" \
			"$(get "$path" -I -o "$WORK/out" -w '%{http_code} %{content_type} %{size_download}')"
	done
	equal "api: nothing is kept by caches" 5 "$(for path in / /api/status /api/segments /api/devices \
		'/api/device?name=therm-17'; do get "$path" -I; done | grep -ci '^cache-control: no-store')"
}

# Slow answers are made one after another, quick ones beside them; who is too many is told so.
api_crowd() {
	seq 300 | sed "s|.*|url = $ORIGIN/api/devices\noutput = /dev/null|" >"$WORK/crowd"
	gw curl -s --parallel --parallel-max 100 -w '%{http_code}\n' -K "$WORK/crowd" >"$WORK/codes" 2>/dev/null &
	asked "beside a crowd: status" '"enforce"' /api/status .mode
	wait $!
	equal "api: a crowd: 300 answers" 300 "$(grep -c -E '^(200|503)$' "$WORK/codes")"
	within "api: a crowd: most get what they want" 64 "$(grep -c 200 "$WORK/codes")" 300
}

# ---- the browser ----

start_browser() {
	coproc BROWSER { in_ns gw python3 "$HERE/browser.py" "$WORK/profile" 2>"$WORK/browser.log"; }
	exec 3>&"${BROWSER[1]}" 4<&"${BROWSER[0]}"
	browser view 1280 900 || give_up "the browser starts" "$(tail -n 3 "$WORK/browser.log")"
}

# browser COMMAND WORDS...: as browser.py has them
browser() {
	local status text
	printf '%s\0' $# "$@" >&3
	IFS= read -r -d '' status <&4 && IFS= read -r -d '' text <&4 || return 1
	[ -z "$text" ] || printf '%s\n' "$text"
	return "$status"
}

# shows NAME EXPECTED SCRIPT: as soon as it does
shows() {
	equal "page: $1" "$2" "$(browser shows $PATIENCE "$2" "String($3)")"
}

# no_problems NAME: since it was asked last
no_problems() {
	equal "page: $1: no error, nothing that its policy forbids, no request elsewhere" "" "$(browser problems "$ORIGIN")"
}

total() {
	echo "document.querySelector('[data-total=$1] data')?.value"
}

# total of a chart's row
row_total() {
	echo "document.querySelector('#by-$1 [data-name=\"$2\"] td:last-child data')?.value"
}

DROPPED="document.querySelector('#device-rows [data-name=therm-17] td:nth-child(4) data')?.value"
LISTED="[...document.querySelectorAll('#device-rows tr')].map(row => row.dataset.name).join()"
STATE="document.body.dataset.state"

page_numbers() {
	browser open "$ORIGIN/"
	shows "it is live" live "$STATE"
	shows "passed" 49 "$(total pass)"
	shows "dropped" 17 "$(total drop)"
	shows "audit" 6 "$(total audit)"
	shows "flows opened" "$(picket status --json | jq .flows_opened)" "$(total flows)"
	shows "by segment: what passed" 40 "$(row_total segment sensors)"
	shows "by reason: role-connect" 7 "$(row_total reason role-connect)"
	shows "by reason: unknown-device" 5 "$(row_total reason unknown-device)"
	shows "by reason: mac-mismatch" 3 "$(row_total reason mac-mismatch)"
	shows "by reason: spoofed, of no segment" 2 "$(row_total reason spoofed)"
	shows "by reason: audit apart" 6 "$(row_total reason 'role-connect (audit)')"
	shows "a device's drops" 7 "$DROPPED"
	shows "the devices, most dropped first" therm-17,therm-18,Cam-3 "$LISTED"
	shows "the policy, whatever it is called" "${FILE%.yaml}" "document.querySelector('#policy-name').textContent"
	shows "its mode" enforce "document.querySelector('#policy-mode').textContent"
	shows "its hash" "$(picket status --json | jq -r '.hash[:12]')" "document.querySelector('#policy-hash').textContent"
	shows "what is attached" 3 "document.querySelectorAll('#ports .good').length"
	shows "a segment in audit mode" cameras \
		"[...document.querySelectorAll('#by-segment .badge')].map(one => one.closest('tr').dataset.name).join()"
	browser eval "document.querySelector('#metric').value = 'dropPackets',
		document.querySelector('#metric').dispatchEvent(new Event('change')), ''" >/dev/null
	shows "by segment: what was dropped" 15 "$(row_total segment sensors)"
	shows "... of no segment" 2 "$(row_total segment '(no segment)')"
	no_problems "numbers"
}

# Rates are made of what came between two answers: their sum over time is what was sent.
page_rates() {
	shows "two answers make a rate" true "history.samples.length > 2"
	udp therm 10.20.0.17 99 200
	shows "more is dropped, by itself" 207 "$DROPPED"
	shows "by reason, too" 207 "$(row_total reason role-connect)"
	shows "the rates are what was sent" 200 "Math.round(history.samples.reduce((sum, sample, i) => sum + (i &&
		(sample.at - history.samples[i - 1].at) * (sample.rates.reasons.get('role-connect') || 0)), 0))"
	shows "a chart is drawn" true "document.querySelectorAll('#by-reason .area').length > 0"
	no_problems "rates"
}

event() {
	echo "[...document.querySelectorAll('#event-rows li')].find(row => row.textContent.includes('$1'))"
}

page_events() {
	shows "what was refused before it was opened" true "!!$(event 10.20.0.99:4000)"
	udp therm 10.20.0.17 4711 1
	shows "an event as it happens" "10.20.0.17:4000 → 10.1.0.10:4711" \
		"$(event :4711)?.querySelector('.path').textContent"
	shows "... with its reason" role-connect "$(event :4711).querySelector('.badge').textContent"
	shows "... and its device" therm-17 "$(event :4711).querySelector('button').textContent"
	browser click '#pause'
	shows "pause is pressed" true "document.querySelector('#pause').getAttribute('aria-pressed')"
	sleep 1 # an event a second is all that there is of a device and reason
	udp therm 10.20.0.17 4712 1
	shows "an event waits" "Paused, 1 waiting" "document.querySelector('#events-state').textContent"
	shows "... and is not shown" false "!!$(event :4712)"
	browser click '#pause'
	shows "it is shown afterwards" true "!!$(event :4712)"
	gw ip link set srv0 down
	gw ip link set srv0 name '<i>srv0' up
	inject srv eth0 "udp from=10.30.0.3 to=10.20.0.17 sport=1 dport=4713"
	shows "an interface may be called anything" true "$(event :4713)?.textContent.includes('in <i>srv0')"
	gw ip link set '<i>srv0' down
	gw ip link set '<i>srv0' name srv0 up
	gw ip neighbour replace $BROKER lladdr 02:00:00:00:00:aa dev srv0
	no_problems "events"
}

search() {
	browser eval "document.querySelector('#search').focus(), document.querySelector('#search').select(), ''" >/dev/null
	browser type "$1"
}

page_search() {
	search cAm
	shows "search, in any case" Cam-3 "$LISTED"
	shows "... counts what it finds" 1 "document.querySelector('#devices-count').textContent"
	search '<b>'
	shows "search: nothing is like that" "No device is like that" "document.querySelector('#device-rows').textContent"
	browser eval "document.querySelector('#search').value = '',
		document.querySelector('#segment').value = 'cameras',
		document.querySelector('#segment').dispatchEvent(new Event('change')), ''" >/dev/null
	shows "a segment's" Cam-3 "$LISTED"
	browser eval "document.querySelector('#segment').value = '', document.querySelector('#sort').value = 'name',
		document.querySelector('#sort').dispatchEvent(new Event('change')), ''" >/dev/null
	shows "by name" Cam-3,therm-17,therm-18 "$LISTED"
	no_problems "search"
}

FOCUS="(document.activeElement.id || document.activeElement.className || document.activeElement.tagName)"
FOCUS_SEEN="(style => style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2)(getComputedStyle(document.activeElement))"

# Where Tab leads, in order, until it begins again; each must show that it has the focus.
tab_through() {
	local at

	browser open "$ORIGIN/"
	browser shows $PATIENCE 3 "document.querySelectorAll('#device-rows button').length" >/dev/null
	browser shows $PATIENCE true "!!$(event therm-17)" >/dev/null
	browser eval "events.pause()" >/dev/null # events would come in between
	browser key Tab
	for _ in $(seq 60); do
		at=$(browser eval "$FOCUS")
		[ "$at" != BODY ] || break
		[ "$(browser eval "$FOCUS_SEEN")" = true ] || at="$at(unseen)"
		echo "$at"
		browser key Tab
	done | uniq
}

page_keyboard() {
	equal "page: Tab leads everywhere, and one sees where" \
		"skip metric plot search segment sort device pause event-rows device" \
		"$(tab_through | tr '\n' ' ' | sed 's/ $//')"
	browser eval "document.querySelector('#device-rows [data-name=therm-17] button').focus(), ''" >/dev/null
	browser key Enter
	shows "Enter opens a device" "true therm-17" \
		"document.querySelector('#device').open + ' ' + document.querySelector('#device-title').textContent"
	shows "... with what is known of it" "02:00:00:00:20:17" \
		"document.querySelector('#device [data-key=mac] dd')?.textContent"
	shows "... its counters" true "document.querySelector('#device-body').textContent.includes('sent40')"
	shows "... its limits" true "/sendpackets.{0,12}1,000500/.test(document.querySelector('#device-body').textContent)"
	shows "... its last events" true "!!document.querySelector('#device-events .path')"
	browser key Escape
	shows "Escape closes it" false "document.querySelector('#device').open"
	shows "... and the focus is where it was" therm-17 "document.activeElement.textContent"
	browser eval "document.querySelector('#by-reason .plot').focus(), ''" >/dev/null
	# there must be a past to go to
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		browser key ArrowLeft 2
		[ "$(browser eval "document.querySelector('#by-reason .moment').textContent")" = Now ] || break
		sleep 1
	done
	shows "arrows lead through a chart" false "document.querySelector('#by-reason .moment').textContent === 'Now'"
	browser key Escape
	shows "... and back" Now "document.querySelector('#by-reason .moment').textContent"
	browser eval "document.querySelector('#pause').focus(), ''" >/dev/null
	browser key Enter
	shows "Enter ends the pause" false "document.querySelector('#pause').getAttribute('aria-pressed')"
	shows "everything that takes input has a name" "" "[...document.querySelectorAll('input, select, button, [role=slider]')]
		.filter(one => !one.labels?.length && !one.textContent.trim() && !one.getAttribute('aria-label'))
		.map(one => one.id).join()"
	no_problems "keyboard"
}

# Text whose contrast with what is behind it is under what WCAG 2.1 AA wants.
FAINT='(() => {
	const channels = colour => { const n = colour.match(/[\d.]+/g).map(Number); return n.length === 3 ? [...n, 1] : n; };
	const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
		.reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
	const behind = one => { for (; one; one = one.parentElement) {
		const colour = channels(getComputedStyle(one).backgroundColor);
		if (colour[3] === 1) return colour;
	} };
	return [...document.querySelectorAll("body *")].filter(one => one.checkVisibility() &&
		!one.closest("noscript, option") &&
		[...one.childNodes].some(node => node.nodeType === 3 && node.data.trim())).filter(one => {
		const style = getComputedStyle(one);
		const text = channels(one instanceof SVGElement ? style.fill : style.color);
		const [a, b] = [light(text), light(behind(one))].sort((x, y) => y - x);
		const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
		return (a + .05) / (b + .05) < (large ? 3 : 4.5);
	}).map(one => one.textContent.trim().slice(0, 30)).join("; ");
})()'

GROUND="getComputedStyle(document.body).backgroundColor"

page_looks() {
	local light
	browser view 1280 900
	light=$(browser eval "$GROUND")
	shows "light: contrast" "" "$FAINT"
	browser view 1280 900 dark
	shows "dark is dark" true "$GROUND !== '$light' && Math.max(...$GROUND.match(/\\d+/g).map(Number)) < 40"
	shows "dark: contrast" "" "$FAINT"
	browser view 1280 900 reduced
	shows "nothing moves where that is not wanted" 0 "[...document.querySelectorAll('*')].filter(one =>
		(style => style.transitionDuration !== '0s' || style.animationName !== 'none')(getComputedStyle(one))).length"
	browser view 360 740
	shows "360 px: nothing is wider" "360 360" "document.documentElement.scrollWidth + ' ' + innerWidth"
	shows "360 px: nor is anything cut off" "" "[...document.querySelectorAll('main *, header *')].filter(one =>
		one.checkVisibility() && !one.closest('.unseen') && one.getBoundingClientRect().right > 360.5).map(one => one.outerHTML.slice(0, 60)).join()"
	browser click '#device-rows [data-name=therm-17] button'
	shows "360 px: a device" "true 360" "document.querySelector('#device').open + ' ' + document.documentElement.scrollWidth"
	shows "360 px: light: contrast" "" "$FAINT"
	browser click '#device-close'
	shows "it closes" false "document.querySelector('#device').open"
	browser view 1280 900
	no_problems "looks"
}

# What the page says in the alerts.
ALERTS="[...document.querySelectorAll('.alert')].filter(one => one.checkVisibility()).map(one => one.textContent).join(' ')"

page_detached() {
	gw ip link delete cam0
	shows "what is not attached is said" "cam0 is not attached: what arrives there is not filtered." "$ALERTS"
	shows "... where the ports are, too" "cam0 NOT ATTACHED" "document.querySelector('#ports .bad')?.textContent"
	cable gw cam0 cam eth0 $CAM
	gw ip address add 10.30.0.1/24 dev cam0
	shows "it is attached again" "" "$ALERTS"
	no_problems "detached"
}

page_gone() {
	kill -STOP "$daemon"
	shows "the daemon hangs" gone "$STATE"
	kill -CONT "$daemon"
	shows "... and goes on" "live " "$STATE + ' ' + $ALERTS"
	end_daemon
	shows "the daemon is gone" "gone Disconnected" "$STATE + ' ' + document.querySelector('#connection').textContent"
	shows "since when, and that it tries again" true "/^Disconnected since \\d\\d:\\d\\d:\\d\\d, trying again/.test($ALERTS)"
	shows "no events either" "Not connected, trying again" "document.querySelector('#events-state').textContent"
	shows "what it knew is still there" 207 "$(row_total reason role-connect) - 2"
	run_daemon
	shows "it is there again" live "$STATE"
	shows "... and nothing is wrong" "" "$ALERTS"
	shows "... nor with the events" Live "document.querySelector('#events-state').textContent"
	shows "... which may be missing" true "!!$(event 'may be missing')"
	udp therm 10.20.0.17 4714 1
	shows "events go on" true "!!$(event :4714)"
	shows "only the lack of answers was an error" "" "$(browser problems "$ORIGIN" | grep -v ERR_ | jq -Rs .)"
}

page_nothing() {
	check "unload" picket unload
	refused "status: nothing is live" 503 /api/status
	refused "segments: nothing is live" 503 /api/segments
	refused "devices: nothing is live" 503 '/api/devices?sort=colour'
	refused "device: nothing is live" 503 '/api/device?name=therm-17'
	shows "nothing is live" "nothing Nothing is live" "$STATE + ' ' + document.querySelector('#connection').textContent"
	shows "... so that nothing is filtered" true "$ALERTS.startsWith('No packet is filtered')"
	shows "no device is left over" "Nothing is live" "document.querySelector('#device-rows').textContent"
	shows "no rate either" 0 "document.querySelectorAll('.area').length"
	check "apply" picket apply "$WORK/$FILE"
	shows "live again" "live " "$STATE + ' ' + $ALERTS"
	shows "counted anew" 0 "$(total drop)"
	shows "only 503 was an error" "" "$(browser problems "$ORIGIN" | grep -v ' 503 ' | jq -Rs .)"
}

EVIL='<img src=x onerror=\"document.title = 1\"><script>document.title = 1</script>'

# An answer in the daemon's place, with markup in whatever is text.
page_injection() {
	local device event

	device='{"device":"'$EVIL'","roles":["'$EVIL'"],"segment":"'$EVIL'","state":"'$EVIL'","last_seen":1,
		"passed":1,"passed_bytes":1,"dropped":1,"audit":1,"last_reason":"'$EVIL'"}'
	event='{"time":1,"verdict":"drop","reason":"'$EVIL'","device":"'$EVIL'","role":null,"segment":"'$EVIL'","direction":"in","interface":"'$EVIL'","vlan":null,"src":"'$EVIL'","dst":"'$EVIL'","protocol":"'$EVIL'","sport":1,"dport":2,"icmp_type":null,"ethertype":"0x0800","mac":"'$EVIL'","count":2,"bytes":3}'
	browser mock /api/devices 200 application/json "{\"time\":2,\"matching\":1,\"devices\":[$device]}"
	browser mock /api/device? 200 application/json "{\"device\":\"$EVIL\",\"$EVIL\":\"$EVIL\",\"list\":[{\"$EVIL\":\"$EVIL\"}]}"
	browser mock /events 200 text/event-stream "$(printf 'id: 1\ndata: %s\n\nevent: lost\ndata: {"lost":12}\n\nid: 14\ndata: %s\n\n' "$event" "$event")"
	browser open "$ORIGIN/"
	shows "markup in a name is text" "$(jq -rn "\"$EVIL\"")" "document.querySelector('#device-rows button')?.textContent"
	shows "markup in an event is text" "$(jq -rn "\"$EVIL\"")" "document.querySelector('#event-rows .badge')?.textContent"
	shows "events that were lost are said" true "!!$(event '12 events were lost')"
	browser click '#device-rows button'
	shows "markup in a device's details is text" true \
		"document.querySelector('#device-body').textContent.split('<img src=x').length === 5"
	shows "nothing of it is an element, and nothing ran" "0 1" \
		"document.images.length + ' ' + document.scripts.length"
	shows "the title is the policy's" "${FILE%.yaml}: picket" "document.title"
	no_problems "injection"
	browser unmock
}

page_empty() {
	browser mock /api/devices 200 application/json '{"time":2,"matching":0,"devices":[]}'
	browser mock /events 200 text/event-stream ': nothing'
	browser open "$ORIGIN/"
	shows "no device" "The policy lists no device" "document.querySelector('#device-rows').textContent"
	shows "no event" "Nothing was refused lately" "document.querySelector('#event-rows').textContent"
	shows "no reason" "Nothing was refused" "document.querySelector('#by-reason tbody').textContent"
	browser unmock
	browser mock /api/ 500 text/plain 'the live state cannot be read'
	shows "what is wrong is said" true "/the daemon says .the live state cannot be read./.test($ALERTS)"
	browser unmock
	browser problems "$ORIGIN" >/dev/null
}

# Over TLS, with a password; what an address holds before the host is for nobody else.
page_secure() {
	end_daemon
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 \
		-keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2>/dev/null
	echo 'correct horse battery' >"$WORK/password"
	chmod 600 "$WORK/password"
	cat >"$WORK/web.yaml" <<-'WEB'
	tls: {certificate: cert.pem, key: key.pem}
	basic-auth: {user: admin, password-file: password}
	WEB
	run_daemon --web-config "$WORK/web.yaml"
	ORIGIN=https://127.0.0.1:10713
	wait_for $PATIENCE get / -k -o /dev/null
	equal "page: not without the password" 401 "$(get / -k -o "$WORK/out" -w '%{http_code}')"
	browser open about:blank
	browser problems "$ORIGIN" >/dev/null
	browser open "https://admin:correct%20horse%20battery@127.0.0.1:10713/"
	shows "TLS and a password: live" live "$STATE"
	shows "... and its events" Live "document.querySelector('#events-state').textContent"
	no_problems "TLS and a password"
}

topology
policy
run_daemon "$WORK/$FILE"
wait_for 30 grep -q 'is live' "$WORK/log" || give_up "the daemon runs" "$(tail -n 5 "$WORK/log")"
traffic
api_live
api_devices
api_refusals
api_crowd
start_browser
page_numbers
page_rates
page_events
page_search
page_keyboard
page_looks
page_detached
page_gone
page_nothing
page_injection
page_empty
page_secure
finish
