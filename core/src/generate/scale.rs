//! Choosing on a scale: `<loc>` tokens are marks of a ruler, not names.
//!
//! A model that is unsure by a few marks spreads its probability over them, and the single most
//! probable mark is an accident. So the marks compete as one candidate with all others (`<eos>`),
//! and among themselves by the probability of their surroundings: the stretch of `WINDOW` marks
//! that holds most of it, and the median within. A sharp distribution gives the mark a greedy
//! choice gives; of two separate peaks the greater one wins, not the void between.

use std::ops::Range;

/// Marks that count as the same place: a sixteenth of the photo's side.
const WINDOW: usize = 64;

/// Where the marks of `scale` lie among the packed logits of `rows`.
pub fn marks(rows: &[Range<u32>], scale: &Range<u32>) -> Option<Range<usize>> {
    let mut start = 0;
    for row in rows {
        if row.start >= scale.start && row.end <= scale.end && row.len() > 1 {
            return Some(start..start + row.len());
        }
        start += row.len();
    }
    None
}

/// The chosen mark's index among `weights` (probabilities up to a factor), and the weight of its
/// surroundings.
pub fn densest(weights: &[f64]) -> (usize, f64) {
    let width = WINDOW.min(weights.len());
    let mut held: f64 = weights[..width].iter().sum();
    let (mut start, mut most) = (0, held);
    for end in width..weights.len() {
        held += weights[end] - weights[end - width];
        if held > most {
            (start, most) = (end + 1 - width, held);
        }
    }
    let window = &weights[start..start + width];
    let mut left = window.iter().sum::<f64>() / 2.0;
    let median = window.iter().position(|weight| {
        left -= weight;
        left <= 0.0
    });
    (start + median.unwrap_or(0), most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bell(centre: f64, width: f64, height: f64) -> impl Fn(usize) -> f64 {
        move |i| height * (-((i as f64 - centre) / width).powi(2)).exp()
    }

    #[test]
    fn a_sharp_peak_is_taken_as_it_is() {
        let weights: Vec<f64> = (0..1024).map(|i| if i == 700 { 1.0 } else { 1e-6 }).collect();
        assert_eq!(densest(&weights).0, 700);
        for at in [0, 3, 1023] {
            let weights: Vec<f64> = (0..1024).map(|i| f64::from(u8::from(i == at))).collect();
            assert_eq!(densest(&weights).0, at);
        }
    }

    #[test]
    fn a_broad_peak_outweighs_an_accident() {
        let broad = bell(300.0, 40.0, 0.02);
        let weights: Vec<f64> = (0..1024).map(|i| if i == 900 { 0.1 } else { broad(i) }).collect();
        assert!(densest(&weights).0.abs_diff(300) <= 2);
    }

    #[test]
    fn of_two_peaks_the_greater_wins() {
        let (left, right) = (bell(200.0, 20.0, 0.5), bell(800.0, 20.0, 0.6));
        let weights: Vec<f64> = (0..1024).map(|i| left(i) + right(i)).collect();
        assert!(densest(&weights).0.abs_diff(800) <= 1);
    }

    #[test]
    fn marks_are_found_among_the_rows() {
        assert_eq!(marks(&[1..2, 10..20], &(10..30)), Some(1..11));
        assert_eq!(marks(&[1..2, 40..50], &(10..30)), None);
    }
}
