#!/bin/sh
# usage: check_output.sh EXPECTED PROGRAM [ARGUMENT…]
# Runs the program. What it writes, stdout and stderr, must be what the file EXPECTED says, and nothing else. Goroutines
# print in any order, so lines are counted:
#   N PATTERN     N lines (or N-M of them) match this extended regular expression from end to end
#   status N      it ends with this status instead of 0
set -eu
expected=$1
shift

status=0
output=$("$@" 2>&1) || status=$?
wanted_status=0
rest=$output

fail() {
  printf '%s\n' "$output"
  printf 'check_output: %s\n' "$1" >&2
  exit 1
}

while read -r count pattern; do
  case $count in
    '' | '#'*) ;;
    status) wanted_status=$pattern ;;
    *)
      found=$(printf '%s\n' "$rest" | grep -cxE -e "$pattern") || true
      if [ "$found" -lt "${count%-*}" ] || [ "$found" -gt "${count#*-}" ]; then
        fail "$found lines instead of $count match: $pattern"
      fi
      rest=$(printf '%s\n' "$rest" | grep -vxE -e "$pattern") || true
      ;;
  esac
done <"$expected"

[ "$status" = "$wanted_status" ] || fail "ended with status $status instead of $wanted_status"
[ -z "$rest" ] || fail "nobody expected: $rest"
