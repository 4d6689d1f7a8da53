# Sourced where a line is to be printed for each thing that has to hold.
# shellcheck shell=bash

failures=0
# What each wait is multiplied with, for a slower machine than the one it was thought for.
patience=${patience:-1}
checked_at=$SECONDS

# check WHAT COMMAND...: the line has the seconds since the one before. What failed is followed by
# what the command saw.
check() {
  local what=$1 output result=ok
  shift
  output=$("$@" 2>&1) || result=FAIL
  printf '%-4s %s (%d s)\n' $result "$what" $((SECONDS - checked_at))
  checked_at=$SECONDS
  if [ $result = FAIL ]; then
    printf '%s\n' "${output:-$* is false}" | tail -n 20 | sed 's/^/     /'
    failures=$((failures + 1))
  fi
}

# eventually SECONDS COMMAND...: tries until it holds; else prints what the last try saw.
eventually() {
  local limit_s=$(($1 * patience)) seen
  local end=$((SECONDS + limit_s))
  shift
  until seen=$("$@" 2>&1); do
    if [ "$SECONDS" -ge "$end" ]; then
      printf 'not within %d s: %s\n%s\n' $limit_s "$*" "$seen"
      return 1
    fi
    sleep 0.5
  done
  printf '%s\n' "$seen"
}
