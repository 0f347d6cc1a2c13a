//! How bad events scatter around their rate.
//!
//! Five kinds, each of which breaks another method: independent events (which break almost nothing), bursts (which break
//! what counts events as if they came alone), a canary that drifts by itself (which breaks every comparison), an
//! environment that shakes both arms (which breaks every limit), and all of it together.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The scatter of an arm's bad events. The presets are those that the published tables are about.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// Variance over mean of the counts of one poll; 1 is Poisson, more is a negative binomial.
    pub fano: f64,
    /// Standard deviation of the logarithm of the rate that both arms share; it wanders as an AR(1).
    pub shared_sd: f64,
    /// Whether all regions share it, too.
    pub everywhere: bool,
    /// Standard deviation of the logarithm of each arm's own rate; an AR(1), too.
    pub arm_sd: f64,
    /// Minutes after which those have forgotten all but 1/e.
    pub tau_min: f64,
    /// A blip multiplies all rates of one arm by this, for one poll; 1 is none.
    pub blip: f64,
    /// Minutes between blips of one arm, on average.
    pub blip_every_min: f64,
}

impl Noise {
    /// Independent events.
    pub const IID: Self = Self {
        fano: 1.0,
        shared_sd: 0.0,
        everywhere: false,
        arm_sd: 0.0,
        tau_min: 5.0,
        blip: 1.0,
        blip_every_min: 30.0,
    };
    /// Bursts within a poll: Fano factor 5.
    pub const BURSTY: Self = Self { fano: 5.0, ..Self::IID };
    /// Each arm's rate wanders by itself: sd .3.
    pub const DRIFT: Self = Self { arm_sd: 0.3, ..Self::IID };
    /// Both arms' rates wander together: sd .5.
    pub const SHARED: Self = Self { shared_sd: 0.5, ..Self::IID };
    /// Bursts, a shared and a small own wandering, and one blip of 20× per half hour and arm.
    pub const MIXED: Self = Self { fano: 5.0, shared_sd: 0.5, arm_sd: 0.1, blip: 20.0, ..Self::IID };

    /// The presets with their names, mildest first.
    pub const ALL: [(&'static str, Self); 5] = [
        ("iid", Self::IID),
        ("bursty", Self::BURSTY),
        ("shared", Self::SHARED),
        ("drift", Self::DRIFT),
        ("mixed", Self::MIXED),
    ];

    /// The same, with the shared part shared by all regions.
    #[must_use]
    pub const fn everywhere(self) -> Self {
        Self { everywhere: true, ..self }
    }

    /// The preset's name; absent for a scatter of one's own.
    pub fn name(&self) -> Option<&'static str> {
        let own = Self { everywhere: false, ..*self };
        Self::ALL.into_iter().find(|(_, preset)| *preset == own).map(|(name, _)| name)
    }
}

impl fmt::Display for Noise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name)?,
            None => write!(f, "fano {} shared {} arm {}", self.fano, self.shared_sd, self.arm_sd)?,
        }
        if self.everywhere { f.write_str("-everywhere") } else { Ok(()) }
    }
}

/// A word that names no noise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownNoise(String);

impl fmt::Display for UnknownNoise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Noise::ALL.map(|(name, _)| name).join(", ");
        write!(f, "{:?} is no noise; write {names}, or shared-everywhere or mixed-everywhere", self.0)
    }
}

impl std::error::Error for UnknownNoise {}

impl FromStr for Noise {
    type Err = UnknownNoise;

    fn from_str(text: &str) -> Result<Self, UnknownNoise> {
        let (name, everywhere) = text.strip_suffix("-everywhere").map_or((text, false), |name| (name, true));
        let preset = Self::ALL.into_iter().find(|(n, _)| *n == name).map(|(_, preset)| preset);
        let fits = preset.filter(|p| !everywhere || p.shared_sd > 0.0);
        fits.map(|p| Self { everywhere, ..p }).ok_or_else(|| UnknownNoise(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_reads_back_from_its_name() {
        for (name, preset) in Noise::ALL {
            assert_eq!(name.parse(), Ok(preset));
            assert_eq!(preset.to_string(), name);
        }
        assert_eq!("shared-everywhere".parse(), Ok(Noise::SHARED.everywhere()));
    }

    #[test]
    fn a_noise_that_is_none_is_refused_with_those_that_are() {
        for wrong in ["pink", "iid-everywhere", ""] {
            let refusal = wrong.parse::<Noise>().unwrap_err().to_string();
            assert!(refusal.contains("bursty") && refusal.contains("shared-everywhere"), "{refusal}");
        }
    }
}
