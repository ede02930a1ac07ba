//! How sure the app may say it is of an item, in three words.
//!
//! The model's own probabilities are not chances: a label it gives 0.9 may be right 7 times in 10.
//! [`Calibration`] turns them into chances by Platt's logistic curves (Platt 1999, "Probabilistic
//! outputs for support vector machines"), whose few numbers are measured on photos that nothing
//! was trained on, and [`Certainty`] says a chance as a word.
//!
//! An item is *right* when its mask covers a thing by IoU ≥ 0.5 and its label is that thing's:
//!
//! ```text
//! P(right) = P(place) · P(label)
//! P(place) = σ(bias + corners · logit p_corners + codes · logit p_codes)
//! P(label) = σ(bias + label · logit p_label)
//! ```
//!
//! where p is the geometric mean of the chosen tokens' probabilities, for corners that of their
//! surroundings (see `generate::scale`).

use serde::{Deserialize, Serialize};

use crate::generate::generator::Likelihood;

/// How sure the app may say it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// As often wrong as right, or more.
    Unsure,
    /// More often right than wrong.
    Likely,
    /// Right at least four times in five.
    Sure,
}

impl Certainty {
    /// All words, the surest first.
    pub const ALL: [Self; 3] = [Self::Sure, Self::Likely, Self::Unsure];

    /// The word for a chance, `0..=1`.
    pub fn of(chance: f32) -> Self {
        // Written so that what is no number is unsure.
        let said = Self::ALL.into_iter().find(|word| chance >= word.least());
        said.unwrap_or(Self::Unsure)
    }

    /// The least chance that deserves the word. The most is the next surer word's least.
    pub fn least(self) -> f32 {
        match self {
            Self::Sure => 0.8,
            Self::Likely => 0.5,
            Self::Unsure => 0.0,
        }
    }

    /// Its name in files: `sure`, `likely`, `unsure`. What people read is
    /// [`crate::rules::certainty_word`].
    pub fn id(self) -> &'static str {
        match self {
            Self::Sure => "sure",
            Self::Likely => "likely",
            Self::Unsure => "unsure",
        }
    }
}

/// How probable the model held the parts of one item while it wrote them, each the geometric mean
/// of the chosen tokens' probabilities, `0..=1`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Of the four `<loc>`, and that there is an item at all.
    pub corners: f32,
    /// Of the sixteen `<seg>`; `None` in an answer without masks.
    pub codes: Option<f32>,
    /// Of the label.
    pub label: f32,
}

impl Evidence {
    /// Of the three parts of an item.
    pub fn new(corners: Likelihood, codes: Option<Likelihood>, label: Likelihood) -> Self {
        let codes = codes.map(|codes| codes.mean());
        Self { corners: corners.mean(), codes, label: label.mean() }
    }
}

/// What turns [`Evidence`] into chances: `calibration` of a pack's `pack.json`, task by task.
/// The default takes the model at its word.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Whether something is there.
    pub place: PlaceCurve,
    /// Whether it is called right, if something is there.
    pub label: LabelCurve,
    /// An item less likely than this to be anything is not shown.
    pub floor: f32,
}

/// Weights of [`Calibration::place`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceCurve {
    /// Added.
    pub bias: f32,
    /// Times the logit of [`Evidence::corners`].
    pub corners: f32,
    /// Times the logit of [`Evidence::codes`].
    pub codes: f32,
}

/// Weights of [`Calibration::label`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelCurve {
    /// Added.
    pub bias: f32,
    /// Times the logit of [`Evidence::label`].
    pub label: f32,
}

impl Default for Calibration {
    fn default() -> Self {
        Self {
            place: PlaceCurve { bias: 0.0, corners: 1.0, codes: 0.0 },
            label: LabelCurve { bias: 0.0, label: 1.0 },
            floor: 0.0,
        }
    }
}

impl Calibration {
    /// The chance that something is there, `0..=1`.
    pub fn place(&self, evidence: &Evidence) -> f32 {
        let PlaceCurve { bias, corners, codes } = self.place;
        let from_codes = evidence.codes.map_or(0.0, |p| codes * logit(p));
        sigmoid(bias + corners * logit(evidence.corners) + from_codes)
    }

    /// The chance that it is called right, if something is there, `0..=1`.
    pub fn label(&self, evidence: &Evidence) -> f32 {
        sigmoid(self.label.bias + self.label.label * logit(evidence.label))
    }

    /// The chance that place and label are right, `0..=1`.
    pub fn chance(&self, evidence: &Evidence) -> f32 {
        self.place(evidence) * self.label(evidence)
    }

    /// Whether nothing is there, as far as measurements can tell.
    pub fn is_noise(&self, evidence: &Evidence) -> bool {
        self.place(evidence) < self.floor
    }

    /// What cannot be right about these numbers, in words.
    pub fn contradiction(&self) -> Option<&'static str> {
        let Self { place, label, floor } = self;
        let numbers = [place.bias, place.corners, place.codes, label.bias, label.label];
        let rules = [
            (numbers.iter().any(|n| !n.is_finite()), "every number must be finite"),
            (
                place.corners < 0.0 || place.codes < 0.0 || label.label < 0.0,
                "a more probable token must not make an item less likely",
            ),
            (!(0.0..1.0).contains(floor), "the floor lies in 0..1"),
        ];
        rules.iter().find(|(broken, _)| *broken).map(|(_, words)| *words)
    }
}

/// Of a probability that a float holds, never infinite.
pub fn logit(p: f32) -> f32 {
    const LEAST: f32 = 1e-4;
    let p = p.clamp(LEAST, 1.0 - LEAST);
    (p / (1.0 - p)).ln()
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: Evidence = Evidence { corners: 0.7, codes: Some(0.4), label: 0.9 };

    #[test]
    fn the_words_meet_without_a_gap() {
        let said = [0.0, 0.4999, 0.5, 0.7999, 0.8, 1.0].map(Certainty::of);
        use Certainty::{Likely, Sure, Unsure};
        assert_eq!(said, [Unsure, Unsure, Likely, Likely, Sure, Sure]);
        assert_eq!(Certainty::of(f32::NAN), Unsure);
        assert!(Sure > Likely && Likely > Unsure);
    }

    #[test]
    fn without_numbers_the_model_is_taken_at_its_word() {
        let plain = Calibration::default();
        assert!((plain.place(&SEEN) - 0.7).abs() < 1e-5);
        assert!((plain.label(&SEEN) - 0.9).abs() < 1e-5);
        assert!((plain.chance(&SEEN) - 0.63).abs() < 1e-5);
        assert!(!plain.is_noise(&Evidence { corners: 0.0, ..SEEN }));
        assert_eq!(plain.contradiction(), None);
    }

    #[test]
    fn curves_bend_what_the_model_says() {
        let numbers = Calibration {
            place: PlaceCurve { bias: -1.0, corners: 0.5, codes: 0.25 },
            label: LabelCurve { bias: -1.5, label: 0.8 },
            floor: 0.3,
        };
        let by_hand = |x: f64| 1.0 / (1.0 + (-x).exp());
        let place = by_hand(-1.0 + 0.5 * (0.7f64 / 0.3).ln() + 0.25 * (0.4f64 / 0.6).ln());
        let label = by_hand(-1.5 + 0.8 * (0.9f64 / 0.1).ln());
        assert!((f64::from(numbers.place(&SEEN)) - place).abs() < 1e-5);
        assert!((f64::from(numbers.chance(&SEEN)) - place * label).abs() < 1e-5);
        assert!(!numbers.is_noise(&SEEN));
        assert!(numbers.is_noise(&Evidence { corners: 0.2, ..SEEN }));
        // A box alone says nothing by its mask.
        let boxed = Evidence { codes: None, ..SEEN };
        assert!(numbers.place(&boxed) > numbers.place(&SEEN));
    }

    #[test]
    fn certain_tokens_stay_finite() {
        let extreme = |p| Evidence { corners: p, codes: Some(p), label: p };
        let chances = [0.0, 1.0].map(|p| Calibration::default().chance(&extreme(p)));
        assert!(chances[0] > 0.0 && chances[1] < 1.0, "{chances:?}");
    }

    #[test]
    fn senseless_numbers_are_named() {
        let plain = Calibration::default();
        let turned = Calibration { label: LabelCurve { bias: 0.0, label: -1.0 }, ..plain };
        assert!(turned.contradiction().unwrap().contains("less likely"));
        let high = Calibration { floor: 1.0, ..plain };
        assert!(high.contradiction().unwrap().contains("floor"));
        let lost = Calibration { place: PlaceCurve { bias: f32::NAN, ..plain.place }, ..plain };
        assert!(lost.contradiction().unwrap().contains("finite"));
    }
}
