//! Plain loops, compiled once more for each width of registers.
//!
//! A program for "any x86-64" may only use registers of 128 bits, though nearly every processor it
//! meets has wider ones. `vectorised!` compiles a function's body for AVX-512, for AVX2 and for
//! the base, and calls what the processor has. The body is the same Rust, without fused or
//! reordered arithmetic, so the results are the same bit for bit.

/// What the processor's registers can do. Ordered: each level includes those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What every processor of the architecture has.
    Base,
    /// 256 bits: AVX2 with FMA and half floats.
    Avx2,
    /// 512 bits: AVX-512 F, BW, DQ and VL.
    Avx512,
}

impl Level {
    /// The level of this processor.
    #[cfg(target_arch = "x86_64")]
    #[inline]
    pub fn detect() -> Self {
        // The macro caches: each is a load and a test.
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
        {
            Self::Avx512
        } else if is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c")
        {
            Self::Avx2
        } else {
            Self::Base
        }
    }
}

/// Asks for memory that will be read soon: a short stretch, which the processor would not foresee.
#[inline]
pub fn prefetch<T>(values: &[T]) {
    for line in values.chunks(64 / size_of::<T>()) {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            // SAFETY: a hint that changes nothing, and every x86-64 has it.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
        }
        #[cfg(target_arch = "aarch64")]
        // SAFETY: a hint that changes nothing.
        unsafe {
            std::arch::asm!("prfm pldl1keep, [{line}]", line = in(reg) line.as_ptr(),
                options(nostack, preserves_flags, readonly));
        }
    }
}

/// Declares functions whose bodies are compiled for every [`Level`]. They take no generics, and
/// what they call should be `#[inline]` — else it stays at the base level.
macro_rules! vectorised {
    ($($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block)*) => {$(
        $(#[$meta])*
        $vis fn $name($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn base($($arg: $ty),*) $(-> $ret)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")]
                #[allow(clippy::too_many_arguments)]
                fn avx512($($arg: $ty),*) $(-> $ret)? { base($($arg),*) }
                #[target_feature(enable = "avx2,fma,f16c")]
                #[allow(clippy::too_many_arguments)]
                fn avx2($($arg: $ty),*) $(-> $ret)? { base($($arg),*) }
                match $crate::simd::Level::detect() {
                    // SAFETY: the level says that the processor has these features.
                    $crate::simd::Level::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: as above.
                    $crate::simd::Level::Avx2 => return unsafe { avx2($($arg),*) },
                    $crate::simd::Level::Base => {}
                }
            }
            base($($arg),*)
        }
    )*};
}

pub(crate) use vectorised;
