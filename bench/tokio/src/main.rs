//! What Tokio needs: an mpsc channel to one worker thread and one back, each with a runtime of its own
//! on its thread; values are cloned on both sides.
//!
//! Reads requests, one a line, and answers each with the microseconds of its samples on one line:
//!
//!     <kind> <bytes> <batch> <block> <milliseconds> <samples at least>
//!
//! A kind is "number", "string" or "bytes"; the first has no use for a size.

use std::fmt::Write as _;
use std::io::{self, BufRead, Write as _};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{channel, Receiver, Sender};

/// More than the largest batch: a host that waits for answers only after its batch must not stand still.
const CAPACITY: usize = 1024;
const MOST_SAMPLES: usize = 100_000;

struct Request {
    batch: usize,
    block: usize,
    length: Duration,
    least: usize,
}

fn main() -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| words[at].parse::<f64>().expect("a number");
        let size = number(1) as usize;
        let request = Request {
            batch: number(2) as usize,
            block: number(3) as usize,
            length: Duration::from_secs_f64(number(4) / 1000.0),
            least: number(5) as usize,
        };
        let samples = match words[0] {
            "number" => measure(1.5_f64, &request),
            "string" => measure("x".repeat(size), &request),
            "bytes" => measure(vec![7_u8; size], &request),
            kind => panic!("no such kind: {kind}"),
        };
        let mut text = String::new();
        for sample in samples {
            write!(text, "{sample:.4} ").expect("there is memory");
        }
        println!("{text}");
        io::stdout().flush()?;
    }
    Ok(())
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime")
}

fn measure<T: Clone + PartialEq + Send + 'static>(value: T, request: &Request) -> Vec<f64> {
    let (to_worker, calls) = channel::<T>(CAPACITY);
    let (to_host, replies) = channel::<T>(CAPACITY);
    let worker = thread::spawn(move || runtime().block_on(echo(calls, to_host)));
    let samples = runtime().block_on(take(value, request, to_worker, replies));
    worker.join().expect("the worker has ended");
    samples
}

async fn echo<T: Clone>(mut calls: Receiver<T>, to_host: Sender<T>) {
    while let Some(value) = calls.recv().await {
        if to_host.send(value.clone()).await.is_err() {
            return;
        }
    }
}

async fn take<T: Clone + PartialEq>(
    value: T,
    request: &Request,
    to_worker: Sender<T>,
    mut replies: Receiver<T>,
) -> Vec<f64> {
    let first = trip(&value, 1, &to_worker, &mut replies).await;
    assert!(first == Some(value.clone()), "wrong answer");
    trip(&value, request.batch, &to_worker, &mut replies).await;
    let mut samples = Vec::new();
    let end = Instant::now() + request.length;
    while (Instant::now() < end || samples.len() < request.least) && samples.len() < MOST_SAMPLES {
        let start = Instant::now();
        for _ in 0..request.block {
            trip(&value, request.batch, &to_worker, &mut replies).await;
        }
        samples.push(start.elapsed().as_secs_f64() * 1e6 / request.block as f64);
    }
    samples
}

/// Sends a batch there and back; the last answer.
async fn trip<T: Clone>(
    value: &T,
    batch: usize,
    to_worker: &Sender<T>,
    replies: &mut Receiver<T>,
) -> Option<T> {
    for _ in 0..batch {
        to_worker.send(value.clone()).await.ok()?;
    }
    let mut last = None;
    for _ in 0..batch {
        last = replies.recv().await;
    }
    last
}
