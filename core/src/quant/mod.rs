//! Packed weights and their kernels.
