//! Answers, led back to whose they are and read into an increment.

use super::questions::Key;
use super::{Asked, Exposure, Questions, Reader, Replies};
use crate::prometheus::Matrix;
use haldane_core::increment::{Arm, Counts, Increment, Missing, Reading};
use std::collections::BTreeMap;

impl Reader {
    /// Adds what was answered to `increment`, which is about the requests up to the same instant.
    pub(crate) fn read(
        &mut self,
        questions: Questions,
        replies: Replies,
        asked: Asked,
        increment: &mut Increment,
    ) {
        self.traffic.note(increment);
        let mut shown: BTreeMap<Key, Result<Matrix, Missing>> =
            questions.keys.into_iter().zip(replies.matrices).collect();
        for i in 0..self.counted.len() {
            self.count(i, &mut shown, asked, increment);
        }
        let at = self.counted.len();
        for (i, gauge) in self.gauges.iter_mut().enumerate() {
            let arms = [Arm::Canary, Arm::Primary].into_iter().filter_map(|arm| {
                let value = shown.remove(&(at + i, arm, 0))?;
                let per = shown.remove(&(at + i, arm, 1)).transpose();
                Some((arm, value.and_then(|value| Ok((value, per?)))))
            });
            let reading = gauge.read(arms.collect(), asked);
            increment.signals.extend(reading.map(|reading| (gauge.signal, reading)));
        }
        for (i, place) in self.places.iter().enumerate() {
            if let Some(matrix) = shown.remove(&(at + self.gauges.len() + i, Arm::Primary, 0)) {
                increment.signals.insert(place.signal, place.read(matrix, asked));
            }
        }
        let mut numbers: BTreeMap<usize, BTreeMap<Arm, Result<f64, Missing>>> = BTreeMap::new();
        for ((i, arm), number) in questions.numbers.into_iter().zip(replies.numbers) {
            numbers.entry(i).or_default().insert(arm, number);
        }
        for (i, numbers) in numbers {
            if let Some(scalar) = self.scalars.get_mut(i) {
                increment.signals.insert(scalar.signal, scalar.read(numbers, asked));
            }
        }
    }

    fn count(
        &mut self,
        i: usize,
        shown: &mut BTreeMap<Key, Result<Matrix, Missing>>,
        asked: Asked,
        increment: &mut Increment,
    ) {
        let Some(counted) = self.counted.get_mut(i) else { return };
        let arms = [Arm::Canary, Arm::Primary].into_iter();
        let arms = arms.filter_map(|arm| Some((arm, shown.remove(&(i, arm, 0))?))).collect();
        let Some(mut own) = counted.read(arms, asked) else { return };
        let Some(reading) = own.signals.remove(&counted.signal) else { return };
        let pods = |arm: Arm| counted.targets(arm) as f64;
        let reading = match (reading, counted.exposure) {
            (Reading::Counted { since, canary, primary, bracket }, Exposure::Pods) => {
                let s = (increment.as_of - since).as_s();
                let per_pod =
                    |arm: Arm, counts: Option<Counts>| counts.map(|c| Counts { total: pods(arm) * s, ..c });
                let (canary, primary) = (per_pod(Arm::Canary, canary), per_pod(Arm::Primary, primary));
                Reading::Counted { since, canary, primary, bracket }
            }
            (Reading::Counted { since, canary, primary, bracket }, Exposure::Requests) => {
                let served = |arm: Arm, counts: Option<Counts>| {
                    counts.map(|c| Counts { total: self.traffic.requests(arm, since, increment.as_of), ..c })
                };
                let (canary, primary) = (served(Arm::Canary, canary), served(Arm::Primary, primary));
                Reading::Counted { since, canary, primary, bracket }
            }
            (reading, Exposure::Own | Exposure::Pods | Exposure::Requests) => reading,
        };
        increment.canary_pods.extend(own.canary_pods);
        increment.signals.insert(counted.signal, reading);
    }
}
