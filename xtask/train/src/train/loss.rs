//! Cross-entropy of the suffix under the tied head, in stretches of the vocabulary.
//!
//! The head of a PaliGemma has 257,216 rows: as floats they take 2 GB, and the logits of a batch as
//! much again. Here a stretch of rows is dequantised, used and dropped; once for the softmax's
//! denominator and once for the gradient.

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

/// The head of a base.
pub struct Head<'a> {
    base: &'a Base,
    stretches: Vec<std::ops::Range<usize>>,
}

impl<'a> Head<'a> {
    /// The tied embedding, as it is read for logits.
    pub fn new(base: &'a Base) -> Self {
        let vocabulary = base.architecture().text.vocab;
        let stretch = |start: usize| start..(start + STRETCH).min(vocabulary);
        Self { base, stretches: (0..vocabulary).step_by(STRETCH).map(stretch).collect() }
    }

    /// `−log softmax(logits)[target]` summed over `normed: [n, H]` and its targets, and with
    /// `weight` the gradient of `weight · Σ` with respect to `normed`.
    pub fn cross_entropy(
        &self,
        normed: &Tensor,
        targets: &[u32],
        weight: Option<f64>,
    ) -> Result<(Score, Option<Tensor>)> {
        let vocabulary = self.base.architecture().text.vocab;
        let keep = targets.len() * vocabulary <= KEPT && weight.is_some();
        let mut tokens: Vec<Token> = targets.iter().map(|&target| Token::new(target)).collect();
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
    fn logits(&self, normed: &Tensor, stretch: std::ops::Range<usize>) -> Result<Tensor> {
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
                (logits.broadcast_sub(&denominators)?.exp()? - self.hot(tokens, stretch)?)?;
            if let Some(cap) = self.base.architecture().text.final_softcap {
                slope = (slope * (logits / f64::from(cap))?.sqr()?.affine(-1.0, 1.0)?)?;
            }
            let rows = self.base.rows("language.embed", stretch.clone())?;
            gradient = (gradient + (slope.matmul(&rows)? * weight)?)?;
        }
        Ok(gradient)
    }

    /// One where the target is, zero elsewhere: `[n, stretch]`.
    fn hot(&self, tokens: &[Token], stretch: &std::ops::Range<usize>) -> Result<Tensor> {
        let mut values = vec![0f32; tokens.len() * stretch.len()];
        for (token, row) in tokens.iter().zip(values.chunks_exact_mut(stretch.len())) {
            if stretch.contains(&token.target) {
                row[token.target - stretch.start] = 1.0;
            }
        }
        Ok(Tensor::from_vec(values, (tokens.len(), stretch.len()), self.base.device())?)
    }
}

/// The softmax of one token, read stretch by stretch.
#[derive(Debug, Clone, Copy)]
struct Token {
    target: usize,
    target_logit: f64,
    best: usize,
    largest: f32,
    /// Σ exp(logit − largest).
    sum: f64,
}

impl Token {
    fn new(target: u32) -> Self {
        let (target_logit, largest) = (f64::NEG_INFINITY, f32::NEG_INFINITY);
        Self { target: target as usize, target_logit, best: usize::MAX, largest, sum: 0.0 }
    }

    fn read(&mut self, logits: &[f32], first: usize) {
        for (at, &logit) in logits.iter().enumerate() {
            if logit > self.largest {
                self.sum *= f64::from(self.largest - logit).exp();
                (self.largest, self.best) = (logit, first + at);
            }
            self.sum += f64::from((logit - self.largest).exp());
        }
        if let Some(logit) = self.target.checked_sub(first).and_then(|at| logits.get(at)) {
            self.target_logit = f64::from(*logit);
        }
    }

    fn log_sum(&self) -> f64 {
        f64::from(self.largest) + self.sum.ln()
    }

    fn loss(&self) -> f64 {
        self.log_sum() - self.target_logit
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
