//! `haldane plan`.
