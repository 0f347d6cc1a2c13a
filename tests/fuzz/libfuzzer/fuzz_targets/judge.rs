//! libFuzzer's way into `haldane_fuzz::judge`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| haldane_fuzz::judge(data));
