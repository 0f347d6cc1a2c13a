//! One pod of the service under test, by hand: `world-service --version 1.0.0 --listen 127.0.0.1:0`.

use clap::Parser;
use haldane_world::service;
use std::io;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    service::serve(service::Options::parse()).await
}
