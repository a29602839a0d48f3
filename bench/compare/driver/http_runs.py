"""The HTTP rows: a server that says hello on the first CPU, wrk on the second. Its figures are the server's CPU time for a request, and p99."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

SECONDS = 2
UNITS = {"us": 1e3, "ms": 1e6, "s": 1e9}


def server_command(program, runtime):
    """The server beside the runtime's program."""
    return {
        "goro": [Path(program).with_name("bench_http_server")],
        "go": [Path(program).with_name("compare_go_http")],
        "tokio": [program, "serve", "--procs", "1"],
    }[runtime]


def on_cpu(index, command):
    cpus = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", str(cpus[index % len(cpus)]), *map(str, command)]


def cpu_seconds(pid):
    words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def parse_wrk(output):
    """Requests, and p99 in nanoseconds; None when something went wrong with them."""
    requests = re.search(r"(\d+) requests in", output)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", output)
    if not requests or not p99 or "Socket errors" in output or "Non-2xx" in output:
        return None
    return int(requests[1]), float(p99[1]) * UNITS[p99[2]]


def load(address, connections, seconds):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", f"http://{address}/"]
    return subprocess.run(on_cpu(1, command), capture_output=True, text=True, timeout=60, check=False).stdout


def resident_kb(pid):
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    if found is None:
        raise ProcessLookupError("the server has ended")
    return int(found[1])


def run_once(program, runtime, connections):
    """What was measured, or {} when it failed: the driver says so and goes on."""
    if shutil.which("wrk") is None:
        print("skipped: http: no wrk", file=sys.stderr)
        return {}
    try:
        found, cpu, memory = serve(on_cpu(0, server_command(program, runtime)), connections)
    except (IndexError, OSError, subprocess.TimeoutExpired) as error:
        print(f"{runtime}: http with {connections}: {error!r}", file=sys.stderr)
        return {}
    if found is None:
        print(f"{runtime}: http with {connections}: errors under wrk", file=sys.stderr)
        return {}
    requests, p99 = found
    return {"runtime": runtime, "workload": "http", "procs": 1, "size": connections, "ns_per_op": SECONDS * 1e9 / requests,
            "cpu_ns_per_op": cpu * 1e9 / requests, "p99_ns": p99, "rss_kb": memory}


def serve(command, connections):
    """What parse_wrk says of the server, its CPU seconds, and its memory."""
    environment = {**os.environ, "GOMAXPROCS": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            address = server.stdout.readline().split()[1]
            load(address, connections, 1)
            before = cpu_seconds(server.pid)
            found = parse_wrk(load(address, connections, SECONDS))
            return found, cpu_seconds(server.pid) - before, resident_kb(server.pid)
        finally:
            server.kill()
