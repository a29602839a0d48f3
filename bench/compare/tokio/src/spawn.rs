//! Starting tasks: many, one by one, as calls, as a tree; and keeping many that wait.
use crate::measure::*;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, Notify};

/// A counter and whom its end wakes: the counterpart of a wait group.
#[derive(Clone)]
pub struct Done(Arc<(AtomicI64, Notify)>);

impl Done {
    pub fn new(count: i64) -> Self {
        Done(Arc::new((AtomicI64::new(count), Notify::new())))
    }
    pub fn done(&self) {
        if self.0 .0.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0 .1.notify_one();
        }
    }
    pub async fn wait(&self) {
        while self.0 .0.load(Ordering::Acquire) != 0 {
            self.0 .1.notified().await;
        }
    }
}

pub async fn batch(r: &Request) -> Figures {
    let size = r.size;
    measure(r, size, |rounds| async move {
        for _ in 0..rounds {
            let done = Done::new(size);
            for _ in 0..size {
                let done = done.clone();
                tokio::spawn(async move { done.done() });
            }
            done.wait().await;
        }
    })
    .await
}

pub async fn join(r: &Request) -> Figures {
    measure(r, 1, |rounds| async move {
        for _ in 0..rounds {
            tokio::spawn(async {}).await.unwrap();
        }
    })
    .await
}

fn fib_of(n: i64) -> Pin<Box<dyn Future<Output = i64> + Send>> {
    Box::pin(async move {
        if n < 2 {
            return n;
        }
        let left = tokio::spawn(fib_of(n - 1));
        let right = fib_of(n - 2).await;
        left.await.unwrap() + right
    })
}

fn plain_fib(n: i64) -> i64 {
    if n < 2 { n } else { plain_fib(n - 1) + plain_fib(n - 2) }
}

pub async fn fib(r: &Request) -> Figures {
    let size = r.size;
    measure(r, 1, |rounds| async move {
        for _ in 0..rounds {
            require(fib_of(size).await == plain_fib(size), "fib");
        }
    })
    .await
}

fn skynet_node(parent: mpsc::Sender<i64>, number: i64, leaves: i64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        if leaves == 1 {
            return parent.send(number).await.unwrap();
        }
        let (to_me, mut children) = mpsc::channel(1);
        for i in 0..10 {
            tokio::spawn(skynet_node(to_me.clone(), number + i * (leaves / 10), leaves / 10));
        }
        let mut sum = 0;
        for _ in 0..10 {
            sum += children.recv().await.unwrap();
        }
        parent.send(sum).await.unwrap();
    })
}

pub async fn skynet(r: &Request) -> Figures {
    let size = r.size;
    measure(r, 1, |rounds| async move {
        for _ in 0..rounds {
            let (to_me, mut result) = mpsc::channel(1);
            tokio::spawn(skynet_node(to_me, 0, size));
            require(result.recv().await == Some(size * (size - 1) / 2), "skynet");
        }
    })
    .await
}

pub async fn parked(r: &Request) -> Figures {
    let mut f = Figures::default();
    let count = r.size as f64;
    let before = resident_bytes();
    let bytes_each = || (resident_bytes() - before) / count;
    let mut cpu = cpu_ns();
    let mut start = Instant::now();
    let gate = Arc::new(Notify::new());
    let arrived = Done::new(r.size);
    let done = Done::new(r.size);
    for _ in 0..r.size {
        let (gate, arrived, done) = (gate.clone(), arrived.clone(), done.clone());
        tokio::spawn(async move {
            let opened = gate.notified();
            tokio::pin!(opened);
            opened.as_mut().enable(); // hears the gate from here on
            arrived.done();
            opened.await;
            done.done();
        });
    }
    arrived.wait().await;
    f.ns_per_op = nanoseconds_since(start) / count;
    f.cpu_ns_per_op = (cpu_ns() - cpu) / count;
    f.more.push(("bytes_each", bytes_each()));
    cpu = cpu_ns();
    start = Instant::now();
    gate.notify_waiters();
    done.wait().await;
    f.more.push(("wake_ns_per_op", nanoseconds_since(start) / count));
    f.more.push(("wake_cpu_ns_per_op", (cpu_ns() - cpu) / count));
    start = Instant::now();
    while bytes_each() > 100.0 && start.elapsed() < Duration::from_secs(5) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    f.more.push(("bytes_after", bytes_each()));
    f
}
