//! Who sees whom in a batch: the engine's prefix mask, as numbers added to attention scores.

use candle_core::{Device, Result, Tensor};
use kerbside_core::language::mask::PrefixMask;

/// The masks of one pass, each `[batch, 1, positions, keys]`: 0 where a position sees a key, −∞
/// elsewhere.
pub struct Masks {
    full: Tensor,
    /// With the window of sliding layers.
    sliding: Option<(usize, Tensor)>,
}

impl Masks {
    /// Of the query positions `first..length` over the keys `0..length`, for one sequence each of
    /// `prefixes`. Sequences that end before `length` are padded; a mask needs no word of that: the
    /// suffix is causal, and nothing real comes after padding.
    pub fn new(
        prefixes: &[PrefixMask],
        first: usize,
        length: usize,
        window: Option<usize>,
        device: &Device,
    ) -> Result<Self> {
        let full = additive(prefixes, first, length, None, device)?;
        let sliding = |window| {
            Ok::<_, candle_core::Error>((
                window,
                additive(prefixes, first, length, Some(window), device)?,
            ))
        };
        Ok(Self { full, sliding: window.map(sliding).transpose()? })
    }

    /// The mask of a layer that reaches back `window` positions, or everywhere.
    pub fn of(&self, window: Option<usize>) -> &Tensor {
        match (&self.sliding, window) {
            (Some((known, mask)), Some(window)) if *known == window => mask,
            _ => &self.full,
        }
    }
}

fn additive(
    prefixes: &[PrefixMask],
    first: usize,
    length: usize,
    window: Option<usize>,
    device: &Device,
) -> Result<Tensor> {
    let positions = length - first;
    let mut values = vec![f32::NEG_INFINITY; prefixes.len() * positions * length];
    let rows = values.chunks_exact_mut(length);
    let places = prefixes.iter().flat_map(|prefix| (first..length).map(move |p| (prefix, p)));
    for (row, (prefix, position)) in rows.zip(places) {
        row[prefix.visible(position, window)].fill(0.0);
    }
    Tensor::from_vec(values, (prefixes.len(), 1, positions, length), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kerbside_core::pack::PrefixMode;

    #[test]
    fn prefixes_see_both_ways_and_suffixes_back() {
        let mask = PrefixMask { image: 2, prefix: 3, mode: PrefixMode::Isolated };
        let masks = Masks::new(&[mask], 1, 5, Some(2), &Device::Cpu).unwrap();
        let seen = |mask: &Tensor| -> Vec<u8> {
            let values: Vec<f32> = mask.flatten_all().unwrap().to_vec1().unwrap();
            values.iter().map(|v| u8::from(*v == 0.0)).collect()
        };
        assert_eq!(
            seen(masks.of(None)),
            [1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1]
        );
        assert_eq!(seen(masks.of(Some(2)))[10..], [0, 0, 1, 1, 0, 0, 0, 0, 1, 1]);
    }
}
