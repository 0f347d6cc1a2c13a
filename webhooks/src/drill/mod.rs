//! Drills: a recorded or made-up loss of a region, held against a policy. The reading and the telling; what is measured and
//! replayed is the lab's ([`haldane_lab::drill`]).
//!
//! ```text
//! file ─► line by line, each with its place ─► Recording ─► conduct ─► Conducted ─► text for people, JSON for machines
//! ```

mod conduct;
mod file;
mod line;
mod save;
mod schema;
mod text;
mod told;

pub use conduct::{Conducted, Drill, conduct};
pub use file::{Recorded, parse};
pub use save::jsonl;
pub use schema::schema;
pub use text::render;
pub use told::told;
