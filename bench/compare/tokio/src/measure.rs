//! Measuring as common/measure.hpp does it.
use std::future::Future;
use std::time::{Duration, Instant};

/// Turns that a party takes in a round where parties take turns: starting it weighs little, however many they are.
pub const TURNS_IN_A_ROUND: i64 = 32;

#[derive(Clone)]
pub struct Request {
    pub workload: String,
    pub procs: usize,
    pub size: i64,
    pub rounds: i64,
    pub time: Duration,
}

#[derive(Default)]
pub struct Figures {
    pub ns_per_op: f64,
    pub cpu_ns_per_op: f64,
    pub more: Vec<(&'static str, f64)>,
}

pub fn cpu_ns() -> f64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: t outlives the call.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    t.tv_sec as f64 * 1e9 + t.tv_nsec as f64
}

pub fn nanoseconds_since(start: Instant) -> f64 {
    start.elapsed().as_nanos() as f64
}

/// The number behind `name` in /proc/self/status, in kilobytes.
pub fn status_kb(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.split_whitespace().nth(1)).and_then(|word| word.parse().ok()).unwrap_or(0.0)
}

pub fn resident_bytes() -> f64 {
    (status_kb("VmRSS:") + status_kb("VmPTE:")) * 1024.0
}

pub fn require(holds: bool, what: &str) {
    if !holds {
        eprintln!("wrong: {what}");
        std::process::exit(1);
    }
}

/// Fills the time with rounds of `run`, after a warm-up.
pub async fn measure<F, R>(r: &Request, operations_per_round: i64, run: F) -> Figures
where
    F: Fn(i64) -> R,
    R: Future<Output = ()>,
{
    let mut figures = Figures::default();
    let mut rounds = r.rounds.max(1);
    let mut warm = false;
    let limit = r.time.as_nanos() as f64;
    loop {
        let cpu = cpu_ns();
        let start = Instant::now();
        run(rounds).await;
        let elapsed = nanoseconds_since(start);
        let operations = rounds as f64 * operations_per_round as f64;
        figures.ns_per_op = elapsed / operations;
        figures.cpu_ns_per_op = (cpu_ns() - cpu) / operations;
        if r.rounds > 0 || (warm && elapsed >= limit / 2.0) {
            return figures;
        }
        warm = elapsed >= limit / 8.0;
        rounds = if warm { ((rounds as f64 * limit / elapsed) as i64).max(1) } else { rounds * 2 };
    }
}
