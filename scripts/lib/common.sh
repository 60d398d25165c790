# Shared by the scripts; sourced, not run. Expects `set -uo pipefail` at least, and the working
# directory at the root of the project.

say() { printf '\033[1m%s\033[0m\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# usage: the comment at the top of the script that runs, which is its help.
usage() { awk 'NR == 1 { next } !/^#/ { exit } { sub(/^# ?/, ""); print }' "$0"; }

# wrong_usage WORDS...: says so and ends with 2.
wrong_usage() {
  printf '%s: %s (see --help)\n' "$(basename "$0")" "$*" >&2
  exit 2
}

# only_help ARGUMENT...: for scripts that take no arguments.
only_help() {
  [ $# -eq 0 ] && return 0
  case "$1" in
    -h|--help) usage; exit 0 ;;
    *) wrong_usage "unknown option: $1" ;;
  esac
}

# configure DIRECTORY CMAKE_ARGUMENT...: once, and anew when the directory was configured for
# another place: a checkout that was moved or copied would otherwise compile the sources of the old
# one.
configure() {
  local directory=$1 home
  shift
  home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$directory/CMakeCache.txt" 2>/dev/null || true)
  if [ -n "$home" ] && [ "$home" != "$(pwd -P)" ]; then
    echo "$directory was made for $home: it is made anew."
    rm -rf "$directory"
  fi
  [ -f "$directory/build.ninja" ] && return 0
  local log
  log=$(mktemp)
  if ! cmake "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

# build PRESET TARGET...: configures where needed and builds; a terminal gets ninja's progress line.
build() {
  local preset=$1 quiet=
  shift
  configure "build/$preset" --preset "$preset" || return 1
  [ -t 1 ] || quiet=--quiet
  ninja -C "build/$preset" $quiet "$@"
}

# port_is_free HOST PORT
port_is_free() { ! (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# wait_until SECONDS PID COMMAND...: runs COMMAND until it succeeds, as long as the process lives.
wait_until() {
  local end=$((SECONDS + $1)) pid=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || return 1
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}
