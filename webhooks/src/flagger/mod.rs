//! The edge towards Flagger: payloads and event texts become closed types here, and nowhere deeper.

pub mod event_text;
pub mod payload;
