//! libFuzzer's way into `haldane_fuzz::policy`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| haldane_fuzz::policy(data));
