"""Runs programs: one run of one workload, and rounds in which the competitors take turns."""

import json
import subprocess
import sys

import http_runs

TIMEOUT = 120


def run_once(program, runtime, workload, size, procs, time_ms=400):
    """What the program printed, or {} when it failed: the driver says so and goes on."""
    if workload == "http":
        return http_runs.run_once(program, runtime, size)
    command = [program, workload, "--procs", str(procs), "--size", str(size), "--time-ms", str(time_ms)]
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
