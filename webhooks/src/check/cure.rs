//! What to do about each reason for which something cannot be counted. A reason says what is; this says what next.

use haldane_core::increment::{Missing, SourceFault};

/// What to do next, in one sentence without a full stop.
pub(super) const fn cure(missing: &Missing) -> &'static str {
    match missing {
        Missing::FirstReading => "wait for one more poll",
        Missing::Unreachable { .. } => {
            "is the pod listed still there? The policy's addresses must be those of the pods that run"
        }
        Missing::TimedOut { .. } => "look at the pod; a page that is honestly slow needs a longer deadline",
        Missing::HttpStatus { .. } => "open the address with curl; does /metrics stand at another path?",
        Missing::TooLarge { .. } => "expose fewer series, or read this region from a Prometheus",
        Missing::NotMetrics { .. } => {
            "open the address with curl; it must answer in the Prometheus text format"
        }
        Missing::SeriesAbsent { .. } => {
            "is the service scraped, and are these its names and labels? metrics: {canary: …, primary: …} sets others"
        }
        Missing::NotANumber { .. } => "the application exposes no count there; mend its counter",
        Missing::BadHistogram { .. } => {
            "all pods of both versions need the same bucket edges, ending in +Inf"
        }
        Missing::Source { fault, .. } => source(fault),
        Missing::Secret { .. } => "write the file where haldane runs, readable by its user",
        Missing::TargetLate { .. } => "look at the target on Prometheus' page Status > Targets",
        Missing::OldData { .. } => "is the service still scraped? Look at Prometheus' page Status > Targets",
        Missing::PlaceAbsent { .. } => {
            "run the query there; is its exporter scraped, and are these its names and labels?"
        }
        Missing::PlaceOld { .. } => {
            "is the exporter still scraped? Look at Prometheus' page Status > Targets"
        }
        Missing::NotOneNumber { .. } => {
            "run the query there; it must give one series with one number, also without traffic"
        }
        Missing::ScrapedTwice { .. } => "leave one scrape job for it, or choose one with labels: {job: …}",
        Missing::InBothArms { .. } => {
            "set metrics: {canary: …, primary: …} so that each selects its own pods; with scrape, name each pod in one arm"
        }
        Missing::NoPodsFound { .. } => {
            "try the name (getent hosts NAME) or the labels (kubectl get pods -l …) from where haldane runs; pods need its right to list them"
        }
    }
}

const fn source(fault: &SourceFault) -> &'static str {
    match fault {
        SourceFault::Unreachable { .. } => {
            "check the url (http or https, host, port), caFile, and that haldane may reach it from where it runs"
        }
        SourceFault::TimedOut { .. } => {
            "run the query there; a source that is honestly slow needs a longer --deadline-ms (serve: --scrape-deadline-ms)"
        }
        SourceFault::HttpStatus { status: 401 | 403 } => {
            "check basicAuth or bearerTokenFile, what is in the file, and (Mimir) the tenant"
        }
        SourceFault::HttpStatus { status: 404 } => {
            "the url must be where /api/v1 begins, such as https://mimir/prometheus"
        }
        SourceFault::HttpStatus { .. } => "look at the source, and at what stands in front of it",
        SourceFault::Refused { .. } => {
            "run the query there; a limit of the store may be too small, or the tenant missing (tenant: …, or headers: {X-Scope-OrgID: …})"
        }
        SourceFault::TooLarge { .. } | SourceFault::TooManySeries { .. } => {
            "narrow it with labels: {…} or metrics: {canary: …, primary: …}, or drop labels that nobody asks for"
        }
        SourceFault::NotAnAnswer { .. } => "the url must be where /api/v1 begins, and no login page",
        SourceFault::Partial { .. } => {
            "look at the source's own stores; a part of the counts would be missing"
        }
        SourceFault::Resting { .. } => "look at the source: it is asked again by itself",
    }
}
