//! The Kerbside engine for Kotlin and Swift, through uniffi. It translates and decides nothing.

uniffi::setup_scaffolding!();
