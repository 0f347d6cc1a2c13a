//! Whose Canary this is: by region and by what the Canary is called there.
//!
//! A service is known by one name, its policy's, and may be called otherwise in some regions. A hook that comes with the
//! name of another region was copied from there, and would judge the wrong run: it is refused with what is expected.

use super::start::StartError;
use haldane_core::increment::Region;
use haldane_core::policy::Policy;
use std::collections::BTreeMap;
use thiserror::Error;

/// Services by region and by the name of the Canary there.
#[derive(Clone, Default)]
pub(super) struct Called(BTreeMap<Region, BTreeMap<String, String>>);

/// Why a Canary is nobody's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotCalled {
    /// The service has another name in this region.
    #[error("in {region} the Canary of {service} is called {expected}, not {canary}")]
    Otherwise {
        /// Where.
        region: Region,
        /// The service.
        service: String,
        /// What it is called there.
        expected: String,
        /// What the call says.
        canary: String,
    },
    /// There is such a service, but not in this region.
    #[error("the policy of {service} has no such region")]
    Elsewhere {
        /// The service.
        service: String,
    },
    /// There is none.
    #[error("no policy judges {canary}")]
    Nobody {
        /// What the call says.
        canary: String,
    },
}

impl Called {
    /// What the services of `policies` are called.
    pub(super) fn of<'a>(policies: impl Iterator<Item = &'a Policy>) -> Result<Self, StartError> {
        let mut called = Self::default();
        for policy in policies {
            for region in &policy.regions {
                let canary = policy.service_in(&region.name);
                let here = called.0.entry(region.name.clone()).or_default();
                let other = here.insert(canary.to_owned(), policy.service.clone());
                if other.is_some_and(|other| other != policy.service) {
                    let (canary, region) = (canary.to_owned(), region.name.to_string());
                    return Err(StartError::TwoForOne { canary, region });
                }
            }
        }
        Ok(called)
    }

    /// The service that is meant by `canary` in `region`.
    pub(super) fn service(&self, region: &Region, canary: &str) -> Result<&str, NotCalled> {
        let here = self.0.get(region);
        if let Some(service) = here.and_then(|here| here.get(canary)) {
            return Ok(service);
        }
        let meant = self.meant(canary).ok_or_else(|| NotCalled::Nobody { canary: canary.to_owned() })?;
        let so_called = here.and_then(|here| here.iter().find(|(_, service)| *service == meant));
        Err(match so_called {
            Some((expected, service)) => NotCalled::Otherwise {
                region: region.clone(),
                service: service.clone(),
                expected: expected.clone(),
                canary: canary.to_owned(),
            },
            None => NotCalled::Elsewhere { service: meant.to_owned() },
        })
    }

    /// The service that has this name itself, or in any region.
    fn meant(&self, canary: &str) -> Option<&str> {
        let services = || self.0.values().flat_map(BTreeMap::iter);
        let own = services().find(|(_, service)| *service == canary);
        own.or_else(|| services().find(|(name, _)| *name == canary)).map(|(_, service)| service.as_str())
    }
}
