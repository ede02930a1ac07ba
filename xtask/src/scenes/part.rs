//! Which wordings may be trained on.

/// A part of all wordings. What belongs to one part is never in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// To train on.
    Train,
    /// To choose settings by: when to stop, the threshold of certainty.
    Validation,
    /// To measure with, and for nothing else.
    Test,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// The part a text belongs to, once and for all: a tenth each to choose by and to measure with.
    pub fn of(text: &str) -> Self {
        match fnv1a(text.as_bytes()) % 20 {
            0 | 1 => Self::Test,
            2 | 3 => Self::Validation,
            _ => Self::Train,
        }
    }
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923): the same on every machine and in every version.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_spread_over_the_parts_and_stay_there() {
        // The published test vector of FNV-1a for "foobar".
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
        let count = |part| (0..2000).filter(|n| Part::of(&format!("label {n}")) == part).count();
        let counts = Part::ALL.map(count);
        assert!((1500..1700).contains(&counts[0]), "{counts:?}");
        assert!(counts[1] > 150 && counts[2] > 150, "{counts:?}");
    }
}
