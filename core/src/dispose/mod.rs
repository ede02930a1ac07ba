//! What this community wants done with each detected thing: the model perceives, the rules decide.
//!
//! ```text
//! sort  detections → instructions
//! ```

mod sort;

pub use sort::Sorted;
