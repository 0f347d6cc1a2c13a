//! `haldane render`: the Canary's analysis and the MetricTemplates of a policy, for a repository or for `kubectl`.

use super::tell;
use crate::policy_file;
use crate::render::{self, Options, Print};
use crate::secrets::{Plain, SecretDir};
use anyhow::{Context, bail};
use clap::Args;
use haldane_clock::Clock;
use haldane_core::increment::Region;
use haldane_core::policy::{Mode, Policy, RegionPolicy, Sources};
use haldane_core::time::Span;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Print what each region's Flagger needs to ask Haldane: spec.analysis of the Canary, and MetricTemplates
///
/// It asks nobody and changes nothing. Copy the output into the files that the Canary comes from,
/// or change the live one; every region's Canary has the same name, so each region to its own
/// cluster:
///
///   haldane render fnp.yaml --region us-east --haldane http://haldane:8080 --print patch |
///     kubectl --context us-east -n fnp patch canary api --type merge --patch-file /dev/stdin
///
/// A --backstop names a MetricTemplate, so apply those first: the same with --print templates, to
/// kubectl apply -f -
///
/// What the hooks then do is the policy's mode: shadow, unless it says otherwise, lets everything
/// pass and reports.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Render {
    /// Policy files, one per service
    #[arg(required = true, value_name = "POLICY")]
    policies: Vec<PathBuf>,
    /// Only this region; may be repeated
    #[arg(long, value_name = "REGION")]
    region: Vec<String>,
    /// Where Flagger reaches Haldane, such as http://haldane:8080
    #[arg(long, value_name = "URL", value_parser = render::haldane_url)]
    haldane: String,
    /// Which documents
    #[arg(long, value_enum, default_value_t = Print::All, value_name = "WHICH")]
    print: Print,
    /// The directory that haldane serve has as --hook-secrets: each region's secret is printed into its hooks
    #[arg(long, value_name = "DIR")]
    hook_secrets: Option<PathBuf>,
    /// Add one check of Flagger's own, far above the policy's limit of error-rate: it rolls back while Haldane is away
    #[arg(long)]
    backstop: bool,
    /// How many times that limit
    #[arg(long, default_value_t = render::BACKSTOP, value_parser = render::backstop_factor, value_name = "TIMES", requires = "backstop")]
    backstop_factor: f64,
    /// Time between two of Flagger's ticks, at least 10s; a rollback waits for the next [default: 10s]
    ///
    /// In mode shadow Flagger advances on every tick, as it did before: give the Canary's own interval, or its rollouts
    /// become as short as ten seconds a step.
    #[arg(long, value_parser = render::interval, value_name = "TIME")]
    interval: Option<Span>,
    /// Failed checks (of the backstop, and of your own) that make Flagger roll back
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..), value_name = "N")]
    threshold: u32,
    /// The release's name in every hook: policies with `after` need it where a region has no cluster
    #[arg(long, value_parser = render::release, value_name = "NAME")]
    release: Option<String>,
}

pub(super) async fn run(args: Render) -> anyhow::Result<ExitCode> {
    let read = args.policies.iter().map(|file| Ok((file, policy_file::read(file)?)));
    let policies: Vec<_> = read.collect::<Result<_, policy_file::PolicyFileError>>()?;
    let all = || policies.iter().flat_map(|(_, (policy, _))| &policy.regions);
    if let Some(unknown) = args.region.iter().find(|name| !all().any(|r| r.name.0 == **name)) {
        let known: Vec<&str> = all().map(|r| r.name.0.as_str()).collect();
        bail!("no policy has a region {unknown}; there are {}", known.join(", "));
    }
    let is_asked = |region: &&RegionPolicy| args.region.is_empty() || args.region.contains(&region.name.0);
    let chosen: Vec<&Region> = all().filter(is_asked).map(|r| &r.name).collect();
    if args.print == Print::Patch && chosen.len() > 1 {
        bail!(
            "a patch is for one Canary, and {} are asked for; add --region {}",
            chosen.len(),
            names(&chosen)
        );
    }
    let tokens = args.hook_secrets.as_deref().map(|place| tokens(place, &chosen)).transpose()?;
    let options = Options {
        haldane: args.haldane,
        interval: args.interval.unwrap_or(render::INTERVAL),
        threshold: args.threshold,
        release: args.release,
        backstop: args.backstop.then_some(args.backstop_factor),
        print: args.print,
        tokens: tokens.unwrap_or_default(),
    };
    let mut texts = Vec::new();
    for (file, (policy, sources)) in &policies {
        for region in policy.regions.iter().filter(is_asked) {
            let text = render::render(policy, sources, region, &options);
            texts.push(text.with_context(|| file.display().to_string())?);
        }
    }
    tell::line(texts.concat().trim_end());
    let policies: Vec<_> = policies.iter().map(|(_, policy)| policy).collect();
    warn(&policies, &chosen, &options);
    if args.interval.is_none() && options.print != Print::Templates {
        warn_of_pace(&policies, options.interval);
    }
    Ok(ExitCode::SUCCESS)
}

fn names(regions: &[&Region]) -> String {
    regions.iter().map(|region| region.0.as_str()).collect::<Vec<_>>().join(" or ")
}

/// The regions' secrets, refused as `haldane serve` would refuse them.
fn tokens(place: &Path, regions: &[&Region]) -> anyhow::Result<BTreeMap<Region, Plain>> {
    SecretDir::open(place, Clock::real())?;
    let token = |region: &&Region| {
        let secret = Plain::read(place, &region.0)?;
        let place = place.display();
        let lacks = || {
            anyhow::anyhow!(
                "{place}: no secret of region {region}; write {place}/{region}, for example with: openssl rand -hex 32"
            )
        };
        Ok(((*region).clone(), secret.ok_or_else(lacks)?))
    };
    regions.iter().map(token).collect()
}

/// A trial that lets everything pass must not be faster than what it replaces.
fn warn_of_pace(policies: &[&(Policy, Sources)], interval: Span) {
    if policies.iter().any(|(policy, _)| policy.mode == Mode::Shadow) {
        tell::error(&format!(
            "haldane: in mode shadow Flagger advances on every tick, here every {interval}: give --interval the Canary's own, \
             or its rollouts become that short"
        ));
    }
}

/// What must be known before the output is used; on standard error, because standard output is piped on.
fn warn(policies: &[&(Policy, Sources)], regions: &[&Region], options: &Options) {
    if !options.tokens.is_empty() && options.print != Print::Templates {
        tell::error(
            "haldane: the output contains secrets (in the addresses of hooks): do not commit it; whoever may read Canaries may read them",
        );
    }
    if regions.len() > policies.len() {
        let one = regions.first().map_or("", |region| region.0.as_str());
        tell::error(&format!(
            "haldane: {} regions are printed, and their Canaries have one name: apply each to its own cluster (--region {one})",
            regions.len()
        ));
    }
    let ordered = |policy: &Policy| policy.regions.iter().any(|r| !r.after.is_empty());
    let nameless = |policy: &Policy, sources: &Sources| {
        policy.regions.iter().any(|r| !sources.clusters.contains_key(&r.name))
    };
    let lacks = policies.iter().any(|(policy, sources)| ordered(policy) && nameless(policy, sources));
    if lacks && options.release.is_none() {
        tell::error(
            "haldane: regions come `after` others, and nothing names the release: give --release NAME, or the regions a cluster",
        );
    }
}
