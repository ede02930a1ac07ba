//! Tokens, one after the other, held to a grammar.
//!
//! ```text
//! generator  grammar → rows → model → sampler → grammar, until the grammar ends
//! grammar    what may come next; `detection_grammar`, `structured_grammar`, `free_grammar`
//! sampler    one token among the rows' logits
//! scale      ... where the tokens are marks on a scale
//! chances    how sure the model is of the values of a structured answer
//! schema     the shape of a structured answer; `structured_graph` compiles it
//! lexicon    words as token sequences: labels, enums, tags
//! rows       sets of token ids as few contiguous ranges of the tied head
//! ```
//!
//! Invariant: nothing here knows a model. The seam is [`generator::Decoder`].

#![allow(clippy::single_range_in_vec_init, reason = "rows are a list of ranges, often of one")]

pub mod chances;
pub mod detection_grammar;
pub mod free_grammar;
pub mod generator;
pub mod grammar;
pub mod lexicon;
pub mod rows;
pub mod sampler;
pub mod scale;
pub mod schema;
pub mod structured_grammar;
pub mod structured_graph;
mod text_tokens;
