//! `haldane judge`.
