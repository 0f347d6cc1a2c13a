//! Which pods the two pools of a HAProxy have, and which they are to have.

use super::front::Front;
use anyhow::Result;
use haldane_world::Arm;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

/// The pods of each pool and their slots; no slot while a pod drains.
#[derive(Debug, Default)]
pub(super) struct Pools(BTreeMap<(Arm, String), Option<usize>>);

impl Front {
    /// Takes in those of `wanted` that are missing; then takes out the others, without waiting for their requests.
    pub(super) async fn fill(self: &Arc<Self>, arm: Arm, wanted: &BTreeMap<String, u16>) -> Result<()> {
        for (pod, port) in wanted {
            let key = (arm, pod.clone());
            if self.pools().0.contains_key(&key) {
                continue;
            }
            let slot = self.proxy.add(arm, *port).await?;
            self.pools().0.insert(key, Some(slot));
            self.registry.pooled(&self.namespace, pod, true);
        }
        Ok(())
    }

    /// Takes out the pods that are not in `wanted`, without waiting for their requests.
    pub(super) fn empty(self: &Arc<Self>, arm: Arm, wanted: &BTreeMap<String, u16>) {
        let mut surplus = Vec::new();
        for ((of, pod), slot) in &mut self.pools().0 {
            if *of == arm
                && !wanted.contains_key(pod)
                && let Some(slot) = slot.take()
            {
                surplus.push((pod.clone(), slot));
            }
        }
        for (pod, slot) in surplus {
            tokio::spawn(Arc::clone(self).drain(arm, pod, slot));
        }
    }

    async fn drain(self: Arc<Self>, arm: Arm, pod: String, slot: usize) {
        let drained = self.proxy.drain(arm, slot).await;
        self.pools().0.remove(&(arm, pod.clone()));
        self.registry.pooled(&self.namespace, &pod, false);
        if let Err(error) = drained {
            self.note(error.to_string());
        }
    }

    fn pools(&self) -> std::sync::MutexGuard<'_, Pools> {
        // A map is whole after every operation on it.
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
