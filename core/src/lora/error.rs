//! Why an adapter is refused.

use crate::pack::PrefixMode;

/// Why an adapter cannot be used. Every message names the adapter.
#[derive(Debug, thiserror::Error)]
pub enum LoraError {
    /// `adapter_config.json` is not one that PEFT would read.
    #[error("adapter {id}: adapter_config.json: {reason}; save the adapter again with PEFT")]
    Config {
        /// The adapter.
        id: String,
        /// What is wrong.
        reason: String,
    },
    /// The adapter uses parts of PEFT that this engine does not do.
    #[error("adapter {id} uses {}, which is not supported here; train it as plain LoRA", keys.join(", "))]
    Unsupported {
        /// The adapter.
        id: String,
        /// The keys of `adapter_config.json` that are not at their defaults.
        keys: Vec<String>,
    },
    /// No adapter can be trained for these modules.
    #[error("target modules {target}: {reason}; choose others")]
    Target {
        /// What was asked for, as JSON.
        target: String,
        /// What is wrong with it.
        reason: String,
    },
    /// `adapter_model.safetensors` cannot be read.
    #[error("adapter {id}: adapter_model.safetensors: {source}; save it again as safetensors")]
    File {
        /// The adapter.
        id: String,
        /// What the container's reader says.
        source: safetensors::SafeTensorError,
    },
    /// The header of `adapter_model.safetensors` is not one of a few hundred tensors.
    #[error("adapter {id}: adapter_model.safetensors: {reason}; save it again as safetensors")]
    Header {
        /// The adapter.
        id: String,
        /// What is wrong.
        reason: String,
    },
    /// Tensors that do not land on the base, each with the reason.
    #[error("adapter {id} does not fit this model: {}; train it for this model", shorten(misfits))]
    Misfits {
        /// The adapter.
        id: String,
        /// One line for each tensor or layer.
        misfits: Vec<String>,
    },
    /// Trained on another base.
    #[error(
        "adapter {id} was trained on {trained_on}, this pack's base is {base}; choose another adapter"
    )]
    OtherBase {
        /// The adapter.
        id: String,
        /// The base it names.
        trained_on: String,
        /// The base there is.
        base: String,
    },
    /// Trained for another way of masking the prefix.
    #[error(
        "adapter {id} was trained for the {trained_for} prefix, this pack's is {here}; \
         choose another adapter"
    )]
    OtherPrefixMode {
        /// The adapter.
        id: String,
        /// The mode it was trained for.
        trained_for: PrefixMode,
        /// The pack's mode.
        here: PrefixMode,
    },
    /// Larger than all adapters together may be.
    #[error(
        "adapter {id} takes {bytes} bytes, all adapters together may take {budget}; \
         choose one of a lower rank"
    )]
    TooLarge {
        /// The adapter.
        id: String,
        /// Its size in memory.
        bytes: usize,
        /// The table's budget.
        budget: usize,
    },
    /// Not in memory.
    #[error("adapter {id} is not loaded; loaded are: {loaded}")]
    NotLoaded {
        /// The adapter asked for.
        id: String,
        /// The ids there are.
        loaded: String,
    },
}

/// The first few of a list that may have hundreds.
fn shorten(lines: &[String]) -> String {
    const SHOWN: usize = 12;
    let shown = lines[..lines.len().min(SHOWN)].join("; ");
    match lines.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}
