//! Sickness that both arms share equally, whatever its level, convicts nobody through a limit.

use super::world::{EAST, HEALTHY, Rates, World, policy};
use crate::fact::Fact;
use crate::reason::{Against, Reason};
use crate::report::Decision;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn identical_sickness_in_both_arms_never_convicts_through_a_limit(
        seed in 0_u64..1 << 40, level in -4.0..0.0_f64, rps in 1.0..3.2_f64, weight in prop::sample::select(vec![5_u32, 50]),
        onset in 0_usize..20, known in any::<bool>(),
    ) {
        let level = crate::math::exp(level * core::f64::consts::LN_10);
        let sick = Rates { http_5xx: level, ..HEALTHY.errors(level).slow(level) };
        let mut world = World::new(policy(&[EAST])).seeded(seed);
        world.past = known.then_some(HEALTHY);
        world.east().rps = crate::math::exp(rps * core::f64::consts::LN_10);
        world.begin();
        world.tell(Fact::WeightSeen { region: EAST.into(), weight });
        world.ticks(onset);
        let site = world.east();
        (site.canary, site.primary) = (sick, sick);
        world.ticks(60);
        if let Decision::Rollback(reasons) = world.decision(EAST) {
            let through_limit = reasons.iter().any(|r| matches!(r, Reason::Breach { culprits, .. }
                if culprits.iter().any(|c| c.against == Against::Limit)));
            prop_assert!(!through_limit, "{reasons:?}");
        }
    }
}
