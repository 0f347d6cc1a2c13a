//! What a policy says about its regions together: read as it is written, refused where it cannot be meant.

use super::example::Example;
use super::{FreezeWhen, OnBreach, RestsOn};
use crate::guard::Rule;
use crate::time::{Span, Timestamp};
use serde_json::json;

/// With everything that verdicts of a cold region may rest on.
fn restful() -> Example {
    let gates =
        json!([{"signal": "error-rate", "limit": "0.1%"}, {"signal": "readiness-failures", "limit": "1%"}]);
    (0..3)
        .fold(Example::new(), |all, n| all.region(n, "probes", json!([{"tcp": "db:5432"}])))
        .with("gates", gates)
        .with("guards", json!(["health"]))
        .region(2, "restsOn", json!(["readiness", "probe", "active-verdicts"]))
}

#[test]
fn a_policy_that_says_nothing_of_it_has_nothing_of_it() {
    let (policy, sources) = Example::new().read();
    assert!(policy.across.is_empty() && policy.regions.iter().all(|region| region.aims.is_empty()));
    assert!(sources.guards.is_empty() && sources.notify.is_none());
}

#[test]
fn everything_of_the_grammar_is_read() {
    let (policy, sources) = restful()
        .with("atOnce", json!(1))
        .with("onBreach", json!("roll-back-release"))
        .with("maxHold", json!("4h"))
        .with(
            "notify",
            json!({"url": "https://pager.example/hook", "tokenFile": "/etc/t", "caFile": "/etc/ca"}),
        )
        .with(
            "freeze",
            json!([{"days": "Fri 18:00 - Mon 06:00", "zone": "Europe/Berlin", "regions": "us-east"}]),
        )
        .with("guards", json!(["health", "replication-lag"]))
        .region(1, "rpo", json!("5s"))
        .region(1, "rto", json!("30s"))
        .region(0, "traffic", json!("60%"))
        .region(1, "traffic", json!("40%"))
        .region(1, "service", json!("fnp-eu/api"))
        .read();
    let across = &policy.across;
    assert_eq!((across.at_once, across.on_breach), (Some(1), OnBreach::RollBackRelease));
    assert_eq!(across.max_hold, Some(Span::from_min(240)));
    let notify = sources.notify.unwrap();
    assert_eq!(
        (notify.url.as_str(), notify.token_file.as_deref()),
        ("https://pager.example/hook", Some("/etc/t"))
    );
    let freeze = &across.freezes[0];
    assert_eq!(freeze.when, FreezeWhen::Weekly { from_min: 4 * 1440 + 1080, to_min: 360 });
    assert_eq!((freeze.reason.as_str(), freeze.regions.len()), ("Fri 18:00 - Mon 06:00", 1));
    let (eu, apac) = (&policy.regions[1], &policy.regions[2]);
    assert_eq!(
        (eu.aims.rpo, eu.aims.rto, eu.aims.traffic),
        (Some(Span::from_s(5)), Some(Span::from_s(30)), Some(0.4))
    );
    assert_eq!(apac.aims.rests_on, RestsOn::ALL);
    assert_eq!((policy.service_in(&eu.name), policy.service_in(&apac.name)), ("fnp-eu/api", "fnp/api"));
    let super::Source::Prometheus(source) = &sources.metrics[&eu.name] else { panic!("{eu:?}") };
    assert_eq!(
        (source.namespace.as_str(), source.target.as_str()),
        ("fnp-eu", "api"),
        "its own Canary's series"
    );
    let lag = policy.guards_in(&eu.name).into_iter().find(|guard| guard.name == "replication-lag").unwrap();
    assert_eq!(lag.rule, Rule::ReplicationLag { most: 5.0, bytes: false });
}

#[test]
fn a_season_is_read_in_the_time_of_its_place() {
    let freeze = json!([{"since": "2026-12-20T00:00", "until": "2027-01-03", "zone": "America/New_York"}]);
    let (policy, _) = Example::new().with("freeze", freeze).read();
    let freeze = &policy.across.freezes[0];
    let (since, until) = (Timestamp::from_s(1_797_742_800), Timestamp::from_s(1_798_952_400));
    assert_eq!(freeze.when, FreezeWhen::Once { since, until });
    assert_eq!(freeze.reason, "2026-12-20T00:00 to 2027-01-03");
}

#[test]
fn freezes_that_cannot_be_meant_are_refused_with_what_to_write() {
    let cases = [
        (json!({"days": "Fri 18:00 - Mon 06:00"}), "", "in which zone"),
        (json!({"days": "Fri 18:00 - Mon 06:00", "zone": "Berlin"}), ".zone", "write Europe/Berlin"),
        (json!({"days": "Fri 18:00 - Mon 06:00", "zone": "Mars"}), ".zone", "is no time zone"),
        (json!({"days": "Fri 18 - Mon 6", "zone": "UTC"}), ".days", "Fri 18:00 - Mon 06:00"),
        (json!({"days": "Fri 18:60 - Mon 06:00", "zone": "UTC"}), ".days", "no part of a week"),
        (json!({"days": "Fri 18:00 - Mon 24:01", "zone": "UTC"}), ".days", "no part of a week"),
        (json!({"days": "Friyay 18:00 - Mon 06:00", "zone": "UTC"}), ".days", "no part of a week"),
        (json!({"days": "Mon 00:00 - Sun 24:00", "zone": "UTC"}), ".days", "leaves nothing of the week open"),
        (json!({"zone": "UTC"}), "", "nobody says when"),
        (json!({"since": "2026-12-20", "zone": "UTC"}), "", "nobody says when"),
        (
            json!({"since": "2026-12-20", "days": "Fri 18:00 - Mon 06:00", "zone": "UTC"}),
            "",
            "every week and once",
        ),
        (
            json!({"since": "2026-12-20T00:00Z", "until": "2027-01-03", "zone": "UTC"}),
            ".since",
            "is no instant",
        ),
        (
            json!({"since": "2026-12-20", "until": "2026-12-20", "zone": "UTC"}),
            ".until",
            "ends before it begins",
        ),
        (
            json!({"days": "Fri 18:00 - Mon 06:00", "zone": "UTC", "regions": ["apak"]}),
            ".regions[0]",
            "there is no region apak; write apac",
        ),
        (json!({"days": "Fri 18:00 - Mon 06:00", "zone": "UTC", "reason": "a\nb"}), ".reason", "one line"),
    ];
    for (freeze, place, text) in cases {
        Example::new().with("freeze", json!([freeze])).refused_at(&format!("spec.freeze[0]{place}"), text);
    }
}

#[test]
fn freezes_that_together_leave_a_region_nothing_are_refused() {
    let freeze = |regions: &str| {
        json!([
            {"days": "Mon 00:00 - Fri 12:00", "zone": "Europe/Berlin"},
            {"days": "Fri 11:00 - Mon 01:00", "zone": "Europe/Berlin", "regions": regions},
        ])
    };
    Example::new()
        .with("freeze", freeze("us-east"))
        .refused_at("spec.freeze", "nothing of the week open for us-east");
}

#[test]
fn a_bake_that_no_week_has_room_for_is_refused() {
    // Open from Tuesday 06:00 to 22:00 and no longer: 16 hours, of which the ladder takes 15 minutes.
    let freeze = json!([{"days": "Tue 22:00 - Tue 06:00", "zone": "Europe/Berlin"}]);
    let fits = Example::new().with("freeze", freeze.clone()).region(1, "bake", json!("15h45m"));
    assert_eq!(fits.read().0.regions[1].bake, Span::from_min(945));
    let example = Example::new().with("freeze", freeze.clone()).region(1, "bake", json!("15h46m"));
    example.refused_at(
        "spec.regions[1].bake",
        "do not fit into the 16h that the week's freezes leave eu-central open",
    );
    let elsewhere = json!([{"days": "Tue 22:00 - Tue 06:00", "zone": "Europe/Berlin", "regions": ["apac"]}]);
    Example::new().with("freeze", elsewhere).region(1, "bake", json!("15h46m")).read();
}

#[test]
fn the_times_of_several_places_are_put_together_before_anything_is_called_open() {
    // Berlin's days and New York's nights: open are three hours in which both places are out of theirs.
    let freeze = json!([
        {"days": "Mon 06:00 - Sun 22:00", "zone": "Europe/Berlin"},
        {"days": "Sun 19:00 - Sun 16:00", "zone": "America/New_York"},
    ]);
    let fits = Example::new().with("freeze", freeze.clone()).region(1, "bake", json!("2h45m"));
    fits.read();
    let example = Example::new().with("freeze", freeze).region(1, "bake", json!("2h46m"));
    example.refused_at("spec.regions[1].bake", "the 3h that");
}

#[test]
fn what_holds_for_all_regions_is_refused_where_no_region_could_keep_it() {
    Example::new().with("atOnce", json!(0)).refused_at("spec.atOnce", "no region could ever begin");
    Example::new().with("atOnce", json!(4)).refused_at("spec.atOnce", "there are only 3 regions");
    Example::new()
        .with("onBreach", json!("panic"))
        .refused_at("spec.onBreach", "hold-others or roll-back-release");
    Example::new().with("maxHold", json!("4 hours")).refused_at("spec.maxHold", "no length of time");
}

#[test]
fn whoever_is_told_has_an_address_without_a_secret_in_it() {
    let cases = [
        (json!({"url": "pager.example"}), "url", "does not begin with"),
        (json!({"url": "https://user:hunter2@pager.example"}), "url", "carries credentials"),
        (json!({"url": "https://pager.example/?key=hunter2"}), "url", "a secret goes into a file: tokenFile"),
        (json!({"url": "http://pager.example", "caFile": "/etc/ca"}), "caFile", "shows no certificate"),
        (json!({"url": "https://pager.example", "tokenFile": ""}), "tokenFile", "names no file"),
    ];
    for (notify, key, text) in cases {
        assert!(!Example::new().with("notify", notify.clone()).refused().contains("hunter2"));
        Example::new().with("notify", notify).refused_at(&format!("spec.notify.{key}"), text);
    }
}

#[test]
fn an_order_that_changes_a_standby_over_before_those_it_stands_in_for_is_refused() {
    Example::new().without(1, "after").refused().lines().for_each(|line| {
        assert!(line.contains("and comes after no active region; add after: us-east"), "{line}");
    });
    let first = Example::new().without(1, "after").region(0, "after", json!("eu-central")).refused();
    assert!(first.contains("spec.regions[0].after: an active region comes after eu-central"), "{first}");
    // Without any active region there is nothing that they stand in for.
    Example::new().without(1, "after").region(0, "role", json!("warm")).read();
    // Through another standby is after, too.
    Example::new().region(2, "after", json!(["us-east", "eu-central"])).read();
}

#[test]
fn names_in_the_order_that_are_unknown_or_there_twice_are_refused_with_what_was_meant() {
    Example::new().region(1, "after", json!("us-eats")).refused_at("spec.regions[1].after", "write us-east");
    let twice = Example::new().region(1, "after", json!(["us-east", "us-east"]));
    twice.refused_at("spec.regions[1].after", "us-east is there twice");
}

#[test]
fn one_canary_is_one_region() {
    let both = |service: &str| {
        Example::new()
            .region(0, "cluster", json!({"context": "shared"}))
            .region(1, "cluster", json!({"context": "shared"}))
            .region(1, "service", json!(service))
    };
    both("fnp/api").refused_at("spec.regions[1].cluster", "the very one of us-east: fnp/api");
    both("fnp-eu/api").read();
    both("api").refused_at("spec.regions[1].service", "names no Canary");
}

#[test]
fn shares_of_the_traffic_sum_to_all_of_it_at_most() {
    let shares = |last: &str| {
        Example::new().region(0, "traffic", json!("33.3%")).region(1, "traffic", json!("66.6%")).region(
            2,
            "traffic",
            json!(last),
        )
    };
    shares("0.1%").read();
    shares("0%").read();
    shares("1%").refused_at("spec.regions[2].traffic", "the regions have 100.9 % of the traffic");
    shares("1").refused_at("spec.regions[2].traffic", "a share of all traffic such as 50%");
}

#[test]
fn a_verdict_rests_only_on_what_is_there() {
    restful().read();
    restful()
        .region(2, "restsOn", json!("hope"))
        .refused_at("spec.regions[2].restsOn[0]", "write readiness, probe");
    restful()
        .region(2, "restsOn", json!(["probe", "probe"]))
        .refused_at("spec.regions[2].restsOn[1]", "twice");
    restful().with("guards", json!([])).refused_at("spec.regions[2].restsOn[1]", "add health to spec.guards");
    let elsewhere = json!([{"health": {"regions": ["us-east"]}}]);
    restful().with("guards", elsewhere).refused_at("spec.regions[2].restsOn[1]", "asks the probes of apac");
    let gate = json!([{"signal": "error-rate", "limit": "0.1%"}]);
    restful().with("gates", gate).refused_at("spec.regions[2].restsOn[0]", "no gate counts readiness");
    let shown = json!([
        {"signal": "error-rate", "limit": "0.1%"},
        {"signal": "readiness-failures", "limit": "1%", "reportOnly": true},
    ]);
    restful().with("gates", shown).refused_at("spec.regions[2].restsOn[0]", "no gate counts readiness");
    restful()
        .region(0, "role", json!("warm"))
        .refused_at("spec.regions[2].restsOn[2]", "there is no active region");
    let active = restful().region(1, "role", json!("active")).region(1, "restsOn", json!("readiness"));
    active.refused_at("spec.regions[1].restsOn", "an active region has traffic of its own");
}

#[test]
fn an_objective_of_recovery_without_a_signal_for_it_is_refused() {
    let rpo = || Example::new().region(1, "rpo", json!("5s"));
    rpo().refused_at("spec.regions[1].rpo", "nobody watches the lag of eu-central; add replication-lag");
    rpo().with("guards", json!(["replication-lag"])).read();
    let gates = |report_only: bool| {
        json!([
            {"signal": "error-rate", "limit": "0.1%"},
            {"signal": "replication-lag", "limit": "5s", "reportOnly": report_only},
        ])
    };
    rpo().with("gates", gates(false)).read();
    rpo().with("gates", gates(true)).refused_at("spec.regions[1].rpo", "nobody watches");
    let bytes = json!([{"replication-lag": {"max": "16Mi"}}]);
    rpo()
        .with("guards", bytes)
        .refused_at("spec.regions[1].rpo", "counted in bytes alone, and this is a time");
    let elsewhere = json!([{"replication-lag": {"max": "30s", "regions": ["apac"]}}]);
    rpo().with("guards", elsewhere).refused_at("spec.regions[1].rpo", "nobody watches");
}
