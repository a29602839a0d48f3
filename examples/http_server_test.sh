#!/bin/sh
# usage: http_server_test.sh PROGRAM CHECK_OUTPUT EXPECTED
# Asks the server once, sends SIGTERM when its workers have worked, and compares what it printed.
set -eu
program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$program" --addr 127.0.0.1:0 >"$folder/output" 2>&1 &
server=$!

# Waits until the output has a line that matches, or the server has ended.
wait_for() {
  until grep -q "$1" "$folder/output"; do
    kill -0 $server 2>/dev/null || break
    sleep 0.02
  done
}
wait_for '^address '
port=$(sed -n 's/^address .*://p' "$folder/output")
"$(dirname "$0")/http_get.sh" "$port" / >>"$folder/answer"
wait_for 'processing task'
kill -TERM $server
status=0
wait $server || status=$?
cat "$folder/answer" >>"$folder/output"
"$2" "$3" sh -c "cat $folder/output; exit $status"
