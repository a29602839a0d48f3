"""Runs programs: one run of one workload, and rounds in which the competitors take turns."""

import contextlib
import json
import os
import subprocess
import sys

import http_runs

TIMEOUT = 120
# What a goroutine of goro's, the largest, takes in these workloads, whose cost is that of new memory.
NEW_MEMORY = {"parked": 6000}


def claim_memory(size):
    """Has so many bytes of memory at hand, free, for the program that runs next.

    A virtual machine gives memory that has been free for some seconds back to its host (free page reporting), and then a page costs two to
    four times as much when it is next used. Who runs after a program that has just ended with much memory would not pay for that, who
    runs after a small one would; so everyone gets pages that were in use a moment ago.
    """
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    used = b"\1" * min(size, available // 2)
    del used


def run_once(program, runtime, workload, size, procs, time_ms=400):
    """What the program printed, or {} when it failed: the driver says so and goes on."""
    if workload == "http":
        return http_runs.run_once(program, runtime, size)
    command = [program, workload, "--procs", str(procs), "--size", str(size), "--time-ms", str(time_ms)]
    claim_memory(NEW_MEMORY.get(workload, 0) * size)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        print(f"{runtime}: {workload} with {size}, P={procs}: more than {TIMEOUT} s", file=sys.stderr)
        return {}
    if done.returncode != 0:
        print(f"{runtime}: {workload} with {size}, P={procs}: status {done.returncode}: {done.stderr.strip()}", file=sys.stderr)
        return {}
    return json.loads(done.stdout)


def rounds_of(programs, runtimes, workload, size, procs, repetitions):
    """A list of rounds, in each of which every runtime had one turn. Who failed once is not asked again."""
    rounds, failed = [], set()
    for _ in range(repetitions):
        outputs = {}
        for runtime in runtimes:
            if runtime not in failed:
                outputs[runtime] = run_once(programs[runtime], runtime, workload, size, procs)
                if not outputs[runtime]:
                    failed.add(runtime)
        rounds.append(outputs)
    return rounds
