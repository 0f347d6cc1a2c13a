//! What somebody says about traffic and the healthy service, on the command line.

use haldane_core::increment::Region;
use haldane_core::policy::Policy;
use std::collections::BTreeMap;

/// `400` for every region, or `us-east=400` for one; requests per second of both arms.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    region: Option<Region>,
    requests_per_s: f64,
}

impl std::str::FromStr for Given {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (region, number) = match text.split_once('=') {
            Some((region, number)) => (Some(Region::from(region)), number),
            None => (None, text),
        };
        let requests_per_s = number.parse().ok().filter(|n| (1e-6..=1e9).contains(n));
        let requests_per_s = requests_per_s.ok_or_else(|| {
            format!(
                "{text:?} is no traffic; write requests per second such as 400, or us-east=400 for one region"
            )
        })?;
        Ok(Self { region, requests_per_s })
    }
}

/// The traffic of every region of `policy`: its own, or else the one for all.
///
/// # Errors
/// A region that the policy does not have, one that is given twice, or one that is left without.
pub fn traffic(policy: &Policy, given: &[Given]) -> Result<BTreeMap<Region, f64>, String> {
    let names = || policy.regions.iter().map(|r| r.name.0.as_str()).collect::<Vec<_>>().join(", ");
    let mut own = BTreeMap::new();
    let mut all = None;
    for Given { region, requests_per_s } in given {
        let twice = match region {
            Some(region) if policy.region(region).is_none() => {
                return Err(format!("--rps {region}=...: the policy has no such region; it has {}", names()));
            }
            Some(region) => own.insert(region.clone(), *requests_per_s).is_some(),
            None => all.replace(*requests_per_s).is_some(),
        };
        if twice {
            let whose = region.as_ref().map_or_else(|| "all regions".to_owned(), Region::to_string);
            return Err(format!("--rps is given twice for {whose}; give it once"));
        }
    }
    let of = |region: &Region| own.get(region).copied().or(all);
    let found = policy.regions.iter().map(|r| {
        let missing = || {
            let region = &r.name;
            format!("nothing says how much traffic {region} gets; add --rps {region}=N, or --rps N for all regions")
        };
        Ok((r.name.clone(), of(&r.name).ok_or_else(missing)?))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy_file;

    fn policy() -> Policy {
        policy_file::parse("fnp.yaml", include_str!("../../../policies/fnp.yaml")).unwrap().0
    }

    fn of(given: &[&str]) -> Result<Vec<f64>, String> {
        let given: Vec<Given> = given.iter().map(|g| g.parse().unwrap()).collect();
        traffic(&policy(), &given).map(|found| found.into_values().collect())
    }

    #[test]
    fn a_regions_own_traffic_outweighs_the_one_for_all() {
        assert_eq!(of(&["400", "apac=3"]), Ok(vec![3.0, 400.0, 400.0]));
    }

    #[test]
    fn a_region_without_traffic_is_named() {
        assert!(of(&["us-east=400", "apac=3"]).unwrap_err().contains("eu-central"));
        assert!(of(&["mars=3"]).unwrap_err().contains("us-east, eu-central, apac"));
        assert!(of(&["3", "4"]).unwrap_err().contains("twice"));
    }

    #[test]
    fn what_is_no_traffic_is_refused() {
        for wrong in ["", "much", "-1", "0", "inf", "nan", "us-east=", "us-east"] {
            assert!(wrong.parse::<Given>().is_err(), "{wrong:?}");
        }
    }
}
