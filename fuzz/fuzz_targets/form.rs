//! The form in which the model writes structured answers, and the shapes it is held to.
#![no_main]

use kerbside_core::generate::schema::Schema;
use kerbside_core::structured::{pieces, read, write};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert_eq!(pieces(text).concat(), text);
    if let Ok(value) = read(text) {
        // A number can be written in several ways.
        let again = write(&value).expect("it was not too deep to be read");
        assert_eq!(read(&again).expect("what is written can be read"), value);
    }
    let Ok(value) = serde_json::from_str::<Value>(text) else { return };
    if let Ok(written) = write(&value) {
        assert_eq!(read(&written).expect("what is written can be read"), value);
    }
    if let Ok(shape) = Schema::from_json(&value) {
        shape.check().expect("it was checked");
        shape.allows(&value);
    }
});
