//! Round trips of 64 bytes over the loopback, both ends in this process; and `serve`, hello over HTTP by hyper.
use crate::measure::*;
use crate::spawn::Done;
use http_body_util::Full;
use hyper::body::Bytes;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

async fn answer(mut c: TcpStream) {
    let mut buffer = [0u8; 64];
    while let Ok(n @ 1..) = c.read(&mut buffer).await {
        if c.write_all(&buffer[..n]).await.is_err() {
            return;
        }
    }
}

async fn turns(c: &mut TcpStream, rounds: i64) {
    let mut buffer = [0u8; 64];
    for _ in 0..rounds {
        c.write_all(&buffer).await.unwrap();
        c.read_exact(&mut buffer).await.unwrap();
    }
}

async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

pub async fn echo(r: &Request) -> Figures {
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((c, _)) = listener.accept().await {
            c.set_nodelay(true).unwrap();
            tokio::spawn(answer(c));
        }
    });
    let before = resident_bytes();
    let mut clients = Vec::new();
    for _ in 0..r.size {
        let mut c = TcpStream::connect(address).await.unwrap();
        c.set_nodelay(true).unwrap(); // as goro's and Go's are
        turns(&mut c, 1).await;
        clients.push(Arc::new(Mutex::new(c)));
    }
    let idle = (resident_bytes() - before) / r.size as f64;
    let clients = &clients;
    let mut f = measure(r, r.size, |rounds| async move {
        let done = Done::new(clients.len() as i64);
        for c in clients {
            let (c, done) = (c.clone(), done.clone());
            tokio::spawn(async move {
                turns(&mut *c.lock().await, rounds).await;
                done.done();
            });
        }
        done.wait().await;
    })
    .await;
    f.more.push(("bytes_each", idle));
    f
}

async fn hello(_: hyper::Request<hyper::body::Incoming>) -> Result<hyper::Response<Full<Bytes>>, std::convert::Infallible> {
    let response = hyper::Response::builder().header("Content-Type", "text/plain; charset=utf-8");
    Ok(response.body(Full::new(Bytes::from_static(b"hello\n"))).unwrap())
}

/// Prints `address HOST:PORT`, then serves until it is killed.
pub async fn serve() {
    let listener = listen().await;
    println!("address {}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        while let Ok((c, _)) = listener.accept().await {
            let _ = c.set_nodelay(true);
            tokio::spawn(async move {
                let io = hyper_util::rt::TokioIo::new(c);
                let service = hyper::service::service_fn(hello);
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
            });
        }
    });
    let _ = serving.await;
}
