//! What each kind of hook is for, as far as its absence or its mistake matters.

use haldane_core::answer::Hook;

/// Flagger's reading of a hook's `type`; none for what its definition refuses.
pub(super) fn of(kind: &str) -> Option<Hook> {
    if kind.is_empty() { Some(Hook::Rollout) } else { kind.parse().ok() }
}

/// What happens without a hook; none where it is not needed. The end of a run is only learned later without its hook.
pub(super) const fn without(hook: Hook) -> Option<&'static str> {
    match hook {
        Hook::ConfirmRollout => Some("a run starts unasked, whatever the other regions do"),
        Hook::ConfirmTrafficIncrease => Some("the weight rises on every tick, whatever was decided"),
        Hook::ConfirmPromotion => Some("the canary is promoted unasked"),
        Hook::Rollback => Some("a breach rolls nothing back"),
        Hook::Event => Some("nobody tells the weight, and nothing leaves weight 0"),
        Hook::PreRollout | Hook::Rollout | Hook::PostRollout => None,
    }
}

/// Whether a refusal, a timeout or a refused connection there is a failed check.
pub(super) const fn burns(hook: Hook) -> bool {
    match hook {
        Hook::PreRollout | Hook::Rollout => true,
        Hook::ConfirmRollout
        | Hook::ConfirmTrafficIncrease
        | Hook::ConfirmPromotion
        | Hook::PostRollout
        | Hook::Rollback
        | Hook::Event => false,
    }
}

/// Whether Flagger can call a hook in the same tick as the others of which this is so: the worst tick is the one at the top.
pub(super) const fn in_one_tick(hook: Hook) -> bool {
    match hook {
        Hook::Rollback
        | Hook::Rollout
        | Hook::ConfirmTrafficIncrease
        | Hook::ConfirmPromotion
        | Hook::Event => true,
        Hook::ConfirmRollout | Hook::PreRollout | Hook::PostRollout => false,
    }
}

/// What a hook of type `asks` does whose path answers `answers`.
pub(super) fn crossed(asks: Hook, answers: Hook) -> String {
    let effect = match (asks, answers) {
        (Hook::Rollback, _) => "it would roll back as soon as Haldane says go on",
        (_, Hook::Rollback) if burns(asks) => "no is the usual answer there, and each no is a failed check",
        (_, Hook::Rollback) => "it would pass only when Haldane wants to roll back",
        (_, _) => "the answer is to another question",
    };
    format!("Flagger asks it {asks}, and its path answers {answers}: {effect}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_without_a_type_is_a_rollout_hook_and_one_that_flagger_refuses_is_none() {
        assert_eq!(
            [of(""), of("rollback"), of("rolback")],
            [Some(Hook::Rollout), Some(Hook::Rollback), None]
        );
    }

    #[test]
    fn crossed_hooks_say_what_flagger_would_do() {
        for answers in [Hook::ConfirmPromotion, Hook::Event] {
            assert!(crossed(Hook::Rollback, answers).contains("roll back as soon as"));
        }
        assert!(
            crossed(Hook::ConfirmRollout, Hook::Rollback).contains("only when Haldane wants to roll back")
        );
        assert!(crossed(Hook::Rollout, Hook::Rollback).contains("each no is a failed check"));
    }
}
