//! Kerbside's tasks. One file per task; this one only dispatches.

fn main() {}
