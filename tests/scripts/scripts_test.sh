#!/usr/bin/env bash
# Tests of scripts/: run by ctest. Prints what is wrong; exits 1 if anything is.
set -uo pipefail
cd "$(dirname "$0")/../.."
root=$PWD faults=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

expect() { # expect WHAT COMMAND...
  local what=$1
  shift
  "$@" || { echo "wrong: $what"; faults=$((faults + 1)); }
}
holds() { grep -qF -- "$2" <<<"$1"; }

# A project of two tests that take no compiler: one passes, one fails whenever it runs first.
project() {
  mkdir -p "$1"
  cat >"$1/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.22)
project(small NONE)
enable_testing()
add_test(NAME steady COMMAND true)
add_test(NAME wavering COMMAND sh -c "test -e marker || { touch marker; exit 1; }")
add_test(NAME broken COMMAND sh -c "test ! -e broken")
END
}

every_script_explains_itself() {
  local script out
  for script in scripts/*; do
    [ -f "$script" ] && [ -x "$script" ] || continue
    out=$(timeout 20 "$script" --help 2>&1) || { echo "$script --help fails"; return 1; }
    [ "$(wc -l <<<"$out")" -ge 3 ] || { echo "$script --help says little: $out"; return 1; }
    timeout 20 "$script" --no-such-option >/dev/null 2>&1
    [ $? -eq 2 ] || { echo "$script takes --no-such-option"; return 1; }
  done
}

moved_checkout_is_configured_anew() {
  local home
  project "$work/old"
  (cd "$work/old" && . "$root/scripts/lib/common.sh" && configure build -S . -B build -G Ninja) || return 1
  cp -r "$work/old" "$work/new"
  (cd "$work/new" && . "$root/scripts/lib/common.sh" && configure build -S . -B build -G Ninja) || return 1
  home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$work/new/build/CMakeCache.txt")
  [ "$home" = "$(cd "$work/new" && pwd -P)" ]
}

unmoved_checkout_is_configured_once() {
  project "$work/same"
  # As scripts/run does, which ends at the first error.
  bash -euo pipefail -c "cd '$work/same'; . '$root/scripts/lib/common.sh'; configure build -S . -B build -G Ninja
    touch build/mine; configure build -S . -B build -G Ninja; [ -e build/mine ]"
}

results() { # results DIRECTORY: the last line of a run there
  (
    . "$root/scripts/lib/results.sh"
    run_ctest "$1" . >/dev/null
    last_line
  )
}

test_that_passes_the_second_time_is_named() {
  project "$work/flaky"
  cmake -S "$work/flaky" -B "$work/flaky/build" -G Ninja >/dev/null || return 1
  local line
  line=$(results "$work/flaky/build")
  [ "$line" = "3 passed, 0 failed (flaky: 1: wavering)" ] || { echo "$line"; return 1; }
  line=$(results "$work/flaky/build")
  [ "$line" = "3 passed, 0 failed" ] || { echo "$line"; return 1; }
  touch "$work/flaky/build/broken"
  rm "$work/flaky/build/marker"
  line=$(results "$work/flaky/build")
  [ "$line" = "2 passed, 1 failed (flaky: 1: wavering)" ] || { echo "$line"; return 1; }
}

# copy_of_documents: what check-docs looks at, in a git repository of its own.
copy_of_documents() {
  mkdir -p "$1/scripts" "$1/docs" "$1/dashboards"
  cp scripts/check-docs "$1/scripts"
  printf '# Title\n\n## A `small` heading\n\n[here](#a-small-heading) [there](b.md#b)\n' >"$1/docs/a.md"
  printf '# B\n' >"$1/docs/b.md"
  printf 'runbook_url: docs/a.md#title\n' >"$1/dashboards/rules.yml"
  git -C "$1" init -q && git -C "$1" add .
}

format_is_checked() {
  mkdir -p "$work/format"/{scripts/lib,actors,app,bench,http,runtime,tests}
  cp scripts/check-format "$work/format/scripts" && cp scripts/lib/common.sh "$work/format/scripts/lib"
  cp .clang-format "$work/format"
  printf 'int x = 1;\n' >"$work/format/app/good.cpp"
  "$work/format/scripts/check-format" >/dev/null || return 1
  printf 'int   x=1;\n' >"$work/format/tests/bad.cpp"
  local out
  out=$("$work/format/scripts/check-format") && return 1
  holds "$out" "tests/bad.cpp:1: " && holds "$out" "1 differ" || return 1
  "$work/format/scripts/check-format" --fix >/dev/null && [ "$(cat "$work/format/tests/bad.cpp")" = "int x = 1;" ]
}

anchors_are_checked() {
  copy_of_documents "$work/docs"
  "$work/docs/scripts/check-docs" || return 1
  printf '[x](b.md#c)\n' >>"$work/docs/docs/a.md"
  printf 'runbook_url: docs/a.md#none\n' >>"$work/docs/dashboards/rules.yml"
  local out
  out=$("$work/docs/scripts/check-docs") && return 1
  holds "$out" "docs/a.md:6: there is no heading for #c" && holds "$out" "dashboards/rules.yml:2: " &&
    holds "$out" "2 faults"
}

# clang-format comes with the tools of scripts/test; a machine that only builds may lack it.
command -v clang-format-14 >/dev/null || format_is_checked() { echo "no clang-format-14"; }
for test in every_script_explains_itself moved_checkout_is_configured_anew unmoved_checkout_is_configured_once \
  test_that_passes_the_second_time_is_named format_is_checked anchors_are_checked; do
  expect "$test" "$test"
done
[ "$faults" -eq 0 ]
