# common.sh holds what the recipes share: a work directory, the commands, the input, the
# results to compare with, and the end. A recipe, a bash script, sources it first.
#
# The script is run twice. The first shell does nothing but wait for the second one, which
# runs the recipe; at the end, when it is interrupted, or when the time is up, it kills all
# processes that were started with the same WEIR_WORK, whatever their parent is now, and
# removes the directory.
#
# A recipe exits with 0, or 1 if a result, an exit code or a drill was wrong or it took too
# long, or 77 if the engine could not be installed or did not start on this machine.
#
# Environment:
#	WEIR_EVENTS  number of events (default 1000000)
#	WEIR_BIN     directory with the commands (default: they are built)
#	WEIR_CACHE   directory for what is downloaded (default: weir-cluster in ~/.cache)
#	WEIR_LIMIT   seconds that a recipe may take (default 900, downloads included)
#	WEIR_WORK    set here: the work directory, in which the second shell runs
# shellcheck shell=bash
set -euo pipefail
export HOME=${HOME-~} # for go, pip and Maven
here=$(cd "$(dirname "$0")" && pwd) # the recipe's directory

# started_here prints the processes that have this WEIR_WORK, and any slurmstepd whose
# directory this is: it overwrites its environment.
started_here() {
	{
		grep -lazFx "WEIR_WORK=$WEIR_WORK" /proc/[0-9]*/environ || true
		grep -lx 'slurmstepd.*' /proc/[0-9]*/comm |
			sed 's/comm$/cwd/' | xargs -r -I '{}' find '{}' -lname "$WEIR_WORK*"
	} 2>/dev/null | grep -o '[0-9]*' || true
}

# stop_all ends them, after five seconds with SIGKILL, and removes the directory.
stop_all() {
	local end=$((SECONDS + 5)) signal=TERM pids
	trap '' HUP INT TERM
	while pids=$(started_here) && [ -n "$pids" ] && ((SECONDS < end + 5)); do
		((SECONDS < end)) || signal=KILL
		# shellcheck disable=SC2086 # a list
		kill -s "$signal" $pids 2>/dev/null || true
		sleep 0.2
	done
	rm -rf "$WEIR_WORK"
}

if [ -z "${WEIR_WORK-}" ]; then
	WEIR_WORK=$(mktemp -d "${TMPDIR:-/tmp}/weir.XXXXXX")
	trap stop_all EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	limit=${WEIR_LIMIT:-900} code=0
	WEIR_WORK=$WEIR_WORK timeout -k 10 "$limit" "$BASH" "$0" "$@" &
	wait $! || code=$?
	((SECONDS < limit)) || { echo "$0: stopped: it has not ended within $limit seconds" >&2; exit 1; }
	exit $code
fi

trap 'exit 143' TERM # the time is up: the recipe's EXIT trap shows its logs
export WEIR_WORK LC_ALL=C WEIR_EVENTS=${WEIR_EVENTS:-1000000} WEIR_BIN=${WEIR_BIN:-$WEIR_WORK/bin}
export PATH="$WEIR_BIN:$PATH:/usr/sbin:/sbin"
cd "$WEIR_WORK"

# fail MESSAGE ends the recipe with 1.
fail() { echo "$0: $*" >&2; exit 1; }

# unavailable MESSAGE [LOG...] ends the recipe with 77: the engine is not there, or does not
# start. Its logs show why. The message is the last line.
unavailable() {
	trap - EXIT
	[ $# = 1 ] || tail -n 20 "${@:2}" >&2 || true
	echo "$0: not available: $1" >&2
	exit 77
}

# need COMMAND PACKAGE ends the recipe with 77 if there is no COMMAND.
need() {
	command -v "$1" >/dev/null || unavailable "$1 is missing (Debian package $2)"
}

# fetch NAME SCRIPT sets fetched to a directory in which SCRIPT, which gets it as $1, puts what
# it downloads: in WEIR_CACHE, once. It fails if SCRIPT fails, or takes five minutes.
fetch() {
	local cache=${WEIR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/weir-cluster}
	mkdir -p "$cache" 2>/dev/null || true
	[ -w "$cache" ] || cache=$WEIR_WORK
	fetched=$cache/$1
	(
		flock 9 # another recipe waits until this one has it
		[ ! -e "$fetched.complete" ] || exit 0
		rm -rf "$fetched"
		timeout -k 10 300 bash -ec "$2" - "$fetched" >fetch.log 2>&1 </dev/null &&
			touch "$fetched.complete"
	) 9>"$fetched.lock"
}

# free_port prints a port of 127.0.0.1 that nothing listens on, and that it has not printed before.
free_port() {
	local port
	while
		port=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || grep -qsx "$port" ports
	do :; done
	echo "$port" | tee -a ports
}

# wait_for SECONDS COMMAND... runs COMMAND until it succeeds. It fails after SECONDS.
wait_for() {
	local end=$((SECONDS + $1))
	until "${@:2}" >/dev/null 2>&1; do
		((SECONDS < end)) || { echo "$0: after $1 seconds still waiting for: ${*:2}" >&2; return 1; }
		sleep 0.1
	done
}

# drill MESSAGE reports how a drill ended.
drill() { echo "drill: $*" >&2; }

# exits CODE COMMAND... is a drill: it fails unless COMMAND ends with CODE.
exits() {
	local want=$1 code=0
	shift
	"$@" || code=$?
	[ "$code" = "$want" ] || fail "exit code $code instead of $want: $*"
	drill "exit code $code: $*"
}

# cpu COMMAND... runs COMMAND and adds its CPU seconds to those that row prints. It is
# exported, for commands that bash runs elsewhere on this machine.
cpu() {
	local TIMEFORMAT='%U %S'
	{ time "$@" 2>&3; } 3>&2 2>>"$WEIR_WORK/cpu"
}
export -f cpu

# begin starts the clock of the next row.
begin() {
	: >"$WEIR_WORK/cpu"
	begun=$EPOCHREALTIME
}

# row PATH SINGLE FILE prints PATH, the SHA-256 of FILE, CPU seconds and wall seconds since
# begin. It fails if FILE is not the same as SINGLE, the single run's result.
row() {
	local sum wall
	wall=$(awk "BEGIN {print $EPOCHREALTIME - $begun}")
	sum=$(sha256sum <"$3")
	awk -v path="$1" -v sum="${sum%% *}" -v wall="$wall" \
		'{ cpu += $1 + $2 } END { printf "%-24s %s %7.2f %7.2f\n", path, sum, cpu, wall }' "$WEIR_WORK/cpu"
	cmp "$2" "$3" >&2 || fail "$1: not the result of the single run"
}

# prepare makes what the recipes begin with: the commands, events.ndjson, and the results of
# a single run, unkeyed.single and keyed.single.
prepare() {
	[ -x "$WEIR_BIN/winavg" ] || (cd "$here" && go build -o "$WEIR_BIN/" weir/cmd/...)
	machsim --like events --machines 50 --interval 1s --rate max --count "$WEIR_EVENTS" -o events.ndjson
	begin
	cpu winavg -w 10 --lateness all events.ndjson >unkeyed.single
	row single/unkeyed unkeyed.single unkeyed.single
	begin
	cpu winavg -w 10 --lateness all -g client_name events.ndjson >keyed.single
	row single/keyed keyed.single keyed.single
}
