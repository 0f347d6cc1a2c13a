//! `haldane init`: a first policy, drafted from a Canary.

use super::tell;
use crate::canary::{CanaryFile, Found, live};
use crate::init::{self, Options};
use anyhow::{Context, bail};
use clap::Args;
use haldane_core::policy::{ClusterAccess, is_kubernetes_name};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Draft a policy from a Canary, in shadow mode, and print it
///
/// Weights and limits are the Canary's where it has them; comments say what to decide. It only
/// reads.
///
///   haldane init fnp/api --cluster-context us-east --prometheus URL > fnp.yaml
///   haldane init --canary canary.yaml > fnp.yaml
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Init {
    /// The Canary; a file with one Canary needs no name
    #[arg(value_name = "NAMESPACE/NAME", value_parser = service)]
    service: Option<String>,
    /// Read it from the cluster of this kubeconfig context
    #[arg(long, value_name = "CONTEXT", conflicts_with = "canary", requires = "service")]
    cluster_context: Option<String>,
    /// The kubeconfig; default $KUBECONFIG or ~/.kube/config
    #[arg(long, value_name = "FILE", conflicts_with = "canary", requires = "service")]
    kubeconfig: Option<PathBuf>,
    /// Read it from a YAML file instead
    #[arg(long, value_name = "FILE")]
    canary: Option<PathBuf>,
    /// The region's Prometheus, or whatever answers as one
    #[arg(long, value_name = "URL", value_parser = init::address)]
    prometheus: Option<String>,
    /// The region's name; default: what the Canary's hooks say, or the context's name
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
    /// How long the cluster may take to answer, in milliseconds
    #[arg(long, default_value_t = 5000, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..))]
    deadline_ms: u64,
}

fn service(text: &str) -> Result<String, String> {
    let named = text.split_once('/').filter(|(ns, name)| is_kubernetes_name(ns) && is_kubernetes_name(name));
    named.map(|_| text.to_owned()).ok_or_else(|| "write NAMESPACE/NAME, such as fnp/api".to_owned())
}

pub(super) async fn run(args: Init) -> anyhow::Result<ExitCode> {
    let access = match args.canary {
        Some(_) => None,
        None => Some(ClusterAccess::Kubeconfig {
            file: args.kubeconfig.as_ref().map(|file| file.display().to_string()),
            context: args.cluster_context.clone(),
        }),
    };
    let found = match (&args.canary, &access, &args.service) {
        (Some(file), _, service) => in_file(CanaryFile::read(file)?, service.as_deref())?,
        (None, Some(access), Some(service)) => {
            let deadline = Duration::from_millis(args.deadline_ms);
            let found = live(access, service, deadline).await.map_err(anyhow::Error::msg);
            let cure = "the Canary cannot be read; check --cluster-context and --kubeconfig, and that you may get canaries.flagger.app \
                        there";
            found.context(cure)?.with_context(|| {
                format!("there is no Canary {service} in that cluster; kubectl get canaries -A lists what there is")
            })?
        }
        (None, _, _) => bail!(
            "nothing says which Canary; write haldane init NAMESPACE/NAME --cluster-context CONTEXT, or --canary FILE"
        ),
    };
    let options = Options {
        service: args.service.as_deref(),
        region: args.region.as_deref(),
        prometheus: args.prometheus.as_deref(),
        access: access.as_ref(),
    };
    tell::line(init::draft(&found, &options)?.trim_end());
    Ok(ExitCode::SUCCESS)
}

fn in_file(file: CanaryFile, service: Option<&str>) -> anyhow::Result<Found> {
    let CanaryFile { file, canaries } = file;
    let mut wanted: Vec<Found> =
        canaries.into_iter().filter(|canary| service.is_none_or(|service| canary.is(service))).collect();
    match (wanted.pop(), wanted.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => bail!(
            "{file}: there are several Canaries in it; say which: haldane init NAMESPACE/NAME --canary {file}"
        ),
        (None, _) => {
            bail!("{file}: no Canary in it is {}; compare its metadata", service.unwrap_or_default())
        }
    }
}
