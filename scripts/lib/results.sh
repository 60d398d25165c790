# The counts of a test run; sourced by scripts/test and its own tests.

passed=0 failed=0 skipped=0
declare -a failures=() flaky=()

count() { # count NAME STATUS: one check that is a test of its own
  if [ "$2" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); failures+=("$1"); fi
}

# failed_tests LOG: the names of the tests that ctest lists as failed at the end.
failed_tests() {
  sed -n '/^The following tests FAILED:/,$p' "$1" |
    sed -nE 's/^[[:space:]]+[0-9]+ - (.*) \([A-Za-z].*\)$/\1/p' | sort
}

run_ctest() { # run_ctest DIRECTORY REGEX: adds its tests to the counts
  local log again all bad idle
  log=$(mktemp) again=$(mktemp)
  ctest --test-dir "$1" -R "$2" -j "$(nproc)" --no-tests=error >"$log" 2>&1
  bad=$(failed_tests "$log" | wc -l)
  all=$(grep -oE 'out of [0-9]+' "$log" | grep -oE '[0-9]+' || echo 0)
  # A test that could not run here (no root, no loop device) has shown nothing: it is counted apart.
  idle=$(grep -c '\*\*\*Skipped' "$log")
  grep '\*\*\*Skipped' "$log"
  if [ "$all" -eq 0 ]; then
    tail -n 50 "$log"
    all=1 bad=1
  elif [ "$bad" -gt 0 ]; then
    # A deadline missed because another test had the cores is the test's weakness and is named as
    # such; a fault shows again.
    echo "$bad of $all failed; running those alone:"
    grep -E 'Test .*\*\*\*' "$log"
    ctest --test-dir "$1" --rerun-failed --output-on-failure >"$again" 2>&1
    mapfile -t -O "${#flaky[@]}" flaky < <(comm -23 <(failed_tests "$log") <(failed_tests "$again"))
    bad=$(failed_tests "$again" | wc -l)
    tail -n 300 "$again"
  fi
  echo "$((all - bad - idle)) of $all passed"
  passed=$((passed + all - bad - idle)) failed=$((failed + bad)) skipped=$((skipped + idle))
  [ "$bad" -gt 0 ] && failures+=("$bad tests of $1")
  rm -f "$log" "$again"
}

# last_line: "N passed, N failed", and what else there is to know.
last_line() {
  local line="$passed passed, $failed failed" names
  [ "$skipped" -gt 0 ] && line+=", $skipped skipped"
  if [ ${#flaky[@]} -gt 0 ]; then
    names=$(printf ', %s' "${flaky[@]}")
    line+=" (flaky: ${#flaky[@]}: ${names:2})"
  fi
  echo "$line"
}
