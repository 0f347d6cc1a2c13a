//! One region: its pods, its cluster, its Flagger, and the three ways between them and Haldane.

use crate::cluster::Cluster;
use crate::line::{How, Line};
use crate::pods::Pods;
use haldane_core::time::Span;
use haldane_flagger_model::{Flagger, Phase};
use std::time::Duration;

/// Real time that Flagger waits for an answer: long, where one comes, and short, where none will.
const TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT_HUNG: Duration = Duration::from_millis(50);

/// What can be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Haldane's way to the pods' pages.
    Source,
    /// Haldane's way to the API server.
    Cluster,
    /// Flagger's way to Haldane.
    Hooks,
}

impl Way {
    pub(crate) const ALL: [Self; 3] = [Self::Source, Self::Cluster, Self::Hooks];
}

/// How far a region has come, as its Flagger shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Waiting,
    Admitted,
    At(u32),
    Promoting,
    /// Succeeded; watched on by whoever comes after.
    Baking,
}

impl Stage {
    pub(crate) const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Admitted,
        Self::At(5),
        Self::At(50),
        Self::At(100),
        Self::Promoting,
        Self::Baking,
    ];
}

pub(crate) struct Place {
    pub(crate) flagger: Flagger,
    pub(crate) cluster: Cluster,
    pub(crate) pods: Pods,
    pub(crate) source: Line,
    pub(crate) api: Line,
    pub(crate) hooks: Line,
    /// Every weight that was routed, each once, in their order.
    pub(crate) routed: Vec<u32>,
}

impl Place {
    pub(crate) fn stage(&self) -> Stage {
        match self.flagger.status().phase {
            Phase::Initialized | Phase::Waiting => Stage::Waiting,
            Phase::Progressing | Phase::WaitingPromotion if self.weight() == 0 => Stage::Admitted,
            Phase::Progressing | Phase::WaitingPromotion => Stage::At(self.weight()),
            Phase::Promoting | Phase::Finalising => Stage::Promoting,
            Phase::Succeeded => Stage::Baking,
            Phase::Failed => panic!("rolled back: {:?}", self.flagger.events()),
        }
    }

    pub(crate) fn weight(&self) -> u32 {
        self.flagger.live().borrow().canary_weight
    }

    pub(crate) fn failed_checks(&self) -> u32 {
        self.flagger.status().failed_checks
    }

    /// Users' requests of `span`.
    pub(crate) fn serve(&self, span: Span) {
        self.pods.serve(span, self.weight());
    }

    pub(crate) async fn tick(&mut self) {
        self.flagger.tick().await;
        let weight = self.weight();
        if self.routed.last() != Some(&weight) {
            self.routed.push(weight);
        }
    }

    pub(crate) async fn cut(&mut self, way: Way, how: How) {
        self.line(way).cut(how).await;
        if way == Way::Hooks && how == How::Hung {
            self.patience(TIMEOUT_HUNG);
        }
    }

    pub(crate) async fn mend(&mut self, way: Way) {
        self.line(way).mend().await;
        if way == Way::Hooks {
            self.patience(TIMEOUT);
        }
    }

    fn patience(&self, timeout: Duration) {
        self.flagger.edit(|spec| spec.webhooks.iter_mut().for_each(|hook| hook.timeout = timeout));
    }

    const fn line(&mut self, way: Way) -> &mut Line {
        match way {
            Way::Source => &mut self.source,
            Way::Cluster => &mut self.api,
            Way::Hooks => &mut self.hooks,
        }
    }
}
