//! The past, asked in pieces: so that a fresh start has the hour of history that judging needs.
//!
//! The same samples are cut on the same grid as later in the poll. It stops at the first fault and gives what it has:
//! a shorter history only makes the judgement more cautious.

use super::ledger::{Answers, Ledger};
use super::offset::Offset;
use super::reader::times;
use super::region::PrometheusRegion;
use haldane_core::increment::{Arms, Increment, Missing, Reading};
use haldane_core::time::{Span, Timestamp};

/// How much is asked at once.
const PIECE: Span = Span::from_min(10);

/// How much longer than one poll all pieces together may take.
const PATIENCE: u32 = 6;

impl PrometheusRegion {
    /// The primary's increments between two past instants of our time, oldest first, counted only (none is missing).
    ///
    /// With them why they are not all, if they are not. Takes up to six deadlines of the configuration; gives what was
    /// counted by then.
    pub async fn backfill(&self, since: Timestamp, until: Timestamp) -> (Vec<Increment>, Option<Missing>) {
        let mut past = Vec::new();
        let patience = self.deadline.saturating_mul(PATIENCE);
        let whole = tokio::time::timeout(patience, self.fill(since, until, &mut past)).await;
        let why = whole.unwrap_or_else(|_| Err(self.member.source().timed_out())).err();
        (past, why)
    }

    async fn fill(
        &self,
        since: Timestamp,
        until: Timestamp,
        past: &mut Vec<Increment>,
    ) -> Result<(), Missing> {
        let session = self.member.session()?;
        let mut offset = Offset::default();
        let (sent, source, received) = (self.clock.now(), session.time().await?, self.clock.now());
        offset.measure(sent, received, source);
        let ahead = offset.get();
        let (begin, end) = (since + ahead, until + ahead);
        let mut ledger = Ledger::new(self.terms.clone());
        ledger.begin(Arms::PrimaryOnly);
        let mut from = begin;
        while from < end {
            let to = end.min(from + PIECE);
            let range = (to - from) + times(ledger.interval().max(Span::from_s(60)), 4);
            let answers = self.answers(&session, Arms::PrimaryOnly, to, range).await;
            if let Some(why) = answers.values().find_map(|answer| answer.as_ref().err()) {
                return Err(why.clone());
            }
            cut(&mut ledger, &answers, (from, to), ahead, past);
            from = to;
        }
        Ok(())
    }
}

/// Cuts everything that lies on the grid between two instants of the source's time.
fn cut(
    ledger: &mut Ledger,
    answers: &Answers,
    (from, to): (Timestamp, Timestamp),
    ahead: Span,
    past: &mut Vec<Increment>,
) {
    ledger.learn(answers);
    let bin = ledger.bin();
    let mut at = from.aligned(bin);
    while at <= to {
        if at >= from {
            let increment = ledger.cut_at(answers, at, ahead);
            past.extend(
                increment.filter(|i| i.signals.values().any(|r| matches!(r, Reading::Counted { .. }))),
            );
        }
        at = at + bin;
    }
}
