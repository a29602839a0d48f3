//! Values from task to task, and select. tokio has no unbuffered channel, so a capacity of one stands for it, and its channels
//! have one consumer: with several, async-channel's is used.
use crate::measure::*;
use crate::spawn::Done;
use tokio::sync::mpsc;

pub async fn ping_pong(r: &Request) -> Figures {
    let pairs = r.size;
    measure(r, pairs * TURNS_IN_A_ROUND, |rounds| async move {
        let done = Done::new(2 * pairs);
        for _ in 0..pairs {
            let (to_ping, mut ping) = mpsc::channel(1);
            let (to_pong, mut pong) = mpsc::channel(1);
            let (one, other) = (done.clone(), done.clone());
            tokio::spawn(async move {
                for _ in 0..rounds * TURNS_IN_A_ROUND {
                    to_pong.send(ping.recv().await.unwrap()).await.unwrap();
                }
                one.done();
            });
            tokio::spawn(async move {
                for i in 0..rounds * TURNS_IN_A_ROUND {
                    to_ping.send(i).await.unwrap();
                    require(pong.recv().await == Some(i), "ping-pong");
                }
                other.done();
            });
        }
        done.wait().await;
    })
    .await
}

pub async fn buffered(r: &Request) -> Figures {
    let parties = r.size;
    measure(r, parties, |rounds| async move {
        let sum = if parties == 1 { one_to_one(rounds).await } else { many_to_many(parties, rounds).await };
        require(sum == parties * (rounds * (rounds - 1) / 2), "buffered");
    })
    .await
}

async fn one_to_one(rounds: i64) -> i64 {
    let (sender, mut receiver) = mpsc::channel(128);
    tokio::spawn(async move {
        for i in 0..rounds {
            sender.send(i).await.unwrap();
        }
    });
    let consumer = tokio::spawn(async move {
        let mut sum = 0;
        while let Some(v) = receiver.recv().await {
            sum += v;
        }
        sum
    });
    consumer.await.unwrap()
}

async fn many_to_many(parties: i64, rounds: i64) -> i64 {
    let (sender, receiver) = async_channel::bounded(128);
    let mut consumers = Vec::new();
    for _ in 0..parties {
        let (sender, receiver) = (sender.clone(), receiver.clone());
        tokio::spawn(async move {
            for i in 0..rounds {
                sender.send(i).await.unwrap();
            }
        });
        consumers.push(tokio::spawn(async move {
            let mut sum = 0;
            while let Ok(v) = receiver.recv().await {
                sum += v;
            }
            sum
        }));
    }
    drop(sender);
    let mut sum = 0;
    for consumer in consumers {
        sum += consumer.await.unwrap();
    }
    sum
}

pub async fn alone(r: &Request) -> Figures {
    measure(r, 1, |rounds| async move {
        let (sender, mut receiver) = mpsc::channel(4);
        let mut sum = 0;
        for i in 0..rounds {
            sender.send(i).await.unwrap();
            sum += receiver.recv().await.unwrap();
        }
        require(sum == rounds * (rounds - 1) / 2, "channel-alone");
    })
    .await
}

type Four = ([mpsc::Sender<i64>; 4], [mpsc::Receiver<i64>; 4]);

fn four() -> Four {
    let [a, b, c, d] = [(); 4].map(|()| mpsc::channel(1));
    ([a.0, b.0, c.0, d.0], [a.1, b.1, c.1, d.1])
}

macro_rules! select_of_four {
    ($c:ident) => {{
        let [c0, c1, c2, c3] = &mut $c;
        tokio::select! {
            v = c0.recv() => v,
            v = c1.recv() => v,
            v = c2.recv() => v,
            v = c3.recv() => v,
        }
        .unwrap()
    }};
}

pub async fn select_ready(r: &Request) -> Figures {
    measure(r, 1, |rounds| async move {
        let (senders, mut c) = four();
        let mut sum = 0;
        for i in 0..rounds {
            senders[(i % 4) as usize].send(i).await.unwrap();
            sum += select_of_four!(c);
        }
        require(sum == rounds * (rounds - 1) / 2, "select-ready");
    })
    .await
}

pub async fn select_blocking(r: &Request) -> Figures {
    measure(r, 1, |rounds| async move {
        let (senders, mut c) = four();
        let consumer = tokio::spawn(async move {
            let mut sum = 0;
            for _ in 0..rounds {
                sum += select_of_four!(c);
            }
            sum
        });
        for i in 0..rounds {
            senders[(i % 4) as usize].send(i).await.unwrap();
        }
        require(consumer.await.unwrap() == rounds * (rounds - 1) / 2, "select-blocking");
    })
    .await
}

/// By try_recv, which is what tokio has for a channel that may be empty.
pub async fn select_default(r: &Request) -> Figures {
    let cases = r.size as usize;
    measure(r, 1, |rounds| async move {
        let (_senders, mut c) = four();
        let mut defaults = 0;
        for _ in 0..rounds {
            if c[..cases].iter_mut().all(|one| std::hint::black_box(one.try_recv()).is_err()) {
                defaults += 1;
            }
        }
        require(defaults == rounds, "select-default");
    })
    .await
}
