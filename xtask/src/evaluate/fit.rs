//! The numbers of a calibration, from held-out photos: `kerbside_core::certainty` says what they mean.
//!
//! Two logistic curves by Newton's method. Targets are softened as Platt did (1999, §2.2), and weights
//! are held near those of a model taken at its word, so that a few dozen items do not run away with
//! them. The floor drops as many improbable items as it can without losing what is there.

use kerbside_core::certainty::{Calibration, Evidence, LabelCurve, PlaceCurve, log_area, logit};

use super::matching::{Fate, Matches};
use super::scene::Scene;

/// The floor may cost this share of the items that are there.
const LOSS: f64 = 0.02;
/// Fewest items that a calibration is made of.
pub const FEWEST: usize = 20;
/// How strongly a weight is held: as by this many squared logits of evidence.
const HOLD: f64 = 0.1;
const STEPS: usize = 50;

/// An item the model wrote, and what it turned out to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Example {
    /// How probable the model held its parts.
    pub evidence: Evidence,
    /// Whether something is there, by IoU ≥ 0.5.
    pub is_there: bool,
    /// Whether it has the right label, too.
    pub is_right: bool,
}

/// What one photo's items turned out to be; those on what is ignored say nothing.
pub fn examples(scene: &Scene, matches: &Matches, evidence: &[Evidence]) -> Vec<Example> {
    let items = evidence.iter().zip(&scene.found).zip(&matches.of_found);
    let example = |((&evidence, found), fate): ((&Evidence, _), &Fate)| {
        let found: &super::scene::Found = found;
        match fate {
            Fate::Ignored => None,
            Fate::Invented => Some(Example { evidence, is_there: false, is_right: false }),
            Fate::Matched(item) => {
                let is_right = scene.items[*item] == found.label;
                Some(Example { evidence, is_there: true, is_right })
            }
        }
    };
    items.filter_map(example).collect()
}

/// The calibration that these examples speak for.
pub fn fit(examples: &[Example]) -> Calibration {
    let place: Vec<([f64; 3], bool)> = examples
        .iter()
        .map(|Example { evidence, is_there, .. }| {
            ([1.0, logit(evidence.corners).into(), log_area(evidence.area).into()], *is_there)
        })
        .collect();
    let label: Vec<([f64; 2], bool)> = examples
        .iter()
        .filter(|example| example.is_there)
        .map(|example| ([1.0, logit(example.evidence.label).into()], example.is_right))
        .collect();
    let [bias, corners, area] = curve(&place, [0.0, 1.0, 0.0]);
    let place = PlaceCurve { bias, corners, area };
    let [bias, weight] = curve(&label, [0.0, 1.0]);
    let label = LabelCurve { bias, label: weight };
    let calibration = Calibration { place, label, floor: 0.0 };
    Calibration { floor: floor(&calibration, examples), ..calibration }
}

/// The weights of a logistic curve: the first free, the others near `prior`, the second, that of the
/// tokens' probability, not negative. Rounded to what is worth writing down.
fn curve<const N: usize>(rows: &[([f64; N], bool)], mut prior: [f64; N]) -> [f32; N] {
    let mut hold = [HOLD; N];
    hold[0] = 1e-6;
    let mut weights = newton(rows, prior, hold);
    if weights[1] < 0.0 {
        // A more probable token must not make an item less likely: without this weight, then.
        (prior[1], hold[1]) = (0.0, 1e12);
        weights = newton(rows, prior, hold);
        weights[1] = 0.0;
    }
    weights.map(|weight| ((weight * 1e4).round() / 1e4) as f32)
}

/// Most probable weights of `σ(weights · x)` under a normal prior.
fn newton<const N: usize>(rows: &[([f64; N], bool)], prior: [f64; N], hold: [f64; N]) -> [f64; N] {
    let positive = rows.iter().filter(|(_, is)| *is).count() as f64;
    let negative = rows.len() as f64 - positive;
    let target = |is: bool| {
        if is { (positive + 1.0) / (positive + 2.0) } else { 1.0 / (negative + 2.0) }
    };
    let mut weights = prior;
    for _ in 0..STEPS {
        let mut gradient = [0.0; N];
        let mut curvature = [[0.0; N]; N];
        for (x, is) in rows {
            let sum: f64 = x.iter().zip(&weights).map(|(x, w)| x * w).sum();
            let chance = 1.0 / (1.0 + (-sum).exp());
            for i in 0..N {
                gradient[i] += (chance - target(*is)) * x[i];
                for j in 0..N {
                    curvature[i][j] += chance * (1.0 - chance) * x[i] * x[j];
                }
            }
        }
        for i in 0..N {
            gradient[i] += hold[i] * (weights[i] - prior[i]);
            curvature[i][i] += hold[i];
        }
        let step = solve(curvature, gradient);
        let longest = step.iter().fold(0.0, |longest, s| f64::max(longest, s.abs()));
        // A step too long would leave the region where the parabola resembles the curve.
        let scale = f64::min(1.0, 1.0 / longest.max(f64::MIN_POSITIVE));
        for (weight, step) in weights.iter_mut().zip(step) {
            *weight -= scale * step;
        }
        if longest < 1e-9 {
            break;
        }
    }
    weights
}

/// `x` in `a · x = b` for a positive definite `a`, by Gauss's elimination.
fn solve<const N: usize>(mut a: [[f64; N]; N], mut b: [f64; N]) -> [f64; N] {
    for column in 0..N {
        let (above, below) = a.split_at_mut(column + 1);
        let pivot = &above[column];
        for (offset, row) in below.iter_mut().enumerate() {
            let factor = row[column] / pivot[column];
            row.iter_mut().zip(pivot).for_each(|(value, pivot)| *value -= factor * pivot);
            b[column + 1 + offset] -= factor * b[column];
        }
    }
    let mut x = [0.0; N];
    for row in (0..N).rev() {
        let known: f64 = (row + 1..N).map(|k| a[row][k] * x[k]).sum();
        x[row] = (b[row] - known) / a[row][row];
    }
    x
}

/// The highest chance of place below which no more than [`LOSS`] of what is there lies.
fn floor(calibration: &Calibration, examples: &[Example]) -> f32 {
    let there = examples.iter().filter(|example| example.is_there);
    let mut chances: Vec<f32> = there.map(|e| calibration.place(&e.evidence)).collect();
    chances.sort_by(f32::total_cmp);
    let lost = (LOSS * chances.len() as f64) as usize;
    // Rounded down, so that the first one kept is kept.
    chances.get(lost).map_or(0.0, |chance| (chance * 1e3).floor() / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(corners: f32, label: f32, is_there: bool, is_right: bool) -> Example {
        Example { evidence: Evidence { corners, label, area: 0.2 }, is_there, is_right }
    }

    /// Items of which as many are right as `place` and `label` say.
    fn world(place: impl Fn(f32) -> f64, label: impl Fn(f32) -> f64) -> Vec<Example> {
        let mut items = Vec::new();
        for step in 1..10 {
            let p = step as f32 / 10.0;
            for index in 0..200 {
                let is_there = f64::from(index) < 200.0 * place(p);
                // In another order, so that the two do not depend on each other.
                let is_right = is_there && f64::from(index * 7 % 200) < 200.0 * label(p);
                items.push(example(p, p, is_there, is_right));
            }
        }
        items
    }

    #[test]
    fn a_model_that_is_right_about_itself_is_left_alone() {
        let honest = fit(&world(f64::from, f64::from));
        assert!(honest.place.bias.abs() < 0.1 && (honest.place.corners - 1.0).abs() < 0.1);
        assert!((honest.label.label - 1.0).abs() < 0.25, "{honest:?}");
    }

    #[test]
    fn an_overconfident_model_is_brought_down() {
        let boastful = fit(&world(|p| f64::from(p) / 2.0, |_| 0.5));
        for p in [0.3, 0.5, 0.9] {
            let chance = boastful.place(&example(p, p, true, true).evidence);
            assert!((chance - p / 2.0).abs() < 0.07, "{p}: {chance}");
        }
        let label = boastful.label(&example(0.9, 0.9, true, true).evidence);
        assert!((label - 0.5).abs() < 0.1, "{label}");
        assert_eq!(boastful.contradiction(), None);
    }

    #[test]
    fn no_weight_turns_the_wrong_way() {
        let upside_down = fit(&world(|p| 1.0 - f64::from(p), f64::from));
        assert_eq!(upside_down.place.corners, 0.0);
        assert!((upside_down.place(&example(0.9, 0.9, true, true).evidence) - 0.5).abs() < 0.05);
    }

    #[test]
    fn few_items_do_not_run_away() {
        let perfect: Vec<Example> = [0.9, 0.95, 0.99].map(|p| example(p, p, true, true)).to_vec();
        let numbers = fit(&perfect);
        let weights = [numbers.place.corners, numbers.label.label, numbers.place.bias];
        assert!(weights.iter().all(|w| w.is_finite() && w.abs() < 5.0), "{numbers:?}");
        assert_eq!(numbers.contradiction(), None);
        assert_eq!(fit(&[]).contradiction(), None);
    }

    #[test]
    fn the_floor_costs_no_more_than_it_may() {
        // Of 200 items at each step, none is there below 0.35: all of those can go.
        let clear = world(|p| if p < 0.35 { 0.0 } else { 0.9 }, f64::from);
        let numbers = fit(&clear);
        let is_lost = |example: &&Example| numbers.is_noise(&example.evidence);
        assert!(clear.iter().filter(is_lost).all(|example| !example.is_there), "{numbers:?}");
        assert_eq!(clear.iter().filter(is_lost).count(), 600);
        // Where what is there lies everywhere, hardly anything can.
        let mixed = world(|_| 0.5, f64::from);
        let numbers = fit(&mixed);
        assert!(mixed.iter().filter(|e| e.is_there && numbers.is_noise(&e.evidence)).count() <= 18);
    }

    #[test]
    fn small_things_may_be_less_likely() {
        let sized = |area| {
            let there = |is_there| Example {
                evidence: Evidence { area, ..example(0.6, 0.8, is_there, is_there).evidence },
                ..example(0.6, 0.8, is_there, is_there)
            };
            let right = if area > 0.1 { 45 } else { 5 };
            [vec![there(true); right], vec![there(false); 50 - right]].concat()
        };
        let numbers = fit(&[sized(0.3), sized(0.01)].concat());
        let place =
            |area| numbers.place(&Evidence { area, ..example(0.6, 0.8, true, true).evidence });
        assert!((place(0.3) - 0.9).abs() < 0.05 && (place(0.01) - 0.1).abs() < 0.05, "{numbers:?}");
    }
}
