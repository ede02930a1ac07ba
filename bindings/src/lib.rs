//! The Kerbside engine for Kotlin and Swift, through uniffi. It translates and decides nothing.
//!
//! ```text
//! frame        encoded photos and camera planes → a photo
//! cancel       the flag that stops what is running
//! place        where a household is
//! rule_book    communities and districts, items found and looked up
//! instruction  what is to be done with a thing, as records
//! schedule     when what is collected, tonight, reminders, a calendar file
//! sorter       one open model: photos in, items and instructions out
//! analysis     everything found out about a photo, as records
//! progress     what becomes known on the way, told to the app
//! calendar_in  other people's calendar files
//! pack_store   the models on the device
//! stream       a file that the app reads and the engine asks for
//! dates        days and times as Kotlin and Swift write them
//! error        one small error with words for the person
//! caught       a panic becomes that error
//! ```
//!
//! Every exported call is synchronous and may be made from any thread. What takes longer than a
//! moment takes a [`cancel::CancelToken`] and reports progress on the calling thread.

pub mod analysis;
pub mod calendar_in;
pub mod cancel;
mod caught;
pub mod dates;
pub mod error;
pub mod frame;
pub mod instruction;
pub mod pack_store;
pub mod place;
pub mod progress;
pub mod rule_book;
pub mod schedule;
pub mod sorter;
pub mod stream;

uniffi::setup_scaffolding!();
