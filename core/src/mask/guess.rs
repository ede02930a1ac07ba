//! Which mask code follows which: a table that guesses the next one.
//!
//! A pass through a large model takes as long for four tokens as for one, since the time goes into
//! reading the weights. So guesses may ride along, and those that prove right save a pass each
//! (speculative decoding, arXiv:2211.17192, with this table in place of a small model).

use super::weights::CodecError;
use crate::detection::{SEG_CODES, SegCode};

/// The table's name among the codec's tensors: `[16, 128]`.
pub(super) const GUESSES: &str = "guesses";

/// The likeliest code of each cell, by the code of the cell before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeTable {
    /// `[16, 128]`; of the first cell, which has none before it, all are the same.
    next: Vec<u8>,
}

impl CodeTable {
    /// What is most frequent in `masks`; where a code never was, what is most frequent in the cell.
    ///
    /// # Panics
    /// If there are no masks.
    pub fn learn(masks: &[[SegCode; SEG_CODES]]) -> Self {
        let mut next = Vec::with_capacity(SEG_CODES * SegCode::COUNT);
        for cell in 0..SEG_CODES {
            let mut counts = vec![[0u32; SegCode::COUNT]; SegCode::COUNT];
            let mut all = [0u32; SegCode::COUNT];
            for codes in masks {
                let code = codes[cell].index();
                all[code] += 1;
                if cell > 0 {
                    counts[codes[cell - 1].index()][code] += 1;
                }
            }
            let usual = most(&all).expect("there are masks");
            next.extend(counts.iter().map(|after| most(after).unwrap_or(usual)));
        }
        Self { next }
    }

    /// From a tensor's numbers.
    ///
    /// # Errors
    /// [`CodecError::Guesses`] if they are other than 16 × 128 codes.
    pub(super) fn from_floats(values: &[f32]) -> Result<Self, CodecError> {
        let code = |v: &f32| (*v as usize) < SegCode::COUNT && v.fract() == 0.0 && *v >= 0.0;
        if values.len() != SEG_CODES * SegCode::COUNT || !values.iter().all(code) {
            return Err(CodecError::Guesses);
        }
        Ok(Self { next: values.iter().map(|v| *v as u8).collect() })
    }

    /// The numbers of a tensor `[16, 128]`.
    pub(super) fn to_floats(&self) -> Vec<f32> {
        self.next.iter().map(|code| f32::from(*code)).collect()
    }

    /// The likeliest code after those of the mask's first cells; none after the last cell.
    pub fn after(&self, codes: &[SegCode]) -> Option<SegCode> {
        let row = self.next.chunks_exact(SegCode::COUNT).nth(codes.len())?;
        SegCode::new(row[codes.last().map_or(0, |code| code.index())])
    }
}

/// The first of the largest counts, if any is above zero.
fn most(counts: &[u32]) -> Option<u8> {
    let (code, count) = counts.iter().enumerate().rev().max_by_key(|(_, count)| **count)?;
    (*count > 0).then_some(code as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(of: impl Fn(usize) -> u8) -> [SegCode; SEG_CODES] {
        std::array::from_fn(|cell| SegCode::new(of(cell)).unwrap())
    }

    #[test]
    fn the_most_frequent_code_is_guessed() {
        let [rising, other] = [codes(|cell| cell as u8), codes(|cell| 100 - cell as u8)];
        let table = CodeTable::learn(&[rising, rising, other]);
        let index = |before: &[SegCode]| table.after(before).map(SegCode::index);
        assert_eq!(index(&[]), Some(0));
        assert_eq!(index(&rising[..4]), Some(4));
        assert_eq!(index(&other[..4]), Some(96));
        // 77 was never in the third cell: what usually is in the fourth.
        assert_eq!(index(&codes(|_| 77)[..3]), Some(3));
        assert_eq!(index(&rising), None);
    }

    #[test]
    fn a_table_comes_back_from_its_numbers_and_other_numbers_are_refused() {
        let table = CodeTable::learn(&[codes(|cell| 7 * cell as u8)]);
        let floats = table.to_floats();
        assert_eq!(CodeTable::from_floats(&floats).unwrap(), table);
        for wrong in [128.0, -1.0, 0.5, f32::NAN, f32::INFINITY] {
            let mut floats = floats.clone();
            floats[9] = wrong;
            assert!(matches!(CodeTable::from_floats(&floats), Err(CodecError::Guesses)), "{wrong}");
        }
        assert!(CodeTable::from_floats(&floats[1..]).is_err());
    }
}
