//! Adapters: PEFT folders applied beside the base, never merged.
