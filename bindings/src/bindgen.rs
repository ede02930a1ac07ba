//! Writes the Kotlin and Swift sources from the built library, which must not be stripped.
//!
//! ```text
//! bindgen generate --language kotlin --out-dir OUT LIBRARY
//! bindgen --swift-sources --headers --modulemap LIBRARY OUT
//! ```
//!
//! Two programs of uniffi's in one: the second has no subcommand.

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("generate") => uniffi::uniffi_bindgen_main(),
        _ => uniffi::uniffi_bindgen_swift(),
    }
}
