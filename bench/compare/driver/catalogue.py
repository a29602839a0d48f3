"""What is measured: the workloads, and the rows of the table that they make."""

from dataclasses import dataclass, field

ALL = ("goro", "go", "tokio", "boost", "threads")
NAMES = {"goro": "goro", "go": "Go", "tokio": "tokio", "boost": "Boost.Fiber", "threads": "std::thread"}
# A figure of wall time, and its counterpart of CPU time.
ON_CPU = {"ns_per_op": "cpu_ns_per_op", "wake_ns_per_op": "wake_cpu_ns_per_op"}


@dataclass(frozen=True)
class Row:
    """One line of the table for each number of processors."""

    title: str
    workload: str
    size: int
    unit: str = "ns"
    metric: str = "ns_per_op"
    procs: tuple = (1, 2)
    # By number of processors: how many times goro's figure Go's is to be.
    goals: dict = field(default_factory=dict)
    # Runtime -> why it is not measured here.
    without: dict = field(default_factory=dict)
    heavy: bool = False  # seconds for one run: three repetitions at most

    def runtimes(self):
        return [runtime for runtime in ALL if runtime not in self.without]


NO_SELECT = {"boost": "has no select", "threads": "have no select"}
NO_TIMER = {"boost": "has no timers to stop", "threads": "have no timers"}
TOO_MANY = {"boost": "a million stacks at a time", "threads": "a million threads"}
NO_SERVER = {"boost": "has no network", "threads": "not measured"}
PARKED = {"metric": "ns_per_op", "unit": "ns", "procs": (1,), "without": TOO_MANY, "heavy": True}

ROWS = [
    Row("spawn and finish, batches of 1,000", "spawn-batch", 1000, goals={1: 4.5, 2: 3}),
    Row("spawn 10⁶ in one go, then wait", "spawn-burst", 1_000_000, goals={1: 10, 2: 3}, without=TOO_MANY, heavy=True),
    Row("spawn one, join it", "spawn-join", 1, goals={1: 5}),
    Row("yield between two", "yield", 2, goals={1: 5, 2: 5}),
    Row("unbuffered ping-pong, a round trip", "ping-pong", 1, goals={1: 4, 2: 3}),
    Row("buffer of 128, 1 to 1, an item", "buffered", 1, goals={1: 3, 2: 2}),
    Row("buffer of 128, 4 to 4, an item", "buffered", 4, goals={1: 2.5, 2: 1.5}),
    Row("send and receive in one goroutine", "channel-alone", 1, procs=(1,), goals={1: 2.6}),
    Row("send, select of 4 with one ready", "select-ready", 4, procs=(1,), goals={1: 4}, without=NO_SELECT),
    Row("select of 4 that waits", "select-blocking", 4, procs=(1,), goals={1: 3}, without=NO_SELECT),
    Row("select of 1 with default", "select-default", 1, procs=(1,), without=NO_SELECT),
    Row("select of 4 with default", "select-default", 4, procs=(1,), goals={1: 10}, without=NO_SELECT),
    Row("mutex, uncontended", "mutex", 1, procs=(1,)),
    Row("mutex, eight goroutines", "mutex-contended", 8, goals={2: 4}),
    Row("10⁶ park: create, each", "parked", 1_000_000, **PARKED, goals={1: 2}),
    Row("10⁶ park: wake all, each", "parked", 1_000_000, **{**PARKED, "metric": "wake_ns_per_op"}, goals={1: 2.5}),
    Row("10⁶ park: memory of each", "parked", 1_000_000, **{**PARKED, "metric": "bytes_each", "unit": "bytes"}),
    Row("10⁶ park: memory after they ended", "parked", 1_000_000, **{**PARKED, "metric": "bytes_after", "unit": "bytes"}),
    Row("skynet, 10⁶ leaves over channels", "skynet", 1_000_000, "ms", goals={1: 6, 2: 6}, heavy=True,
        without={"boost": "takes 10 to 60 s", "threads": "a million threads"}),
    Row("fib(30), a goroutine a call", "fib", 30, "ms", goals={1: 8, 2: 10}, without=TOO_MANY, heavy=True),
    Row("timer: new and stop", "timer-stop", 0, procs=(1,), goals={1: 6}, without=NO_TIMER),
    Row("timer: reset", "timer-reset", 0, procs=(1,), goals={1: 2}, without=NO_TIMER),
    Row("10⁵ goroutines, ten sleeps of 10 ms", "sleeps", 100_000, "ms", goals={1: 4, 2: 4}, heavy=True,
        without={"threads": "a hundred thousand threads"}),
    Row("10⁵ goroutines, ten sleeps of 10 ms: CPU", "sleeps", 100_000, "ms", "cpu_ns_per_op", heavy=True,
        without={"threads": "a hundred thousand threads"}),
    Row("10⁵ goroutines, ten sleeps of 10 ms: peak memory", "sleeps", 100_000, "MB", "rss_kb", heavy=True,
        without={"threads": "a hundred thousand threads"}),
    Row("the wait beside one that never waits", "beside-loop", 1, "ms", procs=(1,),
        without={"tokio": "never", "boost": "never"}),
    Row("TCP round trip of 64 bytes, 64 connections", "tcp-echo", 64, "µs", without=NO_SERVER),
    Row("HTTP hello, 64 connections: CPU a request", "http", 64, "µs", "cpu_ns_per_op", procs=(1,), goals={1: 2},
        without=NO_SERVER, heavy=True),
    Row("HTTP hello, 512 connections: CPU a request", "http", 512, "µs", "cpu_ns_per_op", procs=(1,), goals={1: 2.4},
        without=NO_SERVER, heavy=True),
    Row("HTTP hello, 64 connections: p99", "http", 64, "ms", "p99_ns", procs=(1,), goals={1: 2},
        without=NO_SERVER, heavy=True),
]


def metric_of(row, clock):
    return ON_CPU.get(row.metric, row.metric) if clock == "cpu" and row.workload != "beside-loop" else row.metric


def rows_by(clock):
    """Without those of wall time that would repeat another row, and have the goal of a wait judged by CPU time."""
    own = {(row.workload, row.size, row.metric) for row in ROWS}
    return [row for row in ROWS if metric_of(row, clock) == row.metric or (row.workload, row.size, metric_of(row, clock)) not in own]


@dataclass(frozen=True)
class Curve:
    """The cost of one operation as one option grows and the other stays."""

    title: str
    workload: str
    grows: str  # "size" or "procs"
    values: tuple
    fixed: int
    what: str
    metric: str = "ns_per_op"
    runtimes: tuple = ("goro", "go", "tokio")


POWERS = tuple(10**n for n in range(2, 7))
PROCESSORS = (1, 2, 4, 8, 16, 32, 64)

CURVES = [
    Curve("spawn and finish", "spawn-burst", "size", (*POWERS, 10**7), 1, "goroutines in one go", runtimes=("goro", "go")),
    Curve("create goroutines that wait", "parked", "size", POWERS, 1, "goroutines"),
    Curve("wake goroutines that wait", "parked", "size", POWERS, 1, "goroutines", "wake_ns_per_op"),
    Curve("yield", "yield", "size", (2, *POWERS[:-1]), 1, "goroutines"),
    Curve("ping-pong", "ping-pong", "size", (1, 10, *POWERS[:-1]), 1, "pairs"),
    Curve("timer: new and stop", "timer-stop", "size", (1, *POWERS), 1, "timers beside"),
    Curve("TCP round trip", "tcp-echo", "size", (10, 100, 1000, 9000), 1, "connections"),
    Curve("spawn and finish, 1,000", "spawn-batch", "procs", PROCESSORS, 1000, "processors"),
    Curve("ping-pong, 64 pairs", "ping-pong", "procs", PROCESSORS, 64, "processors"),
    Curve("buffered, 64 to 64", "buffered", "procs", PROCESSORS, 64, "processors"),
    Curve("mutex, 64 goroutines", "mutex-contended", "procs", PROCESSORS, 64, "processors"),
]
