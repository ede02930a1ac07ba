//! Boxes, codes and labels as the model writes them.
#![no_main]

use kerbside_core::detection::{distinct, merge, parse, parse_each, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let good: Vec<_> = parse_each(text).filter_map(Result::ok).collect();
    let written = write(&good);
    let again = parse(&written).expect("what is written can be read");
    assert_eq!(write(&again), written);
    for (one, other) in good.iter().zip(&again) {
        assert_eq!((&one.label, one.codes), (&other.label, other.codes));
        assert_eq!(one.bbox.to_bins(), other.bbox.to_bins());
    }
    assert!(distinct(&good).len() <= good.len());
    assert!(merge(good.clone()).len() <= good.len());
});
