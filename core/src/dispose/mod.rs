//! Which item of the community's rule pack each detected thing is, and in what state. What is done
//! with it is then the rules' business: the model never names a bin.
//!
//! ```text
//! spelling    slips of the finger in a label, put right where they can be nothing else
//! saying      how some words of a label say a name of the pack
//! naming      which items of a rule pack a label names, and where in it
//! candidates  label → the few rows of the pack that could fit it
//! question    labels and candidates → prompt, and the shape of its answer
//! reading     the answer ⇄ what is known of each thing; what is not sure enough is not known
//! sort        detections → readings → instructions
//! ```
//!
//! # The contract
//!
//! Engine, training data and recipes share this form; [`Question`] is the only code that writes or
//! reads it.
//!
//! **Prompt.** Up to [`ITEMS`] things at a time, numbered from 1 in the detector's order:
//!
//! ```text
//! dispose 1<loc0100><loc0200><loc0700><loc0600>greasy [pizza box]:pizza-box;2<loc…>…
//!
//! prompt    = "dispose " thing { ";" thing }
//! thing     = number box label ":" [ row { "," row } ]
//! box       = "<loc y1><loc x1><loc y2><loc x2>", as the detector wrote it
//! row       = item id [ "=" word ] { "+" part id }
//! ```
//!
//! - `label` is the detector's label, folded: lower case, no accents, words of letters and digits
//!   separated by one blank, at most [`LABEL_CHARS`] characters; slips of the finger that can only
//!   mean one name of the pack are put right. The words by which its first row
//!   was found have marks around them, so that what the label says besides is plain to see:
//!   `[glass jar]` are the row's name, `{glss jar}` are it but for other typing errors or the plural,
//!   `(coffee)` are a part of it. No marks where only the class speaks for the rows.
//! - A row is an item of the pack, at most [`CANDIDATES`] for each thing, the best match first.
//!   `word` is the name or alias that matched, folded, its first four words; left out where it is
//!   the id's own words.
//!   The parts are those of the item's own row in the pack.
//! - An image stands before the prompt, as before any other. The prompt's `\n` follows.
//! - An adapter that was trained without photos gets none (`kerbside.sees_photo`, `models/FORMAT.md`).
//! - The whole prompt is tokenised as running text, `<loc…>` as the tokens of that name.
//!
//! **Answer**, in the form of [`crate::structured`], one object for each thing:
//!
//! ```text
//! <s_1><s_item>drink-bottle</s_item><s_state>clean</s_state><s_battery>no</s_battery></s_1><s_2>…
//!
//! item      one of the thing's row ids | "none" (it is none of them) | "unsure"
//! state     "clean" | "dirty" | "unsure"
//! parts     <list/> or <list>part id{<sep/>part id}</list>: the parts that are there.
//!           Only where a row of the thing has parts
//! battery   "yes" | "no" | "unsure": whether a battery is inside
//! ```
//!
//! Tags and values are tokenised piece by piece, as the grammar writes them:
//! [`crate::structured::pieces`].
//!
//! # What is made of it
//!
//! Each value counts only if the product of its tokens' probabilities reaches [`SURE`]: below it
//! an item, a state or a battery is "unsure", and parts are not known (then all of the item's
//! parts are listed). The rules ask about what is unsure, as far as it matters. That a thing is none
//! of the rows counts from [`NONE_SURE`] on, since no bin is shown for it, unless the label is a class,
//! whose rules would answer. A label that is the name of one row and says nothing else is that row,
//! whatever the model says.
//!
//! Without an adapter for the task only the detector's label is known, and the rules of its class
//! answer or ask.

mod candidates;
mod naming;
mod question;
mod reading;
mod saying;
mod sort;
mod spelling;
#[cfg(test)]
mod tests;

pub use candidates::{Candidate, candidates, folded_label};
pub use naming::Said;
pub use question::{Question, Thing};
pub use reading::{Pick, Reading};
pub use saying::Match;
pub use sort::Sorted;

/// Things of one prompt: three take at most 200 tokens with a small vocabulary.
pub const ITEMS: usize = 4;

/// Most rows of the pack that are offered for one thing.
pub const CANDIDATES: usize = 5;

/// Most characters of a label, folded.
pub const LABEL_CHARS: usize = 40;

/// The probability from which on a value the model wrote is taken as known. A cautious start: an
/// adapter brings its own, chosen with `cargo xtask evaluate dispose --choose` on scenes made up
/// for that, where wrong answers that are shown stay below 1 %.
pub const SURE: f32 = 0.9;

/// The probability from which on a thing is taken as none of the rows: more likely than not. The
/// person is then told that it is not known here, instead of being asked which of the rows it is.
pub const NONE_SURE: f32 = 0.5;
