//! The reference systems under their own policies: simulated regions, real HTTP, the model of Flagger, fast time.
//!
//! For each a healthy release goes through; what is characteristic of the system holds it by the guard's name, rolls nothing
//! back, and lets it go on when it is over. Demos wait on a fast clock nearly all the time, so those of one system run side by
//! side.

#[cfg(test)]
mod drills;
#[cfg(test)]
mod residency;
#[cfg(test)]
mod told;

#[cfg(test)]
mod tests {
    use crate::told::{Told, told};
    use haldane::demo::System;
    use haldane_pods::Scenario;

    #[track_caller]
    fn assert_promoted_everywhere(told: &Told) {
        for (region, end) in &told.outcome.regions {
            assert_eq!((end.outcome.as_str(), end.weight), ("promoted", 100), "{region}: {:?}", told.outcome);
        }
        assert!(!told.rolled_back, "{:?}", told.outcome);
    }

    #[track_caller]
    fn assert_held_by(told: &Told, guard: &str) {
        assert!(told.guards.contains(guard), "{guard} is not among {:?}: {:?}", told.guards, told.outcome);
        assert_promoted_everywhere(told);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn fnp_holds_while_a_region_is_lost_or_the_writer_moves_and_then_goes_on() {
        let (lost, failover) =
            tokio::join!(told(System::Fnp, Scenario::RegionLost), told(System::Fnp, Scenario::Failover),);
        assert_held_by(&lost, "region-up");
        assert_held_by(&failover, "failover");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nfyio_goes_one_region_at_a_time_and_holds_on_its_lag_and_on_a_writer_that_is_away() {
        let (healthy, lag, failover) = tokio::join!(
            told(System::Nfyio, Scenario::Healthy),
            told(System::Nfyio, Scenario::Lag),
            told(System::Nfyio, Scenario::Failover),
        );
        assert_promoted_everywhere(&healthy);
        assert_eq!(healthy.most_at_once, 1, "both regions had a canary with traffic at once");
        assert!(healthy.guards.is_empty(), "{:?}", healthy.guards);
        assert_held_by(&lag, "replication-lag");
        assert_held_by(&failover, "failover");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn bookstore_goes_to_its_readers_first_and_holds_while_the_writer_moves() {
        let (healthy, failover) = tokio::join!(
            told(System::Bookstore, Scenario::Healthy),
            told(System::Bookstore, Scenario::Failover),
        );
        assert_promoted_everywhere(&healthy);
        assert_eq!(healthy.last_to_begin.as_deref(), Some("us-east"), "the writer goes last");
        assert_eq!(healthy.most_at_once, 1, "two regions had a canary with traffic at once");
        assert_held_by(&failover, "failover");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn fingerprint_api_holds_when_a_region_is_lost_for_two_minutes_and_while_its_caches_are_old() {
        let (lost, stale) = tokio::join!(
            told(System::FingerprintApi, Scenario::RegionLost),
            told(System::FingerprintApi, Scenario::Stale),
        );
        assert_held_by(&lost, "region-up");
        assert_held_by(&stale, "cache-replication");
        assert!(stale.guards.contains("model-sync"), "{:?}", stale.guards);
    }
}
