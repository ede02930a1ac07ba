//! `cargo xtask train`: samples → a LoRA adapter, on a frozen pack.
//!
//! ```text
//! options     the command line
//! run         from the first step or a checkpoint to the adapter's folder
//! start       places, data and settings, looked at before anything is computed
//! settings    what a run must keep
//! examples    samples as tokens, checked before the first step, and their order
//! tokens      one sample's text as tokens
//! photos      pictures through the engine's own tower, once
//! feed        what goes through the model together
//! learner     one step: passes, gradients, clipping, AdamW
//! model       one pass of a batch through PaliGemma, and back
//! tape        layers forwards and, computed again if need be, backwards
//! decoder     a layer of Gemma        tower      a layer of SigLIP
//! linear      frozen matrix and trainable pair
//! lora        the pairs               dropout    on their inputs
//! attention   mask                    functions  norms, rotation, softmax, GELU
//! linked      values whose gradient is written by hand
//! base        the pack's matrices as floats, for as long as they are needed
//! loss        cross-entropy of the suffix under the tied head
//! gradients   gathered, checked, clipped
//! optimiser   AdamW                   schedule   the learning rate
//! checkpoint  a run to be taken up to the bit
//! peft_out    the adapter's folder    files      whole or not there
//! report      how it is going         interrupt  Ctrl-C
//! ```
//!
//! Invariant: the weights after a step hang on the settings, the data and the number of the step
//! alone, never on where a run was interrupted.

pub mod attention;
pub mod base;
pub mod checkpoint;
pub mod decoder;
pub mod dropout;
pub mod examples;
pub mod feed;
pub mod files;
pub mod functions;
pub mod gradients;
pub mod interrupt;
pub mod learner;
pub mod linear;
pub mod linked;
pub mod lora;
pub mod loss;
pub mod mask;
pub mod model;
pub mod optimiser;
pub mod options;
pub mod peft_out;
pub mod photos;
pub mod report;
pub mod run;
pub mod schedule;
pub mod settings;
mod start;
pub mod tape;
pub mod tokens;
pub mod tower;

use xtask::args::Args;
use xtask::failure::Result;

/// Runs the task.
///
/// # Errors
/// Whatever stopped it, as one line.
pub fn run(args: Args) -> Result<()> {
    let options = options::Options::parse(args)?;
    let cancel = interrupt::on_ctrl_c()?;
    let outcome = run::train(&options, &cancel)?;
    let out = options.out.display();
    match outcome.is_finished() {
        true => println!("{out}: trained in {} steps, {}", outcome.steps, quality(&outcome)),
        false => println!(
            "{out}: stopped after {} of {} steps; --resume goes on",
            outcome.steps, outcome.of
        ),
    }
    Ok(())
}

fn quality(outcome: &run::Outcome) -> String {
    match outcome.best {
        Some(best) => format!("held-out loss {best:.4}"),
        None => format!("loss {:.4}, nothing held out", outcome.loss),
    }
}
