# Shared by the scripts; sourced, not run. Expects `set -euo pipefail` and the working directory at
# the root of the project.

say() { printf '\033[1m%s\033[0m\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# build PRESET TARGET...: configures once and builds, with ninja's progress.
build() {
  local preset=$1
  shift
  if [ ! -f "build/$preset/build.ninja" ]; then
    cmake --preset "$preset"
  fi
  ninja -C "build/$preset" "$@"
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
