//! Two regions with planes of their own, and a Flagger that dies.

use crate::act::{NEW, weighted};
use anyhow::{Result, ensure};
use haldane_core::time::Span;
use haldane_e2e::{Conduct, Etcd, Plane, PlaneConfig, Scenario, Setup, Tape, User, run};
use haldane_world::parts::Wait;
use std::sync::Arc;

#[test]
fn two_regions_share_nothing_and_a_killed_flagger_goes_on_where_it_was() -> Result<()> {
    run(async {
        let etcd = Arc::new(Etcd::start().await?);
        let active = Arc::new(Plane::start(PlaneConfig::new("us-east"), &etcd).await?);
        let standby = Arc::new(Plane::start(PlaneConfig::new("eu-central"), &etcd).await?);
        let (mut here, mut there) = (Tape::start().await?, Tape::start().await?);
        let (first, second) = tokio::try_join!(begin(&active, &here), begin(&standby, &there))?;
        here.rewind().await;
        first.deploy(NEW, Conduct::FINE).await?;
        here.until(&first, 10, |tick| tick.weight == 5).await?;

        active.stop_flagger().await?;
        ensure!(here.is_silent_for(Span::from_s(15)).await, "a dead Flagger calls nobody");
        assert_eq!((first.live_weight().await?, first.canary().await?.phase.as_str()), (5, "Progressing"));
        active.start_flagger().await?;
        let tick = here.tick(&first).await?;
        assert_eq!(
            (tick.weight, tick.calls[0].checksum.as_str()),
            (50, "spec-2"),
            "it goes on, and asks nothing again"
        );
        here.until(&first, 10, |tick| tick.phase == "Succeeded").await?;

        assert_eq!(
            (second.canary().await?.phase.as_str(), second.truth(NEW)?.requests()),
            ("Initialized", 0)
        );
        there.rewind().await;
        ensure!(there.recording().ticks.is_empty());
        only_what_is_bound(&active).await?;
        let file = active.directory().join("both.json");
        Plane::write_kubeconfig(&file, &[&active, &standby], User::Haldane)?;
        Ok(())
    })
}

async fn begin(plane: &Arc<Plane>, tape: &Tape) -> Result<Scenario> {
    let mut analysis = weighted();
    analysis["webhooks"] = tape.webhooks();
    Scenario::start(plane, Setup::new("fnp", analysis)).await
}

/// Haldane's account may do nothing until a role is bound to it, so that a test with it proves the role.
async fn only_what_is_bound(plane: &Plane) -> Result<()> {
    ensure!(!may_list(plane).await, "no role is bound yet");
    let binding = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: reader}}\n\
         rules: [{{apiGroups: [flagger.app], resources: [canaries], verbs: [list]}}]\n---\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: reader}}\n\
         roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}}\n\
         subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: User, name: {}}}]\n",
        User::Haldane.name()
    );
    plane.apply(&binding).await?;
    // The authoriser sees a binding by its watch, some milliseconds later.
    let wait = Wait::begin("the role is in force", Span::from_s(20));
    while !may_list(plane).await {
        wait.again().await?;
    }
    Ok(())
}

async fn may_list(plane: &Plane) -> bool {
    let user = User::Haldane.name();
    let asked = ["auth", "can-i", "list", "canaries.flagger.app", "--all-namespaces", "--as", user];
    plane.kubectl(&asked, "").await.is_ok()
}
