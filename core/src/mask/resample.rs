//! Separable bilinear resampling with antialiasing: the triangle filter, widened when shrinking.
//!
//! The same filter as TensorFlow's `image.resize(antialias=True)` (which PaliGemma's masks were
//! encoded with) and Pillow's `BILINEAR`.

/// Where the centres of the output values lie on the input axis, in input pixels: the first at
/// `start`, then every `step`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    pub start: f32,
    pub step: f32,
    pub count: usize,
}

impl Axis {
    /// `count` values spread evenly over all `length` of the input.
    pub fn spread(length: usize, count: usize) -> Self {
        let step = length as f32 / count as f32;
        Self { start: step / 2.0, step, count }
    }

    /// The input positions and weights of every output value; edges repeat by renormalising.
    fn taps(self, length: usize) -> Vec<(usize, Vec<f32>)> {
        let support = self.step.max(1.0);
        (0..self.count)
            .map(|index| {
                let centre = self.start + index as f32 * self.step;
                let first =
                    (centre - support + 0.5).floor().clamp(0.0, (length - 1) as f32) as usize;
                let last = ((centre + support + 0.5).floor() as usize).clamp(first + 1, length);
                let triangle =
                    |at: usize| (1.0 - (at as f32 + 0.5 - centre).abs() / support).max(0.0);
                let mut weights: Vec<f32> = (first..last).map(triangle).collect();
                let sum: f32 = weights.iter().sum();
                if sum > 0.0 {
                    weights.iter_mut().for_each(|weight| *weight /= sum);
                } else {
                    // The centre lies outside the input: its edge goes on.
                    weights[0] = 1.0;
                }
                (first, weights)
            })
            .collect()
    }
}

/// `[height, width]` → `[y.count, x.count]`, horizontally first.
pub(super) fn resample(input: &[f32], width: usize, x: Axis, y: Axis) -> Vec<f32> {
    let height = input.len() / width;
    let horizontal = x.taps(width);
    let lines: Vec<f32> = input
        .chunks_exact(width)
        .flat_map(|line| {
            horizontal.iter().map(|(first, weights)| {
                line[*first..]
                    .iter()
                    .zip(weights)
                    .map(|(value, weight)| value * weight)
                    .sum::<f32>()
            })
        })
        .collect();
    let mut output = vec![0.0; x.count * y.count];
    if x.count == 0 {
        return output;
    }
    for (out, (first, weights)) in output.chunks_exact_mut(x.count).zip(y.taps(height)) {
        for (line, weight) in lines[first * x.count..].chunks_exact(x.count).zip(weights) {
            out.iter_mut().zip(line).for_each(|(out, value)| *out += value * weight);
        }
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shrinking_averages_what_it_covers() {
        // Pillow: Image.fromarray(float32 [[0, 0, 1, 1]]).resize((2, 1), BILINEAR).
        let half = resample(&[0.0, 0.0, 1.0, 1.0], 4, Axis::spread(4, 2), Axis::spread(1, 1));
        assert!(
            (half[0] - 1.0 / 7.0).abs() < 1e-6 && (half[1] - 6.0 / 7.0).abs() < 1e-6,
            "{half:?}"
        );
    }

    #[test]
    fn enlarging_interpolates_between_centres_and_repeats_edges() {
        let double = resample(&[0.0, 1.0], 2, Axis::spread(2, 4), Axis::spread(1, 1));
        assert_eq!(double, [0.0, 0.25, 0.75, 1.0]);
    }
}
