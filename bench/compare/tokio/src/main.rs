//! tokio's side of bench/compare: PROGRAM WORKLOAD [--procs P] [--size N] [--rounds R] [--time-ms T], or --list, or serve.
mod channels;
mod measure;
mod net;
mod spawn;
mod timers;
mod turns;

use measure::{Figures, Request};
use std::time::Duration;

/// The workloads and their sizes, unless the command line says otherwise.
const WORKLOADS: &[(&str, i64)] = &[
    ("spawn-batch", 1000),
    ("spawn-burst", 1_000_000),
    ("spawn-join", 1),
    ("yield", 2),
    ("ping-pong", 1),
    ("buffered", 1),
    ("channel-alone", 1),
    ("select-ready", 4),
    ("select-blocking", 4),
    ("select-default", 4),
    ("mutex", 1),
    ("mutex-contended", 8),
    ("parked", 1_000_000),
    ("skynet", 1_000_000),
    ("fib", 30),
    ("timer-stop", 0),
    ("timer-reset", 0),
    ("sleeps", 100_000),
    ("tcp-echo", 64),
];

async fn run(r: Request) -> Figures {
    match r.workload.as_str() {
        "spawn-batch" | "spawn-burst" => spawn::batch(&r).await,
        "spawn-join" => spawn::join(&r).await,
        "yield" => turns::yield_now(&r).await,
        "ping-pong" => channels::ping_pong(&r).await,
        "buffered" => channels::buffered(&r).await,
        "channel-alone" => channels::alone(&r).await,
        "select-ready" => channels::select_ready(&r).await,
        "select-blocking" => channels::select_blocking(&r).await,
        "select-default" => channels::select_default(&r).await,
        "mutex" => turns::mutex(&r).await,
        "mutex-contended" => turns::mutex_contended(&r).await,
        "parked" => spawn::parked(&r).await,
        "skynet" => spawn::skynet(&r).await,
        "fib" => spawn::fib(&r).await,
        "timer-stop" => timers::stop(&r).await,
        "timer-reset" => timers::reset(&r).await,
        "sleeps" => timers::sleeps(&r).await,
        _ => net::echo(&r).await,
    }
}

fn read_options(r: &mut Request, options: &[String]) -> Option<()> {
    for pair in options.chunks(2) {
        let value: i64 = pair.get(1)?.parse().ok()?;
        match pair[0].as_str() {
            "--procs" => r.procs = value.max(1) as usize,
            "--size" => r.size = value,
            "--rounds" => r.rounds = value,
            "--time-ms" => r.time = Duration::from_millis(value as u64),
            _ => return None,
        }
    }
    Some(())
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let name = words.get(1).map_or("", |word| word.as_str());
    if name == "--list" {
        WORKLOADS.iter().for_each(|(name, _)| println!("{name}"));
        return;
    }
    let size = WORKLOADS.iter().find(|(known, _)| *known == name).map(|(_, size)| *size);
    let mut r = Request { workload: name.into(), procs: 1, size: size.unwrap_or(0), rounds: 0, time: Duration::from_millis(400) };
    if (size.is_none() && name != "serve") || read_options(&mut r, &words[2..]).is_none() {
        eprintln!("usage: --list | WORKLOAD [--procs P] [--size N] [--rounds R] [--time-ms T] | serve [--procs P]");
        std::process::exit(2);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(r.procs).enable_all().build().unwrap();
    if name == "serve" {
        return runtime.block_on(net::serve());
    }
    // Spawned, so that the workload itself runs on a worker.
    let f = runtime.block_on(runtime.spawn(run(r.clone()))).unwrap();
    print!("{{\"runtime\": \"tokio\", \"workload\": \"{}\", \"procs\": {}, \"size\": {}, ", r.workload, r.procs, r.size);
    print!("\"ns_per_op\": {:.3}, \"cpu_ns_per_op\": {:.3}, ", f.ns_per_op, f.cpu_ns_per_op);
    f.more.iter().for_each(|(name, value)| print!("\"{name}\": {value:.3}, "));
    println!("\"rss_kb\": {:.0}}}", measure::status_kb("VmHWM:"));
}
