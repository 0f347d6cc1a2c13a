//! A real kube-apiserver, as small as it gets: no controllers, no scheduler, no kubelet. What those would do for the
//! objects of these tests, [`crate::Nodes`] does.

use crate::kubeconfig::{self, User};
use crate::{Etcd, Tools, authority};
use anyhow::{Context, Result};
use axum::http::Request;
use haldane_core::time::Span;
use haldane_world::parts::{Leash, Part, Wait, free_port};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// It is ready within two seconds; this is for a machine under load.
const START: Span = Span::from_s(120);

/// A running API server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) authority_file: PathBuf,
    region: String,
    directory: PathBuf,
    kubectl: PathBuf,
    _part: Part,
}

impl Server {
    /// Starts it and waits until it is ready. Writes a kubeconfig per user.
    pub(crate) async fn start(region: &str, etcd: &Etcd, directory: &Path, leash: &Leash) -> Result<Self> {
        let tools = Tools::find()?;
        let authority_file = directory.join("ca.crt");
        std::fs::write(&authority_file, authority::write_certificates(directory)?)?;
        std::fs::write(directory.join("tokens.csv"), User::ALL.map(User::line).concat())?;
        let port = free_port()?;
        let url = format!("https://127.0.0.1:{port}");
        for user in User::ALL {
            let (file, authority) = (file_of(directory, user), authority_file.display().to_string());
            kubeconfig::write(&file, &[(region, &url, &authority)], user)?;
        }
        let program = tools.path("kube-apiserver")?;
        let arguments = arguments(region, etcd, directory, port);
        let part = Part::start("kube-apiserver", &program, arguments, &[], directory, leash)?;
        let server = Self {
            url,
            authority_file,
            region: region.to_owned(),
            directory: directory.to_owned(),
            kubectl: tools.path("kubectl")?,
            _part: part,
        };
        server.wait_until_ready().await?;
        Ok(server)
    }

    /// A client as `user`.
    pub(crate) async fn client(&self, user: User) -> Result<Client> {
        let file = Kubeconfig::read_from(file_of(&self.directory, user))?;
        let options =
            KubeConfigOptions { context: Some(self.region.clone()), ..KubeConfigOptions::default() };
        let mut config = Config::from_custom_kubeconfig(file, &options).await?;
        // Loopback is never behind a proxy, whatever the environment says.
        config.proxy_url = None;
        Ok(Client::try_from(config)?)
    }

    /// The kubeconfig of `user`, with this plane as the only context.
    pub(crate) fn kubeconfig(&self, user: User) -> PathBuf {
        file_of(&self.directory, user)
    }

    /// Runs kubectl as admin, with `input` on its standard input; what it printed.
    pub(crate) async fn kubectl(&self, arguments: &[&str], input: &str) -> Result<String> {
        use tokio::io::AsyncWriteExt;
        let mut command = Command::new(&self.kubectl);
        command.arg("--kubeconfig").arg(self.kubeconfig(User::Admin)).args(arguments).kill_on_drop(true);
        command.env("NO_PROXY", "127.0.0.1").env("HOME", &self.directory);
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = command.stderr(std::process::Stdio::piped()).spawn()?;
        let mut stdin = child.stdin.take().context("kubectl has a standard input")?;
        stdin.write_all(input.as_bytes()).await?;
        drop(stdin);
        let output = child.wait_with_output().await?;
        let said = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "kubectl {}: {said}", arguments.join(" "));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    async fn wait_until_ready(&self) -> Result<()> {
        let client = self.client(User::Admin).await?;
        let wait = Wait::begin("the API server is ready", START);
        while client.request_text(Request::get("/readyz").body(Vec::new())?).await.is_err() {
            wait.again().await?;
        }
        Ok(())
    }
}

fn file_of(directory: &Path, user: User) -> PathBuf {
    directory.join(format!("kubeconfig-{}.json", user.name()))
}

fn arguments(region: &str, etcd: &Etcd, directory: &Path, port: u16) -> Vec<String> {
    let file = |name: &str| directory.join(name).display().to_string();
    vec![
        format!("--etcd-servers={}", etcd.url()),
        format!("--etcd-prefix=/{region}"),
        format!("--secure-port={port}"),
        "--bind-address=127.0.0.1".to_owned(),
        "--advertise-address=127.0.0.1".to_owned(),
        format!("--tls-cert-file={}", file("tls.crt")),
        format!("--tls-private-key-file={}", file("tls.key")),
        format!("--cert-dir={}", file("certificates")),
        format!("--token-auth-file={}", file("tokens.csv")),
        "--authorization-mode=RBAC".to_owned(),
        "--service-account-issuer=https://end-to-end.invalid".to_owned(),
        format!("--service-account-signing-key-file={}", file("sa.key")),
        format!("--service-account-key-file={}", file("sa.pub")),
        "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
        "--disable-admission-plugins=ServiceAccount".to_owned(),
    ]
}
