//! The outlook for people: what was assumed, one table of proofs and one of findings per region, then sentences.

use haldane_core::evidence::margin::Provability;
use haldane_core::policy::{Mode, Policy, limit_text};
use haldane_core::signal::Signal;
use haldane_outlook::words::{digits, minutes, rate, whole};
use haldane_outlook::{
    Assumed, GateOutlook, Outlook, ProofOutlook, RegionOutlook, Smallest, StepOutlook, TIMES,
};
use std::fmt::Write as _;

/// Columns of a table: the first two are names, the others numbers.
type Row = Vec<String>;

/// The outlook as lines of text. Writing to a String cannot fail, so its results are dropped.
pub fn render(outlook: &Outlook, policy: &Policy, assumed: &Assumed) -> String {
    let mut text = format!("{}: what this policy can prove and find\n", outlook.service);
    let _ = writeln!(text, "\nassumed    {}", noise(outlook));
    let _ = writeln!(
        text,
        "           two hours of the primary's past; a canary of two pods or more; increments of {}",
        minutes(outlook.increment_s / 60.0)
    );
    let _ = writeln!(
        text,
        "simulated  {} rollouts for each gate and worsening, seed {}; the canary is healthy until the step begins, then worse;\n           \
         each gate alone, against its region's threshold",
        outlook.runs, outlook.seed
    );
    for (regions, of) in alike(&outlook.regions) {
        region(&mut text, &regions, of, policy, assumed);
    }
    if !outlook.advice.is_empty() {
        let _ = writeln!(text, "\nwhat this traffic cannot do, and what would help");
        outlook.advice.iter().for_each(|sentence| {
            let _ = writeln!(text, "  - {sentence}");
        });
    }
    if let Some(gates) = beyond_the_core(policy) {
        let _ =
            writeln!(text, "\nnot planned  {gates}: they have to stay quiet, and nothing is proved of them");
    }
    if let Some(mode) = mode(policy.mode) {
        let _ = writeln!(text, "\n{mode}");
    }
    text
}

fn noise(outlook: &Outlook) -> String {
    let fano = outlook.fano;
    if fano > 1.0 {
        format!(
            "bad events come in clusters (negative binomial, variance {} times the mean per increment)",
            digits(fano)
        )
    } else {
        "bad events come one by one (Poisson; --fano for clusters)".to_owned()
    }
}

/// What a mode makes of what is found; nothing to say of one that acts on it.
pub const fn mode(mode: Mode) -> Option<&'static str> {
    match mode {
        Mode::Shadow => Some("In mode shadow nothing of this acts: it is only reported."),
        Mode::Guard => Some("In mode guard what is found holds the rollout, and rolls nothing back."),
        Mode::Enforce => None,
    }
}

/// The gates that are neither planned nor simulated, because nothing is assumed of what they read; absent where there are none.
pub fn beyond_the_core(policy: &Policy) -> Option<String> {
    let gates = policy.gates.iter().filter(|gate| !gate.signal.is_core());
    let names: Vec<&str> = gates.map(|gate| gate.signal.name()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Regions of which everything is the same are told once.
fn alike(regions: &[RegionOutlook]) -> Vec<(Vec<&str>, &RegionOutlook)> {
    let mut groups: Vec<(Vec<&str>, &RegionOutlook)> = Vec::new();
    for region in regions {
        let same = |other: &RegionOutlook| {
            (other.requests_per_s, other.healthy, &other.steps)
                == (region.requests_per_s, region.healthy, &region.steps)
        };
        match groups.iter_mut().find(|(_, first)| same(first)) {
            Some((names, _)) => names.push(&region.region.0),
            None => groups.push((vec![&region.region.0], region)),
        }
    }
    groups
}

fn region(text: &mut String, names: &[&str], region: &RegionOutlook, policy: &Policy, assumed: &Assumed) {
    let (traffic, threshold) = (digits(region.requests_per_s), whole(region.threshold));
    let _ = writeln!(text, "\n{}: {traffic} requests/s, rolled back at {threshold} : 1", names.join(", "));
    for (i, line) in healthy(region, policy, assumed).into_iter().enumerate() {
        let _ = writeln!(text, "  {} {line}", if i == 0 { "healthy:" } else { "        " });
    }
    let head = ["step", "gate", "limit", "health is proved", "requests", "after", "window"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(gates(region).map(|(step, gate)| proof_row(step, gate)));
    table(text, rows);
    let times = TIMES.map(|t| format!("x{}", digits(t)));
    let head = ["step", "gate", "by observe: 80 %", "95 %", "by extendUpTo: 80 %", "95 %"].map(str::to_owned);
    let mut rows = vec![head.into_iter().chain(times).collect::<Row>()];
    rows.extend(gates(region).map(|(step, gate)| finding_row(step, gate)));
    let _ = writeln!(
        text,
        "\n  the smallest worsening that is found, and the median time to find 2, 5 and 10 times the healthy rate"
    );
    table(text, rows);
}

fn gates(region: &RegionOutlook) -> impl Iterator<Item = (&StepOutlook, &GateOutlook)> {
    region.steps.iter().flat_map(|step| step.gates.iter().map(move |gate| (step, gate)))
}

/// One line for each figure, with where it is from.
fn healthy(region: &RegionOutlook, policy: &Policy, assumed: &Assumed) -> Vec<String> {
    let limited = policy.gates.iter().any(|g| g.signal == Signal::ErrorRate && g.limit.is_some());
    let unless = |said: bool, from: &'static str| if said { "" } else { from };
    let from = if limited { " (a tenth of the limit)" } else { " (assumed)" };
    let healthy = &region.healthy;
    let errors = format!(
        "errors {} %{}",
        digits(healthy.error_rate * 100.0),
        unless(assumed.error_rate.is_some(), from)
    );
    let p99 = healthy.p99_ms.map(|p99| {
        let from = unless(assumed.p99_ms.is_some(), ", a tenth of what it allows");
        format!("P99 {p99:.0}ms ({} % slower than the limit{from})", digits(healthy.slow * 100.0))
    });
    let from = unless(assumed.http_5xx_per_min.is_some(), " (as many as the errors)");
    let by_time = format!("5xx {}/min with all traffic{from}", digits(healthy.http_5xx_per_min));
    [Some(errors), p99, Some(by_time)].into_iter().flatten().collect()
}

fn proof_row(step: &StepOutlook, gate: &GateOutlook) -> Row {
    let limit = gate.limit.map_or_else(
        || gate.tolerate.map(|t| format!("{}x primary", digits(t))).unwrap_or_default(),
        |limit| limit_text(gate.signal, limit),
    );
    let window = format!("{} to {}", minutes(step.observe_min), minutes(step.extend_up_to_min));
    let (proved, requests, after) = match gate.proof {
        _ if gate.report_only => ("only reported".to_owned(), String::new(), String::new()),
        None => ("needs no proof".to_owned(), String::new(), String::new()),
        Some(proof) => proved(&proof),
    };
    vec![format!("{} %", step.weight), gate.signal.to_string(), limit, proved, requests, after, window]
}

fn proved(proof: &ProofOutlook) -> (String, String, String) {
    let word = match proof.provability {
        Provability::Below { margin } if proof.is_likely() => format!("below {margin}x"),
        Provability::Below { margin } => format!("too late (below {margin}x)"),
        Provability::TooLittleTraffic { .. } => "no: too little traffic".to_owned(),
        Provability::BaselineOverLimit { .. } => "no: baseline over limit".to_owned(),
    };
    let number = |n: Option<f64>, tell: fn(f64) -> String| n.map_or_else(|| "-".to_owned(), tell);
    (word, number(proof.requests, whole), number(proof.minutes, minutes))
}

fn finding_row(step: &StepOutlook, gate: &GateOutlook) -> Row {
    let names = [format!("{} %", step.weight), gate.signal.to_string()];
    let Some(finds) = &gate.finds else {
        let why = if gate.report_only { "only reported" } else { "nothing to compare with" };
        return names.into_iter().chain([why.to_owned()]).collect();
    };
    let smallest = |of: &Smallest| {
        [of.p80, of.p95].map(|worsening| {
            worsening.map_or_else(
                || "-".to_owned(),
                |w| format!("x{} = {}", digits(w.times), rate(gate.signal, w.rate)),
            )
        })
    };
    let medians = finds.median.iter().map(|found| match (found.possible, found.median_min) {
        (false, _) => "-".to_owned(),
        (true, Some(median)) => minutes(median),
        (true, None) => format!("> {}", minutes(step.extend_up_to_min)),
    });
    names
        .into_iter()
        .chain(smallest(&finds.by_observe))
        .chain(smallest(&finds.by_extend_up_to))
        .chain(medians)
        .collect()
}

/// Rows with their columns aligned; no trailing blanks. A step is named once.
fn table(text: &mut String, mut rows: Vec<Row>) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let wide = |column: usize| {
        let cells = rows.iter().filter(|row| row.len() == columns).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(wide).collect();
    let mut before = String::new();
    for row in &mut rows {
        if let Some(step) = row.first_mut() {
            if *step == before { step.clear() } else { before.clone_from(step) }
        }
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        let _ = writeln!(text, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}
