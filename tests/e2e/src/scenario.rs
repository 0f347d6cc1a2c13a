//! One namespace of a plane with one service, its Ingress, its Canary and its users.

mod objects;

use crate::canary::{CanaryNow, canaries};
use crate::{Conduct, Diary, Plane, istio, runtime};
use anyhow::{Context, Result};
use haldane_core::time::Span;
use haldane_world::{Load, LoadReport, Truth};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Event;
use k8s_openapi::api::networking::v1::Ingress;
use kube::Api;
use kube::api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::runtime::wait::await_condition;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Flagger looks for new Canaries every ten seconds and needs a few ticks of ten; this is for a machine under load.
const INITIALIZED: Span = Span::from_s(180);

/// A pod answers within a second; this is for a machine under load.
const READY: Duration = Duration::from_secs(60);

/// The Deployment, Canary, Ingress and Service of every scenario.
const NAME: &str = "api";

/// What the Canary's `targetRef` names, and with it how the traffic is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A Deployment, and weights in an Ingress: provider `nginx`.
    Deployment,
    /// A Service that selects a version's pods, and weights in a VirtualService: provider `istio`. Each version has a
    /// Deployment of its own, which Flagger does not touch. The Service is of type `ExternalName`: Flagger 1.44 cannot
    /// copy one that has an address.
    Service,
}

/// What a scenario begins with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The namespace, which is the scenario's name.
    pub namespace: String,
    /// The Canary's `spec.analysis`.
    pub analysis: Value,
    /// What is released.
    pub target: Target,
    /// What else is merged into the Canary's `spec`.
    pub spec: Value,
    /// The version that is installed, and what it does.
    pub version: (String, Conduct),
    /// The Deployment's progress deadline, in seconds: later than that, an update that does not get on has failed.
    pub progress_deadline_s: u32,
    /// Pods that the Deployment asks for.
    pub replicas: u32,
    /// Users' requests per second; 0 for none.
    pub requests_per_s: u32,
}

impl Setup {
    /// One healthy pod of version 1.0.0, and ten requests per second.
    pub fn new(namespace: &str, analysis: Value) -> Self {
        Self {
            namespace: namespace.to_owned(),
            analysis,
            target: Target::Deployment,
            spec: json!({}),
            version: ("1.0.0".to_owned(), Conduct::FINE),
            progress_deadline_s: 600,
            replicas: 1,
            requests_per_s: 10,
        }
    }
}

/// A running scenario; dropping it removes its Canary and its pods.
#[derive(Debug)]
pub struct Scenario {
    plane: Arc<Plane>,
    namespace: String,
    target: Target,
    url: String,
    load: Mutex<Option<Load>>,
}

impl Scenario {
    /// Makes the objects, waits until Flagger has initialised the Canary, and starts the load.
    ///
    /// # Errors
    /// An object is refused, or Flagger does not initialise it.
    pub async fn start(plane: &Arc<Plane>, setup: Setup) -> Result<Self> {
        let namespace = setup.namespace.clone();
        objects::create(plane, &setup).await.with_context(|| format!("the objects of {namespace}"))?;
        let url = plane.fronts().open(&namespace).await?;
        let target = setup.target;
        let scenario = Self { plane: Arc::clone(plane), namespace, target, url, load: Mutex::default() };
        scenario.reaches("the Canary is initialised", INITIALIZED, |c| c.phase == "Initialized").await?;
        scenario.set_load(setup.requests_per_s)?;
        Ok(scenario)
    }

    /// Its namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Where its users' requests go.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Deploys a version: the tag of the image, and what its program does.
    ///
    /// # Errors
    /// The API server refuses it.
    pub async fn deploy(&self, version: &str, conduct: Conduct) -> Result<()> {
        if self.target == Target::Service {
            return self.deploy_beside(version, conduct).await;
        }
        let container = objects::container(version, conduct)?;
        let patch = json!({"spec": {"template": {"spec": {"containers": [container]}}}});
        self.deployments().patch(NAME, &PatchParams::default(), &Patch::Merge(patch)).await?;
        Ok(())
    }

    /// Starts the version's own Deployment and, when its pods answer, lets the Service select them.
    async fn deploy_beside(&self, version: &str, conduct: Conduct) -> Result<()> {
        let name = objects::version_name(version);
        if self.deployments().get_opt(&name).await?.is_none() {
            let deployment = serde_json::from_value(objects::deployment_of(version, conduct)?)?;
            self.deployments().create(&PostParams::default(), &deployment).await?;
        }
        let ready =
            |d: Option<&Deployment>| d.and_then(|d| d.status.as_ref()?.ready_replicas).unwrap_or(0) > 0;
        tokio::time::timeout(READY, await_condition(self.deployments(), &name, ready)).await??;
        let external = format!("{name}.example");
        let selector = json!({"app": NAME, "version": version});
        let patch = Patch::Merge(json!({"spec": {"externalName": external, "selector": selector}}));
        istio::services(self.plane.client(), &self.namespace)
            .patch(NAME, &PatchParams::default(), &patch)
            .await?;
        Ok(())
    }

    /// Merges into the Canary's `spec`.
    ///
    /// # Errors
    /// The API server refuses it.
    pub async fn edit(&self, spec: Value) -> Result<()> {
        let patch = Patch::Merge(json!({ "spec": spec }));
        self.canaries().patch(NAME, &PatchParams::default(), &patch).await?;
        Ok(())
    }

    /// The Canary's status now.
    ///
    /// # Errors
    /// The API server does not answer.
    pub async fn canary(&self) -> Result<CanaryNow> {
        CanaryNow::of(&self.canaries().get(NAME).await?)
    }

    /// Waits until the Canary's status is as wanted.
    ///
    /// # Errors
    /// It is not within this time; what it was instead.
    pub async fn reaches(
        &self,
        what: &str,
        within: Span,
        wanted: impl Fn(&CanaryNow) -> bool + Send,
    ) -> Result<CanaryNow> {
        let condition = |canary: Option<&DynamicObject>| {
            canary.and_then(|c| CanaryNow::of(c).ok()).is_some_and(|c| wanted(&c))
        };
        let reached = await_condition(self.canaries(), NAME, condition);
        let within = Duration::from_micros(u64::try_from(within.as_us())?);
        match tokio::time::timeout(within, reached).await {
            Ok(canary) => CanaryNow::of(&canary?.context("the Canary is gone")?),
            Err(_) => {
                let (now, events) = (self.canary().await?, self.events().await?);
                anyhow::bail!(
                    "not within {within:?}: {what}; {now:?}\n{}\nmachines: {:?}\nroutes: {:?}",
                    events.join("\n"),
                    self.plane.nodes().troubles(),
                    self.plane.fronts().troubles(&self.namespace),
                )
            }
        }
    }

    /// The weight that the canary's route has now, in percent: the Ingress' annotation, or the VirtualService's second
    /// destination; 0 before there is one.
    ///
    /// # Errors
    /// The API server does not answer, or the annotation is no number.
    pub async fn live_weight(&self) -> Result<u32> {
        if self.target == Target::Service {
            let route = istio::virtual_services(self.plane.client(), &self.namespace).get_opt(NAME).await?;
            let weights = route.map(|route| istio::weights(&route)).unwrap_or_default();
            return Ok(weights.get(1).map_or(0, |(_, weight)| *weight));
        }
        let ingress = self.ingresses().get_opt(&canary_ingress()).await?;
        ingress.as_ref().map_or(Ok(0), weight_of)
    }

    /// Writes down from now on what the Canary goes through; its target is a Deployment.
    pub fn diary(&self) -> Diary {
        Diary::keep((self.canaries(), NAME), (self.ingresses(), &canary_ingress()), weight_of)
    }

    /// An annotation of the canary's Ingress, without its prefix.
    ///
    /// # Errors
    /// The API server does not answer.
    pub async fn canary_annotation(&self, name: &str) -> Result<Option<String>> {
        let ingress = self.ingresses().get_opt(&canary_ingress()).await?;
        Ok(ingress.as_ref().and_then(|i| annotation(i, name)).cloned())
    }

    /// Where Haldane says that the report is.
    ///
    /// # Errors
    /// The API server does not answer.
    pub async fn report_annotation(&self) -> Result<Option<String>> {
        let annotations = self.canaries().get(NAME).await?.metadata.annotations.unwrap_or_default();
        Ok(annotations.get("haldane.dev/report").cloned())
    }

    /// Deletes the Canary, and nothing else.
    ///
    /// # Errors
    /// The API server refuses it.
    pub async fn delete_canary(&self) -> Result<()> {
        self.canaries().delete(NAME, &DeleteParams::default()).await?;
        Ok(())
    }

    /// The texts of the Canary's Events, oldest first.
    ///
    /// # Errors
    /// The API server does not answer.
    pub async fn events(&self) -> Result<Vec<String>> {
        let api: Api<Event> = Api::namespaced(self.plane.client(), &self.namespace);
        let mut events = api.list(&ListParams::default()).await?.items;
        events.retain(|e| e.involved_object.kind.as_deref() == Some("Canary"));
        events.sort_by_key(|e| e.last_timestamp.as_ref().map(|t| t.0));
        Ok(events.into_iter().filter_map(|e| e.message).collect())
    }

    /// Prints the Canary's Events into the log of the run. Past the harness' capture, which belongs to the first test that
    /// started a worker of the shared runtime, and loses what is printed after that one has ended.
    ///
    /// # Errors
    /// The API server does not answer.
    pub async fn print_events(&self) -> Result<()> {
        let lines = self.events().await?.into_iter().map(|event| format!("{}: {event}\n", self.namespace));
        std::io::stdout().write_all(lines.collect::<String>().as_bytes())?;
        Ok(())
    }

    /// What the pods of a version have really served, dead ones among them.
    ///
    /// # Errors
    /// A record cannot be read.
    pub fn truth(&self, version: &str) -> Result<Truth> {
        self.plane.nodes().registry().truth(&self.namespace, |_, v| v == version)
    }

    /// What the pods of a Deployment (`api`, `api-primary`) have really served.
    ///
    /// # Errors
    /// A record cannot be read.
    pub fn truth_of(&self, deployment: &str) -> Result<Truth> {
        self.plane.nodes().registry().truth(&self.namespace, |d, _| d == deployment)
    }

    /// Replaces the load by one of this rate, with numbers of its own.
    ///
    /// # Errors
    /// There can be no thread.
    pub fn set_load(&self, requests_per_s: u32) -> Result<()> {
        let load = (requests_per_s > 0).then(|| Load::start(&self.url, requests_per_s)).transpose()?;
        *self.load.lock().unwrap_or_else(PoisonError::into_inner) = load;
        Ok(())
    }

    /// Starts more users, whose requests carry this header; they end with the handle.
    ///
    /// # Errors
    /// There can be no thread.
    pub fn more_load(&self, requests_per_s: u32, header: (&'static str, &'static str)) -> Result<Load> {
        Ok(Load::start_with(&self.url, requests_per_s, Some(header))?)
    }

    /// What came of the load so far, as the users saw it.
    pub fn load(&self) -> LoadReport {
        let load = self.load.lock().unwrap_or_else(PoisonError::into_inner);
        load.as_ref().map(Load::report).unwrap_or_default()
    }

    /// The plane that it runs on.
    pub const fn plane(&self) -> &Arc<Plane> {
        &self.plane
    }

    fn deployments(&self) -> Api<Deployment> {
        Api::namespaced(self.plane.client(), &self.namespace)
    }

    fn canaries(&self) -> Api<DynamicObject> {
        canaries(self.plane.client(), &self.namespace)
    }

    fn ingresses(&self) -> Api<Ingress> {
        Api::namespaced(self.plane.client(), &self.namespace)
    }
}

/// The Ingress that Flagger makes beside that of the scenario.
fn canary_ingress() -> String {
    format!("{NAME}-canary")
}

/// An annotation of an Ingress, without its prefix.
fn annotation<'a>(ingress: &'a Ingress, name: &str) -> Option<&'a String> {
    ingress.metadata.annotations.as_ref()?.get(&format!("nginx.ingress.kubernetes.io/{name}"))
}

/// The canary's weight in its Ingress, in percent; 0 where there is none.
fn weight_of(ingress: &Ingress) -> Result<u32> {
    annotation(ingress, "canary-weight").map_or(Ok(0), |weight| Ok(weight.parse()?))
}

impl Drop for Scenario {
    fn drop(&mut self) {
        self.plane.fronts().close(&self.namespace);
        let (canaries, deployments, plane) = (self.canaries(), self.deployments(), Arc::clone(&self.plane));
        runtime::afterwards(async move {
            drop(canaries.delete(NAME, &DeleteParams::default()).await);
            drop(deployments.delete_collection(&DeleteParams::default(), &ListParams::default()).await);
            drop(plane);
        });
    }
}
