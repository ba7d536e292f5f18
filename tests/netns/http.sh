#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The daemon's HTTP: who may ask and where, and what clients do that it must bear.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

PORT=10713
DEVICE_MAC=02:00:00:00:20:17

topology() {
	netns gw dev
	cable gw lan0 dev eth0 $DEVICE_MAC
	gw ip address add 10.20.0.1/24 dev lan0
	in_ns dev ip address add 10.20.0.17/24 dev eth0
	cat >"$WORK/policy.yaml" <<-POLICY
	picket: 1
	segments:
	  sensors: {interfaces: [lan0], subnets: [10.20.0.0/16]}
	roles:
	  thermometer: {connect: [{to: gateway, ports: [icmp, tcp/$PORT]}]}
	devices:
	  therm-17: {role: thermometer, mac: "$DEVICE_MAC", ip: 10.20.0.17}
	POLICY
}

# refused NAME STATUS SENTENCE ARGUMENTS...: `picket run` ends at once.
refused() {
	local name=$1 status=$2 sentence=$3 said
	shift 3

	said=$(gw timeout 10 "$PICKET" run "$@" 2>&1)
	equal "$name" "$status" $?
	case $said in
	*"$sentence"*) ok "... and says why" ;;
	*) not_ok "... and says why" "$said" ;;
	esac
}

# answer URL [CURL'S ARGUMENTS...]: the status; 000: none.
answer() {
	gw curl -s -o /dev/null --max-time 5 -w '%{http_code}' "${@:2}" "$1"
}

test_refusals() {
	local pid

	refused "an address that is none" 2 "is no address to listen on" --listen nowhere "$WORK/policy.yaml"
	refused "IPv6 without brackets" 2 "is no address to listen on" --listen ::1:$PORT
	refused "all addresses without protection" 2 "give --web-config" --listen 0.0.0.0:$PORT
	refused "all IPv6 addresses without protection" 2 "give --web-config" --listen "[::]:$PORT"
	refused "two policies" 2 "one argument too many" a.yaml b.yaml
	refused "an option that there is not" 2 "no option '--lisen'" --lisen
	gw python3 -m http.server --bind 127.0.0.1 $PORT >/dev/null 2>&1 &
	pid=$!
	wait_for 5 gw curl -s http://127.0.0.1:$PORT
	refused "a port that is taken" 3 "somebody else listens on 127.0.0.1:$PORT"
	pkill -P $pid
	kill $pid 2>/dev/null
	wait $pid 2>/dev/null
	equal "nothing was made live for all that" "" "$(pins_left)"
}

secrets() {
	openssl rand -hex 32 >"$WORK/token"
	echo "correct horse battery" >"$WORK/password"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=gateway \
		-addext subjectAltName=IP:10.20.0.1 -keyout "$WORK/tls.key" -out "$WORK/tls.pem" 2>/dev/null
	chmod 600 "$WORK/token" "$WORK/password" "$WORK/tls.key"
}

# config NAME SENTENCE TEXT: a file that is refused.
config() {
	echo "$3" >"$WORK/web.yaml"
	refused "$1" 1 "$2" --listen 127.0.0.1:$PORT --web-config "$WORK/web.yaml"
}

test_configs() {
	refused "no such file" 1 "cannot be read" --web-config "$WORK/nothing.yaml"
	config "a key that there is not" 'did you mean "bearer-token-file"' "bearer-token-fil: token"
	config "nobody who may ask" "nobody would be let in" "tls: {certificate: tls.pem, key: tls.key}"
	config "half of TLS" "wants both certificate and key" "{tls: {key: tls.key}, bearer-token-file: token}"
	config "half of a user" "wants both user and password-file" "basic-auth: {user: prom}"
	config "a token that is not there" "web.yaml:1:20: error" "bearer-token-file: notoken"
	config "no YAML" "this is not YAML" "[["
	chmod 644 "$WORK/token"
	config "a token that others may read" "chmod 600" "bearer-token-file: token"
	chmod 600 "$WORK/token"
	echo short >"$WORK/weak"
	chmod 600 "$WORK/weak"
	config "a token that is easy to guess" "too easy to guess" "bearer-token-file: weak"
	echo "{tls: {certificate: token, key: tls.key}, bearer-token-file: token}" >"$WORK/web.yaml"
	refused "a certificate that is none" 3 "are certificate and key PEM" --listen 127.0.0.1:$PORT \
		--web-config "$WORK/web.yaml"
}

test_protection() {
	local url=https://10.20.0.1:$PORT/healthz token

	token=$(cat "$WORK/token")
	cat >"$WORK/web.yaml" <<-CONFIG
	tls: {certificate: tls.pem, key: $WORK/tls.key}
	bearer-token-file: token
	basic-auth: {user: prom, password-file: password}
	CONFIG
	start_daemon --listen 10.20.0.1:$PORT --web-config "$WORK/web.yaml" "$WORK/policy.yaml"
	equal "over TLS, with the token" 200 "$(answer $url --cacert "$WORK/tls.pem" -H "Authorization: Bearer $token")"
	equal "with user and password" 200 "$(answer $url --cacert "$WORK/tls.pem" -u "prom:correct horse battery")"
	equal "with another token" 401 "$(answer $url --cacert "$WORK/tls.pem" -H "Authorization: Bearer ${token}0")"
	equal "with an empty token" 401 "$(answer $url --cacert "$WORK/tls.pem" -H "Authorization: Bearer ")"
	equal "with another password" 401 "$(answer $url --cacert "$WORK/tls.pem" -u "prom:wrong horse battery")"
	equal "with another user" 401 "$(answer $url --cacert "$WORK/tls.pem" -u "root:correct horse battery")"
	equal "with nothing" 401 "$(answer $url --cacert "$WORK/tls.pem")"
	equal "events with nothing" 401 "$(answer https://10.20.0.1:$PORT/events --cacert "$WORK/tls.pem")"
	equal "without TLS" 000 "$(answer http://10.20.0.1:$PORT/healthz -H "Authorization: Bearer $token")"
	equal "from a device that may" 200 "$(in_ns dev curl -s -o /dev/null --max-time 5 -w '%{http_code}' \
		--cacert "$WORK/tls.pem" -H "Authorization: Bearer $token" $url)"
	equal "TLS 1.0 is too old" 000 "$(answer $url --cacert "$WORK/tls.pem" --tls-max 1.0)"
	end_daemon
	echo "bearer-token-file: token" >"$WORK/web.yaml"
	refused "a token in the clear, where others listen" 2 "in the clear" --listen 10.20.0.1:$PORT \
		--web-config "$WORK/web.yaml"
	start_daemon --listen 10.20.0.1:$PORT --insecure
	equal "with --insecure everybody may" 200 "$(answer http://10.20.0.1:$PORT/healthz)"
	end_daemon
}

# header NAME: of the answer to /healthz
header() {
	gw curl -si http://127.0.0.1:$PORT/healthz | tr -d '\r' | sed -n "s/^$1: //p"
}

test_answers() {
	local url=http://127.0.0.1:$PORT

	equal "what there is not" 404 "$(answer $url/etc/passwd)"
	equal "what is not asked so" 405 "$(answer $url/healthz -X POST -d a=b)"
	equal "... nor deleted" 405 "$(answer $url/healthz -X DELETE)"
	equal "a path with a NUL is another" 404 "$(answer $url/%00)"
	equal "only the head" 200 "$(answer $url/healthz -I)"
	equal "nothing may be loaded from answers" "default-src 'none'; frame-ancestors 'none'; base-uri 'none'" \
		"$(header Content-Security-Policy)"
	equal "nor guessed" nosniff "$(header X-Content-Type-Options)"
	equal "nor kept" no-store "$(header Cache-Control)"
	equal "another address does not answer" 000 "$(answer http://10.20.0.1:$PORT/healthz)"
}

clients() {
	gw python3 "$HERE/http_clients.py" $PORT "$@"
}

test_clients() {
	clients slow >"$WORK/slow" &
	slow=$!
	equal "10,000 requests at once are all answered" 10000 "$(ulimit -n 20000; clients many 10000)"
	equal "what is no request is not answered with 200" 0 "$(clients rude)"
	check "it still answers" http /healthz -f
	wait $slow
	within "a request at a byte a second is cut off, s" 8 "$(cat "$WORK/slow")" 20
}

# One event for each unlisted address is too few: a device for each second and reason. Many devices then.
many_events() {
	{
		cat "$WORK/policy.yaml"
		for ((i = 1; i <= 3000; i++)); do
			echo "  d$i: {ip: 10.20.$((1 + i / 250)).$((1 + i % 250))}"
		done
	} >"$WORK/many.yaml"
	picket apply "$WORK/many.yaml" >/dev/null 2>&1
	for ((i = 1; i <= 3000; i++)); do
		echo "udp smac=02:00:00:00:99:99 from=10.20.$((1 + i / 250)).$((1 + i % 250)) to=10.20.0.1 sport=1 dport=9"
	done >"$WORK/frames"
	sleep 1 # the daemon reads the ring of the new policy
	mapfile -t frames <"$WORK/frames"
	inject dev eth0 "${frames[@]}"
}

test_slow_reader() {
	local got lost

	# what waits on its way to a reader is little, so that it shows who is slow
	gw sh -c 'echo 4096 16384 16384 >/proc/sys/net/ipv4/tcp_wmem'
	coproc stalled { clients stalled; }
	read -r -t 10 -u "${stalled[0]}" _
	gw curl -sN http://127.0.0.1:$PORT/events >"$WORK/reader" &
	reader=$!
	wait_for 5 test -s "$WORK/reader"
	many_events
	wait_for 10 sh -c "[ \$(grep -c '^data: {\"time' $WORK/reader) -ge 2500 ]"
	check "a slow reader hurts no other" test "$(grep -c '^data: {"time' "$WORK/reader")" -ge 2500
	echo go >&"${stalled[1]}"
	read -r -t 20 -u "${stalled[0]}" got lost
	within "it gets what is still kept" 1024 "$got" 2999
	equal "and is told how many it lost" 3000 "$((got + lost))"
	pkill -P $reader
	kill $reader 2>/dev/null
	wait $reader 2>/dev/null
	check "and the daemon goes on" http /healthz -f
}

topology
test_refusals
secrets
test_configs
test_protection
start_daemon --listen 127.0.0.1:$PORT
test_answers
test_clients
test_slow_reader
end_daemon
equal "it ends well" 0 $?
picket unload >/dev/null
finish
