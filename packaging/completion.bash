# SPDX-License-Identifier: GPL-2.0
# Completion for bash: options of mtce's programs, and the words that some of them take. make install puts it where
# bash-completion finds it. tests/host/completion.sh compares it with the programs.
# shellcheck shell=bash

_mtce_options() { # PROGRAM
	case $1 in
	mtce-bench) echo --group --backend --scenario --quick --rounds --output --context --explain --list ;;
	mtce-compare) echo --base --new --with --rows --model --json --csv --check --force --least ;;
	mtce-replay) echo --group --output --context --backend --way --rounds --pace ;;
	mtce-sweep) echo --group --output --context --entries --timeouts --thresholds --ms ;;
	mtce-host) echo --device --out --yes --upstream-only ;;
	mtce-report) echo --latency --sweep-picture --compare --with --sweep --replay --out --call --scenario --backend ;;
	mtcelat) echo --by --call --pid --linear --us --json --upstream --probe --compare --hcall --keys --verbose --no-module-btf ;;
	mtcesnoop)
		echo --pid --min-us --failed --result --call --hcall --container --number --stages --json --buffer --verbose --no-module-btf
		;;
	mtcestat) echo --total --flushes --json --verbose --no-module-btf ;;
	esac
	echo --help --version
}

_mtce_values() { # PROGRAM OPTION: words that the option takes; nothing: it takes what nobody can guess
	local calls='map unmap update put_list flush register unregister create remove other'
	case $1:$2 in
	mtcelat:--by | mtcelat:-b) echo call batch table process stage ;;
	mtce-compare:-b) ;; # a file
	*:--backend | *:-b | mtce-compare:--base | mtce-compare:--new) echo upstream mtce-takeover mtce ;;
	mtcelat:--call | mtcelat:-c) echo "$calls" H_PUT_TCE H_PUT_TCE_INDIRECT H_STUFF_TCE ;;
	mtcesnoop:--call) echo "$calls" hcall left ;;
	*:--pid | *:-p) pgrep -x 'qemu-system-ppc.*|mtce-bench|nvme-direct' ;;
	*:--group | *:-g) command ls /dev/vfio 2>/dev/null | grep -x '[0-9]*' ;;
	mtce-host:--device) command ls /sys/bus/pci/devices 2>/dev/null ;;
	esac
}

# Behind these options stands a number, a name or a pattern: no file is proposed.
_mtce_takes_no_file() { # OPTION
	case $1 in
	--backend | --base | --new | --by | --call | --pid | --group | --device | --scenario | --explain | --rows | --way | --rounds | --least | \
		--entries | --timeouts | --thresholds | --ms | --linear | --keys | --min-us | --result | --container | --number | --buffer) ;;
	*) return 1 ;;
	esac
}

_mtce() {
	local program=${1##*/} word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words first=''
	COMPREPLY=()
	# bash takes "--by=call" apart at the =.
	if [[ $word == = ]]; then
		word=''
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if [[ $word == -* ]]; then
		words=$(_mtce_options "$program")
	elif [[ $program == mtce-host && $COMP_CWORD == 1 ]]; then
		words='bench sweep replay test status restore'
	else
		words=$(_mtce_values "$program" "$before")
	fi
	if [[ $words ]]; then
		[[ $word != *,* ]] || first=${word%,*},
		mapfile -t COMPREPLY < <(compgen -P "$first" -W "$words" -- "${word##*,}")
	elif ! _mtce_takes_no_file "$before"; then
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		compopt -o filenames 2>/dev/null
	fi
}

complete -F _mtce mtce-bench mtce-compare mtce-replay mtce-sweep mtce-host mtce-report mtcelat mtcesnoop mtcestat
