//! Every guard sees in both engines what is known of the recorded place, over the same HTTP as in production, and says that it
//! does not know two minutes after the last scrape.

use super::place::{Case, cases, plan};
use super::reading::close;
use haldane_clock::Clock;
use haldane_core::guard::{Pods, Rule, Seen};
use haldane_core::increment::Region;
use haldane_core::policy::Dialect;
use haldane_core::time::{Span, Timestamp};
use haldane_signals::guards::GuardReader;
use haldane_signals::prometheus::hub::Hubs;
use haldane_signals::prometheus::{ArmQueries, LeUnit, PrometheusConfig, RegionQueries};
use haldane_templates_tests::{END_S, Engine};
use haldane_world::parts::Leash;
use std::fmt::Write as _;

/// How old the newest sample is when everything is asked, in seconds.
const AGE_S: i64 = 10;

/// So long is waited for what is written into VictoriaMetrics to be all there (`Dialect`).
const SETTLES_S: i64 = 7;

fn config(engine: &Engine) -> (PrometheusConfig, i64) {
    // Requests are not asked for; a configuration has them all the same.
    let arm = |app: &str| ArmQueries { requests: format!("r{{app=\"{app}\"}}"), buckets: String::new() };
    let (canary, primary) = (arm("canary"), arm("primary"));
    let queries = RegionQueries { canary, primary, bad: "code=\"500\"".into(), le_unit: LeUnit::Seconds };
    let (dialect, settles_s) = match engine.name() {
        "prometheus" => (Dialect::Prometheus, 0),
        _ => (Dialect::VictoriaMetrics, SETTLES_S),
    };
    let config = PrometheusConfig::new(Region::from("here"), engine.url(), queries);
    (PrometheusConfig { dialect, ..config }, settles_s)
}

/// What a guard sees so many seconds after the last scrape.
async fn sees(engine: &Engine, case: &Case, age_s: i64) -> Seen {
    let (config, settles_s) = config(engine);
    let clock = Clock::real();
    let hub = Hubs::new(clock).of(&config).unwrap();
    let reader = GuardReader::new(plan(case), &hub, Region::from("here"), Span::from_s(15));
    let mut watched = reader.poll(Timestamp::from_s(END_S + age_s + settles_s)).await;
    assert_eq!(watched.len(), 1);
    watched.remove(0).seen
}

fn same(a: &Seen, b: &Seen) -> bool {
    match (a, b) {
        (Seen::Level { level: a, what: at }, Seen::Level { level: b, what }) => close(*a, *b) && at == what,
        (Seen::Pods(a), Seen::Pods(b)) => {
            let Pods { current, primary, utilisation, most } = a;
            (*current, *primary, *most) == (b.current, b.primary, b.most)
                && close(*utilisation, b.utilisation)
        }
        (a, b) => a == b,
    }
}

#[tokio::test]
async fn both_engines_show_every_guard_what_is_known_and_no_neighbour_s_trouble() {
    let (directory, leash) = (tempfile::tempdir().unwrap(), Leash::default());
    let mut wrong = Vec::new();
    for engine in super::engines::both(&directory, &leash).await {
        for case in cases() {
            let seen = sees(&engine, &case, AGE_S).await;
            if !same(&seen, &case.seen) {
                wrong.push(format!(
                    "{} {}: {seen:?} and not {:?}",
                    engine.name(),
                    case.guard.name,
                    case.seen
                ));
            }
            // Alerts may be silent, and an age is told by whatever was seen last.
            let later = sees(&engine, &case, 200).await;
            let is_silent =
                matches!(case.guard.rule, Rule::Alerts) || case.guard.name == "freshness of samples";
            if !is_silent && !matches!(later, Seen::Unknown { .. }) {
                wrong.push(format!("{} {}, 200 s later: {later:?}", engine.name(), case.guard.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const HEAD: &str = "
## Guards

A guard asks how the place is that a service lives in, at every poll, whether or not a rollout is open, and whether or not
requests can be counted. It holds; it never rolls back. Selectors are merged with those of all other services, and a query of
your own is asked once for all who write the same words. `labels` of a source are asked of every series; into queries of your
own they are put, selector by selector, except where a selector names that label itself (`haldane check --live` shows what
is asked).

Silence is never clear. No series, a newest sample that is older than two minutes (of any one series, until it has left the
window of five), a value that is no finite number, more than 1000 series, a warning beside the answer, or no answer: then the
guard is unknown, which holds, and its reason says which. In whole queries the source is told to look back two minutes at most
(`lookback_delta`, VictoriaMetrics' `max_lookback`); as a Prometheus from before that parameter looks back five all the same,
it is asked beside each how old the oldest sample is that the query rests on.

A region that scrapes its pods reads guards from their pages, as far as those have the series; `alerts` and queries that are
more than a selector need a Prometheus. The guard `health` asks the region's probes.

What follows was seen in both engines, ten seconds after the last of five scrapes, for the service `api` of the namespace `pay`.
";

/// The part of the page that tells what guards ask.
pub(crate) fn section() -> String {
    let mut page = HEAD.to_owned();
    for case in cases() {
        let _ = write!(page, "\n### guard {}\n\n{}\n\n", case.guard.name, wrapped(case.about));
        let _ = writeln!(page, "- seen in both engines: {}\n\n```text", told(&case.seen));
        for (_, questions) in plan(&case).questions() {
            questions.iter().for_each(|question| page.push_str(&format!("{question}\n")));
        }
        page.push_str("```\n");
    }
    page
}

fn told(seen: &Seen) -> String {
    match seen {
        Seen::Level { level, what } => {
            let at = what.as_ref().map(|what| format!(" at `{what}`")).unwrap_or_default();
            format!("`{level}`{at}")
        }
        Seen::Names { names } => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        Seen::Pods(pods) => {
            let Pods { current, primary, utilisation, most } = pods;
            let primary = primary.map_or(String::new(), |pods| format!(", `{pods}` of them the primary's"));
            format!("`{current}` pods{primary}, `{:.1}` % busy, at most `{most}`", utilisation * 100.0)
        }
        Seen::Unknown { why } => why.to_string(),
    }
}

/// Lines of at most 120 characters, broken between words.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().unwrap();
        if !line.is_empty() && line.len() + word.len() >= 120 {
            lines.push(word.to_owned());
        } else {
            let space = if line.is_empty() { "" } else { " " };
            let _ = write!(line, "{space}{word}");
        }
    }
    lines.join("\n")
}
