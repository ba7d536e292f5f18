#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What picket run tells Prometheus: the real one scrapes it while traffic passes, and its answers must be
# what was sent. Its rules, the dashboard's queries, policies that change under it, and nothing live.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

BROKER=10.1.0.10
THERM_MAC=02:00:00:00:20:17
METER_MAC=02:00:00:00:20:18
METRICS=http://127.0.0.1:10713/metrics
PROMETHEUS=http://127.0.0.1:9090/api/v1
POLICY='gate"way\1' # in a label it must be written otherwise

for tool in prometheus promtool curl; do
	command -v $tool >/dev/null || give_up "$tool is there" "tools/install-deps.sh installs it"
done

topology() {
	netns gw therm valve srv
	for name in gw therm valve srv; do
		in_ns $name sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	done
	cable gw lan0 therm eth0 $THERM_MAC
	cable gw act0 valve eth0 02:00:00:00:30:11
	cable gw srv0 srv eth0
	gw ip address add 10.20.0.1/16 dev lan0
	gw ip address add 10.30.0.1/24 dev act0
	gw ip address add 10.1.0.1/24 dev srv0
}

# policy FILE [MORE-DEVICES]
policy() {
	cat >"$1" <<-POLICY
	picket: 1
	segments:
	  sensors: {interfaces: [lan0], subnets: [10.20.0.0/16]}
	  actors: {interfaces: [act0], subnets: [10.30.0.0/24], dhcp: true, mode: audit}
	  servers: {kind: hosts, interfaces: [srv0, {name: srv0, vlan: 7}], subnets: [10.1.0.0/24]}
	roles:
	  thermometer:
	    connect: [{to: servers, ports: [udp/5683]}]
	devices:
	  therm-17: {role: thermometer, mac: "$THERM_MAC", ip: 10.20.0.17}
	  meter: {role: thermometer, mac: "$METER_MAC", ip: 10.20.0.18, limit: {send: {packets: 1/m, burst: 10}}}
	  valve-1: {role: thermometer, mac: "02:00:00:00:30:11", segment: actors}
	  gone: {role: thermometer, ip: 10.20.0.19, valid-until: 2020-01-01T00:00:00Z}
	${2-}
	conduits:
	  - {from: [sensors, actors], to: servers}
	POLICY
}

# daemon ARGUMENTS...: picket run; its process is $daemon, its log $WORK/log.
daemon() {
	nsenter --net=/run/netns/gw "$PICKET" run "$@" >>"$WORK/log" 2>&1 &
	daemon=$!
	wait_for 20 surveyed || give_up "picket run answers" "$(tail -n 5 "$WORK/log")"
}

end_daemon() {
	kill "$daemon"
	wait "$daemon"
}

metrics() {
	gw curl -sS --max-time 20 "$@" $METRICS
}

surveyed() {
	metrics | grep -q '^picket_flows '
}

# sample SERIES: its value in the text.
sample() {
	metrics | awk -v series="$1" 'index($0, series " ") == 1 { print $NF }'
}

# ---- Prometheus ----

# The example and the rules as they are, but in a hurry.
start_prometheus() {
	mkdir "$WORK/prometheus"
	sed '1i global: {scrape_interval: 1s, evaluation_interval: 1s}' "$ROOT/tools/prometheus/prometheus.yml" \
		>"$WORK/prometheus/prometheus.yml"
	sed -E 's/\[(5m|15m)\]/[10s]/; s/\[1h\]/[20s]/; s/\[1d\]/[10m]/; s/for: [0-9]+m/for: 1s/' \
		"$ROOT/tools/prometheus/picket.rules.yml" >"$WORK/prometheus/picket.rules.yml"
	nsenter --net=/run/netns/gw prometheus --config.file="$WORK/prometheus/prometheus.yml" \
		--storage.tsdb.path="$WORK/prometheus/data" --web.listen-address=127.0.0.1:9090 --log.level=warn \
		>"$WORK/prometheus/log" 2>&1 &
	prometheus=$!
	becomes "prometheus scrapes it" 1 'up{job="picket"}'
}

# api PATH [PARAMETER=VALUE]
api() {
	gw curl -sS --max-time 20 -G "$PROMETHEUS/$1" ${2:+--data-urlencode "$2"}
}

# value EXPRESSION: its values, one after the other.
value() {
	api query "query=$1" | jq -r '[.data.result[].value[1]] | join(" ")'
}

is() {
	[ "$(value "$2")" = "$1" ]
}

# becomes NAME VALUE EXPRESSION
becomes() {
	wait_for 30 is "$2" "$3"
	equal "$1" "$2" "$(value "$3")"
}

# firing ALERT [LABEL VALUE]
firing() {
	api alerts | jq -e --arg alert "$1" --arg key "${2-alertname}" --arg value "${3-$1}" '[.data.alerts[] |
		select(.labels.alertname == $alert and .labels[$key] == $value and .state == "firing")] | .[0] // empty'
}

# fires ALERT [LABEL VALUE]: with all that it says filled in.
fires() {
	local alert

	if ! wait_for 60 firing "$@"; then
		not_ok "$* fires" "$(api alerts | jq -c '[.data.alerts[] | [.labels.alertname, .state]]')"
		return
	fi
	ok "$* fires"
	alert=$(firing "$@")
	equal "... and says what to do" true "$(jq '.annotations | (.summary | length > 20) and (.description | length > 100)
		and (tostring | test("<error|<no value|{{|%!") | not)' <<<"$alert")"
}

rests() {
	! firing "$@"
}

# ---- traffic ----

lan() {
	inject therm eth0 "$@"
}

allowed() {
	echo "udp from=10.20.0.17 to=$BROKER sport=$1 dport=5683 count=$2"
}

# Some of each kind, twice a second.
chatter() {
	local port=1000

	while :; do
		port=$((port + 1))
		lan "$(allowed $port 5)" "udp from=10.20.0.17 to=$BROKER sport=$port dport=4711 count=5" \
			"udp smac=$METER_MAC from=10.20.0.18 to=$BROKER sport=4000 dport=5683 count=20"
		inject valve eth0 "udp from=10.30.0.11 to=$BROKER sport=$port dport=4711 count=5"
		sleep 0.5
	done
}

# ---- what there is to see ----

counts() {
	local flows
	flows=$(sample picket_flows)
	lan "$(allowed 1 7)" "$(allowed 2 3)" "udp from=10.20.0.17 to=$BROKER sport=1 dport=4711 count=30" \
		"udp from=10.20.0.99 to=$BROKER sport=1 dport=5683 count=4" \
		"udp from=192.0.2.1 to=$BROKER sport=1 dport=5683 count=6" \
		"udp smac=$METER_MAC from=10.20.0.18 to=$BROKER sport=3 dport=5683 count=25"
	inject valve eth0 "udp from=10.30.0.11 to=$BROKER sport=1 dport=5683 count=8" \
		"udp from=10.30.0.11 to=$BROKER sport=1 dport=4711 count=9"
	becomes "drops by reason" 30 'picket_drops_total{segment="sensors", reason="role-connect"}'
	becomes "... of nobody" 4 'picket_drops_total{segment="sensors", reason="unknown-device"}'
	becomes "... of no segment" 6 'picket_drops_total{segment="(none)", reason="spoofed"}'
	becomes "... by a limit" 15 'picket_drops_total{segment="sensors", reason="limit-packets"}'
	becomes "... and none of what passes in audit" 0 'sum(picket_drops_total{segment="actors"})'
	becomes "packets by verdict: drop" 49 'picket_packets_total{segment="sensors", verdict="drop"}'
	becomes "... audit" 9 'picket_packets_total{segment="actors", verdict="audit"}'
	becomes "... the sum over reasons is that of the verdict" 0 \
		'sum(picket_drops_total) - sum(picket_packets_total{verdict="drop"})'
	becomes "bytes: 50 a frame that is sent with 8" $((60 * 49)) 'picket_bytes_total{segment="sensors", verdict="drop"}'
	becomes "a device: passed" 10 'picket_device_packets_total{device="therm-17", direction="sent", verdict="pass"}'
	becomes "... dropped" 30 'picket_device_packets_total{device="therm-17", direction="sent", verdict="drop"}'
	becomes "... bytes" 1800 'picket_device_bytes_total{device="therm-17", direction="sent", verdict="drop"}'
	becomes "... audit" 9 'picket_device_packets_total{device="valve-1", direction="sent", verdict="audit"}'
	becomes "... a limit" "10 15" 'sort(picket_device_packets_total{device="meter", direction="sent", verdict=~"pass|drop"})'
	# Two of therm-17's, one of meter's, two of valve-1's.
	becomes "connections" $((flows + 5)) picket_flows
	becomes "what there is is what picket says" "$(picket drops --json | jq -s 'map(select(.verdict == "drop") | .packets) | add')" \
		'sum(picket_drops_total)'
}

states() {
	becomes "devices by state" "2 0 1 1 0 0" 'picket_devices{segment="sensors", state="active"}
		or picket_devices{segment="sensors", state="quarantined"} or picket_devices{segment="sensors", state="expired"}
		or picket_devices{segment="actors"}'
	becomes "maps: learned addresses" 1 'picket_map_entries{map="learned"}'
	becomes "... all have room" 0 'count(picket_map_entries > picket_map_capacity) or vector(0)'
	becomes "... flows" 1 'count(picket_map_entries{map="flows"} == on () group_left () picket_flows)'
	becomes "interfaces, once each" 3 'count(picket_attached)'
	becomes "... all of them attached" 3 'sum(picket_attached{mode=~"native|generic"})'
	becomes "the policy" 1 'picket_policy_info'
	equal "... by its name and hash" "$(picket status --json | jq -c '[.policy, .hash]')" \
		"$(api query query=picket_policy_info | jq -c '.data.result[0].metric | [.name, .hash]')"
	equal "... which is an odd one" "$POLICY" "$(picket status --json | jq -r .policy)"
	becomes "... and for how long" 1 'count(time() - picket_policy_applied_timestamp_seconds < 600)'
	becomes "picket itself" 1 picket_build_info
}

quarantine() {
	check "a quarantine for a time" picket quarantine meter --for 10s
	becomes "... is seen" 1 'picket_devices{segment="sensors", state="quarantined"}'
	becomes "... and ends" 0 'picket_devices{segment="sensors", state="quarantined"}'
	wait_for 20 grep -q 'device meter is no longer quarantined' "$WORK/log"
	equal "... which is said once" 1 "$(grep -c 'device meter is no longer quarantined' "$WORK/log")"
	check "one without an end" picket quarantine meter
	becomes "... is seen" 1 'picket_devices{segment="sensors", state="quarantined"}'
	sleep 2.5
	becomes "... and stays" 1 'picket_devices{segment="sensors", state="quarantined"}'
	check "release" picket release meter
	becomes "... is seen" 0 'picket_devices{segment="sensors", state="quarantined"}'
	equal "... and is no end of a time" 1 "$(grep -c 'is no longer quarantined' "$WORK/log")"
}

text() {
	metrics >"$WORK/text"
	check "promtool has no complaint" promtool check metrics <"$WORK/text"
	equal "... not even a remark" "" "$(promtool check metrics <"$WORK/text" 2>&1)"
	equal "the text's type" "text/plain; version=0.0.4; charset=utf-8" \
		"$(metrics -o /dev/null -w '%{content_type}')"
	equal "OpenMetrics' type" "application/openmetrics-text; version=1.0.0; charset=utf-8" \
		"$(metrics -o /dev/null -w '%{content_type}' -H 'Accept: application/openmetrics-text')"
	equal "... its end" "# EOF" "$(metrics -H 'Accept: application/openmetrics-text' | tail -n 1)"
	equal "the same series in both" "" "$(diff <(names) <(names -H 'Accept: application/openmetrics-text'))"
	equal "no series twice" "" "$(names | uniq -d)"
	equal "help and type for each" "" "$(for kind in HELP TYPE; do
		diff <(names | sed 's/{.*//' | sort -u) <(sed -n "s/^# $kind \([a-z_]*\) .*/\1/p" "$WORK/text" | sort -u); done)"
	# Only OpenMetrics knows infos.
	equal "Prometheus itself read OpenMetrics" '"info"' \
		"$(api targets/metadata metric=picket_policy | jq -c '.data[0].type')"
}

names() {
	metrics "$@" | sed -n '/^#/!s/ [^ ]*$//p' | sort
}

rules() {
	check "promtool check rules" promtool check rules "$ROOT/tools/prometheus/picket.rules.yml"
	check "promtool check config" promtool check config "$ROOT/tools/prometheus/prometheus.yml"
	check "promtool test rules" promtool test rules "$ROOT/tools/prometheus/picket.test.yml"
	fires PicketDeviceDrops device therm-17
	fires PicketLimitHit reason limit-packets
	check "others rest" rests PicketAttachmentLost
	check "... with a policy that is live" rests PicketNothingLive
	check "... for devices that speak" wait_for 60 rests PicketDeviceSilent device therm-17
}

# A query as Grafana would send it.
grafana_query() {
	local query=$1

	# shellcheck disable=SC2016 # Grafana's variables
	for pair in '$__rate_interval=10s' '$__range=5m' '$instance=.*' '$segment=.*'; do
		query=${query//"${pair%%=*}"/"${pair#*=}"}
	done
	echo "$query"
}

dashboard() {
	local file=$ROOT/tools/grafana/picket.json query n=0

	check "dashboard: is JSON" jq -e . "$file"
	# shellcheck disable=SC2016 # Grafana's variable
	equal "dashboard: all of it asks the chosen data source" '["${datasource}"]' \
		"$(jq -c '[.. | .datasource? | objects | .uid] | unique' "$file")"
	equal "dashboard: every panel has a number of its own" 0 "$(jq '[.panels[].id] | length - (unique | length)' "$file")"
	equal "dashboard: panels do not overlap" 0 "$(jq '[.panels[].gridPos] | [range(length) as $i | range($i) as $k |
		select(.[$i].x < .[$k].x + .[$k].w and .[$k].x < .[$i].x + .[$i].w and
			.[$i].y < .[$k].y + .[$k].h and .[$k].y < .[$i].y + .[$i].h)] | length' "$file")"
	while IFS= read -r query; do
		query=$(grafana_query "$query")
		n=$((n + 1))
		wait_for 30 has_data "$query"
		equal "dashboard: $query" "success true" \
			"$(jq -r '.status + " " + (.data.result | length > 0 | tostring) + (.error // "")' "$WORK/answer")"
	done < <(jq -r '(.. | .expr? // empty), (.templating.list[] | select(.type == "query") |
		.definition | capture("^label_values\\((?<metric>.*), [a-z]+\\)$").metric)' "$file")
	within "dashboard: that was all of them" 20 $n 60
	equal "dashboard: no query asks for a label or metric that there is not" "" "$(unknown_names "$file")"
}

has_data() {
	api query "query=$1" >"$WORK/answer"
	jq -e '.data.result | length > 0' "$WORK/answer"
}

unknown_names() {
	comm -13 <(sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$WORK/text" | sort -u) \
		<(jq -r '.. | .expr? // empty' "$1" | grep -o 'picket_[a-z_]*' | sort -u)
}

# Scrapes one after the other, while policies become live: each is whole, none goes back.
changes() {
	local last=0 scrapes=0 bad=0 now changing

	policy "$WORK/more.yaml" '  more: {role: thermometer, ip: 10.20.0.20}'
	for _ in 1 2 3 4; do
		picket apply "$WORK/more.yaml"
		picket apply "$WORK/$POLICY.yaml"
	done >"$WORK/changes" 2>&1 &
	changing=$!
	while kill -0 $changing 2>/dev/null; do
		metrics >"$WORK/scrape" || bad=$((bad + 1))
		now=$(awk -F' ' 'index($0, "picket_drops_total{segment=\"sensors\",reason=\"role-connect\"} ") == 1 { print $NF }' \
			"$WORK/scrape")
		if [ "$(grep -c '^picket_policy_info{' "$WORK/scrape")" != 1 ] || [ "${now:-0}" -lt "$last" ]; then
			bad=$((bad + 1))
		fi
		last=${now:-0}
		scrapes=$((scrapes + 1))
	done
	wait $changing
	within "scrapes while policies change" 3 $scrapes 1000000
	equal "... all whole, none going back" 0 $bad
	becomes "... Prometheus goes on" 1 'up{job="picket"}'
	becomes "... and the last policy's devices are counted" "4" 'sum(picket_devices)'
}

bad_file() {
	cp "$WORK/$POLICY.yaml" "$WORK/good"
	echo "picket: 2" >"$WORK/$POLICY.yaml"
	kill -HUP "$daemon"
	becomes "an apply that fails is counted" 1 picket_apply_failures_total
	fires PicketApplyFailed
	cp "$WORK/good" "$WORK/$POLICY.yaml"
	refuse "... by picket apply too" picket apply /dev/null
	becomes "... in the same place" 2 picket_apply_failures_total
}

attachments() {
	gw ip link delete lan0
	becomes "an interface that is gone is not filtered" 0 'picket_attached{interface="lan0"}'
	equal "... in no mode" none "$(api query 'query=picket_attached{interface="lan0"}' | jq -r '.data.result[0].metric.mode')"
	fires PicketAttachmentLost interface lan0
	cable gw lan0 therm eth0 $THERM_MAC
	gw ip address add 10.20.0.1/16 dev lan0
	becomes "... one that came back is" 1 'picket_attached{interface="lan0"}'
	becomes "... what came in meanwhile is counted" 1 'count(picket_unfiltered_packets_total >= 0)'
}

silence() {
	fires PicketDeviceSilent device therm-17
}

# choose WHICH EXPECTED: the devices that have series of their own.
choose() {
	end_daemon
	daemon --device-metrics "$1"
	equal "--device-metrics $1" "$2" "$(metrics |
		sed -n 's/^picket_device_bytes_total{device="\([^"]*\)",direction="sent",verdict="pass"} .*/\1/p' | xargs)"
}

choices() {
	choose none ""
	choose all "therm-17 meter valve-1 gone"
	choose top=2 "$(picket devices --json --top 2 | jq -r '[.[].device] | join(" ")')"
	for bad in top=0 top=10001 top= some; do
		picket run --device-metrics $bad >"$WORK/usage" 2>&1
		equal "--device-metrics $bad is refused" 2 $?
	done
	equal "... with what it wants" 1 "$(grep -c 'wants all, none or top=N' "$WORK/usage")"
}

nothing_live() {
	check "unload" picket unload
	becomes "nothing live: Prometheus goes on" "1 1" 'up{job="picket"} or picket_build_info'
	becomes "... without a policy" "" 'picket_policy_info or picket_flows or picket_devices or picket_attached'
	fires PicketNothingLive
	wait_for 10 no_survey
	equal "... what is left to say" "picket_apply_failures_total picket_build_info" "$(names | sed 's/{.*//' | xargs)"
	check "... without complaint" promtool check metrics < <(metrics)
	check "apply" picket apply "$WORK/$POLICY.yaml"
	becomes "... all is there again" 4 'sum(picket_devices)'
}

no_survey() {
	! surveyed
}

ends() {
	end_daemon
	equal "the daemon ends well" 0 $?
	becomes "a daemon that is gone" 0 'up{job="picket"}'
	fires PicketDown
	equal "the log has no complaint" "" "$(grep -v 'gate"way' "$WORK/log" | grep -iE 'error|cannot|fail' | head -n 5)"
	kill $prometheus
	wait $prometheus
}

topology
policy "$WORK/$POLICY.yaml"
daemon --listen 127.0.0.1:10713 "$WORK/$POLICY.yaml"
start_prometheus
counts
states
quarantine
chatter &
chatter=$!
text
rules
dashboard
changes
kill $chatter
wait $chatter 2>/dev/null
silence
bad_file
attachments
choices
nothing_live
ends
finish
