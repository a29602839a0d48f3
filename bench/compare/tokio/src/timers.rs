//! Time. A Sleep of tokio's is registered when it is polled first.
use crate::measure::*;
use crate::spawn::Done;
use std::future::{poll_fn, Future};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{sleep, Instant, Sleep};

const HOUR: Duration = Duration::from_secs(3600);

async fn started(mut sleep: Pin<&mut Sleep>) -> bool {
    poll_fn(|context| Poll::Ready(sleep.as_mut().poll(context).is_pending())).await
}

async fn timers_alive(r: &Request) -> Vec<Pin<Box<Sleep>>> {
    let mut alive = Vec::new();
    let mut seed = 1u64;
    for _ in 0..r.size {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let mut one = Box::pin(sleep(HOUR + Duration::from_millis(seed >> 40)));
        started(one.as_mut()).await;
        alive.push(one);
    }
    alive
}

pub async fn stop(r: &Request) -> Figures {
    let _alive = timers_alive(r).await;
    measure(r, 1, |rounds| async move {
        for _ in 0..rounds {
            let timer = sleep(HOUR);
            tokio::pin!(timer);
            require(started(timer.as_mut()).await, "timer-stop");
        }
    })
    .await
}

pub async fn reset(r: &Request) -> Figures {
    let _alive = timers_alive(r).await;
    measure(r, 1, |rounds| async move {
        let timer = sleep(HOUR);
        tokio::pin!(timer);
        require(started(timer.as_mut()).await, "timer-reset");
        for _ in 0..rounds {
            timer.as_mut().reset(Instant::now() + HOUR);
        }
    })
    .await
}

pub async fn sleeps(r: &Request) -> Figures {
    let tasks = r.size;
    measure(r, 1, |rounds| async move {
        for _ in 0..rounds {
            let done = Done::new(tasks);
            for _ in 0..tasks {
                let done = done.clone();
                tokio::spawn(async move {
                    for _ in 0..10 {
                        sleep(Duration::from_millis(10)).await;
                    }
                    done.done();
                });
            }
            done.wait().await;
        }
    })
    .await
}
