//! Taking turns: yield, and a mutex alone and fought for.
use crate::measure::*;
use crate::spawn::Done;
use std::sync::Arc;
use tokio::sync::Mutex;

pub async fn yield_now(r: &Request) -> Figures {
    let tasks = r.size;
    measure(r, tasks * TURNS_IN_A_ROUND, |rounds| async move {
        let done = Done::new(tasks);
        for _ in 0..tasks {
            let done = done.clone();
            tokio::spawn(async move {
                for _ in 0..rounds * TURNS_IN_A_ROUND {
                    tokio::task::yield_now().await;
                }
                done.done();
            });
        }
        done.wait().await;
    })
    .await
}

pub async fn mutex(r: &Request) -> Figures {
    measure(r, 1, |rounds| async move {
        let shared = Mutex::new(0);
        for _ in 0..rounds {
            *shared.lock().await += 1;
        }
        require(*shared.lock().await == rounds, "mutex");
    })
    .await
}

pub async fn mutex_contended(r: &Request) -> Figures {
    let tasks = r.size;
    measure(r, tasks, |rounds| async move {
        let shared = Arc::new(Mutex::new(0));
        let done = Done::new(tasks);
        for _ in 0..tasks {
            let (shared, done) = (shared.clone(), done.clone());
            tokio::spawn(async move {
                for _ in 0..rounds {
                    *shared.lock().await += 1;
                }
                done.done();
            });
        }
        done.wait().await;
        require(*shared.lock().await == rounds * tasks, "mutex-contended");
    })
    .await
}
