#!/bin/sh
# check.sh GDB PROGRAM FOLDER: goro's gdb script, on a process and on a core of it.
gdb=$1 program=$2 folder=$3
core=$folder/core_for_gdb_test.$$
trap 'rm -f "$core"' EXIT
status=0

# The script loads itself: nothing is sourced. Guards by protection, for gdb gives up a whole piece of memory at the
# kernel's.
run() { GORODEBUG=stackguard=protection "$gdb" -q -nx -batch -iex "set auto-load safe-path /" -iex "set debuginfod enabled off" "$@" 2>&1; }

expect() { # expect WHERE PATTERN
  if ! printf '%s\n' "$output" | grep -Eq -- "$2"; then
    echo "$1: nothing matches: $2"
    status=1
  fi
}

look() { # look WHERE
  expect "$1" '^goroutine 1 \[running\]: thread [0-9]+$'
  expect "$1" '^goroutine [0-9]+ "reader" \[chan receive\]: .*consume \('
  expect "$1" '^goroutine [0-9]+ \[sync.Mutex.Lock\]: .*operator\(\)'
  expect "$1" '^goroutine [0-9]+ \[sync.WaitGroup.Wait\]: .*operator\(\)'
  expect "$1" '^#[0-9]+ +0x[0-9a-f]+ in .*consume \(.*depth=2\) at .*program.cpp:[0-9]+$'
  expect "$1" '^created by .+ in goroutine 1$'
  expect "$1" '^\$[0-9]+ = locked mutex, others wait$'
  expect "$1" '^\$[0-9]+ = wait_group, 3 to be done, 1 waiting$'
  expect "$1" '= channel, 2 of 2 values'
  expect "$1" '= background context'
  expect "$1" 'No goroutine 4711\.'
}

output=$(run -ex run -ex "info goroutines" -ex "goroutine all bt" -ex "print held" -ex "print group" \
  -ex "goroutine 1 frame function main()::{lambda()#1}::operator()" -ex "goroutine 1 bt -full 12" -ex "goroutine 4711 bt" -ex "generate-core-file $core" \
  "$program")
look process
if [ -s "$core" ]; then
  output=$(run -ex "info goroutines" -ex "goroutine all bt" -ex "print held" -ex "print group" -ex "goroutine 1 bt -full 12" \
    -ex "goroutine 4711 bt" "$program" "$core")
  look core
else
  echo "gdb has written no core"
  status=1
fi
exit $status
