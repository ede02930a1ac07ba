//! The functions between matrices, each with its gradient: norms, rotation, softmax, GELU.
//!
//! The formulas are those of `kerbside_core::ops`; the gradients are theirs by the chain rule, and
//! are held against numeric differences below and against torch by the golden files.

use candle_core::{D, Result, Tensor};
use candle_nn::ops::{layer_norm as fast_layer_norm, rms_norm as fast_rms_norm, softmax_last_dim};
use candle_nn::rotary_emb::rope;
use kerbside_core::language::config::Activation;

use super::linked::linked;

/// Gemma's RMS norm over the last axis: `x / √(mean(x²) + eps) · weight`, where `weight` is the
/// stored one plus 1.
pub fn rms_norm(x: &Tensor, weight: &Tensor, eps: f32) -> Result<Tensor> {
    let value = fast_rms_norm(&x.detach().contiguous()?, weight, eps)?;
    let weight = weight.clone();
    linked(x, value, move |x, _, grad| {
        let scale = (x.sqr()?.mean_keepdim(D::Minus1)? + f64::from(eps))?.sqrt()?.recip()?;
        let normed = x.broadcast_mul(&scale)?;
        let grad = grad.broadcast_mul(&weight)?;
        let along = (&grad * &normed)?.mean_keepdim(D::Minus1)?;
        (grad - normed.broadcast_mul(&along)?)?.broadcast_mul(&scale)
    })
}

/// `(x − mean) / √(variance + eps) · weight + bias` over the last axis.
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f32) -> Result<Tensor> {
    let value = fast_layer_norm(&x.detach().contiguous()?, weight, bias, eps)?;
    let weight = weight.clone();
    linked(x, value, move |x, _, grad| {
        let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let scale = (centred.sqr()?.mean_keepdim(D::Minus1)? + f64::from(eps))?.sqrt()?.recip()?;
        let normed = centred.broadcast_mul(&scale)?;
        let grad = grad.broadcast_mul(&weight)?;
        let along = (&grad * &normed)?.mean_keepdim(D::Minus1)?;
        let flat = grad.broadcast_sub(&grad.mean_keepdim(D::Minus1)?)?;
        (flat - normed.broadcast_mul(&along)?)?.broadcast_mul(&scale)
    })
}

/// Rotary position embedding of `x: [batch, heads, positions, d]` by `cos` and `sin:
/// [positions, d / 2]`. The gradient is turned back.
pub fn rotate(x: &Tensor, cos: &Tensor, sin: &Tensor) -> Result<Tensor> {
    let value = rope(&x.detach().contiguous()?, cos, sin)?;
    let (cos, back) = (cos.clone(), sin.neg()?);
    linked(x, value, move |_, _, grad| rope(&grad.contiguous()?, &cos, &back))
}

/// What becomes of attention scores on their way to probabilities.
#[derive(Debug, Clone, Copy)]
pub struct Scores {
    /// What scores are multiplied by.
    pub scale: f32,
    /// Bound on scores, if there is one.
    pub soft_cap: Option<f32>,
}

impl Scores {
    /// `softmax(cap · tanh(scale · scores / cap) + mask)` over the last axis, where `scores:
    /// [batch, groups, queries, keys]` has any number of heads' queries below each other, and
    /// `mask: [batch, 1, positions, keys]` is 0 or −∞ for each of the query positions.
    pub fn probabilities(self, scores: &Tensor, mask: &Tensor) -> Result<Tensor> {
        let (scale, shape) = (f64::from(self.scale), scores.shape().clone());
        let bounded = self.bounded(&scores.detach())?;
        let (batch, groups, queries, keys) = bounded.dims4()?;
        let positions = mask.dim(2)?;
        let by_head = (batch, groups * (queries / positions), positions, keys);
        let masked = bounded.reshape(by_head)?.broadcast_add(mask)?;
        let value = softmax_last_dim(&masked)?.reshape(shape)?;
        linked(scores, value, move |scores, probabilities, grad| {
            let weighted = (grad * probabilities)?;
            let along = weighted.sum_keepdim(D::Minus1)?;
            let grad = (weighted - probabilities.broadcast_mul(&along)?)?;
            match self.soft_cap {
                None => grad * scale,
                Some(cap) => {
                    let tanh = (scores * (scale / f64::from(cap)))?.tanh()?;
                    grad * (tanh.sqr()?.affine(-scale, scale)?)
                }
            }
        })
    }

    fn bounded(self, scores: &Tensor) -> Result<Tensor> {
        let scale = f64::from(self.scale);
        match self.soft_cap.map(f64::from) {
            None => scores * scale,
            Some(cap) => (scores * (scale / cap))?.tanh()? * cap,
        }
    }
}

/// The activation of an MLP.
pub fn activate(x: &Tensor, activation: Activation) -> Result<Tensor> {
    let inner = x.detach();
    match activation {
        Activation::GeluPytorchTanh => linked(x, inner.gelu()?, |x, _, grad| {
            const INNER: f64 = 0.797_884_560_802_865_4; // √(2/π)
            const CUBIC: f64 = 0.044_715;
            let square = x.sqr()?;
            let tanh = (x * square.affine(INNER * CUBIC, INNER)?)?.tanh()?;
            let inner_slope = square.affine(3.0 * INNER * CUBIC, INNER)?;
            let slope = (x * (tanh.sqr()?.affine(-0.5, 0.5)? * inner_slope)?)?;
            grad * (slope + tanh.affine(0.5, 0.5)?)?
        }),
        Activation::Gelu => linked(x, inner.gelu_erf()?, |x, _, grad| {
            const DENSITY: f64 = 0.398_942_280_401_432_7; // 1/√(2π)
            let below = (x * std::f64::consts::FRAC_1_SQRT_2)?.erf()?.affine(0.5, 0.5)?;
            let density = (x.sqr()? * -0.5)?.exp()?;
            grad * (below + (x * (density * DENSITY)?)?)?
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    fn wave(shape: &[usize], step: f32) -> Tensor {
        let len = shape.iter().product::<usize>();
        let values: Vec<f32> = (0..len).map(|i| (i as f32 * step).sin() * 1.3).collect();
        Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
    }

    /// The gradient of `Σ f(x)·w` for a wave `w`, by the graph and by differences.
    fn check(shape: &[usize], f: impl Fn(&Tensor) -> Result<Tensor>) {
        let x = wave(shape, 0.7);
        let weights = wave(f(&x).unwrap().dims(), 0.3);
        let total = |x: &Tensor| (f(x).unwrap() * &weights).unwrap().sum_all().unwrap();
        let variable = Var::from_tensor(&x).unwrap();
        let grads = total(&variable).backward().unwrap();
        let found = grads.get(&variable).expect("no gradient").flatten_all().unwrap();
        let found: Vec<f32> = found.to_vec1().unwrap();
        assert!(found.iter().any(|g| *g != 0.0));
        let values: Vec<f32> = x.flatten_all().unwrap().to_vec1().unwrap();
        for (at, found) in found.iter().enumerate() {
            let moved = |by: f32| {
                let mut values = values.clone();
                values[at] += by;
                let x = Tensor::from_vec(values, shape, &Device::Cpu).unwrap();
                f64::from(total(&x).to_scalar::<f32>().unwrap())
            };
            let wanted = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!((f64::from(*found) - wanted).abs() < 2e-3, "{at}: {found} for {wanted}");
        }
    }

    #[test]
    fn gradients_are_those_of_differences() {
        let (weight, bias) = (wave(&[6], 0.9), wave(&[6], 0.4));
        check(&[3, 6], |x| rms_norm(x, &weight, 1e-2));
        check(&[3, 6], |x| layer_norm(x, &weight, &bias, 1e-2));
        let (cos, sin) = (wave(&[3, 2], 0.5), wave(&[3, 2], 0.8));
        check(&[1, 2, 3, 4], |x| rotate(x, &cos, &sin));
        check(&[5], |x| activate(x, Activation::GeluPytorchTanh));
        check(&[5], |x| activate(x, Activation::Gelu));
        let mask = [0.0, f32::NEG_INFINITY, 0.0, 0.0, 0.0, f32::NEG_INFINITY];
        let mask = Tensor::from_slice(&mask, (1, 1, 2, 3), &Device::Cpu).unwrap();
        for soft_cap in [None, Some(0.9)] {
            let scores = Scores { scale: 1.7, soft_cap };
            check(&[1, 2, 4, 3], |x| scores.probabilities(x, &mask));
        }
    }

    #[test]
    fn the_values_are_those_of_the_engine() {
        let x = wave(&[4, 6], 0.7);
        let numbers: Vec<f32> = x.flatten_all().unwrap().to_vec1().unwrap();
        let weight: Vec<f32> = wave(&[6], 0.9).to_vec1().unwrap();
        let mut wanted = numbers.clone();
        kerbside_core::ops::rms_norm_in_place(&mut wanted, &weight, 1e-3);
        let plus_one = (wave(&[6], 0.9) + 1.0).unwrap();
        let found = rms_norm(&x, &plus_one, 1e-3).unwrap().flatten_all().unwrap();
        for (a, b) in found.to_vec1::<f32>().unwrap().iter().zip(&wanted) {
            assert!((a - b).abs() < 1e-5, "{a} for {b}");
        }
        for activation in [Activation::GeluPytorchTanh, Activation::Gelu] {
            let mut wanted = numbers.clone();
            kerbside_core::ops::activate(&mut wanted, activation);
            let found = activate(&x, activation).unwrap().flatten_all().unwrap();
            for (a, b) in found.to_vec1::<f32>().unwrap().iter().zip(&wanted) {
                assert!((a - b).abs() < 1e-5, "{a} for {b}");
            }
        }
    }
}
