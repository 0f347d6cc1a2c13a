//! The examples of the schema, one per kind of case; a test judges each.

use serde_json::{Value, json};

/// Counts: one signal of each kind.
pub(super) fn counts() -> Value {
    json!({
        "intervalSeconds": 15,
        "signals": [
            {
                "name": "error-rate", "kind": "ratio", "limit": 0.001,
                "canary": {"bad": [0, 1, 0, 0], "total": [750, 741, 760, 755]},
                "baseline": {"bad": [7, 6, 8, 7], "total": [14250, 14190, 14310, 14260]}
            },
            {"name": "http-5xx", "kind": "rate", "limit": 5, "canary": {"bad": [0, 1, 0, 0]}},
            {
                "name": "p99-latency", "kind": "latency", "limitMs": 200,
                "canary": {"buckets": [
                    {"le": 0.1, "count": [700, 690, 712, 706]},
                    {"le": 0.2, "count": [748, 738, 758, 752]},
                    {"le": "+Inf", "count": [750, 741, 760, 755]}
                ]}
            },
            {
                "name": "memory", "kind": "gauge",
                "limit": 0.8, "canary": {"value": [0.51, 0.52, 0.51, 0.53]}
            }
        ],
        "falseRollback": 0.01
    })
}

/// Series: one metric.
pub(super) fn series() -> Value {
    json!({
        "metrics": [{
            "name": "latency", "direction": "increase",
            "control": [10.1, 9.8, 10.4, 10.0, 9.9, 10.2, 10.1, 9.7, 10.3, 10.0, 9.9, 10.2],
            "experiment": [10.0, 10.3, 9.8, 10.1, 10.2, 9.9, 10.0, 10.4, 9.8, 10.1, 10.0, 10.2]
        }]
    })
}
