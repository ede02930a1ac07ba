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
//! P(place) = σ(bias + corners · logit p_corners + area · ln a)
//! P(label) = σ(bias + label · logit p_label)
//! ```
//!
//! where p is the geometric mean of the chosen tokens' probabilities, for corners that of their
//! surroundings (see `generate::scale`), and a the share of the picture that the box takes: small
//! things are seen badly. The probabilities of the mask codes say next to nothing about either.

use serde::{Deserialize, Serialize};

use crate::detection::BBox;
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

/// What speaks for one item: how probable the model held its parts while it wrote them, each the
/// geometric mean of the chosen tokens' probabilities, and its size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Of the four `<loc>`, and that there is an item at all, `0..=1`.
    pub corners: f32,
    /// Of the label, `0..=1`.
    pub label: f32,
    /// The share that the box takes of the picture that the model saw, `0..=1`.
    pub area: f32,
}

impl Evidence {
    /// Of the parts of an item.
    pub fn new(corners: Likelihood, label: Likelihood, bbox: &BBox) -> Self {
        Self { corners: corners.mean(), label: label.mean(), area: bbox.area() }
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
    /// Times the natural logarithm of [`Evidence::area`].
    pub area: f32,
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
            place: PlaceCurve { bias: 0.0, corners: 1.0, area: 0.0 },
            label: LabelCurve { bias: 0.0, label: 1.0 },
            floor: 0.0,
        }
    }
}

impl Calibration {
    /// The chance that something is there, `0..=1`.
    pub fn place(&self, evidence: &Evidence) -> f32 {
        let PlaceCurve { bias, corners, area } = self.place;
        sigmoid(bias + corners * logit(evidence.corners) + area * log_area(evidence.area))
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
        let numbers = [place.bias, place.corners, place.area, label.bias, label.label];
        let rules = [
            (numbers.iter().any(|n| !n.is_finite()), "every number must be finite"),
            (
                place.corners < 0.0 || label.label < 0.0,
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

/// The natural logarithm of a share of the picture, of at least one `<loc>` bin squared.
pub fn log_area(area: f32) -> f32 {
    let bin = 1.0 / f32::from(BBox::LAST_BIN);
    area.max(bin * bin).ln()
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: Evidence = Evidence { corners: 0.7, label: 0.9, area: 0.04 };

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
            place: PlaceCurve { bias: 0.5, corners: 1.5, area: 0.25 },
            label: LabelCurve { bias: -1.5, label: 0.8 },
            floor: 0.3,
        };
        let by_hand = |x: f64| 1.0 / (1.0 + (-x).exp());
        let place = by_hand(0.5 + 1.5 * (0.7f64 / 0.3).ln() + 0.25 * 0.04f64.ln());
        let label = by_hand(-1.5 + 0.8 * (0.9f64 / 0.1).ln());
        assert!((f64::from(numbers.place(&SEEN)) - place).abs() < 1e-5);
        assert!((f64::from(numbers.chance(&SEEN)) - place * label).abs() < 1e-5);
        assert!(!numbers.is_noise(&SEEN));
        assert!(numbers.is_noise(&Evidence { corners: 0.2, ..SEEN }));
        assert!(numbers.place(&Evidence { area: 0.4, ..SEEN }) > numbers.place(&SEEN));
    }

    #[test]
    fn certain_tokens_stay_finite() {
        let extreme = |p| Evidence { corners: p, label: p, area: p };
        let steep = PlaceCurve { bias: 0.0, corners: 1.0, area: 0.5 };
        let numbers = Calibration { place: steep, ..Calibration::default() };
        let chances = [0.0, 1.0].map(|p| numbers.chance(&extreme(p)));
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
