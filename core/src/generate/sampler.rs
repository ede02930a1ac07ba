//! Chooses one token among the logits of the allowed rows.

use std::ops::Range;

use super::{rows, scale};

/// How a token is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Strategy {
    /// The most probable one; of equals, the lowest id.
    Greedy,
    /// At random, among the most probable ones.
    Nucleus {
        /// Divides the logits; above 0.
        temperature: f32,
        /// Share of the probability the candidates must reach (Holtzman et al. 2020,
        /// <https://arxiv.org/abs/1904.09751>), in `0..=1`; 1 keeps every token.
        top_p: f32,
        /// The same seed chooses the same tokens.
        seed: u64,
    },
}

/// Logits that cannot be chosen from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SamplerError {
    /// Not one logit per row.
    #[error("{logits} logits for {rows} rows")]
    Count {
        /// Logits given.
        logits: usize,
        /// Rows asked for.
        rows: usize,
    },
    /// A NaN or +∞, or nothing but -∞.
    #[error("the logits are not finite")]
    NotFinite,
}

/// A chosen token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// Its id.
    pub token: u32,
    /// Its probability among the allowed tokens at temperature 1, in `0..=1`.
    pub probability: f32,
}

/// Chooses tokens, one after the other.
#[derive(Debug, Clone)]
pub struct Sampler {
    strategy: Strategy,
    /// Tokens that are marks on a scale.
    scale: Range<u32>,
    random: SplitMix64,
    /// Candidates of one choice: weight and index. Kept for its memory.
    nucleus: Vec<(f64, usize)>,
}

impl Sampler {
    /// A sampler at its first token.
    pub fn new(strategy: Strategy) -> Self {
        let seed = match strategy {
            Strategy::Greedy => 0,
            Strategy::Nucleus { seed, .. } => seed,
        };
        Self { strategy, scale: 0..0, random: SplitMix64(seed), nucleus: Vec::new() }
    }

    /// The same sampler, which takes `tokens` for marks on a scale: see [`super::scale`]. Only a
    /// greedy choice differs.
    #[must_use]
    pub fn on_scale(self, tokens: Range<u32>) -> Self {
        Self { scale: tokens, ..self }
    }

    /// Chooses among `rows`; `logits` are packed in their order.
    ///
    /// # Errors
    /// [`SamplerError`].
    pub fn choose(&mut self, rows: &[Range<u32>], logits: &[f32]) -> Result<Choice, SamplerError> {
        let rows_count = rows::count(rows);
        if logits.len() != rows_count {
            return Err(SamplerError::Count { logits: logits.len(), rows: rows_count });
        }
        let highest = highest(logits)?;
        if self.strategy == Strategy::Greedy
            && let Some(choice) = self.choose_mark(rows, logits, highest)
        {
            return Ok(choice);
        }
        let index = match self.strategy {
            Strategy::Greedy => highest,
            Strategy::Nucleus { temperature, top_p, .. } => {
                self.sample(logits, logits[highest], temperature, top_p)
            }
        };
        let total: f64 = logits.iter().map(|l| weight(*l, logits[highest], 1.0)).sum();
        let probability = weight(logits[index], logits[highest], 1.0) / total;
        Ok(Choice {
            token: rows::nth(rows, index).expect("there is one logit per row"),
            probability: probability as f32,
        })
    }

    /// A mark of the scale, if marks are allowed and together more probable than any other token.
    /// The choice's probability is that of its surroundings.
    fn choose_mark(&self, rows: &[Range<u32>], logits: &[f32], highest: usize) -> Option<Choice> {
        let marks = scale::marks(rows, &self.scale)?;
        let weights: Vec<f64> = logits.iter().map(|l| weight(*l, logits[highest], 1.0)).collect();
        let total: f64 = weights.iter().sum();
        let together: f64 = weights[marks.clone()].iter().sum();
        if !marks.contains(&highest) && weights[highest] > together {
            return None;
        }
        let (mark, held) = scale::densest(&weights[marks.clone()]);
        let token = rows::nth(rows, marks.start + mark)?;
        Some(Choice { token, probability: (held / total) as f32 })
    }

    /// An index drawn from the fewest most probable tokens that reach `top_p`.
    fn sample(&mut self, logits: &[f32], highest: f32, temperature: f32, top_p: f32) -> usize {
        let temperature = f64::from(temperature.max(f32::MIN_POSITIVE));
        let weights = logits.iter().map(|l| weight(*l, highest, temperature));
        self.nucleus.clear();
        self.nucleus.extend(weights.zip(0..));
        // A stable order, so that equals stay in the order of their ids.
        self.nucleus.sort_by(|a, b| b.0.total_cmp(&a.0));
        let total: f64 = self.nucleus.iter().map(|(weight, _)| weight).sum();
        let wanted = total * f64::from(top_p);
        let mut reached = 0.0;
        let kept = self.nucleus.iter().take_while(|(weight, _)| {
            let open = reached < wanted;
            reached += if open { *weight } else { 0.0 };
            open
        });
        let kept = kept.count().max(1);
        self.nucleus.truncate(kept);
        let mut left = self.random.unit() * self.nucleus.iter().map(|(w, _)| w).sum::<f64>();
        let drawn = self.nucleus.iter().find(|(weight, _)| {
            left -= weight;
            left < 0.0
        });
        drawn.map_or(self.nucleus[0].1, |(_, index)| *index)
    }
}

/// The index of the highest logit, the first of equals.
fn highest(logits: &[f32]) -> Result<usize, SamplerError> {
    let mut highest = None;
    for (index, &logit) in logits.iter().enumerate() {
        if logit.is_nan() || logit == f32::INFINITY {
            return Err(SamplerError::NotFinite);
        }
        if logit > highest.map_or(f32::NEG_INFINITY, |at: usize| logits[at]) {
            highest = Some(index);
        }
    }
    highest.ok_or(SamplerError::NotFinite)
}

/// `exp((logit - highest) / temperature)`: 1 for the highest, never an overflow.
fn weight(logit: f32, highest: f32, temperature: f64) -> f64 {
    ((f64::from(logit) - f64::from(highest)) / temperature).exp()
}

/// A small generator of random numbers (Steele et al. 2014, "Fast splittable pseudorandom number
/// generators").
#[derive(Debug, Clone)]
pub(crate) struct SplitMix64(pub(crate) u64);

impl SplitMix64 {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in `0..1`, from the 53 bits a double holds.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [Range<u32>; 2] = [3..4, 10..13];

    fn nucleus(temperature: f32, top_p: f32, seed: u64) -> Sampler {
        Sampler::new(Strategy::Nucleus { temperature, top_p, seed })
    }

    fn draw(sampler: &mut Sampler, logits: &[f32], times: usize) -> Vec<u32> {
        let choices = (0..times).map(|_| sampler.choose(&ROWS, logits).unwrap().token);
        choices.collect()
    }

    #[test]
    fn marks_compete_as_one_and_by_their_surroundings() {
        let mut sampler = Sampler::new(Strategy::Greedy).on_scale(10..13);
        // Each mark is less probable than the other token, together they are more.
        let choice = sampler.choose(&ROWS, &[1.0, 0.5, 0.6, 0.5]).unwrap();
        assert_eq!(choice.token, 11);
        assert!(choice.probability > 0.6);
        assert_eq!(sampler.choose(&ROWS, &[9.0, 0.5, 0.6, 0.5]).unwrap().token, 3);
        let mut plain = Sampler::new(Strategy::Greedy);
        assert_eq!(plain.choose(&ROWS, &[1.0, 0.5, 0.6, 0.5]).unwrap().token, 3);
    }

    #[test]
    fn greedy_takes_the_highest_and_of_equals_the_lowest_id() {
        let mut sampler = Sampler::new(Strategy::Greedy);
        let choice = sampler.choose(&ROWS, &[0.0, 2.0, 1.0, 2.0]).unwrap();
        assert_eq!(choice.token, 10);
        let exp = [1.0, 2f32.exp(), 1f32.exp(), 2f32.exp()];
        let probability = exp[1] / exp.iter().sum::<f32>();
        assert!((choice.probability - probability).abs() < 1e-6);
    }

    #[test]
    fn probabilities_hold_for_extreme_logits() {
        let mut sampler = Sampler::new(Strategy::Greedy);
        let logits = [1e30, f32::NEG_INFINITY, -1e30, 1e30];
        let choice = sampler.choose(&ROWS, &logits).unwrap();
        assert_eq!((choice.token, choice.probability), (3, 0.5));
    }

    #[test]
    fn sampling_follows_the_probabilities() {
        let logits = [0.5f32.ln(), 0.25f32.ln(), 0.125f32.ln(), 0.125f32.ln()];
        let tokens = draw(&mut nucleus(1.0, 1.0, 7), &logits, 8000);
        for (token, share) in [(3, 0.5), (10, 0.25), (11, 0.125), (12, 0.125)] {
            let found = tokens.iter().filter(|drawn| **drawn == token).count() as f64;
            assert!((found / 8000.0 - share).abs() < 0.02, "{token}: {found}");
        }
    }

    #[test]
    fn top_p_keeps_the_fewest_that_reach_it() {
        let logits = [0.125f32.ln(), 0.5f32.ln(), 0.25f32.ln(), 0.125f32.ln()];
        let tokens = draw(&mut nucleus(1.0, 0.7, 7), &logits, 500);
        assert!(tokens.contains(&10) && tokens.contains(&11));
        assert!(!tokens.contains(&3) && !tokens.contains(&12));
        let tokens = draw(&mut nucleus(1.0, 0.0, 7), &logits, 50);
        assert_eq!(tokens, [10; 50]);
    }

    #[test]
    fn a_low_temperature_is_greedy_and_a_seed_repeats() {
        let logits = [0.0, 0.1, 0.2, 0.3];
        assert_eq!(draw(&mut nucleus(0.001, 1.0, 1), &logits, 50), [12; 50]);
        assert_eq!(draw(&mut nucleus(0.0, 1.0, 1), &logits, 50), [12; 50]);
        let once = draw(&mut nucleus(1.0, 1.0, 42), &logits, 50);
        assert_eq!(once, draw(&mut nucleus(1.0, 1.0, 42), &logits, 50));
        assert_ne!(once, draw(&mut nucleus(1.0, 1.0, 43), &logits, 50));
    }

    #[test]
    fn the_random_numbers_are_those_of_the_paper() {
        // The first numbers of the reference implementation for the seed 1234567.
        let mut random = SplitMix64(1_234_567);
        let numbers = [random.next(), random.next()];
        assert_eq!(numbers, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn logits_that_cannot_be_chosen_from_are_refused() {
        let mut sampler = Sampler::new(Strategy::Greedy);
        let count = SamplerError::Count { logits: 3, rows: 4 };
        assert_eq!(sampler.choose(&ROWS, &[0.0; 3]), Err(count));
        for logits in [[f32::NAN; 4], [f32::INFINITY; 4], [f32::NEG_INFINITY; 4]] {
            assert_eq!(sampler.choose(&ROWS, &logits), Err(SamplerError::NotFinite));
        }
    }
}
