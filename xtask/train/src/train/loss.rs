//! Cross-entropy of the suffix under the tied head, in stretches of the vocabulary.
//!
//! The head of a PaliGemma has 257,216 rows: as floats they take 2 GB, and the logits of a batch as
//! much again. Here a stretch of rows is dequantised, used and dropped; once for the softmax's
//! denominator and once for the gradient.

use std::ops::Range;

use candle_core::Tensor;
use xtask::failure::Result;

use super::base::Base;

/// Rows of the head that are floats at a time.
const STRETCH: usize = 8192;
/// Logits that may be kept between the two rounds, in numbers.
const KEPT: usize = 1 << 26;

/// How well the suffixes were foretold.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Score {
    /// Sum of −log p over the tokens.
    pub loss: f64,
    /// Tokens of which p was the largest of the vocabulary.
    pub right: usize,
    /// Tokens.
    pub tokens: usize,
}

impl Score {
    /// Adds another's sums.
    pub fn add(&mut self, other: Self) {
        self.loss += other.loss;
        self.right += other.right;
        self.tokens += other.tokens;
    }

    /// −log p a token.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.tokens.max(1) as f64
    }

    /// Share of the tokens that were foretold.
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.tokens.max(1) as f64
    }
}

/// Which tokens stand on a scale, where a neighbour is nearly right: a `<loc>` is aimed at with a
/// bell over the bins around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// The tokens, in order.
    pub tokens: Range<u32>,
    /// Standard deviation of the bell, in tokens.
    pub spread: f32,
}

impl Scale {
    /// What is wanted instead of `target` alone: tokens and their shares, which sum to one.
    fn aims(&self, target: u32) -> Vec<(usize, f32)> {
        if !self.tokens.contains(&target) {
            return vec![(target as usize, 1.0)];
        }
        let reach = (4.0 * self.spread).ceil() as u32;
        let first = target.saturating_sub(reach).max(self.tokens.start);
        let end = (target + reach + 1).min(self.tokens.end);
        let share = |id: u32| (-0.5 * ((id as f32 - target as f32) / self.spread).powi(2)).exp();
        let sum: f32 = (first..end).map(share).sum();
        (first..end).map(|id| (id as usize, share(id) / sum)).collect()
    }
}

/// The head of a base.
pub struct Head<'a> {
    base: &'a Base,
    stretches: Vec<Range<usize>>,
}

impl<'a> Head<'a> {
    /// The tied embedding, as it is read for logits.
    pub fn new(base: &'a Base) -> Self {
        let vocabulary = base.architecture().text.vocab;
        let stretch = |start: usize| start..(start + STRETCH).min(vocabulary);
        Self { base, stretches: (0..vocabulary).step_by(STRETCH).map(stretch).collect() }
    }

    /// `−log softmax(logits)[target]` summed over `normed: [n, H]` and its targets, and with
    /// `weight` the gradient of `weight · Σ` with respect to `normed`. Targets on a `scale` count
    /// by their bell.
    pub fn cross_entropy(
        &self,
        normed: &Tensor,
        targets: &[u32],
        weight: Option<f64>,
        scale: Option<&Scale>,
    ) -> Result<(Score, Option<Tensor>)> {
        let vocabulary = self.base.architecture().text.vocab;
        let keep = targets.len() * vocabulary <= KEPT && weight.is_some();
        let mut tokens: Vec<Token> =
            targets.iter().map(|&target| Token::new(target, scale)).collect();
        let mut kept = Vec::new();
        for stretch in &self.stretches {
            let logits = self.logits(normed, stretch.clone())?;
            let values: Vec<f32> = logits.flatten_all()?.to_vec1()?;
            for (token, row) in tokens.iter_mut().zip(values.chunks_exact(stretch.len())) {
                token.read(row, stretch.start);
            }
            if keep {
                kept.push(logits);
            }
        }
        let score = Score {
            loss: tokens.iter().map(Token::loss).sum(),
            right: tokens.iter().filter(|token| token.is_right()).count(),
            tokens: tokens.len(),
        };
        let gradient = weight.map(|weight| self.gradient(normed, &tokens, &kept, weight));
        Ok((score, gradient.transpose()?))
    }

    /// `[n, stretch]`, bounded.
    fn logits(&self, normed: &Tensor, stretch: Range<usize>) -> Result<Tensor> {
        let rows = self.base.rows("language.embed", stretch)?;
        let logits = normed.matmul(&rows.t()?)?;
        Ok(match self.base.architecture().text.final_softcap.map(f64::from) {
            None => logits,
            Some(cap) => ((logits / cap)?.tanh()? * cap)?,
        })
    }

    /// `weight · Σ (softmax − one-hot)·W` with the soft cap's slope, `[n, H]`.
    fn gradient(
        &self,
        normed: &Tensor,
        tokens: &[Token],
        kept: &[Tensor],
        weight: f64,
    ) -> Result<Tensor> {
        let denominators: Vec<f32> = tokens.iter().map(|t| t.log_sum() as f32).collect();
        let denominators = Tensor::from_vec(denominators, (tokens.len(), 1), normed.device())?;
        let mut gradient = normed.zeros_like()?;
        for (index, stretch) in self.stretches.iter().enumerate() {
            let logits = match kept.get(index) {
                Some(logits) => logits.clone(),
                None => self.logits(normed, stretch.clone())?,
            };
            let mut slope =
                (logits.broadcast_sub(&denominators)?.exp()? - self.wanted(tokens, stretch)?)?;
            if let Some(cap) = self.base.architecture().text.final_softcap {
                slope = (slope * (logits / f64::from(cap))?.sqr()?.affine(-1.0, 1.0)?)?;
            }
            let rows = self.base.rows("language.embed", stretch.clone())?;
            gradient = (gradient + (slope.matmul(&rows)? * weight)?)?;
        }
        Ok(gradient)
    }

    /// What is wanted, `[n, stretch]`: one at the target, or its bell.
    fn wanted(&self, tokens: &[Token], stretch: &Range<usize>) -> Result<Tensor> {
        let mut values = vec![0f32; tokens.len() * stretch.len()];
        for (token, row) in tokens.iter().zip(values.chunks_exact_mut(stretch.len())) {
            for (id, share) in token.aims.iter().filter(|(id, _)| stretch.contains(id)) {
                row[id - stretch.start] = *share;
            }
        }
        Ok(Tensor::from_vec(values, (tokens.len(), stretch.len()), self.base.device())?)
    }
}

/// The softmax of one token, read stretch by stretch.
#[derive(Debug, Clone)]
struct Token {
    target: usize,
    /// Tokens wanted, and their shares.
    aims: Vec<(usize, f32)>,
    /// Σ share · logit over those read so far.
    wanted: f64,
    best: usize,
    largest: f32,
    /// Σ exp(logit − largest).
    sum: f64,
}

impl Token {
    fn new(target: u32, scale: Option<&Scale>) -> Self {
        let alone = || vec![(target as usize, 1.0)];
        let (target, aims) = (target as usize, scale.map_or_else(alone, |s| s.aims(target)));
        Self { target, aims, wanted: 0.0, best: usize::MAX, largest: f32::NEG_INFINITY, sum: 0.0 }
    }

    fn read(&mut self, logits: &[f32], first: usize) {
        for (at, &logit) in logits.iter().enumerate() {
            if logit > self.largest {
                self.sum *= f64::from(self.largest - logit).exp();
                (self.largest, self.best) = (logit, first + at);
            }
            self.sum += f64::from((logit - self.largest).exp());
        }
        for (id, share) in &self.aims {
            if let Some(logit) = id.checked_sub(first).and_then(|at| logits.get(at)) {
                self.wanted += f64::from(share * logit);
            }
        }
    }

    fn log_sum(&self) -> f64 {
        f64::from(self.largest) + self.sum.ln()
    }

    fn loss(&self) -> f64 {
        self.log_sum() - self.wanted
    }

    fn is_right(&self) -> bool {
        self.best == self.target
    }
}

/// The rows of `hidden: [batch, positions, H]` that foretell a suffix token, `[n, H]`.
pub fn chosen_rows(hidden: &Tensor, rows: &[u32]) -> candle_core::Result<Tensor> {
    let (batch, positions, width) = hidden.dims3()?;
    let rows = Tensor::from_slice(rows, rows.len(), hidden.device())?;
    hidden.reshape((batch * positions, width))?.index_select(&rows, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_softmax_is_the_same_in_any_stretches() {
        let logits = [1.0, 3.5, -2.0, 0.25, 3.0];
        let mut whole = Token::new(4, None);
        whole.read(&logits, 0);
        let mut parts = Token::new(4, None);
        parts.read(&logits[..2], 0);
        parts.read(&logits[2..], 2);
        let wanted = logits.iter().map(|l| f64::from(*l).exp()).sum::<f64>().ln() - 3.0;
        for token in [&whole, &parts] {
            assert!((token.loss() - wanted).abs() < 1e-6, "{token:?}");
            assert!(token.best == 1 && !token.is_right());
        }
    }

    #[test]
    fn a_bell_lies_around_its_target_and_inside_the_scale() {
        let scale = Scale { tokens: 10..30, spread: 1.5 };
        let aims = scale.aims(12);
        assert!((aims.iter().map(|(_, share)| share).sum::<f32>() - 1.0).abs() < 1e-6);
        assert_eq!((aims[0].0, aims.len()), (10, 9));
        let share = |id| aims.iter().find(|(at, _)| *at == id).unwrap().1;
        assert!(share(12) > share(13) && share(11) == share(13) && share(13) > share(14));
        assert_eq!(scale.aims(9), [(9, 1.0)], "beside the scale there is one right token");
    }
}
