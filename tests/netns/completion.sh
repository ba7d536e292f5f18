#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Completion in bash and zsh: commands, options, what they take, files, and names of what is live.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

policy() {
	cat <<-'POLICY'
	picket: 1
	segments:
	  sensors: {interfaces: [lan0], subnets: [10.20.0.0/24]}
	  cameras: {interfaces: [lan0], subnets: [10.30.0.0/24]}
	devices:
	  therm-17: {ip: 10.20.0.17}
	  therm-18: {ip: 10.20.0.18}
	  cam-3: {ip: 10.30.0.3}
	POLICY
}

# completed WORD...: what bash offers for the last of these words.
completed() {
	# shellcheck disable=SC2016 # the shell inside expands it
	(cd "$WORK/files" && gw env PATH="$BUILD:$PATH" bash --norc -c '
		. "$0"
		compopt() { :; }
		COMP_WORDS=(picket "$@")
		COMP_CWORD=$#
		_picket
		printf "%s\n" "${COMPREPLY[@]}"' "$ROOT/tools/completion/picket.bash" "$@" | sort | tr '\n' ' ')
}

# offers WORDS WORD...
offers() {
	local expected=$1
	shift

	equal "picket $*" "$expected" "$(completed "$@")"
}

# What options of any command take, as --help calls it.
taken_words() {
	local command

	for command in $("$PICKET" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
		"$PICKET" "$command" --help
	done | sed -nE 's/^ +(-., )?--[a-z-]+ ([A-Z]+([=|][A-Z]+)*)( .*|$)/\2/p' | sort -u
}

test_bash() {
	local commands command option offered taken file

	commands=$("$PICKET" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort | tr '\n' ' ')
	within "there are commands" 11 "$(wc -w <<<"$commands")" 99
	offers "$commands" ''
	offers 'quarantine ' qua
	offers '--help --json --pins --version ' --
	offers 'apply ' --json app
	offers '--mode ' apply --mo
	offers 'native ' apply --mode n
	offers 'native ' apply --mode = n
	offers 'native ' apply -m n
	offers 'inventory.csv policy.yaml ' check ''
	offers 'policy.yaml ' explain --policy pol
	offers 'policy.yaml ' replay -p pol
	offers 'lan0= ' replay --policy policy.yaml la
	offers 'inventory.csv ' replay lan0 = inv
	offers 'lan0 ' explain --in la
	offers 'tcp/ ' explain t
	offers 'cam-3 therm-17 therm-18 ' quarantine ''
	offers 'therm-17 therm-18 ' quarantine --for 1h th
	offers 'cam-3 ' devices c
	offers 'cameras ' devices --segment c
	offers 'cam-3 gateway therm-17 therm-18 ' explain --src ''
	offers 'cam-3 ' --pins "$PICKET_PINS" devices c
	offers ' ' --pins /nowhere devices c
	offers "$(sed -n 's/.*X([A-Z_]*, "\(.*\)").*/\1/p' "$ROOT/include/picket/reason.h" | sort | tr '\n' ' ')" drops --reason ''
	check "zsh knows as many reasons" grep -q "$(sed -n 's/.*X([A-Z_]*, "\(.*\)").*/\1/p' "$ROOT/include/picket/reason.h" | tail -n 1)" \
		"$ROOT/tools/completion/_picket"
	offers 'audit bytes dropped file name passed seen ' top --sort ''
	offers 'lan0 ' doctor la
	for command in $commands; do
		offered=" $(completed "$command" --)"
		for option in $("$PICKET" "$command" --help | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
			[[ $offered == *" $option "* ]] || not_ok "picket $command $option is offered" "offered:$offered"
		done
	done
	ok "every option of --help is offered"
	for taken in $(taken_words); do
		for file in picket.bash _picket; do
			check "$file knows what $taken is" sh -c "sed -n '/_picket_values() {/,/^}/p' '$ROOT/tools/completion/$file' |
				grep -qE \"^	('?[A-Z=|]+'? \\\\| )*'?$(sed 's/|/[|]/' <<<"$taken")'?( \\\\| '?[A-Z=|]+'?)*\\\\)\""
		done
	done
	offers 'inventory.csv policy.yaml ' plan --against ''
	offers 'lan0= ' plan --replay la
	offers 'policy.yaml ' plan --replay lan0 = pol
	offers 'policy.yaml ' plan -r out:lan0 = pol
	offers '--against ' plan --ag
	offers 'policy.yaml ' learn -o pol
	offers 'lan0 lan0= ' learn --live la
	offers 'cameras= ' learn --segment cam
	offers 'lan0 ' learn --segment cameras = la
	offers '24h ' learn --live --for 2
	offers '--force ' apply --fo
	offers '--force ' rollback --fo
	for option in $(completed devices --sort ''); do
		check "devices can be sorted by $option" picket devices --sort "$option"
	done
}

# zsh_options COMMAND: what _arguments is told, as "--option TAKES".
zsh_options() {
	# shellcheck disable=SC2016 # the shell inside expands it
	env PATH="$BUILD:$PATH" zsh -fc '
		_call_program() { shift; "$@" }
		_arguments() { : }
		source "$1/_picket"
		_picket_specs $2
		print -rl -- $specs' - "$ROOT/tools/completion" "$1" |
		sed -nE 's/^(\([^)]*\))?(--[a-z-]+)\[[^]]*\](:(.*): _picket_values.*)?$/\2 \4/p' | sort
}

test_zsh() {
	local command

	check "zsh can read its file" zsh -n "$ROOT/tools/completion/_picket"
	for command in $("$PICKET" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
		equal "zsh knows every option of $command, and what it takes" "$("$PICKET" "$command" --help |
			sed -nE 's/^ +(-., )?(--[a-z-]+)( ([A-Z]+([=|][A-Z]+)*))?( .*)?$/\2 \4/p' | sort)" "$(zsh_options "$command")"
	done
	# what a user types, and what the line must become
	check "completion in zsh" gw env PATH="$BUILD:$PATH" python3 - "$ROOT/tools/completion" "$WORK/files" <<-'PYTHON'
	import os, pty, re, select, sys, time

	CASES = (
	    ("picket quar", "picket quarantine "),
	    ("picket quarantine cam", "picket quarantine cam-3 "),
	    ("picket --js", "picket --json "),
	    ("picket apply --mo", "picket apply --mode "),
	    ("picket apply --mode gen", "picket apply --mode generic "),
	    ("picket devices --segment came", "picket devices --segment cameras "),
	    ("picket check pol", "picket check policy.yaml "),
	    ("picket explain --in la", "picket explain --in lan0 "),
	    ("picket drops --reason rogue-d", "picket drops --reason rogue-dhcp "),
	    ("picket top --sort na", "picket top --sort name "),
	    ("picket replay la", "picket replay lan0="),
	    ("picket plan --agai", "picket plan --against "),
	    ("picket plan --replay lan0=inv", "picket plan --replay lan0=inventory.csv "),
	    ("picket learn --outp", "picket learn --output "),
	    ("picket learn -o pol", "picket learn -o policy.yaml "),
	    ("picket replay lan0=inv", "picket replay lan0=inventory.csv "),
	)

	pid, fd = pty.fork()
	if not pid:
	    os.chdir(sys.argv[2])
	    os.environ.update(TERM="dumb", HOME=sys.argv[2], ZDOTDIR=sys.argv[2])
	    os.execvp("zsh", ["zsh", "-f", "-i"])


	def read_until(pattern, seconds=60):
	    text, end = "", time.monotonic() + seconds
	    while time.monotonic() < end:
	        if select.select([fd], [], [], 0.2)[0]:
	            try:
	                text += os.read(fd, 65536).decode(errors="replace")
	            except OSError:
	                break
	        if re.search(pattern, text):
	            return text
	    sys.exit(f"no {pattern!r} in {text!r}")


	# ^X^T prints the line as it is.
	SETUP = r'''
	PS1= ; fpath=(%s $fpath); autoload -Uz compinit; compinit -u -D
	show() { print -r -- "<<$BUFFER>>"; BUFFER=; zle -I }; zle -N show; bindkey '^X^T' show; unsetopt beep; unset zle_bracketed_paste
	print $_comps[picket] re""ady
	''' % sys.argv[1]
	for line in SETUP.strip().splitlines():
	    os.write(fd, line.strip().encode() + b"\n")
	read_until("_picket ready")
	for typed, line in CASES:
	    os.write(fd, typed.encode() + b"\t\x18\x14")
	    got = re.search("<<(.*?)>>", read_until("<<(.*?)>>")).group(1)
	    if got != line:
	        sys.exit(f"{typed!r} became {got!r}")
	PYTHON
}

netns gw dev
cable gw lan0 dev eth0
mkdir "$WORK/files"
policy >"$WORK/files/policy.yaml"
touch "$WORK/files/inventory.csv"
picket apply "$WORK/files/policy.yaml" >/dev/null 2>&1 || give_up "a policy is live"
test_bash
test_zsh
finish
