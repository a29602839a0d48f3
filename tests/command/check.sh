#!/bin/sh
# usage: check.sh GORO PART     Tests of the goro command; PART: usage run race asan test installed. Runs beside other
#                               parts.
set -u
goro=$1
part=$2
here=$(cd "$(dirname "$0")" && pwd)
examples=$here/../../examples
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$here/sources" || exit 1
failures=0

# expect STATUS PATTERN COMMAND…: it ends with this status and a line of its output matches the extended regular
# expression.
expect() {
  wanted=$1
  pattern=$2
  shift 2
  output=$("$@" 2>&1)
  status=$?
  if [ "$status" != "$wanted" ]; then
    printf '%s\nFAILED: %s: status %s instead of %s\n' "$output" "$*" "$status" "$wanted"
    failures=$((failures + 1))
  elif ! printf '%s\n' "$output" | grep -qE -e "$pattern"; then
    printf '%s\nFAILED: %s: no line matches %s\n' "$output" "$*" "$pattern"
    failures=$((failures + 1))
  fi
}
# refuse PATTERN: the last output has no such line.
refuse() {
  if printf '%s\n' "$output" | grep -qE -e "$1"; then
    printf '%s\nFAILED: a line matches %s\n' "$output" "$1"
    failures=$((failures + 1))
  fi
}

case $part in
  usage)
    expect 0 '^goro version [0-9.]+ linux/' "$goro" version
    expect 0 "^GORO_INCLUDE='/.*include'" "$goro" env
    expect 0 '^/.*include$' "$goro" env GORO_INCLUDE
    expect 0 'run' "$goro" --help
    expect 2 'goro: ' "$goro"
    expect 2 'goro: .*--racy' "$goro" run -racy hello.cpp
    expect 2 'goro: .*files' "$goro" run
    expect 2 'not a C\+\+ source file: hello \(arguments' "$goro" run hello
    expect 1 'cannot read missing.cpp: No such file' "$goro" run missing.cpp
    expect 2 'exclude each other' "$goro" run -race -asan hello.cpp
    expect 1 'no C\+\+ compiler' env PATH=/nonexistent "$goro" run hello.cpp
    expect 1 'that CXX names is not there: no-such-compiler' env CXX=no-such-compiler "$goro" run hello.cpp
    expect 2 '-count must be' "$goro" test -count 0 plain_test.cpp
    expect 2 'is no regular expression' "$goro" test -run '(' plain_test.cpp
    mkdir "$work/empty"
    cd "$work/empty" || exit 1
    expect 1 'no test files' "$goro" test
    ;;
  run)
    expect 0 '^hello 1 -$' "$goro" run hello.cpp
    expect 0 '^hello 3 one$' "$goro" run hello.cpp -- one -race
    expect 0 '^42$' "$goro" run two_a.cpp two_b.cpp
    expect 7 '' "$goro" run status.cpp
    expect 143 '' "$goro" run status.cpp -- 15
    expect 1 'broken.cpp:1:.*nonsense' "$goro" run broken.cpp
    expect 1 'undefined reference to .answer' "$goro" run two_a.cpp
    expect 0 '' "$goro" build -o "$work/program" hello.cpp
    expect 0 '^hello 2 x$' "$work/program" x
    expect 0 '' "$goro" build -o "$work" two_a.cpp two_b.cpp
    expect 0 '^42$' "$work/two_a"
    expect 1 'undefined reference to .goro_race_object_in_a_plain_build' \
      env CXXFLAGS='-DGORO_RACE -fsanitize=thread' LDFLAGS=-fsanitize=thread "$goro" build -o "$work/mixed" hello.cpp
    ;;
  race)
    expect 0 '^hello 1 -$' "$goro" run -race hello.cpp
    expect 66 '^Found 1 data race\(s\)$' "$goro" run -race "$examples/race_counter.cpp"
    lines=$(printf '%s\n' "$output" | grep -cE '^      .*race_counter.cpp:18 ')
    [ "$lines" = 2 ] || { printf '%s\nFAILED: both accesses are in line 18\n' "$output"; failures=$((failures + 1)); }
    expect 0 '^Counter: 2000$' "$goro" run -race "$examples/race_counter.cpp" -- --fixed
    refuse 'DATA RACE'
    expect 66 'race_bank.cpp:1[58] ' "$goro" run -race "$examples/race_bank.cpp"
    expect 0 '^Final balance: 100$' "$goro" run -race "$examples/race_bank.cpp" -- --fixed
    refuse 'DATA RACE'
    expect 3 'DATA RACE' env GORORACE=exitcode=3 "$goro" run -race "$examples/race_counter.cpp"
    ;;
  asan)
    expect 0 '^hello 3 one$' "$goro" run -asan hello.cpp -- one two
    expect 1 'ERROR: AddressSanitizer: heap-use-after-free' "$goro" run -asan bad_memory.cpp -- free
    expect 1 'bad_memory.cpp:[0-9]+:[0-9]+: runtime error: signed integer overflow' "$goro" run -asan bad_memory.cpp -- overflow
    expect 1 'stack-buffer-overflow|bad_memory.cpp:.*with insufficient space' "$goro" run -asan bad_memory.cpp -- stack
    expect 0 '' "$goro" build -asan -o "$work/program" two_a.cpp two_b.cpp
    expect 0 '^42$' "$work/program"
    ;;
  installed)
    prefix=$(cd "$(dirname "$goro")/.." && pwd)
    expect 0 "^$prefix/include$" "$goro" env GORO_INCLUDE
    expect 0 '^hello 2 one$' "$goro" run hello.cpp -- one
    expect 0 '^42$' "$goro" run two_a.cpp two_b.cpp
    ;;
  test)
    # The usual one: from an empty XDG_CACHE_HOME ccache would make a folder in this one.
    CCACHE_DIR=${CCACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/ccache}
    HOME=$work
    XDG_CACHE_HOME=
    export HOME XDG_CACHE_HOME CCACHE_DIR
    expect 0 '^ok +	plain_test' "$goro" test -count 2 plain_test.cpp
    expect 1 '^FAIL	google_test' "$goro" test google_test.cpp plain_test.cpp
    expect 0 '^ok +	google_test' "$goro" test -run 'Pass$' google_test.cpp
    expect 0 'no tests to run' "$goro" test -run nobody google_test.cpp
    ;;
esac
[ "$failures" = 0 ]
