//! Chance that is the same on every machine: one stream of ChaCha per job, so that neither threads
//! nor the jobs before it change what a job draws.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The stream of job `number` under `seed`.
pub fn stream(seed: u64, number: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(number);
    rng
}

/// Evenly between two numbers; the lower one where they meet.
pub fn between(low: f32, high: f32, rng: &mut impl Rng) -> f32 {
    low + (high - low).max(0.0) * rng.random::<f32>()
}

/// Between two positive numbers, each doubling as likely as the next.
pub fn log_between(low: f32, high: f32, rng: &mut impl Rng) -> f32 {
    between(low.ln(), high.ln(), rng).exp()
}

/// Nearly normal, of mean 0 and deviation 1, at most 3.45 away: the sum of four bytes.
pub fn normal(rng: &mut impl Rng) -> f32 {
    const MEAN: f32 = 4.0 * 127.5;
    /// Of one byte: √((256² − 1) / 12); of four, twice that.
    const DEVIATION: f32 = 2.0 * 73.9;
    let sum: u32 = rng.random::<u32>().to_le_bytes().into_iter().map(u32::from).sum();
    (sum as f32 - MEAN) / DEVIATION
}

/// An index of `weights`, each as likely as its weight; 0 where all are zero.
pub fn weighted(weights: &[f32], rng: &mut impl Rng) -> usize {
    let mut left = between(0.0, weights.iter().sum(), rng);
    let is_reached = |&(_, weight): &(usize, &f32)| {
        left -= *weight;
        left < 0.0
    };
    let last = weights.iter().rposition(|&weight| weight > 0.0).unwrap_or(0);
    weights.iter().enumerate().find(is_reached).map_or(last, |(index, _)| index)
}

/// One of several things.
///
/// # Panics
/// If there is none.
pub fn one_of<'a, T>(things: &'a [T], rng: &mut impl Rng) -> &'a T {
    &things[rng.random_range(0..things.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_draws_the_same_whoever_drew_before() {
        let draw = |number| stream(7, number).random::<u64>();
        assert_eq!(draw(3), draw(3));
        assert_ne!(draw(3), draw(4));
        assert_ne!(draw(3), stream(8, 3).random::<u64>());
    }

    #[test]
    fn what_weighs_more_is_drawn_more_and_nothing_never() {
        let mut rng = stream(1, 0);
        let mut counts = [0; 4];
        (0..3000).for_each(|_| counts[weighted(&[0.0, 1.0, 2.0, 0.0], &mut rng)] += 1);
        assert_eq!((counts[0], counts[3]), (0, 0));
        assert!((1800..2200).contains(&counts[2]), "{counts:?}");
        assert_eq!(weighted(&[0.0, 0.0], &mut rng), 0);
    }

    #[test]
    fn the_normal_is_one() {
        let mut rng = stream(1, 0);
        let draws: Vec<f32> = (0..4000).map(|_| normal(&mut rng)).collect();
        let mean = draws.iter().sum::<f32>() / 4000.0;
        let square = draws.iter().map(|d| d * d).sum::<f32>() / 4000.0;
        assert!(mean.abs() < 0.06 && (square - 1.0).abs() < 0.08, "{mean} {square}");
    }
}
