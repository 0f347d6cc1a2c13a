//! One region's cluster: API server, Flagger, Prometheus, machines and routes.

use crate::flagger::Flagger;
use crate::server::Server;
use crate::{Etcd, Fronts, Nodes, Tools, User, istio};
use anyhow::{Context, Result};
use haldane_core::time::Span;
use haldane_world::Prometheus;
use haldane_world::parts::Leash;
use kube::Client;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// What a plane is made of.
#[derive(Clone, Debug)]
pub struct PlaneConfig {
    /// The region's name, Prometheus' external label `region`.
    pub region: String,
    /// Time between two scrapes; 1 s or more.
    pub scrape_interval: Span,
    /// Flagger's `-mesh-provider`.
    pub provider: String,
}

impl PlaneConfig {
    /// A scrape every two seconds, and weights in Ingresses.
    pub fn new(region: &str) -> Self {
        Self { region: region.to_owned(), scrape_interval: Span::from_s(2), provider: "nginx".to_owned() }
    }
}

/// A running region. Dropping it kills every process of it.
pub struct Plane {
    region: String,
    server: Server,
    client: Client,
    flagger: Flagger,
    prometheus: Arc<Prometheus>,
    nodes: Nodes,
    fronts: Fronts,
    leash: EndsLeash,
    directory: TempDir,
    _etcd: Arc<Etcd>,
}

impl std::fmt::Debug for Plane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plane").field("region", &self.region).finish_non_exhaustive()
    }
}

/// Kills every process on the leash when it is dropped, also when the start of the rest failed.
#[derive(Debug)]
struct EndsLeash(Leash);

impl Drop for EndsLeash {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Plane {
    /// Starts everything; Flagger's CustomResourceDefinitions are established when it returns.
    ///
    /// # Errors
    /// A part is missing (the sentence says how to get it) or does not start.
    pub async fn start(config: PlaneConfig, etcd: &Arc<Etcd>) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("haldane-plane").tempdir()?;
        let leash = EndsLeash(Leash::default());
        let server = Server::start(&config.region, etcd, directory.path(), &leash.0).await?;
        let client = server.client(User::Admin).await?;
        install_crds(&server).await.context("Flagger's CustomResourceDefinitions")?;
        let prometheus =
            Prometheus::of_pods(directory.path(), &config.region, config.scrape_interval, &leash.0)?;
        prometheus.start().await?;
        let prometheus = Arc::new(prometheus);
        let nodes = Nodes::start(client.clone(), directory.path(), Arc::clone(&prometheus), &leash.0);
        let fronts = Fronts::start(&client, nodes.registry(), directory.path(), &leash.0);
        let kubeconfig = server.kubeconfig(User::Flagger);
        let flagger =
            Flagger::prepare(directory.path(), kubeconfig, prometheus.url(), &config.provider, &leash.0)?;
        flagger.start().await?;
        Ok(Self {
            region: config.region,
            server,
            client,
            flagger,
            prometheus,
            nodes,
            fronts,
            leash,
            directory,
            _etcd: Arc::clone(etcd),
        })
    }

    /// The region's name.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// A client that may do anything.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// A client as `user`.
    ///
    /// # Errors
    /// Its kubeconfig cannot be read.
    pub async fn client_of(&self, user: User) -> Result<Client> {
        self.server.client(user).await
    }

    /// The kubeconfig of `user`, with one context named as the region.
    pub fn kubeconfig(&self, user: User) -> PathBuf {
        self.server.kubeconfig(user)
    }

    /// `https://address:port` of the API server.
    pub fn url(&self) -> &str {
        &self.server.url
    }

    /// Runs the real kubectl as admin with `input` on its standard input; what it printed.
    ///
    /// # Errors
    /// What kubectl says.
    pub async fn kubectl(&self, arguments: &[&str], input: &str) -> Result<String> {
        self.server.kubectl(arguments, input).await
    }

    /// `kubectl apply` of a text of YAML, of one or more objects.
    ///
    /// # Errors
    /// What kubectl says.
    pub async fn apply(&self, yaml: &str) -> Result<String> {
        self.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", "-"], yaml).await
    }

    /// The Prometheus that scrapes every pod of the plane, with the labels `namespace` and `pod`.
    pub fn prometheus(&self) -> &Prometheus {
        &self.prometheus
    }

    /// The machines.
    pub const fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// The routes.
    pub const fn fronts(&self) -> &Fronts {
        &self.fronts
    }

    /// Kills Flagger; nothing happens if it does not run. Other scenarios of the plane lose it, too.
    ///
    /// # Errors
    /// The system refuses.
    pub async fn stop_flagger(&self) -> Result<()> {
        self.flagger.stop().await
    }

    /// Starts Flagger again; nothing happens if it runs.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_flagger(&self) -> Result<()> {
        self.flagger.start().await
    }

    /// Flagger's own `/metrics`.
    pub fn flagger_metrics_url(&self) -> String {
        format!("{}/metrics", self.flagger.url())
    }

    /// What Flagger has logged, a JSON object per line.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn flagger_log(&self) -> Result<String> {
        self.flagger.log()
    }

    /// A directory of the plane, for files of a test; removed with the plane.
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// The leash that kills every process of the plane; a test may put its own on it.
    pub const fn leash(&self) -> &Leash {
        &self.leash.0
    }

    pub(crate) const fn server(&self) -> &Server {
        &self.server
    }
}

async fn install_crds(server: &Server) -> Result<()> {
    let file = Tools::find()?.path("flagger-crd.yaml")?.display().to_string();
    server.kubectl(&["apply", "--server-side", "-f", &file], "").await?;
    server.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "-f", &file], "").await?;
    let istio = istio::definitions();
    server.kubectl(&["apply", "--server-side", "-f", "-"], &istio).await?;
    server.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "-f", "-"], &istio).await?;
    Ok(())
}
