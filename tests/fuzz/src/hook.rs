//! Everything behind the listener: any calls, in any order, with any heads and bodies, while polls come and time passes.
//!
//! The first byte chooses the policy's mode and whether callers need credentials. Then come pieces, each a call, a poll
//! or a pause: its first byte says what, its second who calls, the rest is the body ([`act::Act`]). Every answer is held
//! against the contract ([`rules`]), and at the end the store against what was published.

mod act;
mod credential;
mod ending;
mod rules;
mod traffic;
mod world;

use crate::pieces::{first, pieces};
use act::Act;
use std::cell::RefCell;
use tokio::runtime::{Builder, Runtime};
use world::World;

/// Acts that one input is good for: enough to climb the ladder, and for one caller to use up its budget.
const MOST_ACTS: usize = 64;

/// Feeds `data` to a listener, act by act.
pub fn hook(data: &[u8]) {
    thread_local! {
        static RUNTIME: RefCell<Runtime> = RefCell::new(
            Builder::new_current_thread().enable_all().build().expect("a machine that runs tests has threads left")
        );
    }
    let Some((choice, acts)) = first(data) else { return };
    RUNTIME.with_borrow(|runtime| {
        runtime.block_on(async {
            let mut world = World::start(choice).await;
            for piece in pieces(acts).take(MOST_ACTS) {
                if let Some(act) = Act::read(piece) {
                    world.act(act).await;
                }
            }
            world.end().await;
        });
    });
}
