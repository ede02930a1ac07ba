//! Whether the words of confidence keep what they promise.

use kerbside_core::certainty::Certainty;
use serde::Serialize;

/// Steps of confidence that [`Reliability::expected_calibration_error`] compares.
const BINS: usize = 10;

/// A found item that was held to be right, and was or was not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim {
    /// The chance that the engine gave it, `0..=1`.
    pub confidence: f32,
    /// Whether its place and its label are right.
    pub is_right: bool,
}

/// What the words are worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reliability {
    /// The surest word first.
    pub words: Vec<WordReport>,
    /// How far confidence and measured accuracy lie apart, in the mean over items: ten steps of
    /// confidence, each by its share of the items (Guo et al. 2017,
    /// <https://arxiv.org/abs/1706.04599>, eq. 3).
    pub expected_calibration_error: f64,
}

/// What one word is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WordReport {
    /// `sure`, `likely` or `unsure`.
    pub word: Certainty,
    /// The share of right items that it promises: at least this …
    pub promised_from: f32,
    /// … and less than this, or all.
    pub promised_to: f32,
    /// How many items were called so.
    pub items: usize,
    /// The share of them that is right, `0..=1`; none where there is no item.
    pub accuracy: Option<f64>,
}

impl Reliability {
    /// Compares what was claimed with what was right.
    pub fn of(claims: &[Claim]) -> Self {
        let mut promised_to = 1.0;
        let words = Certainty::ALL.map(|word| {
            let said = claims.iter().filter(|claim| Certainty::of(claim.confidence) == word);
            let rights: Vec<bool> = said.map(|claim| claim.is_right).collect();
            let promised_from = word.least();
            let to = std::mem::replace(&mut promised_to, promised_from);
            let accuracy = accuracy(&rights);
            WordReport { word, promised_from, promised_to: to, items: rights.len(), accuracy }
        });
        Self { words: words.to_vec(), expected_calibration_error: calibration_error(claims) }
    }
}

fn accuracy(rights: &[bool]) -> Option<f64> {
    let right = rights.iter().filter(|right| **right).count();
    (!rights.is_empty()).then(|| right as f64 / rights.len() as f64)
}

fn calibration_error(claims: &[Claim]) -> f64 {
    let mut gaps = [0.0; BINS];
    for claim in claims {
        let bin = ((claim.confidence * BINS as f32) as usize).min(BINS - 1);
        gaps[bin] += f64::from(claim.confidence) - f64::from(u8::from(claim.is_right));
    }
    gaps.iter().map(|gap| gap.abs()).sum::<f64>() / claims.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(confidence: f32, right: usize, wrong: usize) -> Vec<Claim> {
        let claim = |is_right| Claim { confidence, is_right };
        [vec![claim(true); right], vec![claim(false); wrong]].concat()
    }

    #[test]
    fn each_word_is_measured_by_itself() {
        let all = [claims(0.9, 9, 1), claims(0.8, 0, 2), claims(0.3, 1, 3)].concat();
        let report = Reliability::of(&all);
        let figures: Vec<_> =
            report.words.iter().map(|w| (w.word.id(), w.items, w.accuracy)).collect();
        assert_eq!(
            figures,
            [("sure", 12, Some(0.75)), ("likely", 0, None), ("unsure", 4, Some(0.25))]
        );
        let promised: Vec<_> =
            report.words.iter().map(|w| (w.promised_from, w.promised_to)).collect();
        assert_eq!(promised, [(0.8, 1.0), (0.5, 0.8), (0.0, 0.5)]);
    }

    #[test]
    fn the_calibration_error_weighs_each_step_by_its_items() {
        assert!(Reliability::of(&claims(0.75, 3, 1)).expected_calibration_error < 1e-6);
        // 10 items off by 0.4, 30 by 0.1: (10 · 0.4 + 30 · 0.1) / 40.
        let all = [claims(0.9, 5, 5), claims(0.4, 9, 21)].concat();
        let error = Reliability::of(&all).expected_calibration_error;
        assert!((error - 0.175).abs() < 1e-6, "{error}");
        assert_eq!(Reliability::of(&claims(1.0, 4, 0)).expected_calibration_error, 0.0);
        assert_eq!(Reliability::of(&[]).expected_calibration_error, 0.0);
    }
}
