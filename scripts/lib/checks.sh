# Sourced where a line is to be printed for each thing that has to hold.
# shellcheck shell=bash

failures=0

# check WHAT COMMAND...
check() {
  local what=$1 output
  shift
  if output=$("$@" 2>&1); then
    echo "ok   $what"
  else
    echo "FAIL $what"
    printf '%s\n' "$output" | tail -n 20 | sed 's/^/     /'
    failures=$((failures + 1))
  fi
}

# eventually SECONDS COMMAND...: tries until it holds.
eventually() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.5
  done
}
