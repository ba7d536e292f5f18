# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Completion of picket(8) for bash. Commands, options and what they take are asked of --help; names
# of devices and segments of what is live, where the user may read it.

_picket_reasons='malformed unbound ethertype martian spoofed mac-mismatch unknown-device quarantined expired
	rogue-router rogue-dhcp arp-spoofed nd-spoofed fragment no-flow segment role-connect role-accept
	limit-flows limit-packets limit-bytes'

_picket_commands() {
	picket --help 2>/dev/null | sed -n '/^commands:/,/^$/s/^  \([a-z]\+\) .*/\1/p'
}

# "-m --mode MODE" for each option of a command, or of all commands; without the third what takes nothing.
_picket_options() {
	picket "$@" --help 2>/dev/null | sed -nE 's/^ +(-., )?(--[a-z-]+)( ([A-Z]+([=|][A-Z]+)*))?( .*)?$/\1\2 \4/p' | tr -d ,
}

_picket_interfaces() {
	sed -n 's/^ *\([^ ]*\):.*/\1/p' /proc/net/dev
}

# What a command takes beside options: POLICY, DEVICE, PORT=FILE
_picket_arguments() {
	picket "$1" --help 2>/dev/null | sed -nE '1 {
		s/^usage: picket [a-z]+//
		s/--[a-z-]+( [A-Z]+([=|][A-Z]+)*)?//g
		s/\[OPTIONS\]|[][|.]//g
		p
	}'
}

_picket_live() {
	picket devices --json "${_picket_pins[@]}" 2>/dev/null | sed -nE 's/.*"'"$1"'":"([^"]+)".*/\1/p' | sort -u
}

# _picket_values WHAT CURRENT: fills COMPREPLY
_picket_values() {
	local words='' cur=$2

	case $1 in
	MODE) words='auto native generic' ;;
	KEY)
		words='file name seen bytes passed dropped audit'
		[[ $command == top ]] || words+=' segment role reason packets'
		;;
	REASON) words=$_picket_reasons ;;
	WHICH) words='top=100 all none' ;;
	WHERE)
		compopt -o nospace
		words='journal file: unix:'
		;;
	ADDRESS) words='none' ;;
	DEVICE | M) words=$(_picket_live device) ;;
	SEGMENT) words=$(_picket_live segment) ;;
	A | B) words="gateway $(_picket_live device)" ;;
	PORT | INTERFACE) words=$(_picket_interfaces) ;;
	PORT=FILE)
		compopt -o nospace
		words=$(_picket_interfaces | sed 's/$/=/')
		;;
	NAME=PORT)
		compopt -o nospace
		words="$(_picket_live segment | sed 's/$/=/')"
		;;
	TIME) words='60s 5m 1h 24h' ;;
	SECONDS) words='1 2 5 10' ;;
	N | CIDR | MAC | 'ADDRESS|MAC') ;; # nobody can guess it
	SERVICE)
		compopt -o nospace
		words='tcp/ udp/ sctp/ icmp proto/'
		;;
	DIR)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	POLICY | FILE)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	esac
	mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$words" -- "$cur")
}

# What the option before the current word takes: nothing said when there is none.
_picket_taken() {
	local option=$1 line
	shift
	[[ $option == -?* ]] || return
	_picket_options "$@" | while read -r line; do
		[[ " $line " == *" $option "* && -n ${line##* } && ${line##* } != -* ]] && echo "${line##* }"
	done
}

_picket() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} word command='' taken i
	local -a _picket_pins=()

	COMPREPLY=()
	# '=' is a word of its own.
	if [[ $cur == = ]]; then
		cur=''
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == --pins ]]; then
			[[ ${COMP_WORDS[++i]} == = ]] && ((++i))
			_picket_pins=(--pins "${COMP_WORDS[i]}")
		elif [[ -z $command && $word != -* ]]; then
			command=$word
		fi
	done
	# --segment NAME=PORT, --replay PORT=FILE: three words
	if ((COMP_CWORD > 3)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
		taken=$(_picket_taken "${COMP_WORDS[COMP_CWORD - 3]}" ${command:+"$command"})
	elif ((COMP_CWORD > 2)) && [[ ${COMP_WORDS[COMP_CWORD]} == = ]]; then
		taken=$(_picket_taken "${COMP_WORDS[COMP_CWORD - 2]}" ${command:+"$command"})
	fi
	if [[ $taken == *=* ]]; then
		_picket_values "${taken#*=}" "$cur"
		return
	fi
	taken=$(_picket_taken "$prev" ${command:+"$command"})
	if [[ -n $taken ]]; then
		_picket_values "$taken" "$cur"
	elif [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_picket_options ${command:+"$command"} | grep -oE -- '-[-a-z]+')" -- "$cur")
	elif [[ -z $command ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_picket_commands)" -- "$cur")
	elif [[ ${COMP_WORDS[COMP_CWORD]} == = || ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
		_picket_values FILE "$cur"
	else
		for word in $(_picket_arguments "$command"); do
			_picket_values "$word" "$cur"
		done
	fi
}

complete -F _picket picket
