//! Which crate may depend on which, proved from Cargo's own account of the workspace.
//!
//! A verdict can be replayed because the core cannot reach a clock, a socket or a database: not because nobody did
//! so far, but because its `Cargo.toml` has no way there. The table below is the picture of `docs/ARCHITECTURE.md`
//! in a form that can fail. A new arrow is argued for there first, then drawn here.

use cargo_metadata::{Dependency, DependencyKind, Metadata, MetadataCommand, PackageId};
use std::collections::{BTreeMap, BTreeSet};

/// What one workspace crate may depend on in what it ships (normal and build dependencies).
struct Layer {
    name: &'static str,
    /// Workspace crates.
    below: &'static [&'static str],
    /// Crates from outside; `None` where any may be used that `deny.toml` allows.
    outside: Option<&'static [&'static str]>,
}

const LAYERS: &[Layer] = &[
    Layer { name: "haldane-core", below: &[], outside: Some(&["chrono", "chrono-tz", "libm", "serde"]) },
    Layer { name: "haldane-clock", below: &["haldane-core"], outside: Some(&["tokio"]) },
    Layer {
        name: "haldane-outlook",
        below: &["haldane-core"],
        outside: Some(&["libm", "rand", "rand_chacha", "rand_distr", "serde"]),
    },
    Layer { name: "haldane-signals", below: &["haldane-core", "haldane-clock"], outside: None },
    Layer { name: "haldane-store", below: &["haldane-core"], outside: None },
    Layer {
        name: "haldane-lab",
        below: &["haldane-core"],
        outside: Some(&["libm", "rand", "rand_chacha", "rand_distr", "serde"]),
    },
    Layer { name: "haldane-flagger-model", below: &["haldane-core", "haldane-clock"], outside: None },
    Layer {
        name: "haldane-pods",
        below: &["haldane-core", "haldane-clock", "haldane-flagger-model"],
        outside: None,
    },
    Layer {
        name: "haldane-world",
        below: &["haldane-core", "haldane-clock", "haldane-flagger-model"],
        outside: None,
    },
    Layer { name: "haldane-e2e", below: &["haldane-core", "haldane-clock", "haldane-world"], outside: None },
    Layer { name: "haldane-templates-tests", below: &["haldane-core", "haldane-world"], outside: None },
    Layer { name: "haldane-proof", below: &["haldane-core", "haldane-lab"], outside: None },
    Layer { name: "haldane-store-tests", below: &["haldane-core", "haldane-store"], outside: None },
    Layer {
        name: TOP,
        below: &[
            "haldane-core",
            "haldane-clock",
            "haldane-outlook",
            "haldane-lab",
            "haldane-signals",
            "haldane-store",
            "haldane-flagger-model",
            "haldane-pods",
        ],
        outside: None,
    },
    Layer { name: SUITE, below: &[], outside: Some(&[]) },
    Layer {
        name: FUZZ,
        below: &["haldane-core", "haldane-clock", "haldane-signals", "haldane-store", TOP],
        outside: None,
    },
];

/// The program: it wires everything, so nothing below may lean on it.
const TOP: &str = "haldane";

/// The crate whose tests may use the program as a library.
const SUITE: &str = "haldane-suite";

/// The crate that feeds the program's edge with any bytes. It is a library, because libFuzzer's targets call it, too.
const FUZZ: &str = "haldane-fuzz";

/// Everything that the core's dependencies bring with them: a derive macro at build time; and for the calendar, traits of
/// numbers and tables with their hash.
const CORE_CLOSURE: &[&str] = &[
    "libm",
    "serde",
    "serde_core",
    "serde_derive",
    "proc-macro2",
    "quote",
    "syn",
    "unicode-ident",
    "chrono",
    "chrono-tz",
    "num-traits",
    "autocfg",
    "phf",
    "phf_shared",
    "siphasher",
    // Cargo's account is the whole workspace's: this one is there because promql-parser asks chrono for its clock. The core
    // does not (below), and clippy.toml bans that clock everywhere.
    "iana-time-zone",
];

/// One dependency as a `Cargo.toml` states it.
#[derive(Clone, Debug)]
struct Arrow {
    from: String,
    to: String,
    kind: DependencyKind,
    /// Whether `to` is a crate of this workspace.
    inside: bool,
}

#[test]
fn every_dependency_between_crates_is_in_the_picture() {
    let objections: Vec<String> = arrows(&metadata()).iter().filter_map(objection).collect();
    assert!(objections.is_empty(), "\n{}\n", objections.join("\n"));
}

#[test]
fn every_crate_has_a_layer_and_every_layer_a_crate() {
    let metadata = metadata();
    let crates: BTreeSet<&str> = metadata.workspace_packages().iter().map(|p| p.name.as_str()).collect();
    let layers: BTreeSet<&str> = LAYERS.iter().map(|l| l.name).collect();
    assert_eq!(crates, layers, "give each crate a row in LAYERS and a sentence in docs/ARCHITECTURE.md");
}

#[test]
fn the_core_brings_in_nothing_that_could_do_io() {
    let brought = closure(&metadata(), "haldane-core");
    let unknown: Vec<&String> = brought.iter().filter(|b| !CORE_CLOSURE.contains(&b.as_str())).collect();
    assert!(
        unknown.is_empty(),
        "haldane-core now brings in {unknown:?}; it is pure because it can reach nothing. Argue for it in \
         docs/ARCHITECTURE.md, then add it to CORE_CLOSURE."
    );
    assert!(brought.contains("serde_core"), "the walk went nowhere: {brought:?}");
}

#[test]
fn the_core_takes_a_calendar_without_a_clock() {
    let metadata = metadata();
    let core =
        metadata.workspace_packages().into_iter().find(|package| package.name.as_str() == "haldane-core");
    let calendars: Vec<&Dependency> = core
        .iter()
        .flat_map(|core| &core.dependencies)
        .filter(|dependency| ["chrono", "chrono-tz"].contains(&dependency.name.as_str()))
        .collect();
    assert_eq!(calendars.len(), 2, "was one of them renamed?");
    for Dependency { name, uses_default_features, features, .. } in calendars {
        let with_clock = features.iter().any(|feature| ["clock", "now", "std"].contains(&feature.as_str()));
        assert!(!uses_default_features && !with_clock, "{name} {features:?}: time is data in the core");
    }
}

#[test]
fn a_new_arrow_is_refused_by_name_with_the_place_to_argue_for_it() {
    let refused = |from: &str, to: &str, kind, inside| {
        objection(&Arrow { from: from.to_owned(), to: to.to_owned(), kind, inside })
    };
    let sentence = refused("haldane-store", "haldane-signals", DependencyKind::Normal, true).unwrap();
    assert!(sentence.contains("haldane-store → haldane-signals"), "{sentence}");
    assert!(sentence.contains("docs/ARCHITECTURE.md"), "{sentence}");

    assert!(refused("haldane-core", "tokio", DependencyKind::Normal, false).is_some());
    assert!(refused("haldane-core", "cc", DependencyKind::Build, false).is_some());
    assert!(refused("haldane-pods", "haldane", DependencyKind::Development, true).is_some());
    assert!(refused("haldane-unheard-of", "haldane-core", DependencyKind::Normal, true).is_some());

    assert!(refused("haldane-suite", "haldane", DependencyKind::Development, true).is_none());
    assert!(refused("haldane-fuzz", "haldane", DependencyKind::Normal, true).is_none());
    assert!(refused("haldane-suite", "haldane-fuzz", DependencyKind::Normal, true).is_some());
    assert!(refused("haldane-core", "proptest", DependencyKind::Development, false).is_none());
    assert!(refused("haldane-store", "sqlx", DependencyKind::Normal, false).is_none());
}

/// Why this arrow is not in the picture, as a sentence; `None` when it is.
fn objection(arrow: &Arrow) -> Option<String> {
    let Arrow { from, to, kind, inside } = arrow;
    if from != to && to == TOP && ![SUITE, FUZZ].contains(&from.as_str()) {
        return Some(format!(
            "{from} → {to}: nothing leans on the program, not even in tests ({SUITE} and {FUZZ} may)."
        ));
    }
    if *kind == DependencyKind::Development {
        return None;
    }
    let layer = LAYERS.iter().find(|l| l.name == from);
    let drawn = layer.is_some_and(|l| {
        if *inside {
            l.below.contains(&to.as_str())
        } else {
            l.outside.is_none_or(|o| o.contains(&to.as_str()))
        }
    });
    (!drawn).then(|| {
        format!(
            "{from} → {to} is a new {kind} dependency. Argue for it in docs/ARCHITECTURE.md, then draw it in LAYERS."
        )
    })
}

fn arrows(metadata: &Metadata) -> Vec<Arrow> {
    let packages = metadata.workspace_packages();
    let inside: BTreeSet<&str> = packages.iter().map(|p| p.name.as_str()).collect();
    let stated = packages.iter().flat_map(|package| {
        package.dependencies.iter().map(|dependency| Arrow {
            from: package.name.to_string(),
            to: dependency.name.clone(),
            kind: dependency.kind,
            inside: inside.contains(dependency.name.as_str()),
        })
    });
    stated.collect()
}

/// The names of all crates that `of` ships with, directly or not, by normal and build dependencies.
fn closure(metadata: &Metadata, of: &str) -> BTreeSet<String> {
    let names: BTreeMap<&PackageId, &str> =
        metadata.packages.iter().map(|p| (&p.id, p.name.as_str())).collect();
    let resolve = metadata.resolve.as_ref().expect("asked for without --no-deps");
    let nodes: BTreeMap<&PackageId, _> = resolve.nodes.iter().map(|n| (&n.id, n)).collect();

    let mut brought = BTreeSet::new();
    let mut open: Vec<&PackageId> = metadata
        .workspace_packages()
        .iter()
        .filter(|p| p.name.as_str() == of)
        .map(|p| &nodes[&p.id].id)
        .collect();
    while let Some(id) = open.pop() {
        for dependency in &nodes[id].deps {
            let ships = dependency.dep_kinds.iter().any(|k| k.kind != DependencyKind::Development);
            if ships && brought.insert(names[&dependency.pkg].to_owned()) {
                open.push(&dependency.pkg);
            }
        }
    }
    brought
}

/// Cargo's account for this machine's platform. Offline: whoever runs this test has already fetched what it needs.
fn metadata() -> Metadata {
    MetadataCommand::new()
        .current_dir(haldane_suite::root())
        .other_options(["--offline", "--locked", "--filter-platform", &host()].map(str::to_owned))
        .exec()
        .expect("cargo metadata works wherever cargo test does")
}

/// The platform that cargo builds for here, as `cargo -vV` names it.
fn host() -> String {
    let cargo = std::env::var("CARGO").expect("cargo tells its tests where it is");
    let answer = std::process::Command::new(cargo).arg("-vV").output().expect("this cargo started the test");
    let text = String::from_utf8_lossy(&answer.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("cargo -vV has a line 'host: '").to_owned()
}
