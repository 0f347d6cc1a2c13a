//! What a world is made of, for a larger one that is put together in another way: the region of the end-to-end tests.
//!
//! There the pods are what Deployments ask for and the split is what Ingresses say, so neither [`crate::World`] nor its
//! fleet fits; but processes, ports, and the ways to wait and to die together are the same.

pub use crate::http::{Pool, get, pool, post};
pub use crate::itself::{explain as explain_pod, start as start_pod};
pub use crate::leash::Leash;
pub use crate::part::Part;
pub use crate::port::free as free_port;
pub use crate::programs::find as find_program;
pub use crate::proxy::CANARY_HEADER;
pub use crate::wait::Wait;
