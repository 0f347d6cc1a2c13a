//! Two of Flagger's own metrics: a gate may read the weight from them.

use crate::phase::Phase;
use crate::spec::CanarySpec;
use crate::steps::TOTAL;
use std::fmt::Write;

/// What Flagger last recorded; nothing before its first tick that had something to do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gauges {
    pub(crate) canary_weight: Option<u32>,
    pub(crate) phase: Option<Phase>,
}

impl Gauges {
    pub(crate) fn exposition(&self, spec: &CanarySpec) -> String {
        let (name, namespace) = (&spec.name, &spec.namespace);
        let mut text = String::new();
        if let Some(phase) = self.phase {
            let status = status_number(phase);
            text += "# TYPE flagger_canary_status gauge\n";
            line(
                &mut text,
                format_args!("flagger_canary_status{{name=\"{name}\",namespace=\"{namespace}\"}} {status}"),
            );
        }
        if let Some(weight) = self.canary_weight {
            text += "# TYPE flagger_canary_weight gauge\n";
            for (workload, weight) in [(name.clone(), weight), (format!("{name}-primary"), TOTAL - weight)] {
                line(
                    &mut text,
                    format_args!(
                        "flagger_canary_weight{{namespace=\"{namespace}\",workload=\"{workload}\"}} {weight}"
                    ),
                );
            }
        }
        text
    }
}

/// 0 is running, 2 failed, 1 everything else: also a run that waits for its promotion.
fn status_number(phase: Phase) -> u8 {
    match phase {
        Phase::Progressing => 0,
        Phase::Failed => 2,
        Phase::Initialized
        | Phase::Waiting
        | Phase::WaitingPromotion
        | Phase::Promoting
        | Phase::Finalising
        | Phase::Succeeded => 1,
    }
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    let written = writeln!(text, "{content}");
    debug_assert!(written.is_ok(), "writing to a String cannot fail");
}
