#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| esimpool_fuzz::key_sets(input));
