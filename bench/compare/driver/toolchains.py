"""Builds the programs to compare, of each runtime that is there; the others are named."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
COMPARE = ROOT / "bench" / "compare"
BUILD = ROOT / "build" / "release"


def run(*command, folder=ROOT):
    """None, or the last lines of what a command that failed had to say."""
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return None if done.returncode == 0 else "\n".join(done.stdout.splitlines()[-15:])


def build_by_cmake(*targets):
    return run("cmake", "--preset", "release") or run("cmake", "--build", "--preset", "release", "--target", *targets)


def build_goro():
    return build_by_cmake("compare_goro", "bench_http_server"), BUILD / "bench" / "compare_goro"


def build_threads():
    return build_by_cmake("compare_threads"), BUILD / "bench" / "compare_threads"


def build_boost():
    if not Path("/usr/include/boost/fiber/all.hpp").exists():
        return "not installed (libboost-fiber1.81-dev)", None
    return build_by_cmake("compare_boost"), BUILD / "bench" / "compare_boost"


def build_go():
    if shutil.which("go") is None:
        return "no go on PATH", None
    programs = BUILD / "bench"
    programs.mkdir(parents=True, exist_ok=True)
    failed = run("go", "build", "-o", programs / "compare_go", ".", folder=COMPARE / "go")
    failed = failed or run("env", "GO111MODULE=off", "go", "build", "-o", programs / "compare_go_http", "main.go",
                           folder=ROOT / "bench" / "http" / "go")
    return failed, programs / "compare_go"


def build_tokio():
    if shutil.which("cargo") is None:
        return "no cargo on PATH (Debian 12's is too old for tokio; rustup has newer ones)", None
    target = ROOT / "build" / "tokio"
    failed = run("cargo", "build", "--release", "--locked", "--quiet", "--target-dir", target, folder=COMPARE / "tokio")
    return failed, target / "release" / "compare_tokio"


BUILDERS = {"goro": build_goro, "go": build_go, "tokio": build_tokio, "boost": build_boost, "threads": build_threads}


def build(runtimes, say=print):
    """{runtime: its program}, and {runtime: why it is skipped}."""
    programs, skipped = {}, {}
    for runtime in runtimes:
        say(f"building {runtime}", flush=True)
        failed, program = BUILDERS[runtime]()
        if failed is None:
            programs[runtime] = program
        else:
            skipped[runtime] = failed
            say(f"skipped: {runtime}: {failed}", flush=True)
    if "goro" in skipped:
        raise SystemExit("goro itself does not build")
    return programs, skipped


def version(command, words):
    if shutil.which(command) is None:
        return None
    output = subprocess.run([command, *words], capture_output=True, text=True, check=False).stdout
    return output.splitlines()[0] if output else None


def versions():
    """What the programs were built by."""
    rustc = version("rustc", ["--version"])
    found = {"g++": version("g++", ["-dumpfullversion"]), "Go": version("go", ["env", "GOVERSION"]), "rustc": rustc and rustc.split()[1]}
    lock = (COMPARE / "tokio" / "Cargo.lock").read_text().split('name = "tokio"\nversion = "')
    found["tokio"] = lock[1].split('"')[0] if len(lock) > 1 else None
    return {name: text.removeprefix("go") for name, text in found.items() if text}


def processor():
    """The processor's model and the number of CPUs that this process may use."""
    models = [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return f"{len(os.sched_getaffinity(0))} × {models[0] if models else 'unknown processor'}"
