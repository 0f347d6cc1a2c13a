//! Pods for the load: how many serve, how busy they are, and how many there may be.
//!
//! kube-state-metrics tells the first and the last, cAdvisor and kube-state-metrics together the second, counted as the signal
//! `cpu` counts it: what a pod uses over what it asked for, which is what an autoscaler's target means. Of three things one
//! that is missing is named, and nothing is known.

use super::fresh::{OLD, One, Subject, newest};
use super::shipped::{MOST, READY};
use crate::further::pods::{Pods as ByPod, divided, pods};
use crate::prometheus::Matrix;
use crate::templates::Of;
use haldane_core::guard::{Pods, Seen};
use haldane_core::increment::{Arm, Missing};
use std::collections::BTreeMap;

/// How the region's objects and its pods' use are called.
#[derive(Clone, Debug)]
pub(super) struct Workload {
    /// The Deployment that the Canary targets.
    pub(super) target: String,
    /// How use is read, and how what it is divided by.
    pub(super) of: [Of; 2],
    /// The use's metric.
    pub(super) usage: String,
}

/// What was answered.
pub(super) struct Shown {
    pub(super) deployments: Matrix,
    pub(super) autoscalers: Matrix,
    /// Use and requests, of the canary's pods and of the primary's.
    pub(super) arms: [(Arm, Matrix, Matrix); 2],
}

impl Workload {
    pub(super) fn seen(&self, shown: Shown, subject: Subject<'_>) -> Result<Seen, Missing> {
        let Shown { deployments, autoscalers, arms } = shown;
        let ready = by_label(deployments, "deployment", Subject { series: READY, ..subject })?;
        let most = by_label(autoscalers, "horizontalpodautoscaler", Subject { series: MOST, ..subject })?;
        let primary_name = format!("{}-primary", self.target);
        let of = |name: &str| ready.get(name).copied();
        let primary = of(&primary_name);
        let current = primary.unwrap_or(0.0) + of(&self.target).unwrap_or(0.0);
        // Before Flagger has made a primary the target's own autoscaler is the one.
        let keda = |name: &str| format!("keda-hpa-{name}");
        let names = [primary_name.clone(), keda(&primary_name), self.target.clone(), keda(&self.target)];
        let most = names.iter().find_map(|name| most.get(name)).copied();
        let most = most.ok_or_else(|| Subject { series: MOST, ..subject }.absent())?;
        let usage = Subject { series: &self.usage, ..subject };
        let utilisation = if current > 0.0 { self.utilisation(arms, current, usage)? } else { 0.0 };
        Ok(Seen::Pods(Pods { current, primary, utilisation, most }))
    }

    /// The mean of all pods, as far as at least half of those that serve are told.
    fn utilisation(
        &self,
        arms: [(Arm, Matrix, Matrix); 2],
        current: f64,
        subject: Subject<'_>,
    ) -> Result<f64, Missing> {
        let [of, per_of] = self.of;
        let mut told = Vec::new();
        for (arm, usage, requests) in arms {
            let usage = pods(usage, of, arm, subject.series)?;
            let requests = pods(requests, per_of, arm, subject.series)?;
            told.extend(now(divided(usage, &requests), subject));
        }
        if told.is_empty() || (told.len() as f64) * 2.0 < current {
            return Err(subject.absent());
        }
        let mean = told.iter().sum::<f64>() / told.len() as f64;
        if mean.is_finite() { Ok(mean) } else { Err(subject.odd("no number")) }
    }
}

/// Each pod's newest, of those that still tell.
fn now(pods: ByPod, subject: Subject<'_>) -> Vec<f64> {
    let newest = pods
        .into_values()
        .filter_map(|values| values.range(..=subject.at).next_back().map(|(at, v)| (*at, *v)));
    newest.filter(|(at, _)| subject.at - *at <= OLD).map(|(_, value)| value).collect()
}

/// The newest value of each object, whoever exports it: an exporter that was replaced leaves its own samples behind. Where
/// pods are told as available and as ready at the same instant, ready counts, which is what a Service sends traffic to.
fn by_label(matrix: Matrix, label: &str, subject: Subject<'_>) -> Result<BTreeMap<String, f64>, Missing> {
    let mut objects: BTreeMap<String, One> = BTreeMap::new();
    let rank = |one: &One| (one.at, one.labels.get("__name__").cloned());
    for one in newest(matrix, subject)? {
        let Some(name) = one.labels.get(label).cloned() else { continue };
        match objects.get(&name) {
            Some(known) if rank(known) >= rank(&one) => {}
            Some(_) | None => drop(objects.insert(name, one)),
        }
    }
    if objects.is_empty() {
        return Err(subject.absent());
    }
    for one in objects.values() {
        subject.in_time(one)?;
        if subject.number(one)? < 0.0 {
            return Err(subject.odd(&format!("{}, which is no number of pods", one.value)));
        }
    }
    Ok(objects.into_iter().map(|(name, one)| (name, one.value)).collect())
}
